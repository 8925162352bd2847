"""HDF5: groups and datasets as a tree, attributes, and the first images and tables; read in Python alone, which follows no link out of the file."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pyfive
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake.files.preview_child import hdf5_data, hdf5_types
from datalake.files.preview_child.limits import CARDS, TREE, NoPreview, Section, cut, shown
from datalake.files.preview_child.source import Source
from datalake.files.preview_child.values import text_of

DEEP, COUNTED = 12, 2000
INDEX = "_i_"  # groups in which PyTables keeps its own indexes
NETCDF_CLASSIC, HDF4 = (b"CDF\x01", b"CDF\x02", b"CDF\x05"), b"\x0e\x03\x13\x01"
Member = tuple[str, Any]


def read(source: Source) -> list[Section]:
    """The tree, then what can be shown of its first datasets with more than one value."""
    if b"\x89HDF\r\n\x1a\n" not in source.content[:4096]:
        raise NoPreview(other_format(source.content[:4]))
    hdf5_types.extend()
    try:
        file = pyfive.File(source.open())
    except AssertionError:
        raise NoPreview(_("The file refers to other files, which a preview does not read, or it is damaged.")) from None
    with file:
        found = list(islice(members(file, 0, set()), COUNTED))
        indexes = [item for item in found if f"/{INDEX}" in item[0]]
        found = [item for item in found if f"/{INDEX}" not in item[0]]
        tree = Section(title=_("Contents"), kind="tree", columns=[_("Path"), _("Object"), _("Shape"), _("Type")])
        tree.rows = [line(path, item) for path, item in found[:TREE]]
        tree.say(cut(_("Entries shown"), TREE, len(found), at_least=len(found) + len(indexes) == COUNTED))
        left_out = ngettext("%(n)s entry of PyTables' index is left out.", "%(n)s entries of PyTables' index are left out.", len(indexes))
        tree.say(left_out % {"n": f"{len(indexes):,}"} if indexes else "")
        tree.cards = attributes(file)
        parts, note = hdf5_data.sections([(path, item) for path, item in found if isinstance(item, pyfive.Dataset)])
        tree.say(note)
    return [tree, *parts]


def other_format(start: bytes) -> str:
    """The sentence that says what a file is that is not HDF5, by its first bytes."""
    if start in NETCDF_CLASSIC:
        return _("This is a netCDF classic file. Only netCDF-4 files have a preview.")
    return _("This is an HDF4 file. Only HDF5 files have a preview.") if start == HDF4 else _("This is not an HDF5 file.")


def members(group: Any, depth: int, above: set[int]) -> Iterator[Member]:
    """What a group holds, each branch before the next; links that lead nowhere are named and not followed, a group inside itself is named once."""
    above = above | {place_of(group)}
    for name in group:
        try:
            link = group._links[name]
            item = link if isinstance(link, hdf5_types.ExternalLink) else group[name]
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
    if isinstance(item, hdf5_types.ExternalLink):
        return [shown(path), _("link to %(place)s, which is another file") % {"place": shown(item)}, "", ""]
    try:
        if isinstance(item, pyfive.Dataset):
            return [shown(path), _("dataset"), " x ".join(str(size) for size in item.shape) or _("scalar"), kind_of(item.dtype)]
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- an entry of an odd kind does not hide its neighbours
        item = None
    return [shown(path), _("group") if isinstance(item, pyfive.Group) else _("not readable"), "", ""]


def kind_of(dtype: Any) -> str:
    """A type in words."""
    if dtype.names:
        return ngettext("table of %(n)s column", "table of %(n)s columns", len(dtype.names)) % {"n": f"{len(dtype.names):,}"}
    if dtype.kind == "S":
        return ngettext("text of %(n)s byte", "text of %(n)s bytes", dtype.itemsize) % {"n": dtype.itemsize}
    return _("text or lists") if dtype.kind == "O" else shown(dtype)


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
