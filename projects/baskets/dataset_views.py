"""The page on which the data of a basket become a dataset with a copy near the compute, in one request to the lake."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from datalake import rucio
from datalake.operations import services as operations
from datalake.operations.kinds.gathering import Gather
from datalake.operations.views.common import form_key
from datalake.pages.decorators import lake_view
from datalake.reads.reader import LakeReader
from datalake.uploads import permissions as uploads
from projects.baskets.models import Basket
from projects.baskets.permissions import basket_for
from projects.baskets.target_views import Source, collected_of, own, page
from projects.baskets.targets import DATASET
from projects.baskets.targets.collected import DATA, Collected
from projects.baskets.targets.dataset_form import DatasetForm
from projects.baskets.targets.dataset_plan import computes, other_lakes, places_of, plan
from projects.baskets.targets.writing import Writing, Written, left_out
from vre_portal import things
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited
from vre_portal.services import Service
from vre_portal.stop_switches.present import ServiceStopped


@never_cache
@require_safe
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """To the first lake that has data of the basket."""
    basket = basket_for(request, pk)
    source = own(request, basket)
    collected = asked(request, basket, source, kinds=(DATA,))
    if lake := next(iter(collected.data_by_lake), None):
        return redirect(f"{reverse('baskets:dataset', args=[pk, lake])}?{source.query}")
    collected = collected_of(request, basket, source)
    written = Written([], left_out(collected.without_data, _("These are no data of a Data Lake.")))
    return page(request, source, Writing(DATASET, collected, written))


def asked(request: HttpRequest, basket: Basket, source: Source, kinds: Sequence[str] = ()) -> Collected:
    """The items, after the lakes were asked whether they know the person: this page needs them in any case."""
    values = basket.items.present().filter(kind=DATA).values_list("value", flat=True)
    things.ask_access(current_user(request), (f"{DATA}:{value}" for value in values))
    return collected_of(request, basket, source, kinds)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@lake_view
@rate_limited(ACT)
def dataset(request: HttpRequest, lake: Service, pk: int) -> HttpResponse:
    """What would be made, with sizes and quota; and the request that makes it."""
    basket, user = basket_for(request, pk), current_user(request)
    source = own(request, basket)
    collected = asked(request, basket, source)
    wanted = plan(collected, lake)
    reader = LakeReader(user, lake, purpose=_("make a dataset of a basket"))
    rses = {item.name: item for item in reader.fetch(rucio.list_rses).result.required()}
    scopes = uploads.scopes(user, lake)
    form = DatasetForm(
        request.POST or None, lake=lake, scopes=scopes, near=computes(list(rses)), wanted=wanted, initial=initial_of(collected)
    )
    if request.method == "POST" and form.is_valid() and request.POST.get("do") == "make" and wanted.data:
        try:
            operation = operations.enqueue("gather", lake=lake.name, by=user, arguments=arguments(form), key=form_key(request))
            messages.success(request, _("The dataset is being created. Its page is linked below once it is there."))
            return redirect(operation)
        except ServiceStopped:
            raise  # its page leads back to the form with what was typed
        except operations.KeyReused as error:
            form.add_error(None, str(error))
    context: dict[str, Any] = {
        "lake": lake,
        "basket_number": pk,
        "form": form,
        "wanted": wanted,
        "scopes": scopes,
        "other_lakes": other_lakes(collected, lake),
    }
    context |= {"places": places_of(reader, form.where, wanted, rses) if form.where and wanted.data else (), "key": uuid.uuid4()}
    return show(request, source, collected, context, status=422 if form.errors else 200)


def initial_of(collected: Collected) -> dict[str, str]:
    """A name that is hardly taken, and the basket's own as the title."""
    return {"name": f"{collected.file_stem}.{timezone.now():%Y%m%d}", "title": collected.name[:200]}


def arguments(form: DatasetForm) -> Gather:
    """What the worker is to do."""
    values, wanted = form.cleaned_data, form.wanted
    return Gather(
        values["scope"], values["name"], values["title"], wanted.pairs(wanted.files), wanted.pairs(wanted.collections), form.where,
        form.lifetime, values["comment"], ask_approval=values["ask_approval"],
    )  # fmt: skip


def show(request: HttpRequest, source: Source, collected: Collected, context: dict[str, Any], *, status: int) -> HttpResponse:
    """The page with the form."""
    writing = Writing(DATASET, collected, Written([], context["wanted"].left_out))
    return page(request, source, writing, template="baskets/targets/dataset.html", status=status, **context)
