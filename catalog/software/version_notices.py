"""New versions of software as notices to those who follow it."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.software.citation import reference
from catalog.software.models import Entry, Version
from vre_portal import things
from vre_portal.citation_formats import Reference
from vre_portal.notices import kinds
from vre_portal.notices.kinds import NoticeKind
from vre_portal.notices.models import Follow
from vre_portal.notices.services import notify, topic
from vre_portal.search import audiences, sources
from vre_portal.text import number_of, plain
from vre_portal.things import Reader, ThingPage

KIND = NoticeKind("software.version", gettext_lazy("A new version of software that you follow"), gettext_lazy("Catalogue"), icon="package")


def register() -> None:
    """The kind, and entries of the catalogue as topics."""
    kinds.register(KIND)
    things.register("software", label=gettext_lazy("Software"), icon="package", pages=pages, can_be_followed=True, references=references)
    sources.register_things("software", "software")


def pages(_reader: Reader, values: Sequence[str]) -> Mapping[str, ThingPage]:
    """The entries with these numbers; all are public, also one that its source lists no more."""
    rows = Entry.objects.filter(pk__in=_numbers(values)).only("concept", "title", "doi", "concept_doi")
    return {
        str(entry.pk): ThingPage(entry.title, entry.get_absolute_url(), facts={"doi": entry.doi or entry.concept_doi or None})
        for entry in rows
    }


def references(values: Sequence[str]) -> Mapping[str, Reference]:
    """How to cite the newest version of each."""
    return {str(entry.pk): reference(entry) for entry in Entry.objects.filter(pk__in=_numbers(values)).defer("description")}


def _numbers(values: Sequence[str]) -> list[int]:
    return [number for value in values if (number := number_of(value))]


def report(entry: Entry, version: Version) -> None:
    """The source has a version that was not there before, and it is the newest; the many of which nobody wants to know are no events."""
    followed_as = topic("software", entry.pk)
    if not Follow.objects.filter(topic=followed_as).exists():
        return
    names = {"title": plain(entry.title), "version": plain(version.name)}
    title = _("New version of %(title)s: %(version)s") % names if version.name else _("New version of %(title)s") % names
    notify(
        KIND.key, f"{version.service}:{version.identifier}", title=title, url=entry.get_absolute_url(), audience=audiences.PUBLIC,
        topics=[followed_as], data={"doi": version.doi, "version": version.name},
    )  # fmt: skip
