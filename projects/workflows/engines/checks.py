"""The checks that `reana-client validate` prints, for all four engines, each message with its line and a suggestion."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from projects.workflows import validation
from projects.workflows.engines.titles import LATER
from projects.workflows.engines.words import nearest
from projects.workflows.reana_yaml import ReanaYaml
from projects.workflows.validation_results import FILE, PARAMETERS, Check, State
from vre_portal.bounded_yaml import Loaded

MAX_OF_A_NAME = 20


class Checker:
    """Collects checks; of one name there are as many as there are places at fault, or one that says that all is well."""

    def __init__(self, file: str, loaded: Loaded | None, backends: Sequence[str] | None) -> None:
        self.file, self.loaded, self.backends = file, loaded, backends
        self._noted: dict[str, list[Check]] = {}

    @property
    def checks(self) -> list[Check]:
        """All of them, name by name; what is too much is counted."""
        found = []
        for name, checks in self._noted.items():
            found += checks[:MAX_OF_A_NAME]
            if (left := len(checks) - MAX_OF_A_NAME) > 0:
                found.append(Check(name, checks[0].state, (_("… and %(n)s more.") % {"n": left},), decided_by="portal"))
        return found

    @property
    def has_errors(self) -> bool:
        """Whether anything so far keeps the workflow from being run."""
        return any(check.state == "error" for checks in self._noted.values() for check in checks)

    def at(self, *path: Any) -> int | None:
        """The line of a part of the reana.yaml."""
        return self.loaded.line(path) if self.loaded else None

    def note(
        self, name: str | Promise, state: State, *messages: str, file: str = "", line: int | None = None, suggestion: str = ""
    ) -> None:
        """Add one check, unless the same one is there."""
        by = "" if state == "not checked" else "portal"
        check = Check(str(name), state, messages, file or (self.file if line else ""), line, suggestion, by)
        checks = self._noted.setdefault(str(name), [])
        if check not in checks:
            checks.append(check)

    def settle(self, name: str | Promise, *good: str | Promise, none: str | Promise = "") -> None:
        """Say that all is well under a name with no faults; with `none` that there was nothing to look at."""
        if not self._noted.get(str(name)):
            self.note(name, "not checked" if none else "ok", *([str(none)] if none else map(str, good)))

    def not_looked_at(self, reason: str, names: Iterable[str | Promise] = LATER) -> None:
        """Say of each name without a check why nothing was looked at."""
        for name in names:
            if not self._noted.get(str(name)):
                self.note(name, "not checked", reason)

    def sort(self, names: Sequence[str]) -> None:
        """Put the names into this order."""
        self._noted = {name: self._noted[name] for name in names if name in self._noted}

    def specification(self, checked: ReanaYaml) -> None:
        """The reana.yaml by itself: what cannot be read of it, then what REANA's schema says."""
        for fault in checked.faults:
            self.note(FILE, "error", fault, line=checked.fault_lines.get(fault))
        if checked.faults:
            return
        for finding in validation.findings(checked.content):
            known = validation.known_properties()
            is_misplaced = finding.unexpected in known
            suggestion = _("It belongs to another part of the file.") if is_misplaced else nearest(finding.unexpected, known)
            self.note(FILE, finding.state, finding.message, line=self.at(*finding.path) if finding.path else None, suggestion=suggestion)
        if self.loaded and self.loaded.repeated:
            words = _("Keys given twice, of which only the last one is used: %(keys)s.")
            self.note(FILE, "warning", words % {"keys": ", ".join(self.loaded.repeated)})
        self.settle(FILE, validation.VALID_FILE)
        if "inputs" not in checked.content:
            self.note(PARAMETERS, "warning", _('Workflow "inputs" are missing in the REANA specification.'))
