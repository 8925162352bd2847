"""`make mutations`: breaks important code in a scratch copy of the tree, one change at a time, and looks whether a test notices.

tests/mutations.toml has the list. A change is in the process of the tests alone: where an entry needs a running stack, that stack runs the
code as it stands here, and its tests call the changed code themselves.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack import address, side_by_side, stack, supervision, testing

LIST = address.ROOT / "tests" / "mutations.toml"
STACK_OPTION = "--stack"
PYTEST = f"-q --tb=no -rfE -p no:cacheprovider -p no:randomly --reuse-db --timeout={testing.UNIT_TEST_SECONDS}".split()
FAILED, PASSED = 1, 0  # exit statuses of pytest; all others say that tests did not run
FAILURE = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
CAUGHT, NOT_CAUGHT, STALE, NOT_RUN = "caught by", "NOT CAUGHT", "DOES NOT APPLY ANY MORE", "THE TESTS DID NOT RUN"
FAILS_ANYWAY = "FAILS WITHOUT THE CHANGE, TOO:"


@dataclass(frozen=True)
class Mutation:
    """One way in which somebody could break the product."""

    name: str  # what is broken, in words
    file: str
    before: str  # stands in the file exactly once
    after: str
    tests: tuple[str, ...]  # the fewest that should notice
    needs: str = ""  # "database" or "stack"

    def changed(self, text: str) -> str | None:
        """The text of the file with the change; None where it does not apply, or what it makes is no Python."""
        if text.count(self.before) != 1 or self.before == self.after:
            return None
        changed = text.replace(self.before, self.after)
        try:
            compile(changed, self.file, "exec", dont_inherit=True)
        except SyntaxError:
            return None
        return changed

    @property
    def needs_stack(self) -> bool:
        return self.needs == "stack"


def mutations() -> list[Mutation]:
    """All entries of the list, in its order."""
    entries = tomllib.loads(LIST.read_text())["mutation"]
    return [Mutation(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries]


def chosen(words: Iterable[str]) -> list[Mutation]:
    """Those whose name or file has one of the words in it; all where no word is given."""
    wanted = [word.lower() for word in words]
    return [item for item in mutations() if not wanted or any(word in f"{item.name} {item.file}".lower() for word in wanted)]


@contextmanager
def copied_tree() -> Iterator[Path]:
    """A scratch folder with the files of the working tree that git knows or would take."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(words, cwd=address.ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        for name in filter(None, names):
            source, target = address.ROOT / name, Path(folder) / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        yield Path(folder)


def run_tests(tree: Path, tests: Iterable[str], *options: str) -> tuple[int, list[str]]:
    """These tests in a copy of the tree: pytest's exit status, and the tests that failed, or else the end of what was printed."""
    python = str(address.ENVS / "portal" / "bin" / "python")
    words = [python, "-m", "devstack.portal.manage", "--", python, "-m", "pytest", *PYTEST, *options, *tests]
    places = {"STACK_ENVS": str(address.ENVS), "STACK_STATE": str(address.STATE), "PYTHONPYCACHEPREFIX": str(tree / "pycache")}
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | places
    done = subprocess.run(words, cwd=tree, env=variables, capture_output=True, text=True, check=False)
    return done.returncode, FAILURE.findall(done.stdout) or [(done.stdout + done.stderr)[-1000:]]


def verdict_of(tree: Path, mutation: Mutation) -> tuple[str, str]:
    """What became of one entry, and which test noticed. The copy is afterwards as it was."""
    file = tree / mutation.file
    text = file.read_text() if file.exists() else ""
    changed = mutation.changed(text)
    if changed is None:
        return STALE, mutation.file
    file.write_text(changed)
    try:
        code, failed = run_tests(tree, mutation.tests, "-x")
    finally:
        file.write_text(text)
    if code == PASSED:
        return NOT_CAUGHT, ""
    return (CAUGHT if code == FAILED else NOT_RUN), failed[0]


def judge(items: list[Mutation]) -> int:
    """Print what becomes of each; 1 where one is not caught or does not apply, or where its tests say nothing because they fail anyway."""
    caught = 0
    with copied_tree() as tree:
        code, failing = run_tests(tree, dict.fromkeys(test for item in items for test in item.tests))
        if code not in (PASSED, FAILED):
            print(f"{NOT_RUN} without any change: {failing[0]}", flush=True)
            return 1
        for item in items:
            broken = [test for test in failing if code == FAILED and test.startswith(item.tests)]
            verdict, test = (FAILS_ANYWAY, broken[0]) if broken else verdict_of(tree, item)
            caught += verdict == CAUGHT
            print(f"{item.name:<90}  {verdict} {test}".rstrip(), flush=True)
    print(f"\n{caught} of {len(items)} caught.", flush=True)
    return 0 if caught == len(items) else 1


def run(arguments: list[str]) -> int:
    """The entries that the words choose, against a stack of their own: PostgreSQL and Redis, or with --stack all servers. The exit status."""
    words = [word for word in arguments if word != STACK_OPTION]
    items, with_stack = chosen(words), STACK_OPTION in arguments
    if not items:
        print(f"No entry of {LIST.relative_to(address.ROOT)} has {' or '.join(words)} in its name or file.", file=sys.stderr)
        return 1
    left_out = [] if with_stack else [item for item in items if item.needs_stack]
    items = [item for item in items if item not in left_out]
    if items and not os.environ.get("VRE_TEST_STACK"):
        testing.begin_again()
    code = 0
    if items:
        names = list(supervision.procfile()) if with_stack else list(testing.OF_THE_UNIT_SHARE)
        try:
            with testing.test_stack(names):
                code = judge(items)
        except KeyboardInterrupt:
            code = side_by_side.INTERRUPTED
            print("\nInterrupted: the test stack is stopped, and its data are deleted.", flush=True)
        stack.forget()
    for item in left_out:
        print(f"{item.name:<90}  left out: needs a running stack ({STACK_OPTION})")
    return code
