"""One id per request, in its log lines, its tasks and its error pages, so that support can find what happened."""

import contextvars
import json
import logging
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse

from vre_portal.secret_addresses import masked

HEADER = "X-Request-ID"
_current: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")


def current() -> str:
    """The id of what is being done now; empty outside of requests and tasks."""
    return _current.get()


def set_current(value: str | None) -> None:
    """Begin something new under this id, or under a fresh one."""
    _current.set(value or secrets.token_hex(6))


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Take the proxy's id where it is harmless text, else make one; answer with it."""

    def handle(request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")  # request.headers would be made for this alone, for each request
        set_current(given if re.fullmatch(r"[A-Za-z0-9-]{6,64}", given) else None)
        response = get_response(request)
        response[HEADER] = current()
        return response

    return handle


class JsonFormatter(logging.Formatter):
    """A log line as one JSON object: upstream text cannot forge a second line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request_id": current(),
            "message": masked(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=True)
