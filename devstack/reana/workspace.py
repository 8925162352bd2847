"""The files of a workflow: every path stays inside its folder."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

import requests
from reana_commons import workspace as reana_workspace
from reana_commons.errors import REANAWorkspaceError

from devstack.reana import limits, store
from devstack.reana.errors import Refusal

UNITS = ("KiB", "MiB", "GiB", "TiB")


def folder(workflow: Mapping[str, Any] | store.Row) -> Path:
    """The workspace of a workflow; restarts share the one of the first run."""
    return limits.WORKSPACES / str(workflow["workspace"])


def inside(root: Path, name: str) -> Path:
    """The path of a file in the workspace; also a link may not lead out of it.

    As in REANA, whose client sends "/reana.yaml", a slash at the beginning means the workspace itself.
    """
    name = name.lstrip("/")
    if not name or "\0" in name or ".." in Path(name).parts:
        raise Refusal(400, f"{name!r} is not a path inside the workspace.")
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise Refusal(400, f"{name!r} leads out of the workspace.")
    return path


@contextmanager
def refusing() -> Iterator[None]:
    """What REANA's own functions for workspaces do not allow is refused in their words."""
    try:
        yield
    except REANAWorkspaceError as error:
        raise Refusal(400, str(error)) from None


def save(root: Path, name: str, stream: IO[bytes]) -> None:
    """Write an upload, and its folders, inside the workspace; a slash at the beginning means the workspace itself."""
    path = Path(name.lstrip("/"))
    with refusing():
        if "\0" in name:
            raise REANAWorkspaceError(f"{name!r} is not a valid path component")
        reana_workspace.makedirs(root, path.parent)
        if reana_workspace.is_directory(root, path):
            raise REANAWorkspaceError(f"'{name}' is not a regular file")
        with reana_workspace.open_file(root, path, mode="wb") as target:
            shutil.copyfileobj(Limited(stream), target, 256 * 1024)


class Limited:
    """A stream of which at most so much is taken; more is refused."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._seen = stream, 0

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self._seen += len(chunk)
        if self._seen > limits.UPLOAD_BYTES:
            raise Refusal(413, f"A file may have at most {limits.UPLOAD_BYTES} bytes.")
        return chunk


def opened(root: Path, name: str) -> IO[bytes]:
    """A file to be sent; links are refused, wherever they lead."""
    with refusing():
        found: IO[bytes] = reana_workspace.open_file(root, name, mode="rb")
        return found


def files(root: Path) -> list[str]:
    """The files and links of a workspace, in the order in which the disk has them: REANA sorts nothing."""
    with refusing():
        return list(reana_workspace.walk(root, include_dirs=False))


def is_folder(root: Path, name: str) -> bool:
    """Whether a name is that of a folder."""
    return bool(reana_workspace.is_directory(root, name))


def handed_on(name: str) -> str:
    """A name as it comes out behind REANA's server, which puts what it decoded into the address of another call without quoting it."""
    inner = requests.Request("GET", f"http://controller/{name}").prepare().url or ""
    behind = unquote(urlsplit(inner).path.removeprefix("/"))
    if "\n" in behind:  # its routes end at a line break
        raise Refusal(404, "The requested URL was not found on the server.")
    return behind


def size(raw: int) -> dict[str, Any]:
    """A size as REANA writes it."""
    value, unit = float(raw), "Bytes"
    for larger in UNITS:
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return {"human_readable": f"{value:.2f}".rstrip("0").rstrip(".") + f" {unit}", "raw": raw}


def entry(root: Path, name: str) -> dict[str, Any]:
    """One line of a listing; of a link its own size."""
    facts = (root / name).lstat()
    modified = datetime.fromtimestamp(facts.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return {"last-modified": modified, "name": name, "size": size(facts.st_size)}


def matching(root: Path, pattern: str) -> list[str]:
    """The files that a folder's name or a pattern means; a file's name is a pattern, too."""
    with refusing():
        return list(reana_workspace.glob_or_walk_directory(root, pattern, include_dirs=False))


def disk_usage(root: Path) -> list[dict[str, Any]]:
    """What `du` would print: each file, each folder, and the whole as the empty name."""
    usage: dict[Path, int] = {root: _blocks(root)}
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            continue
        usage.setdefault(path, 0)
        for part in (path, *path.relative_to(root).parents):
            usage[root / part] = usage.get(root / part, 0) + _blocks(path)
    whole = [("" if path == root else f"/{path.relative_to(root)}", raw) for path, raw in usage.items()]
    return [{"name": name, "size": size(raw)} for name, raw in sorted(whole, key=lambda item: (item[0] == "", item[0]))]


def _blocks(path: Path) -> int:
    return path.lstat().st_blocks * 512


def total(root: Path) -> int:
    """The bytes in a workspace while jobs may be changing it."""
    found = 0
    for path in root.rglob("*"):
        try:
            found += path.lstat().st_size
        except OSError:
            continue  # gone in between
    return found


def remove(root: Path) -> None:
    """Forget the files."""
    shutil.rmtree(root, ignore_errors=True)
