"""What the start page says to programs, and the lists that the sitemap begins with."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse

from vre_portal import json_ld
from vre_portal.page_head import PageHead, absolute
from vre_portal.services import ServiceKind, services
from vre_portal.sitemap import SitemapEntry, SitemapSource
from vre_portal.templatetags.heads import site_description

LISTS = (
    "landing:home",
    "projects:index",
    "software:index",
    "news:index",
    "landing:runs",
    "landing:sites",
    "landing:references",
    "onboarding:index",
    "documentation:about",
    "status",
    "policies:terms",
    "policies:privacy",
    "policies:acceptable-use",
)


def paths() -> list[str]:
    """The lists and the pages about the portal, and the first page of each lake."""
    lakes = [reverse("datalake:lake", args=[lake.name]) for lake in services(ServiceKind.RUCIO) if lake.options.get("public_scopes")]
    return [*(reverse(name) for name in LISTS), *lakes]


def entries(start: int, size: int) -> Sequence[SitemapEntry]:
    """Their places in the sitemap."""
    return [SitemapEntry(path) for path in paths()[start : start + size]]


source = SitemapSource("pages", lambda: len(paths()), entries)


def home_head(tagline: str) -> PageHead:
    """The head of the start page: the site, its search, and who runs it."""
    search = {
        "@type": "SearchAction",
        "target": {"@type": "EntryPoint", "urlTemplate": f"{absolute(reverse('search:index'))}?q={{search_term_string}}"},
        "query-input": "required name=search_term_string",  # untranslated: for programs
    }
    name, home = settings.SITE["name"], absolute("/")
    data: dict[str, Any] = json_ld.thing(
        "WebSite", name=name, url=home, description=tagline, publisher=json_ld.operator(), potentialAction=search
    )
    return PageHead(title=name, description=f"{site_description()} {tagline}", path="/", data=data)
