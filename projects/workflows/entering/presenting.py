"""What was understood of a specification, as its pages show it: parameters, files, steps, outputs and checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from projects.workflows.check_groups import CheckGroup, grouped, messages_of, names_of
from projects.workflows.engines.reading import Reading
from projects.workflows.entering.changes import Changes, changes
from projects.workflows.entering.folders import FileList, by_folder
from projects.workflows.launching.hints import AuthorHints, Hinted, hints_of
from projects.workflows.launching.yaml_values import as_shown
from projects.workflows.models import Document, Entry, Specification, SpecificationVersion
from projects.workflows.readings import reading_of
from projects.workflows.step_pages import MAX_ALL_ROWS, MAX_FORM_ROWS, WIDE, Steps, steps_of
from projects.workflows.validation_results import Check
from vre_portal.text import plain

MAX_LISTED = 200  # parameters and steps of one page
LONGEST = 200  # characters of a default


@dataclass(frozen=True)
class ShownParameter:
    """A parameter with its type in a word, its default as text, and what hints say of it; `offered` is what a launch link says instead."""

    name: str
    kind: str
    default: str
    offered: str = ""
    label: str = ""
    unit: str = ""
    help: str = ""


@dataclass(frozen=True)
class Review:
    """A specification as a page shows it."""

    engine: str
    reading: Reading
    parameters: list[ShownParameter]
    files: FileList
    outputs: list[str]
    faults: list[tuple[str, int | None]]  # with the line of the reana.yaml, where it is known
    checks: list[CheckGroup]
    notes: list[str]
    offered_unknown: list[str]
    changes: Changes | None = None


def kind_of(value: Any) -> str:
    """The type of a default, in a word."""
    if value is None:
        return _("empty")
    if isinstance(value, bool):
        return _("true or false")
    if isinstance(value, int):
        return _("whole number")
    if isinstance(value, float):
        return _("number")
    if isinstance(value, list):
        return _("list")
    if isinstance(value, dict):
        return _("object")
    return _("text")


def _short(value: Any) -> str:
    text = plain(as_shown(value))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def shown_parameters(hinted: Hinted, offered: Mapping[str, Any]) -> list[ShownParameter]:
    """The first parameters in the order of the file."""
    hints = hints_of(hinted)
    return [
        ShownParameter(
            name, kind_of(value), _short(value), _short(offered[name]) if name in offered else "",
            label=hints.of(name).label, unit=hints.of(name).unit, help=hints.of(name).help,
        )
        for name, value in list(hinted.default_parameters.items())[:MAX_LISTED]
    ]  # fmt: skip


def steps_shown(request: HttpRequest, document: Document) -> Steps:
    """The steps of what was read or saved, as a graph and a list; no question to the database."""
    most = MAX_ALL_ROWS if request.GET.get("steps") == "all" else MAX_FORM_ROWS
    return steps_of(document, link="#step-%s", most=most, box=WIDE)


def _unread(document: Document) -> list[Check]:
    """The checks of the text alone, where no engine was asked."""
    from projects.workflows.validation import checks_of  # here: its library is large, and few pages need it

    return checks_of(document.text, None) if document.text.strip() else []


def review_of(document: Entry | SpecificationVersion, workflow: Specification | None = None) -> Review:
    """What a page shows of what was read or saved, with two questions to the database at most; hints are those of the workflow, else its author's."""
    checked, reading = document.reana_yaml, reading_of(document)
    if isinstance(document, Entry):
        files = [(path, size) for path, _digest, size in document.listing]
        base = document.specification.current if document.specification else None
        differs = changes(base, document) if base else None
    else:
        files, differs = list(document.files.values_list("path", "stored__size")), None
    checks = grouped(reading.checks or _unread(document), names_of(document))
    parameters, offered = document.default_parameters, document.offered if isinstance(document.offered, dict) else {}
    return Review(
        engine=checked.engine_title,
        reading=reading,
        parameters=shown_parameters(workflow or AuthorHints(document.text, document.parameter_schema, parameters), offered),
        files=by_folder(files),
        outputs=[*checked.output_files, *(f"{name.rstrip('/')}/" for name in checked.output_directories)][:MAX_LISTED],
        faults=[(fault, checked.fault_lines.get(fault)) for fault in checked.faults]
        + [(str(fault), None) for fault in document.file_faults],
        checks=checks,
        notes=[*map(str, document.notes), *checked.remarks_beside(messages_of(checks)), *document.remarks_of_steps],
        offered_unknown=[_short(name) for name in offered if name not in parameters],
        changes=differs,
    )
