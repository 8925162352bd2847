"""Mail servers that always send one more byte before the timeout of a read, and never come to an end."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

LINE_SECONDS, MAX_SECONDS = 0.1, 8.0


@dataclass(frozen=True)
class Tarpit:
    """How many commands it answers properly, and what it then sends again and again."""

    name: str
    answers: tuple[bytes, ...]
    drip: bytes
    is_tls: bool = False

    def __str__(self) -> str:
        return self.name

    @contextmanager
    def listening(self) -> Iterator[int]:
        """Its port."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=self._serve, args=(server,), daemon=True).start()
            yield server.getsockname()[1]

    def _serve(self, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _address = server.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        end = time.monotonic() + MAX_SECONDS
        with suppress(OSError), connection:
            for answer in self.answers:
                connection.sendall(answer)
                connection.recv(1000)
            while time.monotonic() < end:
                connection.sendall(self.drip)
                time.sleep(LINE_SECONDS)


TARPITS = [
    Tarpit("greeting", (), b"220-wait\r\n"),
    Tarpit("sender", (b"220 here\r\n", b"250 mail\r\n"), b"250-wait\r\n"),
    Tarpit("half a line", (b"220 here\r\n",), b"2"),
    Tarpit("handshake", (), b"\x16\x03\x03\x3f\xff", is_tls=True),
]
