"""The rare tests: long ones that hardly ever fail, in groups that run again when a file that they cover has changed.

A test is of a group by its mark, `rare(group="names")`. tests/rare.toml says what a group covers and which servers it needs;
tests/rare-passed.json, which is committed, says of which files it passed last.
"""

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from devstack import address, shares

GROUPS = shares.TESTS / "rare.toml"
PASSED = shares.TESTS / "rare-passed.json"
MARK = re.compile(r"\brare\(group=\"([a-z-]+)\"\)")
AfterRun = Callable[[int, int], None]


class UnknownGroup(Exception):
    """There is no group of that name; the text says which there are."""


@dataclass(frozen=True)
class Group:
    """One group of rare tests."""

    name: str
    about: str
    covers: tuple[str, ...]  # files, folders, or patterns below the project
    needs: tuple[str, ...] = ()  # names of processes; none stands for all
    wants: tuple[str, ...] = ()  # variables without which some of its tests are skipped

    @property
    def mark(self) -> str:
        """What chooses its tests, for `pytest -m`."""
        return f'rare(group="{self.name}")'

    @property
    def files(self) -> list[str]:
        """The files in which its tests are."""
        return shares.test_files(re.compile(rf"\brare\(group=\"{self.name}\"\)"))

    @property
    def fingerprint(self) -> str:
        """What changes when a covered file, or a test of the group, does."""
        digest = hashlib.sha256()
        for path in sorted({*self._covered(), *(address.ROOT / file for file in self.files)}):
            digest.update(str(path.relative_to(address.ROOT)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def _covered(self) -> Iterator[Path]:
        for pattern in self.covers:
            for path in address.ROOT.glob(pattern):
                inside = path.rglob("*") if path.is_dir() else [path]
                yield from (file for file in inside if file.is_file() and file.suffix != ".pyc")


def groups() -> list[Group]:
    """All groups of tests/rare.toml."""
    found = tomllib.loads(GROUPS.read_text())
    return [
        Group(name, facts["about"], tuple(facts["covers"]), tuple(facts.get("needs", ())), tuple(facts.get("wants", ())))
        for name, facts in found.items()
    ]


def passed() -> dict[str, str]:
    """The fingerprint that each group had when it last passed."""
    found: dict[str, str] = json.loads(PASSED.read_text()) if PASSED.exists() else {}
    return found


def chosen(wanted: list[str]) -> list[Group]:
    """The groups of these names, all without a name, or with --changed those that have to run again; raises UnknownGroup."""
    known = groups()
    if wanted == ["--changed"]:
        before = passed()
        return [group for group in known if before.get(group.name) != group.fingerprint]
    if unknown := set(wanted) - {group.name for group in known}:
        names = ", ".join(group.name for group in known)
        raise UnknownGroup(f"There is no group of rare tests called {', '.join(sorted(unknown))}. Known: {names}; or --changed")
    return [group for group in known if not wanted or group.name in wanted]


def nothing(number: int, code: int) -> None:
    """For runs of which nothing is remembered."""


def recorder(ran: list[Group]) -> AfterRun:
    """What writes down that a group has passed, with the files as they were when it began."""
    fingerprints = {group.name: group.fingerprint for group in ran}

    def record(number: int, code: int) -> None:
        group = ran[number]
        found = passed()
        if absent := [name for name in group.wants if not os.environ.get(name)]:
            print(f"Not written down for {group.name}: tests were skipped for want of {', '.join(absent)}", flush=True)
            return
        found.pop(group.name, None)
        if code == 0:
            found[group.name] = fingerprints[group.name]
        PASSED.write_text(json.dumps(dict(sorted(found.items())), indent=1) + "\n")

    return record


def left_out() -> str:
    """How many rare tests `make test` did not run, and how to run them."""
    known = groups()
    changed = [group.name for group in chosen(["--changed"])]
    again = f"; what they cover has changed since they last passed: {', '.join(changed)} (make test-rare ARGS=--changed)" if changed else ""
    count = sum(shares.number_of_tests(file) for group in known for file in group.files)
    return f"Left out: {count} rare tests, some with many cases, in {len(known)} group{'s' if len(known) != 1 else ''} (make test-rare){again}."
