"""The sites that hold the data: where they are, how they are reached, how full they are."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from datalake import rucio
from datalake.map import Map, draw
from datalake.views.shared import lake_page, page, reading
from vre_portal.services import Service
from vre_portal.tables import listing, row


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
    look = reading(request, lake, "list the sites")
    found = look.ask(rucio.list_rses).answer.required()
    sites = [Site(item, reverse("datalake:rse", args=[lake.name, item.name])) for item in found]
    rows = [row(item.rse, page=item.page) for item in sites]
    picture: Map | None = draw([(item.rse.name, item.rse.latitude, item.rse.longitude, item.page) for item in sites])
    return listing(request, rows, following=None, filename="rses") or page(request, "rses.html", look, {"sites": sites, "map": picture})


@lake_page
def rse(request: HttpRequest, lake: Service, name: str) -> HttpResponse:
    """One of them."""
    look = reading(request, lake, f"show the site {name}")
    found = look.ask(rucio.get_rse, name).answer.required()
    if request.GET.get("format") == "json":
        return JsonResponse(row(found))
    site = Site(found, request.path)
    return page(request, "rse.html", look, {"rse": found, "free": site.free, "schemes": site.schemes})
