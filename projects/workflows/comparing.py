"""What differs between a run and the run whose values its launch form began with; nothing is asked of a service."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from projects.workflows.inputs.sources import value_of
from projects.workflows.launching.overrides import LABELS
from projects.workflows.launching.yaml_values import inline
from projects.workflows.models import Run, RunInput
from vre_portal.portable_gettext import grouped
from vre_portal.text import plain
from vre_portal.text import size as size_text

MAX_TEXT, MAX_ROWS = 200, 100
SHOWN_OF_CHECKSUM = 12


@dataclass(frozen=True)
class Difference:
    """One thing in both runs as a page shows it; empty where a run does not have it, and with a note where it looks alike."""

    name: str
    before: str
    now: str
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """All that differs between an earlier run and a later one; a page shows the first rows of each part."""

    SHOWN = f":{MAX_ROWS}"
    earlier: Run
    run: Run

    @cached_property
    def parameters(self) -> list[Difference]:
        before, now = ({name: inline(value) for name, value in run.parameters.items()} for run in self.both)
        return list(_differences(before, now))

    @cached_property
    def steps(self) -> list[Difference]:
        """Settings of steps that the runs change."""
        return list(_differences(*(_settings(run) for run in self.both)))

    @cached_property
    def inputs(self) -> list[Difference]:
        """Inputs that are other files now, and files of the same name whose content is another."""
        before, now = ({path: value_of(source) for path, source in (run.inputs | run.attached).items()} for run in self.both)
        others = list(_differences(before, now))
        chosen_anew = {item.name for item in others}
        files = [{row.path: row for row in run.input_files.all() if row.binding not in chosen_anew} for run in self.both]
        known = {row.binding for row in files[0].values()} & {row.binding for row in files[1].values()}
        return [*others, *_other_contents(*({path: row for path, row in of_run.items() if row.binding in known} for of_run in files))]

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
    def left_out(self) -> int:
        """How many differences a page does not show."""
        return sum(max(len(part) - MAX_ROWS, 0) for part in (self.parameters, self.steps, self.inputs))

    @property
    def is_equal(self) -> bool:
        return not (self.parameters or self.steps or self.inputs or self.version or self.server)


def compare(earlier: Run, run: Run) -> Comparison:
    """What differs in the later one."""
    return Comparison(earlier, run)


def is_other_content(before: RunInput, now: RunInput) -> bool:
    """Whether two files differ, as far as the checksums of both are known."""
    if before.bytes != now.bytes:
        return True
    pairs = ((getattr(before, name), getattr(now, name)) for name in ("adler32", "md5"))
    return any(old and new and old != new for old, new in pairs)


def _differences(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Difference]:
    """What differs between whole texts, which are cut for the page only."""
    for name in dict.fromkeys([*before, *now]):
        if before.get(name) != now.get(name):
            texts = _shown(before.get(name, "")), _shown(now.get(name, ""))
            alike = _("The values differ after the first %(limit)s characters.") % {"limit": MAX_TEXT}
            yield Difference(name, *texts, alike if texts[0] == texts[1] else "")


def _other_contents(before: Mapping[str, RunInput], now: Mapping[str, RunInput]) -> Iterator[Difference]:
    """Files that are in one run only, or that have another content; sizes that look alike are exact."""
    for path in dict.fromkeys([*before, *now]):
        old, new = before.get(path), now.get(path)
        if old and new and is_other_content(old, new):
            is_alike = _content(old) == _content(new)
            yield Difference(path, _content(old, is_exact=is_alike), _content(new, is_exact=is_alike))
        elif not (old and new):
            yield Difference(path, _content(old) if old else "", _content(new) if new else "")


def shown_value(value: Any) -> str:
    """A parameter's value as a page names it."""
    return _shown(inline(value))


def _shown(value: str) -> str:
    text = plain(value[: MAX_TEXT + 1])
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"


def _settings(run: Run) -> dict[str, str]:
    """What a run changes in single steps, by the step's name and the setting's."""
    return {
        f"{changed.get('step') or number}: {LABELS[name]}": str(changed[name])
        for number, changed in run.overrides.items()
        for name in LABELS
        if name in changed
    }


def _content(row: RunInput, *, is_exact: bool = False) -> str:
    """Size and checksum of a file."""
    kind = "md5" if row.md5 else "adler32" if row.adler32 else ""
    checksum = f"{kind} {getattr(row, kind)[:SHOWN_OF_CHECKSUM]}" if kind else ""
    return ", ".join(filter(None, [f"{grouped(row.bytes)} B" if is_exact else size_text(row.bytes), checksum]))


def _version(run: Run) -> str:
    number = _("version %(number)s") % {"number": run.version.number} if run.version else ""
    commit = _("commit %(commit)s") % {"commit": run.commit[:SHOWN_OF_CHECKSUM]} if run.commit else ""
    return ", ".join(filter(None, [number, commit])) or _("an earlier version")
