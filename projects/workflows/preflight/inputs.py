"""The data that a run reads, as the portal and the Data Lakes know them."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.workflows.inputs.readiness import Readiness, State, not_looked_at
from projects.workflows.inputs.since import changes, compare_checksums
from projects.workflows.preflight.items import Item, Remedy
from projects.workflows.preflight.plan import Plan


def looked_up(plan: Plan) -> list[Readiness]:
    """What is known of each input, with its copies."""
    return plan.looked_up


def items(plan: Plan) -> list[Item]:
    """A line for what is wrong, for what an earlier run read otherwise, for what nobody knows, for what is on tape, and for what is there."""
    if not plan.inputs:
        return []
    name, rows, lines = _("Input files"), looked_up(plan), []
    text = _("%(path)s: %(reason)s")
    if wrong := [row for row in rows if row.is_wrong]:
        words = tuple(text % {"path": row.path[:200], "reason": row.words} for row in wrong[:20])
        lines.append(Item("inputs", name, "error", words, (Remedy(_("Choose another file"), "#inputs"),)))
    if plan.before:
        checksums = compare_checksums(plan.person, plan.before, rows)
        if since := changes(plan.before, rows) | dict(checksums.changed):
            words = tuple(text % {"path": path[:200], "reason": reason} for path, reason in list(since.items())[:20])
            lines.append(Item("inputs-since", _("Changed input files"), "warning", words))
        if checksums.shortfall:
            lines.append(Item("inputs-since", _("Changed input files"), "not checked", (checksums.shortfall,)))
    if unknown := not_looked_at(rows):
        next_words = _("If a file is missing, the run fails and says which one.")
        lines.append(Item("inputs", name, "not checked", (unknown, next_words)))
    if tape := [row for row in rows if row.state == State.ON_TAPE]:
        words = tuple(text % {"path": row.path[:200], "reason": row.words} for row in tape[:20])
        lines.append(Item("inputs", name, "warning", words))
    if unseen := [row for row in rows if row.state == State.THERE and row.copies is None]:
        words = tuple(text % {"path": row.path[:200], "reason": row.words} for row in unseen[:20])
        lines.append(Item("inputs", name, "not checked", words))
    if there := sum(row.state == State.THERE and row.copies is not None for row in rows):
        found = ngettext("%(n)s input found in the Data Lake.", "%(n)s inputs found in the Data Lake.", there)
        lines.append(Item("inputs", name, "ok", (found % {"n": there},)))
    return lines
