"""Make data available somewhere: what, where, how long, a look at the room, and one press of a button."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from datalake import rucio
from datalake.acts import checking, placing, services
from datalake.acts.forms import HowForm, WhatForm, WhereForm
from datalake.acts.kinds.rules import MakeAvailable
from datalake.acts.views.common import key_of, person, shown
from datalake.reading import Reading
from datalake.views.shared import lake_view
from vre_portal.http import RemoteError
from vre_portal.services import Service

STEPS = (("what", "Data"), ("where", "Place"), ("how", "Copies"), ("check", "Check and ask"))
SECONDS = 6.0  # the check asks for each DID
SHORT = 1500  # characters of a list that an address may carry


def given(request: HttpRequest) -> QueryDict:
    """What was said so far, in the address or in the form; a DID page's button says `did`."""
    data = (request.POST if request.method == "POST" else request.GET).copy()
    if data.getlist("did"):
        data["dids"] = "\n".join([*data.getlist("did"), data.get("dids", "")]).strip()
        del data["did"]
    data.setdefault("copies", "1")
    data.setdefault("days", "30")
    return data


class Wizard:
    """The three forms over the same values, and how far they are good."""

    def __init__(self, data: QueryDict, names: list[str]) -> None:
        self.data = data
        self.what, self.where, self.how = WhatForm(data), WhereForm(data, names=names), HowForm(data)
        self.reached = next(
            (name for name, form in (("what", self.what), ("where", self.where), ("how", self.how)) if not form.is_valid()), "check"
        )

    @property
    def step(self) -> str:
        """Where it is: what was asked for, but no further than what is good."""
        order = [name for name, _ in STEPS]
        asked = self.data.get("step", "")
        wanted = asked if asked in order else "where" if self.data.get("dids") else "what"
        return min(wanted, self.reached, key=order.index)

    @property
    def expression(self) -> str:
        return str(self.where.cleaned_data.get("where") or "") if self.where.is_valid() else ""

    def arguments(self, dids: list[list[str]]) -> MakeAvailable:
        """The wish."""
        how = self.how.cleaned_data
        return MakeAvailable(
            dids,
            self.expression,
            copies=how["copies"],
            lifetime=self.how.lifetime,
            grouping=how["grouping"] or "DATASET",
            comment=how["comment"],
            ask_approval=how["ask_approval"],
        )

    def hidden(self) -> list[tuple[str, str]]:
        """What the step's form carries along of the other steps."""
        own = {"what": {"dids"}, "where": {"rse", "expression"}, "how": {"copies", "days", "grouping", "comment", "ask_approval"}}
        skipped = own.get(self.step, set()) | {"step", "csrfmiddlewaretoken", "key", "look"}
        return [(name, value) for name, values in self.data.lists() if name not in skipped for value in values]


@require_http_methods(["GET", "HEAD", "POST"])
@lake_view
def make_available(request: HttpRequest, lake: Service) -> HttpResponse:
    """One step; a POST carries a long list and changes nothing."""
    look = Reading(person(request), lake, purpose="make data available", seconds=SECONDS)
    rses = {item.name: item for item in look.ask(rucio.list_rses).answer.required()}
    wizard = Wizard(given(request), sorted(rses))
    step = wizard.step
    order = [name for name, _ in STEPS]
    context: dict[str, Any] = {
        "wizard": wizard,
        "step": step,
        "steps": [(name, title, order.index(name) <= order.index(wizard.reached)) for name, title in STEPS],
        "next": order[min(order.index(step) + 1, 3)],
        "method": "get" if len(wizard.data.get("dids", "")) < SHORT else "post",
        "asked": wizard.data.get("step") == step
        or bool(wizard.data.get("look"))
        or (step == wizard.reached != "what" and bool(wizard.data.get("step"))),
        "count": len(wizard.what.cleaned_data["dids"]) if wizard.what.is_valid() else 0,
        "hidden": wizard.hidden(),
        "rses": rses,
        "key": uuid.uuid4(),
    }
    if step in ("where", "how", "check"):
        context |= where(look, wizard)
    if step == "where":
        usage = look.quietly(rucio.list_usage).answer.value
        context["meant"] = context["targets"] if wizard.data.get("expression", "").strip() else []
        context["sites"], context["map"] = placing.choices(lake, rses, usage, wizard.data.getlist("rse"), context["meant"] or ())
    if step == "check":
        context |= check(look, wizard, rses, context["targets"])
    return shown(request, "make_available.html", look, context)


def where(look: Reading, wizard: Wizard) -> dict[str, Any]:
    """What the expression describes now, or why it describes nothing."""
    if not wizard.expression:
        return {"targets": None, "expression": ""}
    answer = look.quietly(rucio.matching, wizard.expression).answer
    return {"targets": answer.value, "expression": wizard.expression, "expression_trouble": answer.error}


def check(look: Reading, wizard: Wizard, rses: dict[str, rucio.Rse], targets: list[str] | None) -> dict[str, Any]:
    """What would be added where, and whether there is room."""
    dids, copies = wizard.what.cleaned_data["dids"], wizard.how.cleaned_data["copies"]
    usage = {item.rse: item for item in look.quietly(rucio.list_usage).answer.value or ()}
    wanted = checking.items(look, dids, wizard.expression, copies)
    found = checking.places(targets or (), rses, usage, wanted)
    good = [item for item in found if not item.problem]
    lifetime = wizard.how.lifetime
    new = [item for item in wanted if not item.missing and not item.rule]
    return {
        "items": wanted,
        "missing": [item for item in wanted if item.missing],
        "there": [item for item in wanted if item.rule],
        "new": new,
        "places": found,
        "room": len(good) >= copies or wizard.how.cleaned_data["ask_approval"],
        "enough": targets is None or len(targets) >= copies,
        "unknown": max(len(dids) - checking.LOOKED_AT, 0),
        "nested": checking.nested(wanted),
        "until": timezone.now() + timedelta(seconds=lifetime) if lifetime else None,
        "wish": wizard.arguments(dids),
        "hidden_all": [
            (name, value)
            for name, values in wizard.data.lists()
            if name not in ("step", "csrfmiddlewaretoken", "key", "dids")
            for value in values
        ],
        "dids_left": "\n".join(str(item) for item in wanted if not item.missing),
        "size": sum(item.did.bytes for item in new if item.did is not None and item.did.bytes),
    }


@require_POST
@lake_view
def ask(request: HttpRequest, lake: Service) -> HttpResponse:
    """The one press: written down, and the lake is asked by a worker."""
    names = request.POST.getlist("rse")[:200]
    wizard = Wizard(given(request), names)
    if wizard.reached != "check":
        messages.error(request, "Something is missing: go through the steps again.")
        return redirect("lake_acts:make-available", lake=lake.name)
    try:
        act = services.ask(
            "make-available",
            lake=lake.name,
            by=person(request),
            arguments=wizard.arguments(wizard.what.cleaned_data["dids"]),
            key=key_of(request),
        )
    except (services.KeyReused, RemoteError) as error:
        messages.error(request, str(error))
        return redirect("lake_acts:make-available", lake=lake.name)
    return redirect(act)
