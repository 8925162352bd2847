"""Ask the server for jobs by files in a folder that only this engine and the server see; standard library only.

`0001.json` is a job that is asked for; `0001.state` is the server's answer, written anew when the state changes. Each file appears whole.
"""

import itertools
import json
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("REANA_SUBMISSIONS", "."))
PROGRESS = "progress.json"
ENDED = ("finished", "failed", "stopped")
PAUSE = 0.1
_numbers = itertools.count(1)
_lock = threading.Lock()


class NotTaken(Exception):
    """The server does not take the job; the text says why, in REANA's words."""


def write(path: Path, content: Any) -> None:
    """A file that others see only when it is whole. The other side may be hostile, so a link at its place is not followed."""
    begun = path.with_name(f".{path.name}")
    begun.unlink(missing_ok=True)
    with os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
    begun.replace(path)


def read(path: Path, most: int) -> Any:
    """What stands in such a file, of at most so many characters; links are not followed. Raises OSError and ValueError."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), errors="replace") as file:
        return json.loads(file.read(most))


def tell_total(total: int) -> None:
    """How many jobs the engine knows of; the first number that is not 0 counts."""
    write(FOLDER / PROGRESS, {"total": total})


def submit(name: str, image: str, cmd: str, wishes: Mapping[str, Any], shown: str = "") -> str:
    """Ask for a job; its key here. Raises NotTaken. `shown` is what the logs call its command."""
    with _lock:
        key = f"{next(_numbers):06}"
    write(FOLDER / f"{key}.json", {"name": name, "image": image, "cmd": cmd, "shown": shown or cmd, "wishes": dict(wishes)})
    while not (answer := _answer(key)):
        time.sleep(PAUSE)
    if answer["status"] == "refused":
        raise NotTaken(f"Job submission error: {answer['why']}")
    return key


def status(key: str) -> str:
    """How a job is."""
    return str((_answer(key) or {}).get("status", "created"))


def wait(key: str) -> str:
    """The last state of a job, when it has ended."""
    while (found := status(key)) not in ENDED:
        time.sleep(PAUSE)
    return found


def _answer(key: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads((FOLDER / f"{key}.state").read_text())
    except FileNotFoundError:
        return None
    return found
