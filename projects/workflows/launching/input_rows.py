"""The inputs as the launch page shows them: the field, and what is known of what stands in it, as far as somebody asked. No service is asked here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from projects.models import Project
from projects.workflows.forms import LaunchForm
from projects.workflows.inputs.accepting import checked_types, not_a_folder
from projects.workflows.inputs.attached import Attached, not_usable, usable
from projects.workflows.inputs.readiness import Readiness, State, readiness
from projects.workflows.inputs.since import changes, recorded
from projects.workflows.inputs.sources import value_of
from projects.workflows.models import Specification
from vre_portal.iam.models import User


@dataclass(frozen=True)
class InputRow:
    """An input with its field, its lake where there is a choice, and what is known of its data."""

    path: str
    field: forms.BoundField
    lake: forms.BoundField | None
    row: Readiness | None = None
    name: str = ""  # of a file that is in no lake
    address: str = ""
    was: str | None = None  # what the earlier run read there, where the form has one
    was_lake: str = ""  # its lake, where that is another one
    is_changed: bool = False  # whether something else stands there now
    note: str = ""  # what of the link could not be filled in there
    since: str = ""  # that the same data have another content than the earlier run read


def input_rows(form: LaunchForm, person: User, project: Project) -> list[InputRow]:
    """A row for each input, by at most a few questions for all."""
    sources = form.shown_sources()
    dids = {path: source for path, source in sources.items() if "did" in source}
    others = {path: source for path, source in sources.items() if "did" not in source}
    unknown = {path: source for path, source in dids.items() if path not in form.looked_up}
    indexed = checked_types(form.specification.reana_yaml, readiness(person, unknown, only_index=True))
    known = {**form.looked_up, **{row.path: row for row in indexed}}
    files = usable(person, project, others) if others else {}
    before = recorded(form.previous, dids) if form.previous else {}
    since = changes(before, known.values())
    rows = []
    for number, path in enumerate(form.paths):
        lake = form[f"l-{number}"] if f"l-{number}" in form.fields else None
        file, field = files.get(path), form[f"i-{number}"]
        if path in others:
            rows.append(InputRow(path, field, lake, _of_file(form.specification, path, file), file.name if file else "", _page_of(file)))
        else:
            rows.append(InputRow(path, field, lake, known.get(path) if path in dids else None, since=since.get(path, "")))
    notes = [" ".join(filter(None, (form.field_notes.get(f"{kind}-{number}") for kind in "il"))) for number in range(len(rows))]
    rows = [replace(row, note=note) for row, note in zip(rows, notes, strict=True)]
    return [_compared(form, row, sources.get(row.path)) for row in rows] if form.previous else rows


def _compared(form: LaunchForm, row: InputRow, source: Mapping[str, Any] | None) -> InputRow:
    """The row with what the earlier run read for it; as it was where the run had no such input."""
    run = form.previous
    earlier = (run.inputs | run.attached).get(row.path) if run else None
    if earlier is None:
        return row
    is_other_lake = source is not None and "did" in source and "did" in earlier and source["lake"] != earlier["lake"]
    is_changed = str(row.field.value() or "") != value_of(earlier) or is_other_lake
    return replace(row, was=value_of(earlier), was_lake=str(earlier["lake"]) if is_other_lake else "", is_changed=is_changed)


def _of_file(specification: Specification, path: str, file: Attached | None) -> Readiness:
    """What is known of a file of a run, or of an upload."""
    if file is None:
        return Readiness(path, "", "", state=State.MISSING, words=not_usable(path))
    if words := not_a_folder(specification, path):
        return Readiness(path, "", "", type="FILE", bytes=file.size, state=State.WRONG_TYPE, words=words)
    words = _("Uploaded.") if file.run is None else _("%(run)s, %(project)s") % {"run": file.run, "project": file.run.project.title}
    return Readiness(path, "", "", type="FILE", bytes=file.size, state=State.THERE, words=words)


def _page_of(file: Attached | None) -> str:
    return file.run.get_absolute_url() if file and file.run else ""
