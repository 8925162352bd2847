"""Distances of copies from the site that a person has chosen as theirs, by Rucio's coordinates."""

from collections.abc import Iterable, Mapping
from math import asin, cos, inf, radians, sin, sqrt

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from datalake.rucio import Rse
from vre_portal.services import Service

EARTH = 6371.0  # km, its mean radius
COOKIE, YEAR = "near", 365 * 24 * 3600
Distances = Mapping[str, float]  # km by storage element; those without coordinates are missing
UNASKED: Distances = {}


def chosen_site(request: HttpRequest) -> str:
    """The storage element that the person has chosen as their location; empty where none is set."""
    return request.GET.get("near", request.COOKIES.get(COOKIE, ""))[:255]


def store_choice(request: HttpRequest, response: HttpResponse, lake: Service) -> None:
    """Store the chosen location in a cookie for the lake's pages; an empty choice deletes it."""
    if "near" in request.GET:
        path = reverse("datalake:lake", args=[lake.name])
        response.set_cookie(
            COOKIE,
            chosen_site(request),
            max_age=YEAR if chosen_site(request) else 0,
            path=path,
            samesite="Lax",
            secure=request.is_secure(),
            httponly=True,
        )


def placed(sites: Iterable[Rse]) -> list[Rse]:
    """Those whose place is known, one of which may be named."""
    return [site for site in sites if site.latitude is not None and site.longitude is not None]


def distances(sites: Iterable[Rse], near: str) -> Distances:
    """How far each is from the one that is named; nothing where its place is not known."""
    places = {site.name: (site.latitude or 0.0, site.longitude or 0.0) for site in placed(sites)}
    return {name: distance_km(places[near], place) for name, place in places.items()} if near in places else UNASKED


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Kilometres along a great circle between two places, each latitude and longitude."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(radians, place)) for place in (one, other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(half)))


def sort_key(rse: str, far: Distances) -> tuple[float, str]:
    """Where a copy stands in a list: the nearest first, the unknown last, by name where nobody asked."""
    return (far.get(rse, inf), rse)
