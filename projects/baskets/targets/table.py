"""The items of a basket as a table: VOTable, CSV and JSON."""

import csv
import io
import json
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.baskets.targets import votable
from projects.baskets.targets.collected import Collected, CollectedItem, Data
from projects.baskets.targets.votable import Column
from projects.baskets.targets.writing import LeftOut, Part, Target, Written, left_out
from vre_portal.tables import Row, cell

COLUMNS = (
    Column("kind", "char", "meta.id.part", "Kind of item"),  # untranslated: in a file, as the names of its columns
    Column("type", "unicodeChar", "meta.code.class", "Kind as people call it"),  # untranslated: as above
    Column("title", "unicodeChar", "meta.title;meta.main", "Title"),
    Column("url", "char", "meta.ref.url", "Page in the portal"),  # untranslated: as above
    Column("lake", "char", "meta.id.part", "Data Lake"),  # untranslated: as above
    Column("scope", "unicodeChar", "meta.id.part", "Rucio scope"),  # untranslated: as above
    Column("name", "unicodeChar", "meta.id;meta.file", "Rucio name"),  # untranslated: as above
    Column("bytes", "long", "phys.size;meta.file", "Size", unit="byte"),
    Column("files", "long", "meta.number;meta.file", "Number of files"),  # untranslated: as above
    Column("note", "unicodeChar", "meta.note", "Note"),
)


def write(collected: Collected) -> Written:
    """The same rows in each format; every kind of item has a row."""
    rows, stem = rows_of(collected), collected.file_stem
    hint = _("For TOPCAT, Aladin and Astropy.")
    document = votable.document(COLUMNS, rows, name=collected.name, url=collected.url)
    items = json.dumps({"items": rows}, ensure_ascii=False, indent=1) + "\n"
    return Written([
        Part("votable", "VOTable", document, f"{stem}.vot", "application/x-votable+xml", hint),
        Part("csv", "CSV", as_csv(rows), f"{stem}.csv", "text/csv"),
        Part("json", "JSON", items, f"{stem}.json", "application/json"),
    ], notes=[*changed(collected, rows), *with_notes(collected)])  # fmt: skip


def changed(collected: Collected, rows: list[Row]) -> list[LeftOut]:
    """The items of which a VOTable cannot hold every character."""
    items = [
        item for item, row in zip(collected.items, rows, strict=True) if any(not column.holds(row.get(column.name)) for column in COLUMNS)
    ]
    return left_out(items, _("A VOTable cannot hold some characters of these. Each is replaced there by �; CSV and JSON have them all."))


def with_notes(collected: Collected) -> list[LeftOut]:
    """That files hold what somebody wrote for themselves."""
    return left_out(
        (item for item in collected.items if item.note),
        _("Your notes on these are in the files. Remove the column before you pass a file on."),
    )


def rows_of(collected: Collected) -> list[Row]:
    """Each item with all columns; what is not known, or does not apply, is None."""
    data = {row.item: row for row in collected.data}
    return [row_of(item, data.get(item)) for item in collected.items]


def row_of(item: CollectedItem, data: Data | None) -> Row:
    """One item."""
    facts = data.facts if data else None
    place: dict[str, Any] = {"lake": data.did.lake, "scope": data.did.scope, "name": data.did.name} if data else {}
    sizes = {"bytes": facts.bytes, "files": facts.files} if facts else {}
    row = {"kind": item.kind, "type": item.label, "title": item.title, "url": item.url, **place, **sizes, "note": item.note or None}
    return {column.name: row.get(column.name) for column in COLUMNS}


def as_csv(rows: list[Row]) -> str:
    """The rows for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(column.name for column in COLUMNS)
    writer.writerows([cell(value) for value in row.values()] for row in rows)
    return out.getvalue()


TARGET = Target("table", gettext_lazy("Table"), gettext_lazy("All items as VOTable, CSV or JSON"), "table", write)
