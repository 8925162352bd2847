"""Take a part of a file from a connection: never more than was announced, never slower than is bearable, safe wherever it is cut."""

import hashlib
import os
import socket
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.conf import settings

from datalake.uploads import spool
from datalake.uploads.models import Upload

BLOCK = 32 * 1024
BLOCK_TIMEOUT_SECONDS = 10.0  # seconds for a block: who sends less is cut off, and may go on from there
SAFE = 4 * 1024 * 1024  # after so many bytes they are put on disk and noted: what a killed server loses at most
LOOK = 2.0
DISPLACE_AFTER_SECONDS = 1.0  # seconds after which a connection may be displaced by another of the same upload


class RequestBody(Protocol):
    """A request's body."""

    def read(self, size: int, /) -> bytes: ...


class Moved(Exception):
    """The part does not begin where the file ends."""


class TooMuch(Exception):
    """More came than was announced."""


class WrongSum(Exception):
    """The part is not what its checksum says; nothing of it was kept."""


class TooManySending(Exception):
    """As many connections are sending as may."""


@dataclass
class Sending:
    """A connection that sends."""

    socket: socket.socket | None
    what: Any = None  # the upload's id
    heard: float = field(default_factory=time.monotonic)


class Gate:
    """Lets a bounded number of connections send at a time, and cuts off those that say nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._people: Counter[Any] = Counter()
        self._open: set[int] = set()
        self._sending: dict[int, Sending] = {}
        self._watcher: threading.Thread | None = None

    @contextmanager
    def passed(self, person: Any, connection: socket.socket | None, what: Any = None) -> Iterator[Sending]:
        """Count one sender while the block runs; raises TooManySending where the person or the portal has as many as allowed."""
        sending = Sending(connection, what)
        with self._lock:
            if self._people[person] >= settings.UPLOAD_PERSON_CONNECTIONS or len(self._sending) >= settings.UPLOAD_CONNECTIONS:
                raise TooManySending
            self._people[person] += 1
            self._sending[id(sending)] = sending
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, daemon=True, name="upload-watch")
                self._watcher.start()
        try:
            yield sending
        finally:
            with self._lock:
                del self._sending[id(sending)]
                self._people[person] -= 1
                if not self._people[person]:
                    del self._people[person]

    def displace(self, what: Any, silent: float = DISPLACE_AFTER_SECONDS) -> None:
        """Somebody wants to go on with an upload: a connection that still holds it and says nothing has probably lost its sender."""
        with self._lock:
            held = [item for item in self._sending.values() if item.what == what and time.monotonic() - item.heard > silent]
        for item in held:
            cut(item.socket)

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK)
            with self._lock:
                silent = [item for item in self._sending.values() if time.monotonic() - item.heard > BLOCK_TIMEOUT_SECONDS]
                if not self._sending:
                    self._watcher = None
                    return
            for item in silent:
                cut(item.socket)


def cut(connection: socket.socket | None) -> None:
    """Read nothing more from a connection; a thread that waits for it gets its end at once."""
    if connection is not None:
        try:
            connection.shutdown(socket.SHUT_RD)
        except OSError:
            return


GATE = Gate()


def receive(
    upload: Upload, body: RequestBody, offset: int, *, sending: Sending | None = None, checksum: tuple[str, bytes] | None = None
) -> None:
    """Append what comes to the file. A connection that breaks off leaves what came; one with a wrong checksum leaves nothing."""
    with spool.writing(upload.pk) as file:
        upload.refresh_from_db()
        if upload.state != Upload.State.RECEIVING or upload.received != offset:
            raise Moved
        file.truncate(upload.received)  # what is behind it was never noted: a server died there
        file.seek(upload.received)
        part = ReceivedPart(upload, file, checksum)
        try:
            for block in blocks(body, sending):
                part.add(block)
        except (OSError, TooMuch):
            part.keep(whole=False)
            raise
        part.keep(whole=True)


def blocks(body: RequestBody, sending: Sending | None) -> Iterator[bytes]:
    """The body as it comes."""
    while block := body.read(BLOCK):
        if sending:
            sending.heard = time.monotonic()
        yield block


class ReceivedPart:
    """What one connection appends."""

    def __init__(self, upload: Upload, file: Any, checksum: tuple[str, bytes] | None) -> None:
        self.upload, self.file, self.checksum = upload, file, checksum
        self.at, self.adler32, self.begin = upload.received, upload.adler32, upload.received
        self.hash: Any = hashing(checksum[0]) if checksum else None

    def add(self, block: bytes) -> None:
        if self.at + len(block) > self.upload.size:
            raise TooMuch
        self.file.write(block)
        self.at, self.adler32 = self.at + len(block), zlib.adler32(block, self.adler32)
        if self.hash:
            self.hash.update(block)
        elif self.at - self.upload.received >= SAFE:
            self.note()

    def keep(self, *, whole: bool) -> None:
        """Store how far the file is once the connection has ended; raises WrongSum, and drops the part, where its checksum differs."""
        if self.hash and (not whole or self.hash.digest() != (self.checksum or ("", b""))[1]):
            self.file.truncate(self.begin)
            if whole:
                raise WrongSum
            return
        self.note()

    def note(self) -> None:
        """On disk first, then in the row: what the row says is true also after the power failed."""
        if self.at == self.upload.received:
            return
        os.fdatasync(self.file.fileno())
        if not self.upload.came(self.at, self.adler32):
            raise Moved


class Adler:
    """Adler-32 in the manner of hashlib."""

    def __init__(self) -> None:
        self.value = 1

    def update(self, block: bytes) -> None:
        self.value = zlib.adler32(block, self.value)

    def digest(self) -> bytes:
        return self.value.to_bytes(4, "big")


ALGORITHMS: dict[str, Callable[[], Any]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "adler32": Adler,
}


def hashing(name: str) -> Any:
    return ALGORITHMS[name]()
