"""Tests of environments: a feature that can start a container image registers here how, and the catalogue of environments asks for it.

A test runs a small program in the image that imports modules and says of each whether that went well.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from vre_portal.iam.models import User
from vre_portal.text import plain

MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}(?:\.[A-Za-z_][A-Za-z0-9_]{0,60}){0,4}")
MAX_MODULES = 30
MARK = "vre-import:"
_PROGRAM = """
import importlib, json
for name in {names}:
    told = dict(module=name)
    try:
        told["version"] = str(getattr(importlib.import_module(name), "__version__", ""))[:100]
    except BaseException as error:
        told["error"] = (type(error).__name__ + ": " + str(error))[:300]
    print("\\n{mark}" + json.dumps(told), flush=True)
"""


@dataclass(frozen=True)
class ImportResult:
    """Whether one module could be imported, and the version that it says it has."""

    module: str
    version: str = ""
    error: str = ""

    @property
    def is_ok(self) -> bool:
        return not self.error


@dataclass(frozen=True)
class Order:
    """What is to be started, under a name of its own, in the name of a person."""

    name: str
    image: str
    modules: tuple[str, ...]
    by: User

    @property
    def command(self) -> str:
        """For a shell in the image."""
        names = [name for name in self.modules if MODULE.fullmatch(name)]
        return f"python3 -c {shlex.quote(_PROGRAM.format(names=json.dumps(names), mark=MARK))}"


@dataclass(frozen=True)
class Progress:
    """How far it is: `memo` is what the starter needs to go on, `output` what the program has written once it is over."""

    memo: Mapping[str, Any] = field(default_factory=dict)
    is_over: bool = False
    output: str = ""
    was_stopped: bool = False  # by somebody, before the program was done
    words: str = ""  # what it waits for, or why it ended early
    pause_seconds: float = 3.0


class Starter(Protocol):
    """Something that starts container images."""

    @property
    def key(self) -> str:
        """Its name, one of its own."""

    @property
    def title(self) -> str:
        """Where it runs them, for people."""

    def refusal(self, user: User) -> str:
        """Why the person cannot have a test there, with what to do; empty where they can."""

    def advance(self, order: Order, memo: Mapping[str, Any]) -> Progress:
        """Begin, or go on; may be interrupted anywhere and called again. Raises RemoteError."""

    def abandon(self, order: Order, memo: Mapping[str, Any]) -> None:
        """End what is out there, as far as that can be done. Raises RemoteError."""


_starters: dict[str, Starter] = {}


def register(starter: Starter) -> None:
    """From now on environments can be tested there."""
    _starters[starter.key] = starter


def starter(key: str = "") -> Starter | None:
    """The starter of that name, or the first one; None where there is none."""
    return _starters.get(key) if key else next(iter(_starters.values()), None)


def results_in(output: str, modules: Sequence[str]) -> list[ImportResult]:
    """What the program said of each module. One of which it said nothing was not reached."""
    told: dict[str, ImportResult] = {}
    for line in output.splitlines():
        _before, mark, rest = line.partition(MARK)
        try:
            content = json.loads(rest) if mark else None
        except (ValueError, RecursionError):
            continue
        if isinstance(content, dict) and content.get("module") in modules:
            texts = {key: plain(str(content.get(key, "")))[:300] for key in ("version", "error")}
            told.setdefault(content["module"], ImportResult(content["module"], texts["version"][:100], texts["error"]))
    return [told.get(name) or ImportResult(name, error="not reached") for name in modules]
