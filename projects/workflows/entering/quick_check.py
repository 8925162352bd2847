"""What is found in the editor before anything is read by a job: the text, and whether the files that it names are there."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from projects.workflows import engines, reana_yaml
from projects.workflows.check_groups import CheckGroup, grouped, messages_of
from projects.workflows.entering import gathering
from projects.workflows.entering.editor_form import EditorForm
from projects.workflows.entering.limits import few
from projects.workflows.entering.places import TextPlace, VersionPlace
from projects.workflows.launching.hints import AuthorHints, hints_of
from projects.workflows.models import Entry
from projects.workflows.validation_results import State
from vre_portal.jobs.fates import Refused
from vre_portal.text import plain


@dataclass(frozen=True)
class QuickCheck:
    """What the editor shows of the typed text."""

    text: str
    checks: list[CheckGroup]
    faults: list[str]  # of the files
    notes: list[str]

    @property
    def has_errors(self) -> bool:
        return bool(self.faults) or self._has("error")

    @property
    def has_warnings(self) -> bool:
        return self._has("warning")

    def _has(self, state: State) -> bool:
        return any(check.state == state for group in self.checks for check in group.checks)


def quick_check(form: EditorForm) -> QuickCheck:
    """The checks of a form that is right, without saving anything and without asking an engine."""
    text = str(form.cleaned_data["text"])
    place = VersionPlace(form.version, form.path, text, over=TextPlace(form.changed_files()), removed=form.removed)
    checks = grouped(engines.checks_of_text(text, form.path), (form.path,))
    try:
        found = gathering.gather(place, form.path, root="")
    except Refused as refusal:
        return QuickCheck(text, checks, [str(refusal)], [])
    checked = reana_yaml.read(text)
    missing = _(
        "%(file)s is not among the files. Add it below with “Add file”, upload it as a new version, or choose it from the Data Lake when the "
        "workflow is saved or launched."
    )
    bound = {name for name, data in (form.version.data if form.version else {}).items() if data.get("did")}
    unbound = [missing % {"file": plain(name)[:200]} for name, _why in found.unbound if name not in bound]
    notes = [*found.notes, *checked.remarks_beside(messages_of(checks)), *few(unbound)]
    if checked.engine == "serial":  # for the others only the engine knows what they include
        words = _("Not part of the workflow, because the reana.yaml does not name it: %(file)s. Add it to inputs.files.")
        notes += few([words % {"file": plain(name)[:200]} for name in place.unnamed(found.files)])
    schema = found.parameter_schema or (form.version.parameter_schema if form.version else "")
    draft = Entry(text=text, parameter_schema=schema, input_parameters=found.input_parameters)
    notes += hints_of(AuthorHints(text, schema, draft.default_parameters)).notes
    return QuickCheck(text, checks, found.faults, list(dict.fromkeys(notes)))
