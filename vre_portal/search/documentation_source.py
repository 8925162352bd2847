"""The documentation as a source of the search: pages for visitors as any other document, pages for operators and developers after all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from vre_portal.documentation import library
from vre_portal.search.audiences import PUBLIC
from vre_portal.search.sources import SearchItem, TypeLabel, WatchedTable

FOR_VISITORS = frozenset(
    {"index", "help", "glossary", "onboarding", "datalake", "launching", "results", "people", "restricted-data", "identity", "search"}
)


class DocumentationSource:
    """Pages of the documentation. They are files: a comparison finds what changed."""

    kind = "documentation"
    types: ClassVar[Mapping[str, TypeLabel]] = {"documentation": TypeLabel(_("Documentation"), "book-open", _("Documentation"))}
    tables: ClassVar[Sequence[WatchedTable]] = ()

    def keys(self) -> Iterator[str]:
        """The names of all pages."""
        return (page.name for page in library.all_pages())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """The pages of these names that are there."""
        for name in keys:
            try:
                page = library.page(name)
            except library.NoSuchPage:
                continue
            is_last = name not in FOR_VISITORS
            yield SearchItem(
                name, self.kind, page.title, page.address, PUBLIC, text=page.text,
                words=" ".join(heading.title for heading in page.headings), boost=0.8, is_last=is_last, is_top=not is_last,
            )  # fmt: skip
