"""Searching the records as the REST API does, with its limits and its oddities."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from devstack.address import RECORDS_URL
from devstack.records import legacy
from devstack.records.model import Record
from devstack.records.store import records

GUEST_SIZE, MEMBER_SIZE, WINDOW = 25, 100, 10_000
SORTS: dict[str, Callable[[Record], Any]] = {
    "bestmatch": lambda record: 0,
    "newest": lambda record: (record.published or "", record.id),
    "mostrecent": lambda record: (record.published or "", record.id),
    "oldest": lambda record: (record.published or "", record.id),
    "updated-desc": lambda record: record.updated,
    "updated-asc": lambda record: record.updated,
    "mostviewed": lambda record: 0,
    "mostdownloaded": lambda record: 0,
    "version": lambda record: record.index,
}
ASCENDING = {"oldest", "updated-asc", "bestmatch"}


class Refused(Exception):
    """An answer other than 200, with its body."""

    def __init__(self, status: int, message: str, errors: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"status": status, "message": message} | ({"errors": errors} if errors else {})


def invalid(field: str, message: str) -> Refused:
    return Refused(400, "A validation error occurred.", [{"field": field, "messages": [message]}])


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for."""

    number: int
    size: int
    sort: str

    @classmethod
    def of(cls, query: MultiDict[str, str], *, member: bool, default_sort: str, default_size: int) -> "Page":
        number, size = whole(query, "page", 1), whole(query, "size", default_size)
        sort = query.get("sort", default_sort)
        if size > MEMBER_SIZE and member:
            raise invalid("size", f"Page size cannot be greater than {MEMBER_SIZE}.")
        if size > GUEST_SIZE and not member:
            raise invalid(
                "size",
                f"Page size cannot be greater than {GUEST_SIZE}. Please use authenticated requests to increase the limit to {MEMBER_SIZE}.",
            )
        if number * size > WINDOW:
            raise Refused(400, "Invalid querystring parameters.")
        if sort not in SORTS:
            raise invalid("_schema", f"Invalid sort option '{sort}'.")
        return cls(number, size, sort)


def whole(query: MultiDict[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdigit() or int(text) < 1:
        raise invalid(name, "Must be a whole number of at least 1.")
    return int(text)


def find(query: MultiDict[str, str], community: str | None = None) -> list[Record]:
    """Unknown parameters and unknown communities are ignored: then the whole corpus comes back."""
    found = [record for record in records() if not record.deleted]
    if query.get("all_versions", "").lower() not in ("true", "1"):
        found = [record for record in found if record.latest]
    wanted = community or query.get("communities")
    if any(wanted in record.communities for record in found):
        found = [record for record in found if wanted in record.communities]
    kind = query.get("type") or query.get("resource_type")
    if kind in legacy.RESOURCE_TYPES:
        found = [record for record in found if record.resource_type == kind]
    return [record for record in found if matches(record, query.get("q", ""))]


def matches(record: Record, text: str) -> bool:
    """Words are joined by OR; a field is `name:value`. What Zenodo's parser trips over is a 500 here, too."""
    words = text.split()
    return not words or any(matches_word(record, word.casefold()) for word in words)


def matches_word(record: Record, word: str) -> bool:
    field, colon, value = word.partition(":")
    value = value.strip('"')
    quoted = word.endswith('"')
    if (not quoted and ("/" in word or ":" in value)) or (colon and not value):
        raise Refused(500, "The server encountered an internal error and was unable to complete your request.")
    if not colon:
        return word.strip('"') in record.words
    known = {
        "doi": record.doi,
        "conceptrecid": str(record.concept),
        "recid": str(record.id),
        "id": str(record.id),
        "title": record.title,
        "metadata.title": record.title,
        "keywords": " ".join(record.keywords),
    }
    return value in (known.get(field) or "").casefold()


def answer(found: list[Record], page: Page, address: str, query: MultiDict[str, str], to_json: Callable[[Record], Any]) -> dict[str, Any]:
    """One page with its links: no `prev` on the first, no `next` on the last."""
    ordered = sorted(found, key=SORTS[page.sort], reverse=page.sort not in ASCENDING)
    first = (page.number - 1) * page.size
    kept = {name: value for name, value in query.items() if name not in ("page", "size", "sort")}

    def link(number: int) -> str:
        return f"{RECORDS_URL}{address}?{urlencode({**kept, 'page': number, 'size': page.size, 'sort': page.sort})}"

    links = {"self": link(page.number)}
    if page.number > 1:
        links["prev"] = link(page.number - 1)
    if first + page.size < len(found):
        links["next"] = link(page.number + 1)
    hits = [to_json(record) for record in ordered[first : first + page.size]]
    return {"hits": {"hits": hits, "total": len(found)}, "links": links, "sortBy": page.sort}


def aggregations(found: list[Record]) -> dict[str, Any]:
    """Counts by access, type and subject: some clients read the number of hits from the first."""

    def buckets(label: str, values: Counter[str]) -> dict[str, Any]:
        rows = [{"key": key, "doc_count": count, "label": key, "is_selected": False} for key, count in values.most_common(10)]
        return {"buckets": rows, "label": label}

    return {
        "access_status": buckets("Access status", Counter(record.access for record in found)),
        "resource_type": buckets("Resource types", Counter(record.resource_type for record in found)),
        "subject": buckets("Subjects", Counter(word for record in found for word in record.keywords)),
        "file_type": buckets("File type", Counter(file.key.rpartition(".")[2] for record in found for file in record.files)),
    }
