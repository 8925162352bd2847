"""What differs between a run and the run whose values its launch form began with; nothing is asked of a service."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from projects.workflows.launching.overrides import LABELS
from projects.workflows.models import Run
from vre_portal.text import plain
from vre_portal.text import size as size_text

MAX_TEXT, MAX_ROWS = 200, 100
SHOWN_OF_CHECKSUM = 12


@dataclass(frozen=True)
class Difference:
    """One thing in both runs; empty where a run does not have it."""

    name: str
    before: str
    now: str


@dataclass(frozen=True)
class Comparison:
    """All that differs between an earlier run and a later one."""

    earlier: Run
    run: Run

    @cached_property
    def parameters(self) -> list[Difference]:
        before, now = ({name: _shown(value) for name, value in run.parameters.items()} for run in self.both)
        return list(_differences(before, now))[:MAX_ROWS]

    @cached_property
    def steps(self) -> list[Difference]:
        """Settings of steps that the runs change."""
        return list(_differences(*(_settings(run) for run in self.both)))[:MAX_ROWS]

    @cached_property
    def inputs(self) -> list[Difference]:
        """Inputs that are other files now, and files of the same name whose content is another."""
        rows = []
        for path in dict.fromkeys([*self.earlier.inputs, *self.run.inputs]):
            before, now = (run.inputs.get(path) or {} for run in self.both)
            if before != now:
                rows.append(Difference(path, _did(before), _did(now)))
            elif is_other_content(*(run.input_facts.get(path) for run in self.both)):
                rows.append(Difference(path, *(_content(run.input_facts[path]) for run in self.both)))
        return rows[:MAX_ROWS]

    @property
    def version(self) -> Difference | None:
        """The versions of the workflow, with their commits."""
        if self.earlier.version_id == self.run.version_id and self.earlier.commit == self.run.commit:
            return None
        return Difference("", *(_version(run) for run in self.both))

    @property
    def server(self) -> Difference | None:
        return Difference("", self.earlier.server, self.run.server) if self.earlier.server != self.run.server else None

    @property
    def both(self) -> tuple[Run, Run]:
        return self.earlier, self.run

    @property
    def is_equal(self) -> bool:
        return not (self.parameters or self.steps or self.inputs or self.version or self.server)


def compare(earlier: Run, run: Run) -> Comparison:
    """What differs in the later one."""
    return Comparison(earlier, run)


def is_other_content(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> bool:
    """Whether two files differ, as far as both sizes and checksums are known."""
    if not before or not now:
        return False
    return any(before.get(name) and now.get(name) and before[name] != now[name] for name in ("bytes", "adler32", "md5"))


def _differences(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *now]):
        if before.get(name) != now.get(name):
            yield Difference(name, before.get(name, ""), now.get(name, ""))


def _shown(value: Any) -> str:
    text = plain(repr(value) if isinstance(value, str) else value)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"


def _settings(run: Run) -> dict[str, str]:
    """What a run changes in single steps, by the step's name and the setting's."""
    return {
        f"{changed.get('step') or number}: {LABELS[name]}": str(changed[name])
        for number, changed in run.overrides.items()
        for name in LABELS
        if name in changed
    }


def _did(source: Mapping[str, str]) -> str:
    return str(source.get("did", ""))


def _content(facts: Mapping[str, Any]) -> str:
    """Size and checksum of a file."""
    kind = next((name for name in ("md5", "adler32") if facts.get(name)), "")
    checksum = f"{kind} {str(facts.get(kind, ''))[:SHOWN_OF_CHECKSUM]}" if kind else ""
    return ", ".join(filter(None, [size_text(facts["bytes"]) if facts.get("bytes") is not None else "", checksum]))


def _version(run: Run) -> str:
    number = _("version %(number)s") % {"number": run.version.number} if run.version else ""
    commit = _("commit %(commit)s") % {"commit": run.commit[:SHOWN_OF_CHECKSUM]} if run.commit else ""
    return ", ".join(filter(None, [number, commit])) or _("an earlier version")
