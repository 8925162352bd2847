"""Datasets and containers: create one, add DIDs, remove DIDs, close it. Each form that is sent becomes an operation."""

import uuid

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from datalake import rucio
from datalake.naming import Named, check_name, name_help
from datalake.naming.forms import NamedForm
from datalake.operations import services
from datalake.operations.forms import parse_dids
from datalake.operations.kinds.collections import Close, Content, Create
from datalake.operations.views.common import form_key, render_operation_page
from datalake.pages.addresses import asked_name, did_address
from datalake.pages.decorators import lake_view
from datalake.reads.reader import LakeReader
from datalake.reads.scopes import may_see
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited
from vre_portal.services import Service

TYPES = (("DATASET", _("Dataset (holds files)")), ("CONTAINER", _("Container (holds datasets or containers)")))


class CreateForm(NamedForm):
    """A new dataset or container."""

    type = forms.ChoiceField(choices=TYPES, initial="DATASET", label=_("Type"))
    scope = forms.CharField(
        max_length=25, label=_("Scope"), widget=forms.TextInput(attrs={"list": "scopes", "autocomplete": "off", "class": "mono"})
    )
    name = forms.CharField(
        max_length=250, label=_("Name"), widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"})
    )
    title = forms.CharField(max_length=200, required=False, label=_("Title"), help_text=_("A short description."))
    dids = forms.CharField(
        required=False,
        max_length=600_000,
        label=_("Contents"),
        help_text=_("One DID per line: scope:name."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "mono"}),
    )

    def __init__(self, *args: object, lake: Service, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.lake = lake

    def clean_dids(self) -> list[list[str]]:
        """The DIDs as pairs of scope and name; raises ValidationError."""
        return parse_dids(self.cleaned_data["dids"])

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        scope, name = values.get("scope"), values.get("name")
        if scope and name and values.get("type"):
            self.require_name("name", check_name(self.lake, Named(str(values["type"]).lower()), str(scope), str(name)))
        return values


@require_http_methods(["GET", "HEAD", "POST"])
@lake_view
@rate_limited(ACT)
def create(request: HttpRequest, lake: Service) -> HttpResponse:
    """The form for a new dataset or container; a valid one becomes an operation."""
    reader = LakeReader(current_user(request), lake, purpose=gettext("create a dataset"))
    scopes = reader.fetch(rucio.list_scopes).result
    start = {name: request.GET.get(name, "")[:600] for name in ("scope", "name", "dids") if request.GET.get(name)}
    form = CreateForm(request.POST or None, lake=lake, initial=start)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        wanted = Create(values["scope"], values["name"], values["type"], values["title"], values["dids"] or None)
        try:
            return redirect(
                services.enqueue("create-collection", lake=lake.name, by=current_user(request), arguments=wanted, key=form_key(request))
            )
        except services.KeyReused as error:
            form.add_error(None, str(error))
    scopes.required()
    form.fields["name"].help_text = name_help(lake, str(form["scope"].value() or ""))
    open_to_me = [item for item in scopes.value or () if may_see(lake, item.name, reader.visitor)]
    context = {"form": form, "scopes": open_to_me, "key": uuid.uuid4()}
    return render_operation_page(request, "create.html", reader, context)


@require_http_methods(["GET", "HEAD"])
@lake_view
def change(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """The forms that add DIDs to one collection, remove them, or close it."""
    name = asked_name(name, request.GET.get("name"))
    reader = LakeReader(current_user(request), lake, purpose=(gettext("edit contents of %(did)s") % {"did": f"{scope}:{name}"})[:200])
    did = reader.fetch(rucio.get_did, scope, name).result.required()
    inside = reader.fetch(rucio.list_content, scope, name, limit=200).result.value or []
    context = {
        "did": did,
        "text": str(did),
        "is_file": did.type == "FILE",
        "inside": [str(item) for item in inside],
        "did_page": did_address("did", lake.name, scope, name),
        "key": uuid.uuid4(),
    }
    return render_operation_page(request, "change.html", reader, context)


@require_POST
@lake_view
@rate_limited(ACT)
def press(request: HttpRequest, lake: Service, kind: str) -> HttpResponse:
    """Attach, detach or close, for the collection that the form names."""
    scope, name = request.POST.get("scope", "")[:60], request.POST.get("name", "")[:500]
    back = did_address("lake_acts:change", lake.name, scope, name) if scope and name else ""
    wanted: Close | Content
    if kind not in ("attach", "detach", "close"):
        raise Http404(gettext("Unknown action."))
    try:
        if kind == "close":
            wanted = Close(scope, name)
        else:
            chosen = "\n".join([request.POST.get("dids", ""), *request.POST.getlist("did")])
            wanted = Content(scope, name, parse_dids(chosen))
            if not wanted.dids:
                raise forms.ValidationError(gettext("Enter at least one DID."))
        page = form_key(request)
        key = uuid.uuid5(page, kind) if page else None
        return redirect(services.enqueue(kind, lake=lake.name, by=current_user(request), arguments=wanted, key=key))
    except forms.ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except services.KeyReused as error:
        messages.error(request, str(error))
    return redirect(back) if back else redirect("datalake:lake", lake=lake.name)
