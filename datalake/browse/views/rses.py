"""The pages of the storage elements: location, protocols, usage, transfers and failures."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.pages.addresses import did_address
from datalake.pages.decorators import lake_page
from datalake.pages.readers import reader_for
from datalake.pages.rendering import render_page
from datalake.reads.reader import LakeReader
from datalake.rucio.transfers import Transfer, TransferLink, list_failures, list_links, list_transfers
from datalake.sites import cric
from datalake.sites import map as drawing
from datalake.sites.charts import usage_chart
from datalake.sites.models import history
from datalake.sites.projection import EUROPE, FRAMES
from datalake.sites.storage_elements import SORTS, StorageElement, sites
from vre_portal.services import Service
from vre_portal.tables import listing, row

SHOWN = 20
PARTNERS = 8  # links whose transfers are asked for one by one: those with the most to tell


@lake_page
def rses(request: HttpRequest, lake: Service) -> HttpResponse:
    """All storage elements, as a list and on a map."""
    reader = reader_for(request, lake, _("list the sites"))
    rses_read, links = reader.fetch(rucio.list_rses), reader.fetch_optional(list_links)
    sort = request.GET.get("sort", "name")
    elements = sites(lake, rses_read.result.required(), links.result.value)
    elements.sort(key=SORTS.get(sort, SORTS["name"]))
    frame = FRAMES.get(str(lake.options.get("map") or ""), EUROPE)
    picture = drawing.draw([site.spot for site in elements], frame)
    context = {"sites": elements, "map": picture, "sort": sort, "links_error": links.result.error}
    document = listing(request, [site.row() for site in elements], following=None, filename="rses")
    return document or render_page(request, "rses.html", reader, context)


@lake_page
def rse(request: HttpRequest, lake: Service, name: str) -> HttpResponse:
    """One storage element."""
    reader = reader_for(request, lake, _("show the storage element %(name)s") % {"name": name})
    rse_read, links = reader.fetch(rucio.get_rse, name), reader.fetch_optional(list_links)
    element = rse_read.result.required()
    all_links = links.result.value
    site = sites(lake, [element], all_links)[0]
    leaving = None if all_links is None else [link for link in all_links if link.source == name]
    samples = history(lake.name, name)
    if request.GET.get("format") == "json":
        usage = [{"at": item.at, "used_bytes": item.used, "total_bytes": item.total, "files": item.files} for item in samples]
        return JsonResponse({**row(element), **site.row(), "usage": usage})
    context: dict[str, Any] = {
        "element": site,  # "site" is the portal's own name on every page
        "rse": element,
        "attributes": sorted((str(key), value) for key, value in element.attributes.items()),
        "chart": usage_chart(samples, timezone.now()),
        "samples": len(samples),
        "since": reader.since,
        "links_error": links.result.error,
        "leaving": leaving,
        "cric": cric.link(lake, "cric_url", rse=name, site=site.site),
        "grafana": cric.link(lake, "grafana_url", rse=name, site=site.site),
        **transfers(reader, lake, site, leaving or []),
    }
    return render_page(request, "rse.html", reader, context)


def transfers(reader: LakeReader, lake: Service, site: StorageElement, leaving: list[TransferLink]) -> dict[str, Any]:
    """Current and failed transfers, on the links that have any."""
    busy = sorted((link for link in (*(site.links or ()), *leaving) if link.queued), key=lambda link: -link.queued)[:PARTNERS]
    broken = sorted((link for link in site.links or () if link.failed), key=lambda link: -link.failed)[:PARTNERS]
    moving = [reader.fetch_optional(list_transfers, link.source, link.destination, limit=SHOWN) for link in busy]
    failed = [reader.fetch_optional(list_failures, link.source, link.destination) for link in broken]
    answers = [read.result for read in (*moving, *failed)]
    return {
        "moving": newest_transfers(lake, [item for read in moving for item in read.result.value or []]),
        "failures": newest_transfers(lake, [item for read in failed for item in read.result.value or []]),
        "transfers_error": next((answer.error for answer in answers if answer.error), None),
    }


def newest_transfers(lake: Service, transfers: list[Transfer]) -> list[tuple[Transfer, str]]:
    """The newest transfers, with the last attempt for each file, and the page of the file."""

    def when(item: Transfer) -> float:
        return item.changed.timestamp() if item.changed else 0.0

    last = {(item.scope, item.name, item.source, item.destination): item for item in sorted(transfers, key=when)}
    newest = sorted(last.values(), key=when, reverse=True)[:SHOWN]
    return [(item, did_address("did", lake.name, item.scope, item.name)) for item in newest]
