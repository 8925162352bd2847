"""Where DIDs have their pages: names may hold anything, so all quoting is here."""

import re
from urllib.parse import quote

from django.urls import register_converter, reverse

ODD = re.compile(r"(^|/)(\.{0,2})(/|$)")  # empty, "." and ".." segments: browsers and proxies rewrite them in a path

ESCAPE = re.compile(r"%(25|2F|2E)")  # no others: what is escaped twice must not get past a check of the path


class NameConverter:
    """A DID's name as the rest of the path: slashes and line ends belong to it."""

    regex = r"(?s:.+)"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class PartConverter:
    """A name that a service gives, as one part of a path: what one part cannot carry ("/", nothing at all, "." and "..") is escaped by "%"."""

    regex = r"[^/]+"

    def to_python(self, value: str) -> str:
        return "" if value == "%" else ESCAPE.sub(lambda found: chr(int(found[1], 16)), value)

    def to_url(self, value: str) -> str:
        escaped = str(value).replace("%", "%25").replace("/", "%2F")
        return escaped.replace(".", "%2E") if escaped in (".", "..") else escaped or "%"


register_converter(PartConverter, "lakepart")
register_converter(NameConverter, "didname")


def did_address(view: str, lake: str, scope: str, name: str) -> str:
    """The address of a page about a DID; a name that a path cannot carry safely goes into the query."""
    route = view if ":" in view else f"datalake:{view}"
    if ODD.search(name):
        return f"{reverse(route, args=[lake, scope, '-'])}?name={quote(name, safe='')}"
    return reverse(route, args=[lake, scope, name])


def asked_name(path_name: str, query_name: str | None) -> str:
    """The name that an address means: `did_address` backwards."""
    return query_name if path_name == "-" and query_name else path_name
