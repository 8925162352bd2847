"""The pages that a process keeps, each as it was sent, and which version of what it shows."""

import gzip
import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

from vre_portal.headers import accepts_gzip
from vre_portal.pages.versions import Versions

SMALL = 200  # bytes, below which nothing is compressed
Key = tuple[str, ...]


@dataclass(frozen=True)
class CachedPage:
    """One page in one version, plain and compressed."""

    body: bytes
    compressed: bytes
    headers: tuple[tuple[str, str], ...]
    etag: str
    versions: tuple[tuple[bytes, bytes | None], ...]
    until: float

    @classmethod
    def of(
        cls, response: HttpResponse, headers: dict[str, str], versions: Versions, topics: tuple[bytes, ...], until: float
    ) -> "CachedPage":
        """What was answered. The ETag is of the content alone: what nobody may see cannot change it. It is weak, for there are two forms."""
        body = response.content
        compressed = gzip.compress(body, 6, mtime=0) if len(body) > SMALL else b""
        etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        return cls(body, compressed, tuple(headers.items()), etag, tuple((name, versions.get(name)) for name in topics), until)

    @property
    def size(self) -> int:
        return len(self.body) + len(self.compressed)

    def is_current(self, versions: Versions) -> bool:
        """Whether it shows what is true now."""
        return all(versions.get(topic) == version for topic, version in self.versions) and time.time() < self.until

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The page, or 304 where the browser has it."""
        is_compressed = bool(self.compressed) and accepts_gzip(request)
        body = self.compressed if is_compressed else self.body
        response = HttpResponse(body, headers={**dict(self.headers), "ETag": self.etag, "Content-Length": str(len(body))})
        if is_compressed:
            response.headers["Content-Encoding"] = "gzip"
        if "HTTP_IF_NONE_MATCH" in request.META:
            return get_conditional_response(request, etag=self.etag, response=response) or response
        return response


class Store:
    """Pages by address and reader's choices; beyond so many bytes those go that were not asked for for longest."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._pages: OrderedDict[Key, CachedPage] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Key) -> CachedPage | None:
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def put(self, key: Key, page: CachedPage) -> None:
        """Keep it in place of an earlier version; one that would take more than a quarter of the room is not kept."""
        with self._lock:
            self._drop(key)
            if page.size > self.max_bytes // 4:
                return
            self._pages[key] = page
            self._bytes += page.size
            while self._bytes > self.max_bytes:
                self._drop(next(iter(self._pages)))

    def clear(self) -> None:
        with self._lock:
            self._pages.clear()
            self._bytes = 0

    def _drop(self, key: Key) -> None:
        known = self._pages.pop(key, None)
        self._bytes -= known.size if known else 0
