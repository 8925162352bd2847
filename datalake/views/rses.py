"""The sites that hold the data: where they are, how they are reached, how full they are, what goes wrong there."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from datalake import map as drawing
from datalake import rucio
from datalake.addresses import did_address
from datalake.projection import EUROPE, FRAMES
from datalake.reading import Reading
from datalake.rucio.transfers import Link, Transfer, list_failures, list_links, list_transfers
from datalake.sites import cric
from datalake.sites.charts import usage_chart
from datalake.sites.looks import SORTS, Site, sites
from datalake.sites.models import history
from datalake.views.shared import lake_page, page, reading
from vre_portal.services import Service
from vre_portal.tables import listing, row

SHOWN = 20
PARTNERS = 8  # links whose transfers are asked for one by one: those with the most to tell


@lake_page
def rses(request: HttpRequest, lake: Service) -> HttpResponse:
    """All of them, as a list and on a map."""
    look = reading(request, lake, "list the sites")
    asked, links = look.ask(rucio.list_rses), look.quietly(list_links)
    sort = request.GET.get("sort", "name")
    found = sites(lake, asked.answer.required(), links.answer.value)
    found.sort(key=SORTS.get(sort, SORTS["name"]))
    frame = FRAMES.get(str(lake.options.get("map") or ""), EUROPE)
    picture = drawing.draw([site.spot for site in found], frame)
    context = {"sites": found, "map": picture, "sort": sort, "links_error": links.answer.error}
    made = listing(request, [site.row() for site in found], following=None, filename="rses")
    return made or page(request, "rses.html", look, context)


@lake_page
def rse(request: HttpRequest, lake: Service, name: str) -> HttpResponse:
    """One of them."""
    look = reading(request, lake, f"show the site {name}")
    asked, links = look.ask(rucio.get_rse, name), look.quietly(list_links)
    found = asked.answer.required()
    told = links.answer.value
    site = sites(lake, [found], told)[0]
    leaving = None if told is None else [link for link in told if link.source == name]
    samples = history(lake.name, name)
    if request.GET.get("format") == "json":
        usage = [{"at": item.at, "used_bytes": item.used, "total_bytes": item.total, "files": item.files} for item in samples]
        return JsonResponse({**row(found), **site.row(), "usage": usage})
    context: dict[str, Any] = {
        "element": site,  # "site" is the portal's own name on every page
        "rse": found,
        "attributes": sorted((str(key), value) for key, value in found.attributes.items()),
        "chart": usage_chart(samples, timezone.now()),
        "samples": len(samples),
        "since": look.since,
        "links_error": links.answer.error,
        "leaving": leaving,
        "cric": cric.link(lake, "cric_url", rse=name, site=site.site),
        "grafana": cric.link(lake, "grafana_url", rse=name, site=site.site),
        **transfers(look, lake, site, leaving or []),
    }
    return page(request, "rse.html", look, context)


def transfers(look: Reading, lake: Service, site: Site, leaving: list[Link]) -> dict[str, Any]:
    """What is under way and what failed, on the links where there is something."""
    busy = sorted((link for link in (*(site.links or ()), *leaving) if link.queued), key=lambda link: -link.queued)[:PARTNERS]
    broken = sorted((link for link in site.links or () if link.failed), key=lambda link: -link.failed)[:PARTNERS]
    moving = [look.quietly(list_transfers, link.source, link.destination, limit=SHOWN) for link in busy]
    failed = [look.quietly(list_failures, link.source, link.destination) for link in broken]
    answers = [asked.answer for asked in (*moving, *failed)]
    return {
        "moving": shown(lake, [item for asked in moving for item in asked.answer.value or []]),
        "failures": shown(lake, [item for asked in failed for item in asked.answer.value or []]),
        "transfers_error": next((answer.error for answer in answers if answer.error), None),
    }


def shown(lake: Service, found: list[Transfer]) -> list[tuple[Transfer, str]]:
    """The newest, of each file's attempts the last, with the page of the file."""

    def when(item: Transfer) -> float:
        return item.changed.timestamp() if item.changed else 0.0

    last = {(item.scope, item.name, item.source, item.destination): item for item in sorted(found, key=when)}
    newest = sorted(last.values(), key=when, reverse=True)[:SHOWN]
    return [(item, did_address("did", lake.name, item.scope, item.name)) for item in newest]
