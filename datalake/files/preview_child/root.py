"""ROOT: the list of what a file holds, trees with their branches, the first histograms as plots.

The classes of a file may be described inside it, and uproot would turn that description into code: it is not allowed to. What uproot
knows by itself (trees and histograms of all present versions of ROOT) is read, the rest is named only.
"""

import re
from typing import Any, NoReturn

import numpy as np
import uproot
import uproot.streamers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake.files.preview_child import plot
from datalake.files.preview_child.axes import Axis
from datalake.files.preview_child.limits import COLUMNS, ROWS, TREE, NoPreview, Section, cut, shown
from datalake.files.preview_child.source import Source
from datalake.files.preview_child.values import text_of

MAX_OBJECTS = {"tree": 4, "ntuple": 4, "histogram": 3}
HISTOGRAM = re.compile(r"TH[12][CSIFDL]|TProfile")
ENTRIES = 3  # of a tree
MAX_VALUES = 200_000  # entries of a tree that are looked at by their first rows only


def no_code(*_arguments: object, **_more: object) -> NoReturn:
    raise NoPreview(_("The file has objects that only ROOT can read."))


uproot.streamers.Model_TStreamerInfo.new_class = no_code  # type: ignore[method-assign]


def read(source: Source) -> list[Section]:
    """The keys, then trees and histograms as far as they can be read."""
    if not source.content.startswith(b"root"):
        raise NoPreview(_("This is not a ROOT file."))
    file = uproot.open(source.open(), decompression_executor=uproot.TrivialExecutor())
    names = file.classnames()
    listing = Section(title=_("Contents"), kind="tree", columns=[_("Name"), _("Class")])
    listing.rows = [[shown(key), shown(kind)] for key, kind in list(names.items())[:TREE]]
    listing.facts = [(_("objects"), f"{len(names):,}"), (_("compression"), shown(file.file.compression))]
    listing.say(cut(_("Objects shown"), TREE, len(names)))
    parts: list[Section] = []
    left = dict.fromkeys(MAX_OBJECTS, 0)
    for key, name in names.items():
        if (kind := kind_of_class(name)) is None:
            continue
        if sum(part.kind == kind and bool(part.facts) for part in parts) < MAX_OBJECTS[kind]:
            parts.append(section(file, key, kind))
        else:
            left[kind] += 1
    listing.say(*(not_shown(kind, count) for kind, count in left.items() if count))
    return [listing, *parts]


def not_shown(kind: str, count: int) -> str:
    """The sentence that says how many objects of a kind are not shown."""
    if kind == "tree":
        text = ngettext("%(n)s more tree is not shown.", "%(n)s more trees are not shown.", count)
    elif kind == "ntuple":
        text = ngettext("%(n)s more RNTuple is not shown.", "%(n)s more RNTuples are not shown.", count)
    else:
        text = ngettext("%(n)s more histogram is not shown.", "%(n)s more histograms are not shown.", count)
    return text % {"n": f"{count:,}"}


def kind_of_class(name: str) -> str | None:
    """What a preview does with objects of a class; None where it only names them."""
    if name in ("TTree", "TNtuple", "TNtupleD"):
        return "tree"
    if name == "ROOT::RNTuple":
        return "ntuple"
    return "histogram" if HISTOGRAM.fullmatch(name) else None


def section(file: Any, key: str, kind: str) -> Section:
    """One tree or histogram; of what cannot be read that is said."""
    result = Section(title=shown(key.partition(";")[0]), kind=kind)
    try:
        {"tree": tree, "ntuple": ntuple, "histogram": histogram}[kind](object_of(file, key), result)
    except MemoryError:
        raise
    except NoPreview as error:
        result.say(str(error))
    except Exception:  # noqa: BLE001 -- one broken object does not hide the others
        result.say(_("The object could not be read."))
    return result


def object_of(file: Any, key: str) -> Any:
    """The object of a key, also of one with a slash in its name, which uproot takes for a folder's."""
    try:
        return file[key]
    except uproot.KeyInFileError:
        names = [item for item in file._keys if f"{item.fName};{item.fCycle}" == key]
        if not names:
            raise
        return names[0].get()


