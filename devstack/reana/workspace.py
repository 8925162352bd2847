"""The files of a workflow: every path stays inside its folder."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import IO, Any

from devstack.reana import limits, store
from devstack.reana.errors import Refusal

UNITS = ("KiB", "MiB", "GiB", "TiB")


def folder(workflow: store.Row) -> Path:
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


def save(path: Path, stream: IO[bytes]) -> None:
    """Write an upload next to its place and move it there when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    size = 0
    try:
        with partial.open("wb") as target:
            while chunk := stream.read(256 * 1024):
                size += len(chunk)
                if size > limits.UPLOAD_BYTES:
                    raise Refusal(413, f"A file may have at most {limits.UPLOAD_BYTES} bytes.")
                target.write(chunk)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def files(root: Path) -> Iterator[Path]:
    """The regular files of a workspace in the order of their names; links are shown only where they stay inside."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.resolve().is_relative_to(root.resolve()):
            yield path


def size(raw: int) -> dict[str, Any]:
    """A size as REANA writes it."""
    value, unit = float(raw), "Bytes"
    for larger in UNITS:
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return {"human_readable": f"{value:.2f}".rstrip("0").rstrip(".") + f" {unit}", "raw": raw}


def entry(root: Path, path: Path) -> dict[str, Any]:
    """One line of a listing."""
    facts = path.stat()
    modified = datetime.fromtimestamp(facts.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return {"last-modified": modified, "name": str(path.relative_to(root)), "size": size(facts.st_size)}


def matching(root: Path, pattern: str) -> list[Path]:
    """The files that a name, a folder or a pattern with * means."""
    if not any(sign in pattern for sign in "*?["):
        path = inside(root, pattern)
        return list(files(path)) if path.is_dir() else [path] if path.is_file() else []
    return [path for path in files(root) if fnmatch(str(path.relative_to(root)), pattern)]


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
