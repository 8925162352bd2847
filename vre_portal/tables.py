"""The same rows as JSON and CSV at the page's own address, for scripts and spreadsheets: JSON page by page, CSV whole."""

import copy
import csv
import io
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils.translation import gettext as _

Row = dict[str, Any]
MAX_CSV_ROWS = 20_000
MAX_CSV_SECONDS = 20.0
EXPORT_PAGE = 1000  # rows that a list reads at once while it is exported
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
EXACT = 2**53 - 1  # up to here JavaScript's numbers are whole numbers


def row(item: Any, **more: Any) -> Row:
    """A frozen dataclass of the remote module as plain data."""
    return {**(asdict(item) if is_dataclass(item) and not isinstance(item, type) else dict(item)), **more}


def with_exact(item: Row) -> Row:
    """The row with whole numbers beyond 2**53 also as text, `bytes_exact` beside `bytes`: JavaScript rounds the numbers themselves."""
    large = {f"{key}_exact": str(value) for key, value in item.items() if isinstance(value, int) and abs(value) > EXACT}
    return {**item, **large} if large else item


def cell(value: Any) -> Any:
    """The value for a spreadsheet: what is nested as JSON, and an apostrophe before text that would be run as a formula."""
    if isinstance(value, bool):
        return str(value).lower()  # as in JSON
    if isinstance(value, list | tuple) and all(isinstance(item, str | int | float) for item in value):
        return cell(" ".join(str(item) for item in value))
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    text = "" if value is None else value
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA) else text


def page_size(request: HttpRequest, usual: int) -> int:
    """How many rows a list reads at once: more where all of them are wanted."""
    return max(usual, EXPORT_PAGE) if request.GET.get("format") == "csv" or hasattr(request, "is_export") else usual


def listing(request: HttpRequest, rows: Sequence[Row], *, following: str | None, filename: str) -> HttpResponse | None:
    """The rows in the form that `?format=` asks for; None where it asks for the page. `following` is the address of the next rows."""
    wanted = request.GET.get("format")
    if wanted == "json":
        items = list(rows) if hasattr(request, "is_export") else [with_exact(item) for item in rows]
        return JsonResponse({"items": items, "next": _address(request, following, "json")})
    if wanted == "csv":
        return _csv(request, rows, following, filename)
    return None


def csv_response(rows: Iterable[Row], filename: str, *, cut: str = "") -> HttpResponse:
    """The rows as a CSV file, with a column for every name in any of them; where it was `cut`, the file's last line and name say so."""
    found = list(rows)
    columns = list(dict.fromkeys(name for item in found for name in item))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([cell(name) for name in columns])
    writer.writerows([cell(item.get(name)) for name in columns] for item in found)
    if cut:
        writer.writerow([_("# Incomplete after %(count)s rows: %(reason)s") % {"count": len(found), "reason": cut}])
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}{"-incomplete" if cut else ""}.csv"'
    return response


def _csv(request: HttpRequest, rows: Sequence[Row], following: str | None, filename: str) -> HttpResponse:
    found = json.loads(json.dumps(list(rows), cls=DjangoJSONEncoder))  # the later pages come as JSON: all rows are written alike
    begin, address, reason = time.monotonic(), _address(request, following, "json"), ""
    pages = _pages(request, address)
    while address:
        if len(found) >= MAX_CSV_ROWS or time.monotonic() - begin > MAX_CSV_SECONDS:
            reason = _("the file has reached its size limit.")
            break
        try:
            items, address = next(pages)
        except StopIteration:
            reason = _("the next rows could not be read.")
            break
        found += items
    if not address:
        return csv_response(found, filename)
    following = _address(request, address, "csv")
    response = csv_response(found, filename, cut=_("%(reason)s The next rows: %(address)s") % {"reason": reason, "address": following})
    response["Link"] = f'<{following}>; rel="next"'
    return response


def _pages(request: HttpRequest, address: str | None) -> Iterator[tuple[list[Row], str | None]]:
    """The pages after the first: the list's own view answers for each, so that a file holds what its pages show. Ends where one fails."""
    match, seen = request.resolver_match, set()
    while match and address and address not in seen:
        seen.add(address)
        query = urlsplit(address).query
        following = copy.copy(request)
        following.GET = QueryDict(query)  # type: ignore[misc]
        following.META = {**request.META, "QUERY_STRING": query}
        following.is_export = True  # type: ignore[attr-defined]
        response = match.func(following, *match.args, **match.kwargs)
        if response.status_code != 200 or not str(response.get("Content-Type")).startswith("application/json"):
            return
        body = json.loads(response.content)
        address = body["next"]
        yield body["items"], address


def _address(request: HttpRequest, following: str | None, wanted: str) -> str | None:
    """The address of the next rows in the same form; None where there are none."""
    if not following:
        return None
    parts = urlsplit(following)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "format"]
    host = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return f"{host}{parts.path or request.path}?{urlencode([*kept, ('format', wanted)])}"
