"""The software catalogue as a source of the search."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from catalog.software.models import Entry
from vre_portal.search import audiences
from vre_portal.search.sources import SearchItem, TypeLabel, WatchedTable
from vre_portal.text import moment, without_markup

SHOWN = (
    "title", "description", "creators", "keywords", "concept", "concept_doi", "doi", "version", "licence", "resource_type", "repository",
    "published", "deleted",
)  # fmt: skip


class SoftwareSource:
    """Entries of the catalogue, which are public."""

    kind = "software"
    types: ClassVar[Mapping[str, TypeLabel]] = {"software": TypeLabel(_("Software"), "package", _("Software"))}
    tables: ClassVar[Sequence[WatchedTable]] = (WatchedTable(Entry, "software", columns=SHOWN),)

    def keys(self) -> Iterator[str]:
        """All entries that are not withdrawn."""
        return map(str, Entry.objects.listed().values_list("pk", flat=True).iterator())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """Those of them that there are."""
        for entry in Entry.objects.listed().filter(pk__in=keys):
            people = [str(creator.get("name", "")) for creator in entry.creators if isinstance(creator, dict)]
            published = entry.published if len(entry.published) > 4 else f"{entry.published}-01-01"
            yield SearchItem(
                str(entry.pk),
                self.kind,
                entry.title,
                entry.get_absolute_url(),
                audiences.PUBLIC,
                subtitle=" · ".join(filter(None, [entry.version, ", ".join(people[:5])])),
                text=without_markup(entry.description),
                words=" ".join([*people, *entry.keywords, entry.licence, entry.resource_type]),
                identifiers=[name for name in (entry.concept_doi, entry.doi) if name],
                facets={"keyword": entry.keywords},
                created=moment(published),
                changed=moment(published),
                boost=1.5,
                is_top=True,
            )
