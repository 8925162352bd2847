"""The sites that hold the data: where they are, how they are reached, how full they are."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from datalake import rucio
from datalake.map import Map, draw
from datalake.tables import listing, row
from datalake.views.shared import lake_page, reading, trouble
from vre_portal.services import Service


@dataclass(frozen=True)
class Site:
    """An RSE with its page."""

    rse: rucio.Rse
    page: str

    @property
    def free(self) -> int | None:
        """What is left, where the storage says how much there is."""
        return None if self.rse.total is None or self.rse.used is None else max(self.rse.total - self.rse.used, 0)

    @property
    def schemes(self) -> list[str]:
        """The protocols, each once."""
        return sorted({item.scheme for item in self.rse.protocols})


@lake_page
def rses(request: HttpRequest, lake: Service) -> HttpResponse:
    """All of them, as a list and on a map."""
    answer = reading(request, lake, "list the sites").ask(rucio.list_rses).answer
    found = sorted(answer.required(), key=lambda item: item.name)
    sites = [Site(item, reverse("datalake:rse", args=[lake.name, item.name])) for item in found]
    rows = [row(item.rse, page=item.page) for item in sites]
    picture: Map | None = draw([(item.rse.name, item.rse.latitude, item.rse.longitude, item.page) for item in sites])
    context = {"lake": lake, "sites": sites, "map": picture, **trouble(answer)}
    return listing(request, rows, following=None, filename="rses") or render(request, "datalake/rses.html", context)


@lake_page
def rse(request: HttpRequest, lake: Service, name: str) -> HttpResponse:
    """One of them."""
    answer = reading(request, lake, f"show the site {name}"[:200]).ask(rucio.get_rse, name).answer
    found = answer.required()
    if request.GET.get("format") == "json":
        return JsonResponse(row(found))
    site = Site(found, request.path)
    return render(request, "datalake/rse.html", {"lake": lake, "rse": found, "free": site.free, "schemes": site.schemes, **trouble(answer)})
