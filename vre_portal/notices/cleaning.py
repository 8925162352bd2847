"""What applications report, as the table of events can hold it: their texts come from other services and from people."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from vre_portal.notices.models import MAX_KEY, MAX_URL
from vre_portal.notices.topics import MAX_TOPIC
from vre_portal.text import is_storable, storable, storable_json


def key(text: str) -> str:
    """The text, where it is too long its beginning and a digest of the whole: two keys never become one."""
    whole = storable(text)
    if len(whole) <= MAX_KEY:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()
    return f"{whole[: MAX_KEY - len(digest) - 1]}:{digest}"


def url(text: str) -> str:
    """The address, where it is too long that of the nearest page: without what follows its path, or one above it."""
    whole = storable(text)
    if len(whole) <= MAX_URL:
        return whole
    path = urlsplit(whole).path
    while len(path) > MAX_URL or not _is_page(path):
        path = path.rstrip("/").rpartition("/")[0] + "/"
    return path


def topics(given: Iterable[str]) -> list[str]:
    """Each once; one that is too long, or that no database holds, nobody can follow."""
    return sorted({topic for topic in given if len(topic) <= MAX_TOPIC and is_storable(topic)})


def data(given: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON that the database takes: it knows no NaN, and no NUL."""
    plain = json.loads(json.dumps(dict(given), default=str, skipkeys=True), parse_constant=lambda _name: None)
    return dict(storable_json(plain))


def _is_page(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return path == "/"
    return True
