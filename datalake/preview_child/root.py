"""ROOT: the list of what a file holds, trees with their branches, the first histograms as plots.

The classes of a file may be described inside it, and uproot would turn that description into code: it is not allowed to. What uproot
knows by itself (trees and histograms of all present versions of ROOT) is read, the rest is named only.
"""

from typing import Any, NoReturn

import numpy as np
import uproot
import uproot.streamers

from datalake.preview_child import plot
from datalake.preview_child.limits import COLUMNS, ROWS, TREE, NoPreview, Section, shown
from datalake.preview_child.source import Source

PLOTS, TREES = 3, 4
MANY_VALUES = 200_000  # entries of a tree that are looked at by their first rows only


def no_code(*_: object, **__: object) -> NoReturn:
    raise NoPreview("It holds things that only ROOT itself can read.")


uproot.streamers.Model_TStreamerInfo.new_class = no_code  # type: ignore[method-assign]


def read(source: Source) -> list[Section]:
    """The keys, then trees and histograms as far as they can be read."""
    if not source.content.startswith(b"root"):
        raise NoPreview("It does not begin as a ROOT file does.")
    file = uproot.open(source.open(), decompression_executor=uproot.TrivialExecutor())
    names = dict(list(file.classnames().items())[:TREE])
    listing = Section(
        title="Content", kind="tree", columns=["Name", "Class"], rows=[[shown(key), shown(kind)] for key, kind in names.items()]
    )
    listing.facts = [("objects", f"{len(names):,}"), ("compression", shown(file.file.compression))]
    parts: list[Section] = []
    for key, kind in names.items():
        wanted = TREES if kind == "TTree" else PLOTS if kind.startswith(("TH1", "TH2")) else 0
        if sum(part.kind == kind[:3] for part in parts) < wanted and (part := section(file, key, kind)):
            parts.append(part)
    return [listing, *parts]


def section(file: Any, key: str, kind: str) -> Section | None:
    """One tree or histogram; what cannot be read is in the list all the same."""
    result = Section(title=shown(key.partition(";")[0]), kind=kind[:3])
    try:
        if kind == "TTree":
            tree(file[key], result)
        else:
            histogram(file[key], result)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- one broken object does not hide the others
        return None
    return result


def tree(found: Any, result: Section) -> None:
    """Branches with their types; the first values of those that hold one number each."""
    branches = list(found.itervalues(recursive=True))
    result.facts = [("entries", f"{found.num_entries:,}"), ("branches", f"{len(branches):,}")]
    result.columns = ["Branch", "Type", *[f"entry {number}" for number in range(min(found.num_entries, 3))]]
    for branch in branches[:TREE]:
        result.rows.append([shown(branch.name), kind_of(branch), *first_values(branch, len(result.columns) - 2)])


def kind_of(branch: Any) -> str:
    """What a branch holds; one that only groups others says so."""
    return "group" if branch.typename.startswith("(group") else shown(branch.typename)


def first_values(branch: Any, count: int) -> list[str]:
    """The first entries of a branch of plain numbers; of others nothing."""
    plain = isinstance(branch.interpretation, uproot.AsDtype) and not branch.interpretation.inner_shape
    if not plain or len(branch.interpretation.from_dtype) or branch.num_entries > MANY_VALUES * COLUMNS or branch.num_baskets > ROWS * ROWS:
        return [""] * count
    try:
        return [shown(f"{value:.6g}") for value in branch.array(entry_stop=count, library="np")]
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- a broken basket leaves the branch's type standing
        return [""] * count


def histogram(found: Any, result: Section) -> None:
    """One axis as steps, two as a picture."""
    values = found.values()
    result.facts = [("entries", f"{found.member('fEntries'):,.0f}"), *([("title", shown(found.title))] if found.title else [])]
    if values.ndim == 2:
        result.image, result.alt = plot.picture(np.asarray(values, dtype=float).T, x="x bin", y="y bin"), f"{result.title}, two axes"
    else:
        result.image = plot.steps(np.asarray(found.axis().edges(), dtype=float), np.asarray(values, dtype=float))
        result.alt = f"Histogram {result.title}, {len(values):,} bins"
