"""Read the records from JSON, again whenever a file has changed, so that a running server can be given news."""

import json
import os
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from devstack import address
from devstack.records.codemeta import codemeta_file
from devstack.records.model import Access, Creator, File, Record

HERE = Path(__file__).parent
# Numbers that no real record has had so far: Zenodo stood near 23 million in 2026.
LOCAL_RECORDS, LOCAL_CONCEPTS = 900_000_001, 910_000_001
Json = dict[str, Any]


def sources() -> list[Path]:
    """The seeds (or the one file that RECORDS_DATA names), then whatever lies in the state folder's `extra`."""
    own = os.environ.get("RECORDS_DATA")
    seeds = [Path(own)] if own else [HERE / "ossr.json", HERE / "special.json"]
    return [*seeds, *sorted((address.state_dir("records") / "extra").glob("*.json"))]


def records() -> tuple[Record, ...]:
    """All records; a later source replaces what an earlier one says. Cached until one changes."""
    return _read(tuple((path, path.stat().st_mtime_ns) for path in sources()))


@lru_cache(maxsize=1)
def _read(stamped: tuple[tuple[Path, int], ...]) -> tuple[Record, ...]:
    found: dict[int, Record] = {}
    position = 0
    for path, _ in stamped:
        data = json.loads(path.read_text())
        for entry in data["entries"]:
            for record in versions_of(entry, position, data["gathered"]):
                found[record.id] = record
            position += 1
    return tuple(found.values())


def versions_of(entry: Json, position: int, gathered: str) -> list[Record]:
    """The records of one entry, oldest first; each has its own number and all have the concept's."""
    concept = number(entry["concept_doi"]) or entry.get("concept", LOCAL_CONCEPTS + position)
    versions: list[Json] = entry["versions"]
    return [
        record_of(entry, version, concept, position, index, gathered=gathered, latest=index == len(versions))
        for index, version in enumerate(versions, start=1)
    ]


def record_of(entry: Json, version: Json, concept: int, position: int, index: int, *, gathered: str, latest: bool) -> Record:
    moment = datetime.fromisoformat(gathered).replace(tzinfo=UTC) + timedelta(minutes=position, seconds=index)
    updated = datetime.fromisoformat(version["updated"]) if "updated" in version else moment
    return Record(
        id=number(version["doi"]) or version.get("id", LOCAL_RECORDS + position),
        concept=concept,
        title=str(entry.get("title") or entry["name"]),
        description=entry.get("html") or f"<p>{entry['description']}.</p>",
        published=version["published"],
        created=moment,
        updated=updated,
        doi=version["doi"],
        concept_doi=entry["concept_doi"],
        version=version["version"],
        licence=entry["licence"],
        creators=creators(entry),
        keywords=tuple(entry["keywords"]),
        repository=entry["repository"],
        programming_language=tuple(entry.get("programming_language", ())),
        notes=notes(entry, version),
        resource_type=entry.get("resource_type", "software"),
        communities=tuple(entry.get("communities", ("escape2020",))),
        access=access(entry),
        deleted=entry.get("deleted", False),
        index=index,
        latest=latest,
        files=files(entry, version),
    )


def number(doi: str | None) -> int | None:
    """The record number that a Zenodo DOI ends in."""
    return int(doi.rsplit(".", 1)[1]) if doi and doi.startswith("10.5281/zenodo.") else None


def creators(entry: Json) -> tuple[Creator, ...]:
    """Those who are known; a record must have one, so an unknown one says what it is."""
    known = tuple(Creator(**one) for one in entry["creators"])
    return known or (Creator(f"Developers of {entry['name']}", type="organizational"),)


def notes(entry: Json, version: Json) -> str:
    """What a reader must know: that this is a demonstration, and what in it is not a fact."""
    said = ["Record of a demonstration server; its text was written for the demonstration."]
    if not entry["creators"]:
        said.append("The authors are not recorded here: see the repository.")
    if not version["published"]:
        said.append("The date of publication is not known here.")
    if entry.get("licence_note"):
        said.append(f"Licence as found: {entry['licence_note']}.")
    return " ".join(said)


def access(entry: Json) -> Access:
    value: Access = entry.get("access", "open")
    return value


def files(entry: Json, version: Json) -> tuple[File, ...]:
    if access(entry) == "metadata-only":
        return ()
    own = [File(key, text.encode(), "text/plain") for key, text in entry.get("files", {}).items()]
    return (codemeta_file(entry, version), *own)
