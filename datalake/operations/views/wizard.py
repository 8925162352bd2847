"""The wizard that replicates data: which data, where to, how many copies for how long, and a review before it is sent."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from datalake import rucio
from datalake.operations import destinations, preflight, services
from datalake.operations.forms import GROUPINGS, HowForm, WhatForm, WhereForm
from datalake.operations.kinds.rules import MakeAvailable
from datalake.operations.views.common import form_key, render_operation_page
from datalake.pages.decorators import lake_view
from datalake.reads.reader import LakeReader
from vre_portal.http import RemoteError
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited
from vre_portal.services import Service
from vre_portal.stop_switches.present import ServiceStopped

STEPS = (("what", _("Data")), ("where", _("Destination")), ("how", _("Copies")), ("check", _("Review")))
CHECK_SECONDS = 6.0  # the check asks for each DID
MAX_ADDRESS_LENGTH = 1500  # characters of a list that an address may carry


def given(request: HttpRequest) -> QueryDict:
    """The values so far, from the address or the form; the button on a DID's page names its DID as `did`."""
    data = (request.POST if request.method == "POST" else request.GET).copy()
    if data.getlist("did"):
        data["dids"] = "\n".join([*data.getlist("did"), data.get("dids", "")]).strip()
        del data["did"]
    data.setdefault("copies", "1")
    data.setdefault("days", "30")
    return data


class Wizard:
    """The three forms over the same values, and the first step that is not valid yet."""

    def __init__(self, data: QueryDict, names: list[str]) -> None:
        self.data = data
        self.what, self.where, self.how = WhatForm(data), WhereForm(data, names=names), HowForm(data)
        self.reached = next(
            (name for name, form in (("what", self.what), ("where", self.where), ("how", self.how)) if not form.is_valid()), "check"
        )

    @property
    def step(self) -> str:
        """The step to show: the requested one, but none behind the first that is not valid."""
        order = [name for name, title in STEPS]
        requested = self.data.get("step", "")
        wanted = requested if requested in order else "where" if self.data.get("dids") else "what"
        return min(wanted, self.reached, key=order.index)

    @property
    def expression(self) -> str:
        return str(self.where.cleaned_data.get("where") or "") if self.where.is_valid() else ""

    def arguments(self, dids: list[list[str]]) -> MakeAvailable:
        """The arguments of the operation."""
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
        """The values of the other steps, as hidden fields of this step's form."""
        own = {"what": {"dids"}, "where": {"rse", "expression"}, "how": {"copies", "days", "grouping", "comment", "ask_approval"}}
        skipped = own.get(self.step, set()) | {"step", "csrfmiddlewaretoken", "key", "look"}
        return [(name, value) for name, values in self.data.lists() if name not in skipped for value in values]


@require_http_methods(["GET", "HEAD", "POST"])
@lake_view
def make_available(request: HttpRequest, lake: Service) -> HttpResponse:
    """One step; a POST carries a long list and changes nothing."""
    reader = LakeReader(current_user(request), lake, purpose=gettext("replicate data"), seconds=CHECK_SECONDS)
    rses = {item.name: item for item in reader.fetch(rucio.list_rses).result.required()}
    wizard = Wizard(given(request), sorted(rses))
    step = wizard.step
    order = [name for name, title in STEPS]
    context: dict[str, Any] = {
        "wizard": wizard,
        "step": step,
        "steps": [(name, title, order.index(name) <= order.index(wizard.reached)) for name, title in STEPS],
        "next": order[min(order.index(step) + 1, 3)],
        "method": "get" if len(wizard.data.get("dids", "")) < MAX_ADDRESS_LENGTH else "post",
        "asked": wizard.data.get("step") == step
        or bool(wizard.data.get("look"))
        or (step == wizard.reached != "what" and bool(wizard.data.get("step"))),
        "count": len(wizard.what.cleaned_data["dids"]) if wizard.what.is_valid() else 0,
        "hidden": wizard.hidden(),
        "rses": rses,
        "key": uuid.uuid4(),
    }
    if step in ("where", "how", "check"):
        context |= where(reader, wizard)
    if step == "where":
        usage = reader.fetch_optional(rucio.list_usage).result.value
        context["meant"] = context["targets"] if wizard.data.get("expression", "").strip() else []
        context["sites"], context["map"] = destinations.choices(lake, rses, usage, wizard.data.getlist("rse"), context["meant"] or ())
    if step == "check":
        context |= check(reader, wizard, rses, context["targets"])
    return render_operation_page(request, "make_available.html", reader, context)


def where(reader: LakeReader, wizard: Wizard) -> dict[str, Any]:
    """The storage elements that the expression matches now, or Rucio's error."""
    if not wizard.expression:
        return {"targets": None, "expression": ""}
    answer = reader.fetch_optional(rucio.list_matching_rses, wizard.expression).result
    return {"targets": answer.value, "expression": wizard.expression, "expression_trouble": answer.error}


def check(reader: LakeReader, wizard: Wizard, rses: dict[str, rucio.Rse], targets: list[str] | None) -> dict[str, Any]:
    """What would be added at each storage element, and whether there is space for it."""
    dids, copies = wizard.what.cleaned_data["dids"], wizard.how.cleaned_data["copies"]
    usage = {item.rse: item for item in reader.fetch_optional(rucio.list_usage).result.value or ()}
    wanted = preflight.check_items(reader, dids, wizard.expression, copies)
    sites = preflight.check_sites(targets or (), rses, usage, wanted)
    good = [item for item in sites if not item.problem]
    lifetime, wish = wizard.how.lifetime, wizard.arguments(dids)
    new = [item for item in wanted if not item.missing and not item.rule]
    return {
        "items": wanted,
        "missing": [item for item in wanted if item.missing],
        "there": [item for item in wanted if item.rule],
        "new": new,
        "places": sites,
        "room": len(good) >= copies or wizard.how.cleaned_data["ask_approval"],
        "enough": targets is None or len(targets) >= copies,
        "unknown": max(len(dids) - preflight.MAX_CHECKED, 0),
        "nested": preflight.has_containers(wanted),
        "until": timezone.now() + timedelta(seconds=lifetime) if lifetime else None,
        "wish": wish,
        "grouping": dict(GROUPINGS)[wish.grouping],
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
@rate_limited(ACT)
def submit(request: HttpRequest, lake: Service) -> HttpResponse:
    """Store the request; a worker carries it out."""
    names = request.POST.getlist("rse")[:200]
    wizard = Wizard(given(request), names)
    if wizard.reached != "check":
        messages.error(request, gettext("Some values are missing. Go through the steps again."))
        return redirect("lake_acts:make-available", lake=lake.name)
    try:
        operation = services.enqueue(
            "make-available",
            lake=lake.name,
            by=current_user(request),
            arguments=wizard.arguments(wizard.what.cleaned_data["dids"]),
            key=form_key(request),
        )
    except ServiceStopped:
        raise  # its page leads back to the form with what was typed
    except (services.KeyReused, RemoteError) as error:
        messages.error(request, str(error))
        return redirect("lake_acts:make-available", lake=lake.name)
    return redirect(operation)
