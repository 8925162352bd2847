"""What a run that is launched once more is going to use, as its page lists it: all from the launch form, nothing from the earlier run."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake.pages.addresses import did_address
from projects.workflows.comparing import shown_value
from projects.workflows.forms import LaunchForm
from projects.workflows.inputs import lineage
from projects.workflows.launching.input_rows import InputRow
from projects.workflows.launching.plain_values import same
from projects.workflows.launching.yaml_values import as_shown
from projects.workflows.models import Run
from vre_portal.text import plain

MAX_SAID, SHOWN = 20, 80  # sentences of a kind, and characters of a name


def parameter_rows(form: LaunchForm) -> list[tuple[str, str, str]]:
    """Label, value and unit of each parameter, in the order of the specification."""
    hints = form.specification.hints
    return [(hints.of(name).label or name, as_shown(form.value_of(name)), hints.of(name).unit) for name in form.parameter_fields]


def bound_inputs(form: LaunchForm, rows: Iterable[InputRow]) -> Iterator[lineage.InputRow]:
    """Each input with the data that it reads."""
    sources = form.shown_sources()
    for row in rows:
        source = sources.get(row.path, {})
        scope, _colon, name = source.get("did", "").partition(":")
        if name:
            yield lineage.InputRow(row.path, source["did"], did_address("did", source["lake"], scope, name), True)
        else:
            words = row.name or (row.row.words if row.row else "") or str(row.field.value() or "") or "—"
            yield lineage.InputRow(row.path, words, row.address)


def news(run: Run, form: LaunchForm) -> list[str]:
    """A sentence for each parameter and input that the run did not have, and for each default that is another one by now."""
    before, now, hints = run.default_parameters, form.specification.default_parameters, form.specification.hints
    added = _("%(name)s is new and has its default, %(value)s.")
    other = _("The default of %(name)s is now %(now)s. It was %(before)s; the value of the run, %(value)s, is used.")
    said = []
    for name, default in now.items():
        shown = {
            "name": plain(hints.of(name).label or name)[:SHOWN],
            "value": shown_value(form.value_of(name)),
            "now": shown_value(default),
        }
        if name not in run.parameters:
            said.append(added % shown)
        elif name in before and not same(before[name], default) and not same(run.parameters[name], default):
            said.append(other % {**shown, "before": shown_value(before[name])})
    bound = run.inputs | run.attached
    texts = {path: str(form[f"i-{number}"].value() or "") for number, path in enumerate(form.paths) if path not in bound}
    reads = _("%(name)s is a new input and reads %(value)s.")  # that it has no data yet is an error of the form
    said += [reads % {"name": plain(path)[:SHOWN], "value": plain(text)[:SHOWN]} for path, text in texts.items() if text]
    left = len(said) - MAX_SAID
    return said if left <= 0 else [*said[:MAX_SAID], ngettext("%(n)s more change.", "%(n)s more changes.", left) % {"n": left}]
