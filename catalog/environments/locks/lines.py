"""Lists that are read line by line: requirements and pip freeze, conda's explicit list, conda-lock."""

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from catalog.environments.locks.markers import can_hold
from catalog.environments.locks.values import MAX_ENTRIES, Allowance, BadLock, Entry, Locked, lines_of, too_many_entries

LONGEST_LINE = 4_000
_HASH = re.compile(r"\s--hash[= ]\S+")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_OPTION = re.compile(
    r"--?(?:i|f|index-url|extra-index-url|find-links|no-binary|only-binary|trusted-host|pre|no-index|require-hashes|prefer-binary)\b"
)
_CONDA_FILE = re.compile(r"/(?P<platform>[a-z0-9-]+)/(?P<name>[^/#]+)-(?P<version>[^-/#]+)-[^-/#]+\.(?:conda|tar\.bz2)(?:#\S*)?$")
_FIELD = re.compile(r"(?P<dash>[ \t]*- |[ \t]+)(?P<field>name|version|manager|platform):[ \t]*(?P<value>.*)")
_RECORD = re.compile(r"(?P<indent>[ \t]*)- [a-z_]+:")
_EXACT = re.compile(r"===?\s*([^\s,*]+)")


def requirements(text: str, python: str) -> Iterator[Entry]:
    """Lines as pip reads them; those of other systems than Linux are left out, and comments and options of pip are no packages."""
    allowance = Allowance()
    for line in _joined(text):
        bare = _COMMENT.sub("", _HASH.sub("", f" {line}")).strip()
        if not bare or _OPTION.match(bare):
            yield None
            continue
        if len(bare) > LONGEST_LINE:
            yield bare
            continue
        allowance.take(bare)
        try:
            wanted = Requirement(bare)
        except (InvalidRequirement, RecursionError):
            yield bare
            continue
        is_wanted = wanted.marker is None or can_hold(str(wanted.marker), python)
        yield Locked(wanted.name, exact(str(wanted.specifier)), "pip") if is_wanted else None


def exact(specifier: str) -> str:
    """The version of `==1.2` or `===1.2`; empty for everything else."""
    match = _EXACT.fullmatch(specifier)
    return match[1] if match else ""


def _joined(text: str) -> Iterator[str]:
    """Lines with those that a backslash joins to them."""
    whole = ""
    for line in lines_of(text):
        whole += line.removesuffix("\\")
        if not line.endswith("\\"):
            yield whole
            whole = ""
    if whole:
        yield whole


def conda_explicit(text: str, python: str) -> Iterator[Entry]:
    """The addresses of `conda list --explicit`; lines of pip that some tools add start with `# pip`."""
    of_pip: list[str] = []
    for line in lines_of(text):
        bare = line.strip()
        if bare.startswith("# pip "):
            of_pip.append(bare.removeprefix("# pip ").replace(" @ ", "@", 1))
        elif bare and not bare.startswith(("#", "@")):
            match = _CONDA_FILE.search(bare[:LONGEST_LINE])
            yield Locked(match["name"], match["version"], "conda") if match else bare
    yield from requirements("\n".join(of_pip), python)


def conda_lock(text: str, _python: str) -> Iterator[Entry]:
    """Records of conda-lock's own file for linux-64; where there are none of that platform, of the first one. It is read by lines: as a tree
    of YAML it would be many times as large."""
    records = list(_records(f"\n{text}".partition("\npackage:")[2]))
    platforms = [record["platform"] for record in records if record.get("platform")]
    wanted = "linux-64" if "linux-64" in platforms or not platforms else platforms[0]
    for record in records:
        if record.get("platform", wanted) != wanted:
            yield None
            continue
        name, version = record.get("name", ""), record.get("version", "")
        yield Locked(name, version, record.get("manager", "")) if name and version else f"{name} {version}".strip() or "?"


def _records(text: str) -> Iterator[dict[str, str]]:
    """The fields of each record. Raises BadLock for too many."""
    count = 0
    record: dict[str, str] = {}
    indent = None
    for whole in lines_of(text):
        line = whole[:LONGEST_LINE]
        begin = _RECORD.match(line)
        if begin and indent in (None, begin["indent"]):
            indent = begin["indent"]
            if record:
                yield record
            record = {}
            if (count := count + 1) > MAX_ENTRIES:
                raise BadLock(too_many_entries())
        match = _FIELD.match(line)
        # Fields of the record itself stand two characters to the right of its dash; deeper ones are of something in it.
        if match and indent is not None and len(match["dash"]) == len(indent) + 2:
            record.setdefault(match["field"], match["value"].strip().strip("'\""))
    if record:
        yield record
