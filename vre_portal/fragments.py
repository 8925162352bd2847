"""Parts of pages that were rendered a moment ago, kept in this process and shown again to people who would get the same.

What a part says depends on nothing but the values that it names: it is rendered with these alone, so that what is missing from its key is
missing from the page, and never somebody else's. Rows count with all of their columns: a changed row is another key.
"""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.db.models.fields.files import FieldFile
from django.http import HttpRequest
from django.utils.functional import Promise, empty
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

KEPT_SECONDS = 60.0  # "3 min ago" may be a minute old
MAX_BYTES = 8_000_000
MAX_PART = 200_000
# Where a value goes that differs with each page, such as a form's token; nobody can write it into a text.
_PLACE = secrets.token_hex(16)


class NotAKey(TypeError):
    """A part was given something that does not say all that it holds; the text names it."""


def place_of(name: str) -> SafeString:
    """What stands in a kept part where the value of this name goes."""
    return SafeString(f"{_PLACE}-{name}-")


def key_of(value: Any) -> Any:
    """What tells a value from all others that could be rendered differently. Raises NotAKey where that cannot be told."""
    if value is None or type(value) in (str, int):
        return value
    if isinstance(value, Promise):
        return str(value)
    if isinstance(
        value, str | int | float | bool | date | UUID | Decimal
    ):  # equal, and yet shown differently: text that is safe, 1 and True
        return (type(value).__qualname__, value)
    if isinstance(value, FieldFile):
        return ("file", value.name)
    if hasattr(value, "_wrapped"):  # the person of a request
        if value._wrapped is empty:
            value._setup()
        return key_of(value._wrapped)
    to_key: Callable[[], Any] | None = getattr(value, "fragment_key", None)
    if to_key is not None:
        return to_key()
    if isinstance(value, Model):
        if value.get_deferred_fields():
            raise NotAKey(f"{value._meta.label}: not all columns are there")
        return (value._meta.label, *(key_of(getattr(value, field.attname)) for field in value._meta.concrete_fields))
    if isinstance(value, dict):
        return ("dict", *((name, key_of(item)) for name, item in value.items()))
    if isinstance(value, list | tuple | frozenset):
        return (type(value).__name__, *(key_of(item) for item in value))
    raise NotAKey(f"{type(value).__name__} cannot be part of a key")


class Fragments:
    """Rendered parts by their keys; those that were not shown for longest go first."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._parts: OrderedDict[Any, tuple[float, str, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._bytes, self._max_bytes = 0, max_bytes

    def get(self, key: Any) -> str | None:
        """The part, unless it is older than KEPT_SECONDS."""
        with self._lock:
            found = self._parts.get(key)
            if found is None or time.monotonic() - found[0] > KEPT_SECONDS:
                return None
            self._parts.move_to_end(key)
            return found[1]

    def put(self, key: Any, part: str) -> None:
        """Keep it; one that is very large is not kept. Its key counts, too: it holds all columns of the rows, such as the logs of a run."""
        if len(part) > MAX_PART or (size := len(part) + len(repr(key))) > MAX_PART:
            return
        with self._lock:
            known = self._parts.pop(key, None)
            self._bytes += size - (known[2] if known else 0)
            self._parts[key] = (time.monotonic(), part, size)
            while self._bytes > self._max_bytes:
                self._bytes -= self._parts.popitem(last=False)[1][2]

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._parts.clear()
            self._bytes = 0


fragments = Fragments()


def filled(part: str, late: dict[str, Any]) -> SafeString:
    """A kept part with what belongs to this page put into its places."""
    for name, value in late.items():
        part = part.replace(place_of(name), conditional_escape(value))
    return SafeString(part)


class ShortRequest:
    """Of a request what the frame of pages shows: the part of the portal that it is in, and what is searched for."""

    def __init__(self, request: HttpRequest | None) -> None:
        section = request.path.split("/", 2)[1] if request else ""
        self.path = f"/{section}/" if section else "/"
        self.GET = {"q": request.GET.get("q", "") if request and section == "search" else ""}  # other pages have fields of this name
        self.get_full_path = place_of("full_path")

    def fragment_key(self) -> tuple[str, str]:
        return self.path, self.GET["q"]
