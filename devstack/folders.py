"""The folders of a stack: closed to everybody else, and in another place where a server cannot use the state's own."""

import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o700
PASSABLE = 0o711  # others may pass to what is open to them inside, and not list
SOCKET_BYTES = 100  # of a Unix socket's path, a little below what the kernel takes
# Signs that need no quoting in a URL, a list of folders or a shell; other paths are kept out of all three.
PLAIN = re.compile(r"[A-Za-z0-9._/-]+")
SHARED = ("/var/lib", "/var/tmp", "/tmp")  # the first is for data that stay, but not every container lets root write there


class FolderError(Exception):
    """A folder cannot be used; the text says which, why and what to do."""


def is_plain(path: Path) -> bool:
    """Whether the path means the same wherever it is written."""
    return PLAIN.fullmatch(str(path)) is not None


def make_state(state: Path) -> Path:
    """Make the state's folder, or close an open one; raises FolderError where it cannot be written."""
    try:
        state.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        if state.stat().st_mode & 0o077:
            state.chmod(PRIVATE)
    except OSError as error:
        raise FolderError(
            f"The folder {state} cannot be used: {error.strerror}. Make it writable, or choose another: STACK_STATE=/path/to/folder make run"
        ) from None
    if not os.access(state, os.W_OK | os.X_OK):
        raise FolderError(
            f"The folder {state} cannot be written. Make it writable, or choose another: STACK_STATE=/path/to/folder make run"
        )
    return state


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(text)


def make_own(folder: Path, mode: int = PRIVATE) -> Path:
    """Make a folder of our own beside those of other people; raises FolderError where somebody else has put something in its place."""
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=mode)
        facts = folder.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
            raise FolderError(f"{folder} is not a folder of yours, and the stack needs one of that name. Ask its owner to remove it.")
        folder.chmod(mode)
    except OSError as error:
        raise FolderError(f"The folder {folder} cannot be made: {error.strerror}.") from None
    return folder


def key(state: Path) -> str:
    """A short name for a state, the same each time and different for each."""
    return hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:12]


def runtime_dir(state: Path) -> Path:
    """A folder with a short and plain path, for what the state's own path is too long or too odd for; lost at any reboot."""
    return Path("/tmp") / f"vre-{os.geteuid()}-{key(state)}"


def postgres_dir(state: Path) -> Path:
    """Where PostgreSQL keeps its data: in the state, but for root outside, as its server runs as a user who may not enter there."""
    if os.geteuid():
        return state / "postgres"
    base = next((folder for folder in map(Path, SHARED) if _is_open(folder)), Path(SHARED[-1]))
    return base / f"vre-stack-{key(state)}"


def _is_open(folder: Path) -> bool:
    """Whether we may write there and everybody may pass."""
    return os.access(folder, os.W_OK) and all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents))


def socket_dir(state: Path) -> Path:
    """Where PostgreSQL's Unix socket lies."""
    folder = postgres_dir(state) / "socket"
    fits = len(os.fsencode(folder / ".s.PGSQL.5432")) < SOCKET_BYTES and is_plain(folder)
    return folder if fits else runtime_dir(state) / "socket"


def outside(state: Path) -> Iterator[Path]:
    """The folders of this stack that lie outside its state, as far as they exist and are ours."""
    for folder in {runtime_dir(state), postgres_dir(state)}:
        if folder.is_relative_to(state) or folder.is_symlink() or not folder.is_dir():
            continue
        if folder.stat().st_uid == os.geteuid():
            yield folder


def remove(state: Path) -> None:
    """Forget a stack's data, wherever they lie; raises FolderError naming what could not be removed."""
    for folder in (*outside(state), state.resolve()):
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise FolderError(
                f"{error.filename or folder} could not be removed ({error.strerror}). Remove {folder} as the user who started the stack."
            ) from None
