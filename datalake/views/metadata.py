"""Say something about a DID, take it back, undo it: a form that works without JavaScript; the lake is told by a worker."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from datalake.acts import services
from datalake.acts.kinds.describing import Describe, Suspect, written
from datalake.acts.models import Act
from datalake.acts.views.common import person
from datalake.addresses import asked_name, did_address
from datalake.metadata_forms import KINDS, MetadataForm, kind_of, typed
from datalake.rucio.describing import COLUMNS, Description, describe
from datalake.views.shared import lake_view, page, reading
from vre_portal.services import Service


@require_http_methods(["GET", "HEAD", "POST"])
@lake_view
def metadata(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """The form for one key, new or known; what is sent becomes an act."""
    name = asked_name(name, request.GET.get("name"))
    if request.method == "POST" and "undo" in request.POST:
        return undo(request, lake, scope, name)
    if request.method == "POST" and "pfn" in request.POST:
        return report(request, lake, scope, name)
    form = MetadataForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        had, before = form.cleaned_data["before"]
        remove = "remove" in request.POST
        wanted = Describe(scope, name, form.cleaned_data["key"], None if remove else form.cleaned_data["said"], remove, had, before)
        return asked(request, lake, wanted, form.cleaned_data["form_id"])
    look = reading(request, lake, f"change what is said of {scope}:{name}")
    about = look.ask(describe, scope, name).answer.required()
    context = {
        "form": form or fresh(request.GET.get("key", ""), about),
        "scope": scope,
        "name": name,
        "page": did_address("did", lake.name, scope, name),
        "known": request.GET.get("key", "") in about.metadata,
        "removable": request.GET.get("key", "") not in COLUMNS,
        "here": request.get_full_path(),
    }
    response = page(request, "metadata.html", look, context)
    response.status_code = 400 if form is not None else 200
    return response


def fresh(key: str, about: Description) -> MetadataForm:
    """The form with what the key says now, and a memory of it."""
    if key not in about.metadata:
        return MetadataForm(initial={"key": key[:250]})
    value = about.metadata[key]
    kind = kind_of(value)
    known = kind if kind in dict(KINDS) else "text"
    return MetadataForm(initial={"key": key, "kind": known, "value": typed(value), "before": written(value)})


def asked(request: HttpRequest, lake: Service, wanted: Describe | Suspect, key: uuid.UUID) -> HttpResponse:
    """Write the wish down and show the DID with it under way."""
    kind = "describe" if isinstance(wanted, Describe) else "report-suspicious"
    try:
        act = services.ask(kind, lake=lake.name, by=person(request), arguments=wanted, key=key)
    except services.KeyReused as error:
        messages.warning(request, str(error))
        return redirect(did_address("did", lake.name, wanted.scope, wanted.name))
    if kind == "describe":
        return redirect(did_address("did", lake.name, wanted.scope, wanted.name) + "#metadata")
    return redirect(act)


def undo(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """Back to what it said before one of the reader's own acts, as an act of its own."""
    number = request.POST["undo"]
    pk = int(number) if number.isdecimal() and len(number) < 18 else 0
    act = get_object_or_404(Act, pk=pk, by=person(request), lake=lake.name, kind="describe", state=Act.State.DONE)
    done = Describe(**act.arguments)
    if (done.scope, done.name) != (scope, name):
        raise Http404("That act was about another DID.")
    back = Describe(scope, name, done.key, done.before if done.had else None, not done.had, not done.remove, done.value)
    return asked(request, lake, back, uuid.uuid5(uuid.NAMESPACE_URL, f"undo {act.pk}"))


def report(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """Tell the lake of a copy whose bytes are wrong."""
    pfn, reason = request.POST["pfn"][:1000], request.POST.get("reason", "")[:200]
    if not pfn.isprintable() or "://" not in pfn:
        raise Http404("That is no address of a copy.")
    return asked(request, lake, Suspect(scope, name, pfn, reason), uuid.uuid4())
