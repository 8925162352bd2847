"""HDF5: groups and datasets as a tree, attributes, and the first images and tables; read in Python alone, which follows no link out of the file."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pyfive

from datalake.preview_child import hdf5_data, hdf5_types
from datalake.preview_child.limits import CARDS, TREE, NoPreview, Section, cut, shown
from datalake.preview_child.source import Source
from datalake.preview_child.values import text_of

DEEP, COUNTED = 12, 2000
INDEX = "_i_"  # groups in which PyTables keeps its own indexes
OTHERS = {
    b"CDF\x01": "a netCDF classic file: only netCDF-4 is shown",
    b"CDF\x02": "a netCDF classic file: only netCDF-4 is shown",
    b"CDF\x05": "a netCDF classic file: only netCDF-4 is shown",
    b"\x0e\x03\x13\x01": "an HDF4 file: only HDF5 is shown",
}
Member = tuple[str, Any]


def read(source: Source) -> list[Section]:
    """The tree, then what can be shown of its first datasets with more than one value."""
    if b"\x89HDF\r\n\x1a\n" not in source.content[:4096]:
        other = OTHERS.get(source.content[:4])
        raise NoPreview(f"It is {other}." if other else "It does not begin as an HDF5 file does.")
    hdf5_types.extend()
    try:
        file = pyfive.File(source.open())
    except AssertionError:
        raise NoPreview("It points to other files, which a preview does not follow, or is broken.") from None
    with file:
        found = list(islice(members(file, 0, set()), COUNTED))
        indexes = [item for item in found if f"/{INDEX}" in item[0]]
        found = [item for item in found if f"/{INDEX}" not in item[0]]
        tree = Section(title="Content", kind="tree", columns=["Path", "What", "Shape", "Type"])
        tree.rows = [line(path, item) for path, item in found[:TREE]]
        tree.say(cut("entries", TREE, len(found), at_least=len(found) + len(indexes) == COUNTED))
        tree.say(f"{len(indexes):,} entries of PyTables' own indexes are left out." if indexes else "")
        tree.cards = attributes(file)
        parts, note = hdf5_data.sections([(path, item) for path, item in found if isinstance(item, pyfive.Dataset)])
        tree.say(note)
    return [tree, *parts]


def members(group: Any, depth: int, above: set[int]) -> Iterator[Member]:
    """What a group holds, each branch before the next; links that lead nowhere are named and not followed, a group inside itself is named once."""
    above = above | {place_of(group)}
    for name in group:
        try:
            item = group[name]
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 -- a broken or foreign entry does not hide its neighbours
            item = None
        yield f"{group.name.rstrip('/')}/{name}", item
        if isinstance(item, pyfive.Group) and depth < DEEP and place_of(item) not in above:
            yield from members(item, depth + 1, above)


def place_of(group: Any) -> int:
    """Where in the file a group is described, by which it is known again under another name."""
    return int(group._dataobjects.offset)


def line(path: str, item: Any) -> list[str]:
    """One entry of the tree."""
    try:
        if isinstance(item, pyfive.Dataset):
            return [shown(path), "dataset", " x ".join(str(size) for size in item.shape) or "one value", kind_of(item.dtype)]
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- an entry of an odd kind does not hide its neighbours
        item = None
    return [shown(path), "group" if isinstance(item, pyfive.Group) else "not readable here", "", ""]


def kind_of(dtype: Any) -> str:
    """A type in words."""
    if dtype.names:
        return f"table of {len(dtype.names):,} columns"
    if dtype.kind == "S":
        return f"text of {dtype.itemsize} bytes"
    return "text or lists" if dtype.kind == "O" else shown(dtype)


def attributes(item: Any) -> list[tuple[str, str, str]]:
    """What is said of the file."""
    try:
        return [(shown(key), attribute_text(value), "") for key, value in list(item.attrs.items())[:CARDS]]
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- attributes that cannot be read leave the tree standing
        return []


def attribute_text(value: Any) -> str:
    return "" if isinstance(value, pyfive.Empty) else text_of(value)
