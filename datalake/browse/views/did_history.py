"""The history of a DID: the times and rules that Rucio records, and the reader's own requests in the portal."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from datalake.operations.models import Operation
from datalake.operations.presenting import OperationDisplay
from datalake.pages.addresses import did_address
from datalake.pages.rendering import render_page
from datalake.reads.reader import LakeReader
from datalake.rucio.metadata import describe
from datalake.rucio.rule_history import list_rule_history
from vre_portal.tables import listing, row

MAX_OPERATIONS = 100


@dataclass(frozen=True)
class Event:
    """One entry in the history of a DID."""

    at: datetime
    what: str
    who: str = ""
    words: str = ""
    page: str = ""
    state: str = ""
    undo: int | None = None  # the operation that may be undone


def history(request: HttpRequest, reader: LakeReader, scope: str, name: str) -> HttpResponse:
    """The events as a page, a fragment or data, the newest first; raises RemoteError where the description is not known."""
    description, rules = reader.fetch(describe, scope, name), reader.fetch(list_rule_history, scope, name)
    about = description.result.required()
    times = (
        (_("Created"), about.created),
        (_("Closed"), about.closed),
        (_("Last modified"), about.updated),
        (_("Last accessed"), about.accessed),
    )
    events = [Event(at, what) for what, at in times if at]
    for rule in rules.result.value or ():
        if rule.created:
            where = reverse("datalake:rule", args=[reader.lake.name, rule.id])
            title = _("Rule for %(expression)s") % {"expression": rule.rse_expression}
            events.append(Event(rule.created, title, rule.account, page=where, state=rule.state))
    if request.user.is_authenticated:
        acts = Operation.objects.about(reader.lake.name, f"{scope}:{name}").filter(by=request.user.pk)[:MAX_OPERATIONS]
        events += [of_act(OperationDisplay(operation)) for operation in acts]
    events.sort(key=lambda event: event.at, reverse=True)
    rows = [row(event) for event in events]
    context = {
        "events": events,
        "rules_known": rules.result.is_known,
        "scope": scope,
        "name": name,
        "signed_in": reader.is_personal,
    }
    where = did_address("did", reader.lake.name, scope, name)
    context |= {"page": where, "metadata_page": did_address("metadata", reader.lake.name, scope, name), "lake": reader.lake}
    fragment = "#events" if request.htmx else ""  # type: ignore[attr-defined]
    return listing(request, rows, following=None, filename="history") or render_page(
        request, f"did_history.html{fragment}", reader, context
    )


def of_act(shown: OperationDisplay) -> Event:
    """One of the reader's own operations."""
    operation = shown.operation
    undo = operation.pk if operation.kind == "describe" and operation.state == Operation.State.DONE else None
    return Event(operation.asked_at, shown.title, _("you"), shown.words, operation.get_absolute_url(), operation.state, undo)