def tree(found: Any, result: Section) -> None:
    """Branches with their types; the first values of those that hold one number each."""
    branches = list(found.itervalues(recursive=True))
    result.facts = [(_("entries"), f"{found.num_entries:,}"), (_("branches"), f"{len(branches):,}")]
    result.columns = [_("Branch"), _("Type"), *entry_titles(min(found.num_entries, ENTRIES))]
    for branch in branches[:TREE]:
        result.rows.append([shown(branch.name), *described(branch, len(result.columns) - 2)])
    result.say(cut(_("Branches shown"), TREE, len(branches)))
    if found.num_entries and not all(row[2] for row in result.rows):
        result.say(_("Values are shown only for branches with one number per entry."))


def entry_titles(count: int) -> list[str]:
    """The titles of the columns with the first entries."""
    return [_("entry %(number)s") % {"number": number} for number in range(count)]


def ntuple(found: Any, result: Section) -> None:
    """Fields of an RNTuple with their types and the first values."""
    names = list(found.keys(recursive=False))
    result.facts = [(_("entries"), f"{found.num_entries:,}"), (_("fields"), f"{len(names):,}")]
    count = min(int(found.num_entries), ENTRIES)
    result.columns = [_("Field"), _("Type"), *entry_titles(count)]
    for name in names[:TREE]:
        result.rows.append([shown(name), shown(found[name].typename), *ntuple_values(found, name, count)])
    result.say(cut(_("Fields shown"), TREE, len(names)))
    if count and any(not any(row[2:]) for row in result.rows):
        result.say(_("Where a field has no values here, its first entries could not be read."))


def ntuple_values(found: Any, name: str, count: int) -> list[str]:
    """The first entries of a field; nothing where they cannot be read."""
    try:
        values = found[name].array(entry_stop=count)
        flat = np.asarray(values) if values.ndim == 1 else values.tolist()
        return [text_of(value) for value in flat][:count]
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- a broken field leaves its type standing
        return [""] * count


def described(branch: Any, count: int) -> list[str]:
    """What a branch holds, and its first values; one that only groups others says so."""
    try:
        kind = _("group") if branch.typename.startswith("(group") else shown(branch.typename)
        return [kind, *first_values(branch, count)]
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- a branch of a kind that only ROOT knows does not hide the others
        return [_("not readable")] + [""] * count


def first_values(branch: Any, count: int) -> list[str]:
    """The first entries of a branch of plain numbers; of others nothing."""
    plain = isinstance(branch.interpretation, uproot.AsDtype) and not branch.interpretation.inner_shape
    if not plain or len(branch.interpretation.from_dtype) or branch.num_entries > MAX_VALUES * COLUMNS or branch.num_baskets > ROWS * ROWS:
        return [""] * count
    try:
        return [text_of(value) for value in branch.array(entry_stop=count, library="np")]
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- a broken basket leaves the branch's type standing
        return [""] * count


def histogram(found: Any, result: Section) -> None:
    """One axis as steps, two as a picture."""
    values = np.asarray(found.values(), dtype=float)
    result.facts = [(_("entries"), f"{found.member('fEntries'):,.0f}"), *([(_("title"), shown(found.title))] if found.title else [])]
    axes = [axis_of(found, number) for number in range(values.ndim)]
    if values.ndim == 2:
        result.image = plot.plane(axes[0], axes[1], values.T, "")
        result.alt = _("Histogram %(name)s with two axes") % {"name": result.title}
    else:
        result.image = plot.stairs(axes[0], values)
        alt = ngettext("Histogram %(name)s, %(n)s bin", "Histogram %(name)s, %(n)s bins", len(values))
        result.alt = alt % {"name": result.title, "n": f"{len(values):,}"}


def axis_of(found: Any, number: int) -> Axis:
    """An axis of a histogram with its own edges and title."""
    axis = found.axis(number)
    edges = np.asarray(axis.edges(), dtype=float)
    return Axis(shown(axis.member("fTitle")) or "xy"[number], "", edges.size - 1, edges)
