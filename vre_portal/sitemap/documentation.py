"""The part of the sitemap with the documentation."""

from collections.abc import Sequence

from vre_portal.documentation import library
from vre_portal.pages import expires_in
from vre_portal.sitemap import SitemapEntry, SitemapSource

FILES_SECONDS = 3600  # how old it may be: files are not watched


def entries(start: int, size: int) -> Sequence[SitemapEntry]:
    """The addresses of all pages."""
    expires_in(FILES_SECONDS)
    return [SitemapEntry(page.address) for page in library.all_pages()[start : start + size]]


def count() -> int:
    """How many pages there are."""
    expires_in(FILES_SECONDS)
    return len(library.all_pages())


source = SitemapSource("documentation", count, entries)
