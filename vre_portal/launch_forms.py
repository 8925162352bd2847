"""Launch forms that are filled in from elsewhere: the feature that launches workflows registers which there are, and what their inputs take."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vre_portal.iam.models import User


@dataclass(frozen=True)
class LaunchChoice:
    """A workflow that somebody may launch."""

    number: int
    title: str
    project: str


@dataclass(frozen=True)
class LaunchInput:
    """An input of a workflow: its path in the workspace, which of some things it can be bound to, and which of them it probably is."""

    path: str
    options: Sequence[str]
    suggested: str = ""


@dataclass(frozen=True)
class LaunchInputs:
    """A workflow with its inputs, in the order of its form."""

    title: str
    inputs: Sequence[LaunchInput]


@dataclass(frozen=True)
class LaunchForms:
    """What the feature answers.

    `choices` gives those that somebody may launch, at most so many. `inputs` gives those of a workflow for some things, and None where the person may not launch it; `address` is that of the form with the
    things that the numbers of inputs are bound to.
    """

    choices: Callable[[User, int], Sequence[LaunchChoice]]
    inputs: Callable[[User, int, Sequence[str]], LaunchInputs | None]
    address: Callable[[User, int, Mapping[int, str]], str]


_forms: list[LaunchForms] = []


def register(forms: LaunchForms) -> None:
    """There is one feature that launches."""
    _forms[:] = [forms]


def launch_forms() -> LaunchForms | None:
    """Its answers; None where nothing launches."""
    return next(iter(_forms), None)
