"""Public specifications as they are: which of them are loaded, which could be launched without a change, and why the others could not.

`python -m devstack.portal.manage -- python benchmarks/corpus.py TABLE FOLDER`: TABLE is a CSV file with the columns `repository` (owner/name), `path` and `engine`;
FOLDER has each repository as FOLDER/owner/name, which whoever runs this has fetched. Nothing is fetched here, and no workflow is run.
"""

import argparse
import csv
import os
import posixpath
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django  # noqa: E402

django.setup()

from projects.workflows import engines, reana_yaml  # noqa: E402
from projects.workflows.launching.hint import Hint  # noqa: E402
from projects.workflows.parameter_fields import carries, parameter_field  # noqa: E402
from vre_portal.repositories.child import limits, walk  # noqa: E402

MALFORMED, NO_WORKFLOW, OUTSIDE = "not a valid specification", "workflow.file is not there", "names a path outside the repository"
ABSENT, LFS, LARGE, LINK = (
    "an input is not in the repository",
    "an input is in Git LFS",
    "an input is too large",
    "an input is a symbolic link",
)
FORM, CHECK, UNSEEN = "the form cannot carry a default", "a check has an error", "its steps are not looked at"
DIRECTORIES, PARAMETERS, BINARY = "inputs.directories", "inputs.parameters.input", "inputs.files is not text"
ROOT, FOLDER, NO_FOLDER = "named from the repository's root", "inputs.files names a folder", "a folder of inputs is not in the repository"
BLOCKING = frozenset({MALFORMED, NO_WORKFLOW, OUTSIDE, ABSENT, LFS, LARGE, LINK, FORM, CHECK})
BY_OPERATOR = frozenset({DIRECTORIES, PARAMETERS, BINARY, ROOT, FOLDER})  # block, too, where an operator's content file brings it in


@dataclass
class Repository:
    """What a fetch of the repository would bring: contents by path, and why others are left out."""

    contents: dict[str, bytes] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def reason(self, path: str) -> str:
        """Why a path has no content of its own; empty where it has."""
        if path in self.contents:
            return ""
        if above := next((name for name in self.left_out if f"{path}/".startswith(f"{name}/")), ""):
            return self.left_out[above]
        return FOLDER if self.is_folder(path) else ABSENT

    def is_folder(self, path: str) -> bool:
        return path == "." or any(name.startswith(f"{path}/") for name in (*self.contents, *self.left_out))


@dataclass
class Row:
    """One specification of the table, with an example of each kind of thing that it needs or lacks."""

    repository: str
    path: str
    engine: str
    kinds: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def is_launchable(self, *, by_operator: bool) -> bool:
        return not self.kinds.keys() & (BLOCKING | BY_OPERATOR if by_operator else BLOCKING)


def repository(folder: Path) -> Repository:
    """The files of a folder as the portal's reader of repositories keeps them."""
    found = Repository()
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        for file in (Path(parent) / name for name in (*files, *folders)):
            path = file.relative_to(folder).as_posix()
            if file.is_symlink():
                found.left_out[path] = LINK
            elif file.is_dir():
                continue
            elif file.stat().st_size > limits.MAX_FILE_BYTES:
                found.left_out[path] = LARGE
            elif (content := file.read_bytes()).startswith(walk.LFS) and len(content) <= walk.LFS_BYTES:
                found.left_out[path] = LFS
            else:
                found.contents[path] = content
    return found


def kinds(place: Repository, path: str) -> Iterator[tuple[str, str]]:
    """What the specification at the path needs or lacks, with an example."""
    if path not in place.contents:
        yield MALFORMED, "it is not in the repository"
        return
    checked = reana_yaml.read(place.contents[path].decode(errors="replace"))
    if outside := next((name for name in (*checked.files, *checked.directories) if reana_yaml.workspace_path(name) is None), ""):
        yield OUTSIDE, outside
        return
    if checked.faults:
        yield MALFORMED, checked.faults[0]
        return
    root = _root(place, path, checked)
    if root != posixpath.dirname(path):
        yield ROOT, next(iter(checked.files), "")
    for name in checked.files:
        yield from _file(place, root, name)
    for name in checked.directories:
        yield DIRECTORIES, name
        if not place.is_folder(posixpath.normpath(posixpath.join(root, name))):
            yield NO_FOLDER, name
    if checked.parameter_file:
        yield PARAMETERS, checked.parameter_file
        yield from _file(place, root, checked.parameter_file)
    workflow = str(checked.content["workflow"].get("file") or "")
    if workflow and place.reason(posixpath.normpath(posixpath.join(root, workflow))):
        yield NO_WORKFLOW, workflow
    for name, value in checked.parameters.items():
        if not carries(parameter_field(value, Hint()), value):
            yield FORM, name
    yield from _engine(place, path, root, checked)


