"""HDF5: groups and datasets as a tree, attributes, and the first image or table; read in Python alone, which follows no link out of the file."""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
import pyfive

from datalake.preview_child import plot
from datalake.preview_child.limits import CARDS, COLUMNS, PIXELS, ROWS, TREE, NoPreview, Section, shown
from datalake.preview_child.source import Source

DEEP = 12


def read(source: Source) -> list[Section]:
    """The tree, then what can be drawn of its first dataset with more than one number."""
    if b"\x89HDF\r\n\x1a\n" not in source.content[:4096]:
        raise NoPreview("It does not begin as an HDF5 file does.")
    try:
        file = pyfive.File(source.open())
    except AssertionError:
        raise NoPreview("It points to other files, which a preview does not follow, or is broken.") from None
    with file:
        found = list(members(file, 0))
        tree = Section(title="Content", kind="tree", columns=["Path", "What", "Shape", "Type"])
        tree.rows = [line(path, item) for path, item in found[:TREE]]
        tree.note = "Only its first entries are shown." if len(found) > TREE else ""
        tree.cards = attributes(file)
        drawn = [section for path, item in found if isinstance(item, pyfive.Dataset) and (section := data(path, item))]
    return [tree, *drawn[:1]]


def members(group: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """What a group holds, each branch before the next; links that lead nowhere are named and not followed."""
    for count, name in enumerate(group):
        if count > TREE or depth > DEEP:
            return
        try:
            item = group[name]
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 -- a broken or foreign entry does not hide its neighbours
            item = None
        yield f"{group.name.rstrip('/')}/{name}", item
        if isinstance(item, pyfive.Group):
            yield from members(item, depth + 1)


def line(path: str, item: Any) -> list[str]:
    """One entry of the tree."""
    if isinstance(item, pyfive.Dataset):
        return [shown(path), "dataset", " x ".join(str(size) for size in item.shape) or "one value", shown(item.dtype)]
    return [shown(path), "group" if isinstance(item, pyfive.Group) else "not readable here", "", ""]


def attributes(item: Any) -> list[tuple[str, str, str]]:
    """What is said of the file."""
    try:
        return [
            (shown(key), shown(value.decode(errors="replace") if isinstance(value, bytes) else value), "")
            for key, value in list(item.attrs.items())[:CARDS]
        ]
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- attributes that cannot be read leave the tree standing
        return []


def data(path: str, item: Any) -> Section | None:
    """A plane as a picture, columns as a table; nothing of what is too large, too small or of another sort."""
    names, shape = item.dtype.names, tuple(int(size) for size in item.shape)
    if not shape or prod(shape) > PIXELS // 4 or prod(shape) < 2 or (not names and item.dtype.kind not in "iuf"):
        return None
    result = Section(title=shown(path), kind="data", facts=[("shape", " x ".join(str(size) for size in shape))])
    try:
        if names:
            rows = item[: min(ROWS, shape[0])]
            result.columns = [shown(name) for name in names[:COLUMNS]]
            result.rows = [[shown(row[name]) for name in names[:COLUMNS]] for row in rows]
        elif len(shape) == 1:
            values = np.asarray(item[:20_000], dtype=float)
            result.image, result.alt = plot.curve(np.arange(len(values)), values, "number", path)
        else:
            plane = np.asarray(item[(0,) * (len(shape) - 2)], dtype=float)
            result.image, result.alt = plot.picture(plane), f"{shown(path)}, {plane.shape[1]} by {plane.shape[0]} values"
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- data that cannot be read leave the tree standing
        return None
    return result
