"""What was understood of a specification, as its pages show it: parameters, files, steps, outputs and checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from projects.workflows.engines.reading import Reading
from projects.workflows.entering.changes import Changes, changes
from projects.workflows.launching.yaml_values import as_shown
from projects.workflows.models import Document, Entry, SpecificationVersion
from projects.workflows.readings import reading_of
from projects.workflows.step_pages import MAX_ALL_ROWS, MAX_FORM_ROWS, WIDE, Steps, steps_of
from vre_portal.text import plain

MAX_LISTED = 200  # files, parameters and steps of one page
LONGEST = 200  # characters of a default


@dataclass(frozen=True)
class ShownParameter:
    """A parameter with its type in a word and its default as text; `offered` is what a launch link says instead."""

    name: str
    kind: str
    default: str
    offered: str = ""


@dataclass(frozen=True)
class Review:
    """A specification as a page shows it."""

    engine: str
    reading: Reading
    parameters: list[ShownParameter]
    files: list[tuple[str, int]]
    file_count: int
    bytes: int
    outputs: list[str]
    faults: list[str]
    notes: list[str]
    offered_unknown: list[str]
    changes: Changes | None = None

    @property
    def files_not_listed(self) -> int:
        return self.file_count - len(self.files)


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


def shown_parameters(parameters: Mapping[str, Any], offered: Mapping[str, Any]) -> list[ShownParameter]:
    """The first parameters in the order of the file."""
    return [
        ShownParameter(name, kind_of(value), _short(value), _short(offered[name]) if name in offered else "")
        for name, value in list(parameters.items())[:MAX_LISTED]
    ]


def steps_shown(request: HttpRequest, document: Document) -> Steps:
    """The steps of what was read or saved, as a graph and a list; no question to the database."""
    most = MAX_ALL_ROWS if request.GET.get("steps") == "all" else MAX_FORM_ROWS
    return steps_of(document, link="#step-%s", most=most, box=WIDE)


def review_of(document: Entry | SpecificationVersion) -> Review:
    """What a page shows of what was read or saved, with two questions to the database at most."""
    checked, reading = document.reana_yaml, reading_of(document)
    if isinstance(document, Entry):
        files = [(path, size) for path, _digest, size in document.listing]
        base = document.specification.current if document.specification else None
        differs = changes(base, document) if base else None
    else:
        files, differs = list(document.files.values_list("path", "stored__size")), None
    parameters, offered = document.default_parameters, document.offered if isinstance(document.offered, dict) else {}
    return Review(
        engine=checked.engine,
        reading=reading,
        parameters=shown_parameters(parameters, offered),
        files=files[:MAX_LISTED],
        file_count=len(files),
        bytes=sum(size for _path, size in files),
        outputs=[*checked.output_files, *(f"{name.rstrip('/')}/" for name in checked.output_directories)][:MAX_LISTED],
        faults=[*checked.faults, *map(str, document.file_faults)],
        notes=[*map(str, document.notes), *checked.remarks],
        offered_unknown=[_short(name) for name in offered if name not in parameters],
        changes=differs,
    )
