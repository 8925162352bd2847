"""The page on which items of a basket become inputs of a workflow: choose the workflow, then what each input reads; its launch form follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from projects.baskets.permissions import basket_for
from projects.baskets.target_views import WRITE, collected_of, own, page
from projects.baskets.targets import LAUNCH
from projects.baskets.targets.collected import DATA, Collected, CollectedItem
from projects.baskets.targets.writing import LeftOut, Writing, Written, left_out
from vre_portal.iam.current_user import current_user
from vre_portal.launch_forms import LaunchChoice, LaunchInput, launch_forms
from vre_portal.limits import rate_limited
from vre_portal.text import number_of

KINDS = (DATA, "output")  # an input can be data of a lake, or a file of a run
MAX_WORKFLOWS = 500  # that the list offers
MAX_OPTIONS = 200  # of one input


@dataclass(frozen=True)
class InputRow:
    """An input with the items that it can be bound to."""

    number: int
    path: str
    options: Sequence[CollectedItem]
    suggested: str
    beyond: int  # items that are not offered

    @classmethod
    def of(cls, number: int, found: LaunchInput, items: Mapping[str, CollectedItem]) -> "InputRow":
        """With the item that probably is meant, whatever its place."""
        order = sorted(found.options, key=lambda thing: thing != found.suggested)
        return cls(number, found.path, [items[thing] for thing in order[:MAX_OPTIONS]], found.suggested, max(0, len(order) - MAX_OPTIONS))


@never_cache
@require_safe
@rate_limited(WRITE)
def launch(request: HttpRequest, pk: int) -> HttpResponse:
    """The choice of the workflow, that of the inputs, or the way to the launch form."""
    basket, user = basket_for(request, pk), current_user(request)
    source = own(request, basket)
    forms, number = launch_forms(), number_of(request.GET.get("workflow", ""))
    collected = collected_of(request, basket, source, () if number else KINDS)  # what no input takes is named with the inputs
    if forms is None:
        raise Http404(_("This portal launches no workflows."))
    items = {item.thing: item for item in collected.items if item.kind in KINDS}
    context: dict[str, Any] = {"max_options": MAX_OPTIONS, "max_workflows": MAX_WORKFLOWS}
    if not number or not items:
        choices = forms.choices(user, MAX_WORKFLOWS + 1) if items else []
        context |= {"workflows": by_project(choices[:MAX_WORKFLOWS]), "has_more_workflows": len(choices) > MAX_WORKFLOWS}
        return show(request, source, collected, context)
    found = forms.inputs(user, number, list(items))
    if found is None:
        raise Http404(_("This workflow does not exist, or you may not launch it."))
    rows = [InputRow.of(place, row, items) for place, row in enumerate(found.inputs)]
    if "go" in request.GET:
        return redirect(forms.address(user, number, chosen(request, rows)))
    return show(request, source, collected, {**context, "rows": rows, "number": number, "workflow": found.title})


def by_project(choices: Sequence[LaunchChoice]) -> list[tuple[str, list[LaunchChoice]]]:
    """The workflows of each project."""
    return [(project, list(its)) for project, its in groupby(choices, key=lambda choice: choice.project)]


def chosen(request: HttpRequest, rows: Sequence[InputRow]) -> dict[int, str]:
    """The thing that each input is bound to, of those that it offers; an input without one keeps its default."""
    sent = {row.number: request.GET.get(f"i-{row.number}", "") for row in rows}
    offered = {row.number: {item.thing for item in row.options} for row in rows}
    return {number: thing for number, thing in sent.items() if thing in offered[number]}


def show(request: HttpRequest, source: Any, collected: Collected, context: dict[str, Any]) -> HttpResponse:
    """The page; what no input takes is named."""
    others = [item for item in collected.items if item.kind not in KINDS]
    missing: list[LeftOut] = left_out(others, _("Inputs are data of a Data Lake or files of runs. These are neither."))
    return page(request, source, Writing(LAUNCH, collected, Written([], missing)), template="baskets/targets/launch.html", **context)
