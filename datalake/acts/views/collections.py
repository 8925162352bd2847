"""Datasets and containers: make one, put DIDs in, take them out, close it. Each press becomes an act."""

import uuid

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from datalake import rucio
from datalake.acts import services
from datalake.acts.forms import pairs
from datalake.acts.kinds.collections import Close, Content, Create
from datalake.acts.views.common import key_of, person, shown
from datalake.addresses import asked_name, did_address
from datalake.naming import fault, of_scope
from datalake.reading import Reading
from datalake.scopes import may_see
from datalake.views.shared import lake_view
from vre_portal.services import Service

TYPES = (("DATASET", "a dataset of files"), ("CONTAINER", "a container of datasets"))


class CreateForm(forms.Form):
    """A new collection."""

    type = forms.ChoiceField(choices=TYPES, initial="DATASET", label="Make")
    scope = forms.CharField(
        max_length=25, label="Scope", widget=forms.TextInput(attrs={"list": "scopes", "autocomplete": "off", "class": "mono"})
    )
    name = forms.CharField(
        max_length=250, label="Name", widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"})
    )
    title = forms.CharField(max_length=200, required=False, label="Title", help_text="What it is, in words.")
    dids = forms.CharField(
        required=False,
        max_length=600_000,
        label="Put into it",
        help_text="One DID on a line: scope:name.",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "mono"}),
    )

    def __init__(self, *args: object, lake: Service, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.lake = lake

    def clean_dids(self) -> list[list[str]]:
        """As pairs."""
        return pairs(self.cleaned_data["dids"])

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        scope, name = values.get("scope"), values.get("name")
        if scope and name and (wrong := fault(self.lake, scope, name)):
            self.add_error("name", wrong)
        return values


@require_http_methods(["GET", "HEAD", "POST"])
@lake_view
def create(request: HttpRequest, lake: Service) -> HttpResponse:
    """The form, and its press."""
    look = Reading(person(request), lake, purpose="create a dataset")
    scopes = look.ask(rucio.list_scopes).answer
    start = {name: request.GET.get(name, "")[:600] for name in ("scope", "name", "dids") if request.GET.get(name)}
    form = CreateForm(request.POST or None, lake=lake, initial=start)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        wanted = Create(values["scope"], values["name"], values["type"], values["title"], values["dids"] or None)
        try:
            return redirect(services.ask("create-collection", lake=lake.name, by=person(request), arguments=wanted, key=key_of(request)))
        except services.KeyReused as error:
            form.add_error(None, str(error))
    scopes.required()
    schema = of_scope(lake, str(form["scope"].value() or ""))
    open_to_me = [item for item in scopes.value or () if may_see(lake, item.name, look.visitor)]
    context = {"form": form, "scopes": open_to_me, "key": uuid.uuid4(), "schema": schema}
    return shown(request, "create.html", look, context)


@require_http_methods(["GET", "HEAD"])
@lake_view
def change(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """Put in, take out, close: the forms for one collection."""
    name = asked_name(name, request.GET.get("name"))
    look = Reading(person(request), lake, purpose=f"change {scope}:{name}"[:200])
    found = look.ask(rucio.get_did, scope, name).answer.required()
    inside = look.ask(rucio.list_content, scope, name, limit=200).answer.value or []
    context = {
        "did": found,
        "text": str(found),
        "is_file": found.type == "FILE",
        "inside": [str(item) for item in inside],
        "did_page": did_address("did", lake.name, scope, name),
        "key": uuid.uuid4(),
    }
    return shown(request, "change.html", look, context)


@require_POST
@lake_view
def press(request: HttpRequest, lake: Service, kind: str) -> HttpResponse:
    """Attach, detach or close, for the collection that the form names."""
    scope, name = request.POST.get("scope", "")[:60], request.POST.get("name", "")[:500]
    back = did_address("lake_acts:change", lake.name, scope, name) if scope and name else ""
    wanted: Close | Content
    if kind not in ("attach", "detach", "close"):
        raise Http404("There is no such act.")
    try:
        if kind == "close":
            wanted = Close(scope, name)
        else:
            chosen = "\n".join([request.POST.get("dids", ""), *request.POST.getlist("did")])
            wanted = Content(scope, name, pairs(chosen))
            if not wanted.dids:
                raise forms.ValidationError("Name at least one DID.")
        page = key_of(request)
        key = uuid.uuid5(page, kind) if page else None
        return redirect(services.ask(kind, lake=lake.name, by=person(request), arguments=wanted, key=key))
    except forms.ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except services.KeyReused as error:
        messages.error(request, str(error))
    return redirect(back) if back else redirect("datalake:lake", lake=lake.name)
