"""The input files of a launch, as the portal and the Data Lakes know them."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.workflows import input_checks
from projects.workflows.input_checks import Lookup
from projects.workflows.preflight.items import Item, Remedy
from projects.workflows.preflight.plan import Plan


def looked_up(plan: Plan) -> Lookup:
    """What is known of each input; the one place that asks."""
    return input_checks.look_up(plan.person, plan.inputs)


def items(plan: Plan) -> list[Item]:
    """A line for what is wrong, one for what nobody knows, one for what is there."""
    if not plan.inputs:
        return []
    name, found, lines = _("Input files"), looked_up(plan), []
    if found.wrong:
        text = _("%(path)s: %(reason)s")
        wrong = tuple(text % {"path": path[:200], "reason": reason} for path, reason in list(found.wrong.items())[:20])
        lines.append(Item("inputs", name, "error", wrong, (Remedy(_("Choose another file"), "#inputs"),)))
    if found.unknown:
        next_words = _("If a file is missing, the run fails and says which one.")
        lines.append(Item("inputs", name, "not checked", (found.not_checked, next_words)))
    if there := len(plan.inputs) - len(found.wrong) - len(found.unknown):
        text = ngettext("%(n)s file found in the Data Lake.", "%(n)s files found in the Data Lake.", there)
        lines.append(Item("inputs", name, "ok", (text % {"n": there},)))
    return lines
