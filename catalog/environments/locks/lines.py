"""Lists that are read line by line: requirements and pip freeze, conda's explicit list, conda-lock."""

import re
from collections.abc import Iterator

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement

from catalog.environments.locks.values import Locked

LONGEST_LINE = 4_000
_HASH = re.compile(r"\s--hash[= ]\S+")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_OPTION = re.compile(
    r"--?(?:i|f|index-url|extra-index-url|find-links|no-binary|only-binary|trusted-host|pre|no-index|require-hashes|prefer-binary)\b"
)
_PLATFORM = {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}
_PYTHONS = tuple(f"3.{minor}" for minor in range(6, 16))
_CONDA_FILE = re.compile(r"/(?P<platform>[a-z0-9-]+)/(?P<name>[^/#]+)-(?P<version>[^-/#]+)-[^-/#]+\.(?:conda|tar\.bz2)(?:#\S*)?$")
_FIELD = re.compile(r"^(?P<dash>\s*- |\s+)(?P<field>name|version|manager|platform):\s*(?P<value>.*?)\s*$")
_RECORD = re.compile(r"^(?P<indent>\s*)- [a-z_]+:")


def requirements(text: str) -> Iterator[Locked | str]:
    """Lines as pip reads them; those of other systems than Linux are left out, and options of pip are no packages."""
    for line in _joined(text):
        bare = _COMMENT.sub("", _HASH.sub("", f" {line}")).strip()
        if not bare or _OPTION.match(bare):
            continue
        if len(bare) > LONGEST_LINE:
            yield bare
            continue
        try:
            wanted = Requirement(bare)
        except (InvalidRequirement, RecursionError):
            yield bare
            continue
        if wanted.marker is None or _is_on_linux(wanted.marker):
            yield Locked(wanted.name, exact(str(wanted.specifier)), "pip")


def exact(specifier: str) -> str:
    """The version of `==1.2` or `===1.2`; empty for everything else."""
    match = re.fullmatch(r"===?\s*([^\s,*]+)", specifier)
    return match[1] if match else ""


def _joined(text: str) -> Iterator[str]:
    """Lines with those that a backslash joins to them."""
    whole = ""
    for line in text.split("\n"):
        whole += line.removesuffix("\\")
        if not line.endswith("\\"):
            yield whole
            whole = ""
    if whole:
        yield whole


def _is_on_linux(marker: Marker) -> bool:
    """Whether it holds on Linux with any Python: which one the image has is not known here."""
    try:
        return any(
            marker.evaluate({**_PLATFORM, "python_version": python, "python_full_version": f"{python}.1", "extra": ""})
            for python in _PYTHONS
        )
    except (UndefinedComparison, UndefinedEnvironmentName):
        return True


def conda_explicit(text: str) -> Iterator[Locked | str]:
    """The addresses of `conda list --explicit`; lines of pip that some tools add start with `# pip`."""
    for line in text.split("\n"):
        bare = line.strip()
        if bare.startswith("# pip "):
            yield from requirements(_HASH.sub("", bare.removeprefix("# pip ").replace(" @ ", "@", 1)))
        elif bare and not bare.startswith(("#", "@")):
            match = _CONDA_FILE.search(bare[:LONGEST_LINE])
            yield Locked(match["name"], match["version"], "conda") if match else bare


def conda_lock(text: str) -> Iterator[Locked | str]:
    """Records of conda-lock's own file for linux-64; where there are none of that platform, of the first one. It is read by lines: as a tree
    of YAML it would be many times as large."""
    records = list(_records(text.partition("\npackage:")[2]))
    platforms = [record["platform"] for record in records if record.get("platform")]
    wanted = "linux-64" if "linux-64" in platforms or not platforms else platforms[0]
    for record in records:
        if record.get("platform", wanted) != wanted:
            continue
        name, version = record.get("name", ""), record.get("version", "")
        yield Locked(name, version, record.get("manager", "")) if name and version else f"{name} {version}".strip() or "?"


def _records(text: str) -> Iterator[dict[str, str]]:
    record: dict[str, str] = {}
    indent = None
    for line in text.split("\n"):
        begin = _RECORD.match(line[:LONGEST_LINE])
        if begin and indent in (None, begin["indent"]):
            indent = begin["indent"]
            if record:
                yield record
            record = {}
        match = _FIELD.match(line[:LONGEST_LINE])
        # Fields of the record itself stand two characters to the right of its dash; deeper ones are of something in it.
        if match and indent is not None and len(match["dash"]) == len(indent) + 2:
            record.setdefault(match["field"], match["value"].strip("'\""))
    if record:
        yield record
