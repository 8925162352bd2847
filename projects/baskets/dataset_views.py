"""The page on which the data of a basket become a dataset with a copy near the compute, in one request to the lake."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from datalake.operations import services as operations
from datalake.operations.kinds.gathering import Gather
from datalake.operations.models import Operation
from datalake.operations.views.common import form_key
from datalake.pages.decorators import lake_page, lake_view
from projects.baskets.models import Basket
from projects.baskets.permissions import basket_for
from projects.baskets.target_views import WRITE, Source, items_of, own, page
from projects.baskets.targets import DATASET
from projects.baskets.targets.collected import DATA, Collected, collect
from projects.baskets.targets.dataset_form import DatasetForm
from projects.baskets.targets.dataset_lake import LakeFacts, facts_for, matching, places_of
from projects.baskets.targets.dataset_plan import other_lakes, others_left_out, plan
from projects.baskets.targets.writing import Writing, Written
from vre_portal import things
from vre_portal.http import RemoteError
from vre_portal.iam.current_user import current_user
from vre_portal.iam.errors import SignInAgain
from vre_portal.limits import READING, WRITING, RateLimit, rate_limited
from vre_portal.services import Service
from vre_portal.stop_switches.present import ServiceStopped

LOOK_OR_ACT = RateLimit("act", READING | WRITING)  # the page, too, asks the lake several things


@never_cache
@require_safe
@rate_limited(WRITE)
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """To the first lake that has data of the basket."""
    basket = basket_for(request, pk)
    source = own(request, basket)
    collected = asked(request, basket, source)
    if lake := next(iter(collected.data_by_lake), None):
        return redirect(f"{reverse('baskets:dataset', args=[pk, lake])}?{source.query}")
    return page(request, source, Writing(DATASET, collected, Written([], others_left_out(collected))))


def asked(request: HttpRequest, basket: Basket, source: Source) -> Collected:
    """The data among the items, after the lakes were asked whether they know the person: this page needs them in any case."""
    items, user = list(items_of(basket, source)), current_user(request)
    data = [item for item in items if item.kind == DATA]
    things.ask_access(user, (item.thing for item in data))
    return collect(data, user, name=basket.name, url=source.url, others=len(items) - len(data))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@lake_view
@rate_limited(LOOK_OR_ACT)
def dataset(request: HttpRequest, lake: Service, pk: int) -> HttpResponse:
    """What would be made, with sizes and quota; and the request that makes it."""
    basket, user = basket_for(request, pk), current_user(request)
    source = own(request, basket)
    collected = asked(request, basket, source)
    known = facts_for(user, lake, is_required=request.method != "POST")  # what was typed is shown again even if the lake does not answer
    form = form_of(request, lake, known, collected)
    if known.error is not None:
        form.add_error(None, str(known.error))
    elif is_order(request, form) and (operation := made(request, known, form)):
        messages.success(request, _("The dataset is being created. Its page is linked below once it is there."))
        return redirect(operation)
    context: dict[str, Any] = {
        "lake": lake, "basket_number": pk, "form": form, "wanted": form.wanted, "key": uuid.uuid4(),
        "other_lakes": other_lakes(collected, lake), "space_query": form.space_query(source.chosen),
    }  # fmt: skip
    if request.method == "POST" and known.error is None:  # else it comes by itself, or with a link
        context |= places_in(known, form)
    status = 503 if known.error else 422 if form.errors else 200
    return show(request, source, collected, form, context, status=status)


def is_order(request: HttpRequest, form: DatasetForm) -> bool:
    """Whether the form says to make it, with all that is needed."""
    return request.method == "POST" and form.is_valid() and request.POST.get("do") == "make" and bool(form.wanted.data)


def form_of(request: HttpRequest, lake: Service, known: LakeFacts, collected: Collected) -> DatasetForm:
    """The form with what was sent, or typed before; its plan depends on the scope."""
    sent = request.POST if request.method == "POST" else request.GET if "scope" in request.GET else None
    typed = str(sent.get("scope", "")) if sent is not None else ""
    scopes = known.scopes if known.error is None else [typed]
    scope = typed if typed in scopes else next(iter(scopes), "")
    initial = {"name": f"{collected.file_stem}.{timezone.now():%Y%m%d}", "title": collected.name[:200]}  # a name that is hardly taken
    data = sent if request.method == "POST" else None
    if data is None and sent is not None:
        initial |= {name: str(value) for name, value in sent.items() if name in ("near", "expression")} | {"scope": scope}
    return DatasetForm(data, lake=lake, scopes=scopes, near=known.computes, wanted=plan(collected, lake, scope), initial=initial)


def made(request: HttpRequest, known: LakeFacts, form: DatasetForm) -> Operation | None:
    """The operation; None where the form says by now why there is none."""
    if request.POST.get("of") != form.wanted.digest:
        form.add_error(None, _("The contents have changed. Check them, then send again."))
        return None
    _targets, trouble = matching(known.reader, form.where)
    if trouble:
        form.add_error("expression", trouble)
        return None
    try:
        return operations.enqueue(
            "gather", lake=known.reader.lake.name, by=current_user(request), arguments=arguments(form), key=form_key(request)
        )
    except (ServiceStopped, SignInAgain):
        raise  # their pages lead back to the form with what was typed
    except (operations.KeyReused, RemoteError) as error:
        form.add_error(None, str(error))
    return None


@never_cache
@lake_page
@rate_limited(WRITE)
def space(request: HttpRequest, lake: Service, pk: int) -> HttpResponse:
    """A part of the page: which storage elements may get the copy, and whether there is space."""
    basket = basket_for(request, pk)
    source = own(request, basket)
    collected = asked(request, basket, source)
    known = facts_for(current_user(request), lake)
    form = form_of(request, lake, known, collected)
    context = {"lake": lake, "basket_number": pk, "space_query": form.space_query(source.chosen), **places_in(known, form)}
    template = f"baskets/targets/{'places' if request.htmx else 'space'}.html"  # type: ignore[attr-defined]
    return show(request, source, collected, form, context, template=template)


def places_in(known: LakeFacts, form: DatasetForm) -> dict[str, Any]:
    """The storage elements with their space, and why there are none."""
    if not form.where:
        return {}
    targets, trouble = matching(known.reader, form.where)
    return {"places": places_of(known.reader, targets, form.wanted, known.rses), "no_places": trouble}


def arguments(form: DatasetForm) -> Gather:
    """What the worker is to do."""
    values, wanted = form.cleaned_data, form.wanted
    return Gather(
        values["scope"], values["name"], values["title"], wanted.pairs(wanted.files), wanted.pairs(wanted.collections), form.where,
        form.lifetime, values["comment"], ask_approval=values["ask_approval"],
    )  # fmt: skip


def show(
    request: HttpRequest, source: Source, collected: Collected, form: DatasetForm, context: dict[str, Any],
    *, template: str = "baskets/targets/dataset.html", status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The page with the form, or a part of it."""
    writing = Writing(DATASET, collected, Written([], form.wanted.left_out))
    return page(request, source, writing, template=template, status=status, **context)
