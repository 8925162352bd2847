"""The mail that arrived: one file each, the newest kept."""

import email
import json
import os
import threading
import time
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

MAX_MAILS = 500


@dataclass(frozen=True)
class Mail:
    """One mail with its envelope, as it arrived."""

    number: int
    at: float
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=policy.default)

    def part(self, kind: str) -> str:
        """The text of the part "plain" or "html"; empty where there is none."""
        found = self.message.get_body((kind,))
        return str(found.get_content()) if found is not None else ""

    def facts(self, *, whole: bool = False) -> dict[str, Any]:
        """The mail for programs, with its headers and texts if `whole`."""
        message = self.message
        known = {
            "id": self.number,
            "at": self.at,
            "sender": self.sender,
            "recipients": list(self.recipients),
            "subject": str(message["Subject"]),
        }
        if not whole:
            return known
        headers = [[name, str(value)] for name, value in message.items()]
        return {
            **known,
            "headers": headers,
            "text": self.part("plain"),
            "html": self.part("html"),
            "raw": self.raw.decode(errors="replace"),
        }


class Store:
    """Mail in one folder, which survives a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, threading.Lock()
        self._mails = {int(file.stem): self._read(file) for file in sorted(folder.glob("*.json"))}
        self._last = max(self._mails, default=0)

    def add(self, sender: str, recipients: list[str], raw: bytes) -> Mail:
        """Keep one mail; the oldest goes where there are too many."""
        with self._lock:
            self._last += 1
            mail = Mail(self._last, time.time(), sender, tuple(recipients), raw)
            self._mails[mail.number] = mail
            known = {"at": mail.at, "sender": sender, "recipients": recipients, "raw": raw.decode("latin-1")}
            (self._folder / f"{mail.number}.json").write_text(json.dumps(known))
            while len(self._mails) > MAX_MAILS:
                self._forget(min(self._mails))
            return mail

    def all(self) -> list[Mail]:
        """The newest first."""
        with self._lock:
            return [self._mails[number] for number in sorted(self._mails, reverse=True)]

    def get(self, number: int) -> Mail | None:
        with self._lock:
            return self._mails.get(number)

    def clear(self) -> None:
        with self._lock:
            for number in list(self._mails):
                self._forget(number)

    def _forget(self, number: int) -> None:
        del self._mails[number]
        (self._folder / f"{number}.json").unlink(missing_ok=True)

    @staticmethod
    def _read(file: Path) -> Mail:
        known = json.loads(file.read_text())
        return Mail(int(file.stem), known["at"], known["sender"], tuple(known["recipients"]), known["raw"].encode("latin-1"))


def folder(path: str | os.PathLike[str]) -> Path:
    """The folder, made where it is not there."""
    made = Path(path)
    made.mkdir(parents=True, exist_ok=True, mode=0o700)
    return made
