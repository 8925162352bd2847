"""What differs between runs, such as one and the run whose values its launch form began with; nothing is asked of a service."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from projects.workflows.inputs.sources import value_of
from projects.workflows.launching.overrides import LABELS
from projects.workflows.launching.yaml_values import as_shown, inline
from projects.workflows.models import Run, RunInput
from projects.workflows.number_text import number_of
from vre_portal.portable_gettext import grouped
from vre_portal.text import plain
from vre_portal.text import size as size_text

MAX_TEXT, MAX_ROWS = 200, 100
SHOWN_OF_CHECKSUM = 12


@dataclass(frozen=True)
class Difference:
    """One thing in several runs as a page shows it; empty where a run does not have it, and with a note where it looks alike."""

    name: str
    texts: tuple[str, ...]
    note: str = ""
    whole: tuple[Any, ...] = ()  # for files: values as they are, where the page shows the beginnings of their texts
    label: str = ""  # of a parameter, with its unit, where the workflow has them
    unit: str = ""

    @property
    def before(self) -> str:
        return self.texts[0]

    @property
    def now(self) -> str:
        return self.texts[-1]

    @property
    def are_numbers(self) -> bool:
        """Whether all of its texts are numbers, which stand under each other."""
        return all(number_of(text) is not None for text in self.texts if text)


@dataclass(frozen=True)
class Comparison:
    """All that differs between runs of one project, the earliest first; a page shows the first rows of each part."""

    SHOWN = f":{MAX_ROWS}"
    runs: tuple[Run, ...]

    @property
    def earlier(self) -> Run:
        return self.runs[0]

    @cached_property
    def parameters(self) -> list[Difference]:
        return [self._named(item) for item in _differences(self._parameters)]

    @cached_property
    def same_parameters(self) -> list[Difference]:
        """Those with one value in all runs."""
        return [self._named(item) for item in _in_common(self._parameters)]

    def _named(self, item: Difference) -> Difference:
        """A parameter with its values as they are, and the words that the runs' workflows have for it, the latest run's first."""
        known = (
            specification.hints.of(item.name)
            for specification in {run.specification_id: run.specification for run in reversed(self.runs)}.values()
        )
        hint = next((hint for hint in known if hint.label or hint.unit), None)
        values = tuple(run.parameters.get(item.name) for run in self.runs)
        named = replace(item, whole=values, texts=_texts_of(item, values))
        return replace(named, label=hint.label, unit=hint.unit) if hint else named

    @cached_property
    def _parameters(self) -> list[dict[str, str]]:
        return [{name: inline(value) for name, value in run.parameters.items()} for run in self.runs]

    @cached_property
    def steps(self) -> list[Difference]:
        """Settings of steps that the runs change."""
        return list(_differences([_settings(run) for run in self.runs]))

    @cached_property
    def inputs(self) -> list[Difference]:
        """Inputs that are other files in some runs, and files of the same name whose content is another."""
        others = list(_differences(self._inputs))
        chosen_anew = {item.name for item in others}
        files = [{row.path: row for row in run.input_files.all() if row.binding not in chosen_anew} for run in self.runs]
        known = set.intersection(*({row.binding for row in of_run.values()} for of_run in files))
        return [*others, *_other_contents([{path: row for path, row in of_run.items() if row.binding in known} for of_run in files])]

    @cached_property
    def same_inputs(self) -> list[Difference]:
        """Those that are the same files in all runs."""
        different = {item.name for item in self.inputs}
        return [item for item in _in_common(self._inputs) if item.name not in different]

    @cached_property
    def _inputs(self) -> list[dict[str, str]]:
        return [{path: value_of(source) for path, source in (run.inputs | run.attached).items()} for run in self.runs]

    @property
    def version(self) -> Difference | None:
        """The versions of the workflow, with their commits."""
        if len({(run.version_id, run.commit) for run in self.runs}) == 1:
            return None
        return Difference("", tuple(_version(run) for run in self.runs))

    @property
    def server(self) -> Difference | None:
        servers = tuple(run.server for run in self.runs)
        return Difference("", servers) if len(set(servers)) > 1 else None

    @property
    def left_out(self) -> int:
        """How many differences a page does not show."""
        return self.beyond((self.parameters, self.steps, self.inputs))

    @staticmethod
    def beyond(parts: Iterable[Sequence[Any]]) -> int:
        """How many rows of these parts are beyond what a page shows of each."""
        return sum(max(len(part) - MAX_ROWS, 0) for part in parts)

    @property
    def is_equal(self) -> bool:
        return not (self.parameters or self.steps or self.inputs or self.version or self.server)


def compare(*runs: Run) -> Comparison:
    """What differs between these runs, of which the earliest comes first."""
    return Comparison(runs)


def is_other_content(before: RunInput, now: RunInput) -> bool:
    """Whether two files differ, as far as the checksums of both are known."""
    if before.bytes != now.bytes:
        return True
    pairs = ((getattr(before, name), getattr(now, name)) for name in ("adler32", "md5"))
    return any(old and new and old != new for old, new in pairs)


def _differences(of_runs: Sequence[Mapping[str, str]]) -> Iterator[Difference]:
    """What differs between whole texts, which are cut for the page only."""
    for name in dict.fromkeys(name for values in of_runs for name in values):
        whole = [values.get(name) for values in of_runs]
        if len(set(whole)) > 1:
            texts = tuple(_shown(text or "") for text in whole)
            alike = _("The values differ after the first %(limit)s characters.") % {"limit": MAX_TEXT}
            note = alike if len(set(texts)) < len(set(whole)) else ""
            yield Difference(name, texts, note, tuple(whole))


def _texts_of(item: Difference, values: Sequence[Any]) -> tuple[str, ...]:
    """The values as pages show them, without the quotes of YAML; with them where the texts would say less than what tells them apart."""
    shown = tuple(_shown(as_shown(value)) if text else "" for value, text in zip(values, item.texts, strict=True))
    return shown if len(set(shown)) == len(set(item.texts)) and not _hidden(shown, item.texts) else item.texts


def _hidden(shown: Sequence[str], written: Sequence[str]) -> bool:
    """Whether one of the texts, without quotes, is nothing that can be seen, as an empty text is."""
    return any(text and not bare.strip() for text, bare in zip(written, shown, strict=True))


def _in_common(of_runs: Sequence[Mapping[str, str]]) -> list[Difference]:
    same = [name for name, text in of_runs[0].items() if all(values.get(name) == text for values in of_runs)]
    count, first = len(of_runs), of_runs[0]
    return [Difference(name, (_shown(first[name]),) * count, whole=(first[name],) * count) for name in same]


def _other_contents(of_runs: Sequence[Mapping[str, RunInput]]) -> Iterator[Difference]:
    """Files that are not in all runs, or that have another content in some; sizes that look alike are exact."""
    for path in dict.fromkeys(path for files in of_runs for path in files):
        rows = [files.get(path) for files in of_runs]
        first = next(row for row in rows if row)
        others = [row for row in rows if row and is_other_content(first, row)]
        if others or not all(rows):
            is_alike = any(_content(row) == _content(first) for row in others)
            yield Difference(path, tuple(_content(row, is_exact=is_alike) if row else "" for row in rows))


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
