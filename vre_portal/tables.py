"""The same rows as JSON and CSV at the page's own address, for scripts and spreadsheets."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

Row = dict[str, Any]


def row(item: Any, **more: Any) -> Row:
    """A frozen dataclass of the remote module as plain data."""
    return {**(asdict(item) if is_dataclass(item) and not isinstance(item, type) else dict(item)), **more}


def cell(value: Any) -> Any:
    """A spreadsheet runs what begins like a formula: such text gets an apostrophe in front. What has parts of its own is written as JSON."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict) or (isinstance(value, list | tuple) and any(isinstance(item, dict | list | tuple) for item in value)):
        return cell(json.dumps(value, ensure_ascii=False, default=str))
    if isinstance(value, list | tuple):
        return cell(" ".join(str(item) for item in value))
    text = "" if value is None else value
    return f"'{text}" if isinstance(text, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def listing(request: HttpRequest, rows: Sequence[Row], *, following: str | None, filename: str) -> HttpResponse | None:
    """The rows in the form that `?format=` asks for; None where it asks for the page."""
    wanted = request.GET.get("format")
    if wanted == "json":
        return as_json(rows, following=following)
    return as_csv(rows, following=following, filename=filename) if wanted == "csv" else None


def as_json(rows: Sequence[Row], *, following: str | None) -> JsonResponse:
    """The rows of one page, and the address of the next one."""
    return JsonResponse({"items": list(rows), "next": following})


def as_csv(rows: Sequence[Row], *, following: str | None = None, filename: str) -> HttpResponse:
    """The rows as a file for spreadsheets; where there are more, a header says where."""
    out = io.StringIO()
    # Rows may differ in their columns: none is left out because the first row lacks it.
    writer = csv.DictWriter(out, fieldnames=list(dict.fromkeys(name for item in rows for name in item)))
    writer.writerow({name: cell(name) for name in writer.fieldnames})
    writer.writerows({key: cell(value) for key, value in item.items()} for item in rows)
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}.csv"'
    if following:
        response["Link"] = f'<{following}>; rel="next"'
    return response
