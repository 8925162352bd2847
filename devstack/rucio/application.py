"""Rucio's WSGI application behind a check of the Host header, with a first page that says what this is."""

from collections.abc import Callable, Iterable
from typing import Any

from rucio.web.rest.flaskapi.v1.main import application as rucio

from devstack import address

HOSTS = {f"{name}:{address.PORTS['rucio']}" for name in (address.HOST, "localhost")}
PAGE = (
    b"<!doctype html><html lang=en><title>Rucio of the local stack</title><h1>Rucio of the local stack</h1>"
    b"<p>A demonstration with public passwords: keep nothing here that matters. People use it through the portal.</p></html>"
)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer for our own names only: a page elsewhere cannot reach the loopback under a name of its own."""
    if environ.get("HTTP_HOST") not in HOSTS:
        start_response("400 Bad Request", [("Content-Type", "text/plain")])
        return [b"This server does not answer to that name.\n"]
    if environ.get("PATH_INFO") == "/":
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("X-Content-Type-Options", "nosniff")])
        return [PAGE]
    answer: Iterable[bytes] = rucio(environ, start_response)
    return answer