def _root(place: Repository, path: str, checked: reana_yaml.ReanaYaml) -> str:
    """The folder that names count from: the specification's own, or the repository where more of them are found there."""
    names = [*checked.files, *checked.directories, str(checked.content["workflow"].get("file") or "")]

    def number(root: str) -> int:
        paths = [posixpath.normpath(posixpath.join(root, name)) for name in names if name]
        return sum(1 for each in paths if place.reason(each) != ABSENT)

    own = posixpath.dirname(path)
    return own if number(own) >= number("") else ""


def _file(place: Repository, root: str, name: str) -> Iterator[tuple[str, str]]:
    path = posixpath.normpath(posixpath.join(root, name))
    if path.startswith(("/", "../")):
        yield OUTSIDE, name
    elif reason := place.reason(path):
        yield reason, name
    elif not _is_text(place.contents[path]):
        yield BINARY, name


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


def _engine(place: Repository, path: str, root: str, checked: reana_yaml.ReanaYaml) -> Iterator[tuple[str, str]]:
    """What the engine itself finds wrong, where this portal asks it; data that are not in the repository come later."""
    read = getattr(engines, "read", None)
    if read is None:
        return
    later = [name for name in checked.files if place.reason(posixpath.normpath(posixpath.join(root, name)))]
    reading = read(place.contents, path, root=root, placeholders=later)
    if reading.why_not:
        yield UNSEEN, reading.why_not
    for check in reading.checks:
        if check.state == "error":
            yield CHECK, f"{check.name}: {check.messages[0] if check.messages else ''}"


def look(row: Row, folder: Path) -> Row:
    """The row with what was found."""
    begun = time.monotonic()
    for kind, example in kinds(repository(folder / row.repository), row.path):
        row.kinds.setdefault(kind, example)
    row.seconds = time.monotonic() - begun
    return row


def cell(row: Row) -> str:
    """The reasons in one line."""
    return "; ".join(f"{kind} ({' '.join(example.split())[:80]})" if example else kind for kind, example in row.kinds.items())


def reasons(row: Row) -> str:
    """Why it cannot be launched unchanged from a git address, each with an example."""
    return "; ".join(f"{kind} ({' '.join(example.split())[:80]})" for kind, example in row.kinds.items() if kind in BLOCKING)


def main() -> None:
    """Print a line for each specification, then the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    with given.table.open(newline="") as file:
        wanted = [Row(line["repository"], line["path"], line["engine"]) for line in csv.DictReader(file)]
    rows = [look(row, given.folder) for row in wanted if (given.folder / row.repository).is_dir()]
    for row in rows:
        ways = ["yes" if row.is_launchable(by_operator=by_operator) else "no" for by_operator in (True, False)]
        loaded = "no" if MALFORMED in row.kinds else "yes"
        print(f"| {row.repository} | {row.path} | {row.engine} | {loaded} | {' | '.join(ways)} | {row.seconds:.1f} s | {cell(row)} |")
    print(f"\n{len(rows)} of {len(wanted)} specifications are here; {sum(MALFORMED not in row.kinds for row in rows)} are loaded")
    for by_operator, way in ((True, "from an operator's content file"), (False, "from a git address")):
        engines_of = Counter(row.engine for row in rows if row.is_launchable(by_operator=by_operator))
        print(f"launchable unchanged {way}: {engines_of.total()}, of which {dict(engines_of)}")
    for kind, number in Counter(kind for row in rows for kind in row.kinds).most_common():
        print(f"{number:4} {kind}")


if __name__ == "__main__":
    main()
