"""The same rows as JSON and CSV at the page's own address, for scripts and spreadsheets."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

Row = dict[str, Any]
EXACT = 2**53 - 1  # up to here JavaScript's numbers are whole numbers


def row(item: Any, **more: Any) -> Row:
    """A frozen dataclass of the remote module as plain data."""
    return {**(asdict(item) if is_dataclass(item) and not isinstance(item, type) else dict(item)), **more}


def with_exact(item: Row) -> Row:
    """The row with whole numbers beyond 2**53 also as text, `bytes_exact` beside `bytes`: JavaScript rounds the numbers themselves."""
    large = {f"{key}_exact": str(value) for key, value in item.items() if isinstance(value, int) and abs(value) > EXACT}
    return {**item, **large} if large else item


def cell(value: Any) -> Any:
    """A spreadsheet runs what begins like a formula: such text gets an apostrophe in front."""
    if isinstance(value, list | tuple | dict):
        return cell(" ".join(str(item) for item in value))
    text = "" if value is None else value
    return f"'{text}" if isinstance(text, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def listing(request: HttpRequest, rows: Sequence[Row], *, following: str | None, filename: str) -> HttpResponse | None:
    """The rows in the form that `?format=` asks for; None where it asks for the page."""
    wanted = request.GET.get("format")
    if wanted == "json":
        return JsonResponse({"items": [with_exact(item) for item in rows], "next": following})
    if wanted != "csv":
        return None
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else [], extrasaction="ignore")
    writer.writeheader()
    writer.writerows({key: cell(value) for key, value in item.items()} for item in rows)
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}.csv"'
    if following:
        response["Link"] = f'<{following}>; rel="next"'
    return response
