"""What a transfer service does before it copies from tape: ask the storage to bring the file to disk, and look until it is there."""

import threading
from typing import Any
from urllib.parse import urlsplit

import requests

from devstack import address
from devstack.rucio.copying import CopyFailed
from devstack.rucio.webdav import StorageSession

API = f"{address.STORAGE_URL}/api/v1/stage"
LOOK_SECONDS, TIMEOUT = 1.0, 20


def is_needed(source: Any) -> bool:
    return bool(source.rse.is_tape_or_staging_required())


def wait(url: str, ending: threading.Event) -> None:
    """Return when the file is on disk. Raises CopyFailed where the storage does not bring it, or the transfers end."""
    session, path = StorageSession(), urlsplit(url).path
    try:
        request = _json(session.post(API, json={"files": [{"path": path}]}, timeout=TIMEOUT))["requestId"]
        while not ending.wait(LOOK_SECONDS):
            (file,) = _json(session.get(f"{API}/{request}", timeout=TIMEOUT))["files"]
            if file["onDisk"]:
                return
            if file["state"] == "FAILED":
                raise CopyFailed(f"Tape: {path} could not be brought to disk: {file['error']}")
    except requests.RequestException as error:
        raise CopyFailed(f"Tape: the storage does not answer: {error}") from None
    raise CopyFailed("Tape: the transfer service ended while it waited")


def _json(answer: requests.Response) -> Any:
    if not answer.ok:
        raise CopyFailed(f"Tape: the storage answered {answer.status_code}: {answer.text.strip()[:200]}")
    return answer.json()
