"""What a check of a specification says; apart from the checks themselves, whose library is large."""

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext_lazy

FILE = gettext_lazy("Specification file")
PARAMETERS = gettext_lazy("Parameters")
COMMANDS = gettext_lazy("Workflow parameters and commands")
DOLLARS = gettext_lazy("Dollar signs in commands")
OPERATIONS = gettext_lazy("Dangerous operations")
BACKENDS = gettext_lazy("Compute backends")

State = Literal["ok", "warning", "error", "not checked"]


@dataclass(frozen=True)
class Check:
    """One line of the validation; "not checked" where nothing was looked at, with the reason as its message."""

    name: str
    state: State
    messages: tuple[str, ...]
    file: str = ""
    line: int | None = None  # in `file`, or in the reana.yaml
    suggestion: str = ""
    decided_by: str = ""  # "portal", or the name of the server that validated it; empty where nobody looked
