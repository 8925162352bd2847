"""Whether the data of an input are still what an earlier run read: by its record of size and checksum, against the index or the Data Lake."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake import rucio
from datalake.reads.reader import LakeReader
from projects.workflows.inputs.readiness import Readiness, State
from projects.workflows.models import Run
from vre_portal.iam.models import User
from vre_portal.portable_gettext import grouped
from vre_portal.services import ServiceKind, service
from vre_portal.text import size

ASK_SECONDS = 3.0
MAX_ASKED = 50  # files whose checksums the lakes are asked for
SHOWN_OF_CHECKSUM = 12


@dataclass(frozen=True)
class Recorded:
    """What a run read for one input: its files together; the checksum is that of the one file, where it is one."""

    number: int  # of the run
    files: int
    bytes: int
    checksums: Mapping[str, str]  # adler32, md5
    read_by: datetime  # when it had read them


def recorded(run: Run, sources: Mapping[str, Mapping[str, Any]]) -> dict[str, Recorded]:
    """What the run read for those inputs that are bound to the same data now; in one query, and nothing for what it did not come to read."""
    same = [path for path, source in sources.items() if "did" in source and run.inputs.get(path) == source]
    if not same:
        return {}
    rows = run.input_files.filter(binding__in=same).order_by().values("binding")
    read_by = run.started_at or run.created_at
    found = rows.annotate(files=Count("pk"), bytes=Sum("bytes"), adler32=Min("adler32"), md5=Min("md5"))
    return {
        row["binding"]: Recorded(run.number, row["files"], row["bytes"], {"adler32": row["adler32"], "md5": row["md5"]}, read_by)
        for row in found
    }


def changes(before: Mapping[str, Recorded], rows: Iterable[Readiness]) -> dict[str, str]:
    """By input, how its data differ in number or size of files from what the run read.

    Only data that are there are compared, as they were after the run began: the index may be older, and would call the earlier state the later.
    """
    there = [row for row in rows if row.path in before and row.state in (State.THERE, State.ON_TAPE)]
    return {row.path: words for row in there if (words := _other_size(before[row.path], row))}


@dataclass(frozen=True)
class Checksums:
    """What the lakes say of the checksums of single files."""

    changed: Mapping[str, str]  # path -> words
    unknown: int  # inputs of which nobody knows whether they changed

    @property
    def shortfall(self) -> str:
        """That some were not compared; empty where all were."""
        text = ngettext("The checksum of %(n)s input is not compared.", "The checksums of %(n)s inputs are not compared.", self.unknown)
        reason = _("At most %(limit)s are looked up, and some may not be known to the Data Lake.")
        return f"{text} {reason}" % {"n": grouped(self.unknown), "limit": MAX_ASKED} if self.unknown else ""


def compare_checksums(person: User, before: Mapping[str, Recorded], rows: Iterable[Readiness]) -> Checksums:
    """The lakes are asked as the person, within a few seconds, and for the first inputs only."""
    wanted = [
        row for row in rows if row.path in before and row.type == "FILE" and not row.is_wrong and any(before[row.path].checksums.values())
    ]
    readers: dict[str, LakeReader] = {}
    reads = []
    for row in wanted[:MAX_ASKED]:
        if row.lake not in readers:
            lake = service(ServiceKind.RUCIO, row.lake)
            readers[row.lake] = LakeReader(person, lake, purpose=_("compare inputs with an earlier run"), seconds=ASK_SECONDS)
        reads.append((row, readers[row.lake].fetch(rucio.get_did, row.key.scope, row.key.name)))
    found = {row.path: _other_checksum(before[row.path], read.result.required()) for row, read in reads if read.result.is_known}
    compared = {path: words for path, words in found.items() if words is not None}
    return Checksums({path: words for path, words in compared.items() if words}, len(wanted) - len(compared))


def _other_size(before: Recorded, row: Readiness) -> str:
    if row.sized_at is None or row.sized_at < before.read_by:
        return ""
    files = row.files if row.is_collection else 1
    if (files is None or files == before.files) and (row.bytes is None or row.bytes == before.bytes):
        return ""
    return _changed(before, _spelt(before.files, before.bytes), _spelt(files, row.bytes), exact=(before.bytes, row.bytes))


def _other_checksum(before: Recorded, did: rucio.Did) -> str | None:
    """The words of the first that differs, empty where none does; None where the lake has none of those that were recorded."""
    pairs = [(name, old, new) for name, old in before.checksums.items() if old and (new := getattr(did, name))]
    for name, old, new in pairs:
        if old != new:
            return _changed(before, f"{name} {old[:SHOWN_OF_CHECKSUM]}", f"{name} {new[:SHOWN_OF_CHECKSUM]}")
    return "" if pairs else None


def _changed(before: Recorded, old: str, new: str, *, exact: tuple[int, int | None] | None = None) -> str:
    if old == new and exact and exact[1] is not None:
        old, new = (_("%(bytes)s B") % {"bytes": grouped(value)} for value in exact if value is not None)
    return _("The data changed since run %(number)s: %(before)s then, %(now)s now.") % {"number": before.number, "before": old, "now": new}


def _spelt(files: int | None, total: int | None) -> str:
    count = ngettext("%(n)s file", "%(n)s files", files or 0) % {"n": grouped(files)} if files is not None else ""
    return ", ".join(filter(None, [count, size(total) if total is not None else ""]))
