"""What an entry of the software catalogue says to programs: the head of its page, and its part of the sitemap."""

import re
from collections.abc import Sequence
from html import unescape

from catalog.software.models import Entry
from vre_portal import json_ld
from vre_portal.page_head import PageHead, absolute
from vre_portal.sitemap import SitemapEntry, SitemapSource
from vre_portal.text import plain

_TAG, _BLANKS = re.compile(r"<[^>]*>"), re.compile(r"\s+")
_SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{1,60}")
SHORT, LONG = 300, 5000


def words_of(entry: Entry, length: int) -> str:
    """The first words of the entry's description, without its marks."""
    words = _BLANKS.sub(" ", plain(unescape(_TAG.sub(" ", entry.description)))).strip()
    return words if len(words) <= length else f"{words[: length - 1].rsplit(' ', 1)[0]}…"


def head_of(entry: Entry) -> PageHead | None:
    """The head of an entry's page; None for one that its source no longer lists."""
    if entry.deleted:
        return None
    path = entry.get_absolute_url()
    doi = entry.concept_doi or entry.doi
    data = json_ld.thing(
        "SoftwareSourceCode",
        **{"@id": f"https://doi.org/{doi}" if doi else absolute(path)},
        name=entry.title,
        description=words_of(entry, LONG),
        url=absolute(path),
        identifier=[f"https://doi.org/{doi}"] if doi else [],
        codeRepository=entry.repository,
        version=entry.version,
        license=f"https://spdx.org/licenses/{entry.licence}" if _SPDX.fullmatch(entry.licence) else entry.licence,
        datePublished=entry.published,
        keywords=list(entry.keywords),
        author=[json_ld.person(creator["name"], str(creator.get("orcid") or "")) for creator in entry.creators],
        sameAs=entry.address,
    )
    return PageHead(title=entry.title, description=words_of(entry, SHORT), path=path, data=data)


def entries(start: int, size: int) -> Sequence[SitemapEntry]:
    """The addresses of the listed entries, the oldest first."""
    found = Entry.objects.listed().order_by("pk").only("concept", "harvested_at")[start : start + size]
    return [SitemapEntry(entry.get_absolute_url(), entry.harvested_at) for entry in found]


source = SitemapSource("software", lambda: Entry.objects.listed().count(), entries, ("software",))
