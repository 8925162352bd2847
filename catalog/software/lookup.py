"""Entries of the catalogue by what names them elsewhere, for apps that refer to software."""

from collections.abc import Iterable

from django.db.models import Q
from django.db.models.functions import Lower

from catalog.software.models import Entry, Version


def entries_by_doi(dois: Iterable[str]) -> dict[str, Entry]:
    """The listed entry of each DOI in lower case, of all versions or of one; nothing for what the catalogue does not have."""
    wanted = set(dois)
    if not wanted:
        return {}
    rows = Entry.objects.listed().annotate(whole=Lower("concept_doi"), newest=Lower("doi"))
    entries: dict[str, Entry] = {}
    for entry in rows.filter(Q(whole__in=wanted) | Q(newest__in=wanted)).order_by("service"):
        for doi in {entry.whole, entry.newest} & wanted:  # type: ignore[attr-defined]  # annotated
            entries.setdefault(doi, entry)
    versions = Version.objects.filter(entry__deleted=False).annotate(lower=Lower("doi")).filter(lower__in=wanted - entries.keys())
    for version in versions.select_related("entry").order_by("service"):
        entries.setdefault(version.lower, version.entry)  # type: ignore[attr-defined]  # annotated
    return entries


def entry_by_number(concept: str, service: str = "") -> Entry | None:
    """The listed entry whose page has this number in its address."""
    rows = Entry.objects.listed().filter(concept=concept, **({"service": service} if service else {}))
    return rows.order_by("service").first()
