"""Edit the metadata of a DID, undo a change, report a copy: forms that work without JavaScript and become operations."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from datalake.operations import services
from datalake.operations.kinds.describing import Describe, Suspect, to_json
from datalake.operations.metadata_forms import KINDS, MetadataForm, kind_of, typed
from datalake.operations.models import Operation
from datalake.pages.addresses import asked_name, did_address
from datalake.pages.decorators import lake_view
from datalake.pages.readers import reader_for
from datalake.pages.rendering import render_page
from datalake.rucio.metadata import COLUMNS, Description, describe
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited
from vre_portal.services import Service


@require_http_methods(["GET", "HEAD", "POST"])
@lake_view
@rate_limited(ACT)
def metadata(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """The form for one key of the metadata; a valid one becomes an operation."""
    name = asked_name(name, request.GET.get("name"))
    if request.method == "POST" and "undo" in request.POST:
        return undo(request, lake, scope, name)
    if request.method == "POST" and "pfn" in request.POST:
        return report(request, lake, scope, name)
    form = MetadataForm(request.POST, lake=lake, scope=scope) if request.method == "POST" else None
    if form is not None and form.is_valid():
        had, before = form.cleaned_data["before"]
        remove = "remove" in request.POST
        wanted = Describe(scope, name, form.cleaned_data["key"], None if remove else form.cleaned_data["said"], remove, had, before)
        return enqueue_and_redirect(request, lake, wanted, form.cleaned_data["form_id"])
    reader = reader_for(request, lake, f"edit metadata of {scope}:{name}")
    about = reader.fetch(describe, scope, name).result.required()
    context = {
        "form": form or fresh(lake, scope, request.GET.get("key", ""), about),
        "scope": scope,
        "name": name,
        "page": did_address("did", lake.name, scope, name),
        "known": request.GET.get("key", "") in about.metadata,
        "removable": request.GET.get("key", "") not in COLUMNS,
        "here": request.get_full_path(),
    }
    response = render_page(request, "metadata.html", reader, context)
    response.status_code = 400 if form is not None else 200
    return response


def fresh(lake: Service, scope: str, key: str, about: Description) -> MetadataForm:
    """The form with the key's present value, which it also keeps as the value before."""
    if key not in about.metadata:
        return MetadataForm(lake=lake, scope=scope, initial={"key": key[:250]})
    value = about.metadata[key]
    kind = kind_of(value)
    known_kind = kind if kind in dict(KINDS) else "text"
    initial = {"key": key, "kind": known_kind, "value": typed(value), "before": to_json(value)}
    return MetadataForm(lake=lake, scope=scope, initial=initial)


def enqueue_and_redirect(request: HttpRequest, lake: Service, wanted: Describe | Suspect, key: uuid.UUID) -> HttpResponse:
    """Store the request and redirect to the DID, or for a report to the request."""
    kind = "describe" if isinstance(wanted, Describe) else "report-suspicious"
    try:
        operation = services.enqueue(kind, lake=lake.name, by=current_user(request), arguments=wanted, key=key)
    except services.KeyReused as error:
        messages.warning(request, str(error))
        return redirect(did_address("did", lake.name, wanted.scope, wanted.name))
    if kind == "describe":
        return redirect(did_address("did", lake.name, wanted.scope, wanted.name) + "#metadata")
    return redirect(operation)


def undo(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """Restore the value before one of the reader's own operations, as an operation of its own. Raises Http404."""
    number = request.POST["undo"]
    pk = int(number) if number.isdecimal() and len(number) < 18 else 0
    operation = get_object_or_404(Operation, pk=pk, by=current_user(request), lake=lake.name, kind="describe", state=Operation.State.DONE)
    done = Describe(**operation.arguments)
    if (done.scope, done.name) != (scope, name):
        raise Http404(_("That request was for another DID."))
    back = Describe(scope, name, done.key, done.before if done.had else None, not done.had, not done.remove, done.value)
    return enqueue_and_redirect(request, lake, back, uuid.uuid5(uuid.NAMESPACE_URL, f"undo {operation.pk}"))


def report(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """Report a corrupt copy to the lake. Raises Http404 where the address is none."""
    pfn, reason = request.POST["pfn"][:1000], request.POST.get("reason", "")[:200]
    if not pfn.isprintable() or "://" not in pfn:
        raise Http404(_("That is not the address of a copy."))
    return enqueue_and_redirect(request, lake, Suspect(scope, name, pfn, reason), uuid.uuid4())
