"""What a person does with whole baskets: make, name, choose, empty and delete them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.baskets import services, undoing
from projects.baskets.adding_views import offer_undo
from projects.baskets.forms import BasketForm, ShareForm
from projects.baskets.models import Basket, BasketShare
from projects.baskets.permissions import basket_for
from projects.baskets.services import BasketRefused
from projects.models import Project
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def new(request: HttpRequest) -> HttpResponse:
    """Make another basket; it is the current one from now on. With `?project=` the person's basket for that project, if there is one."""
    user = current_user(request)
    project = Project.objects.visible_to(user).filter(slug=request.GET.get("project", "")[:100]).first()
    if project and request.method != "POST" and (made := Basket.objects.of(user).filter(project=project).first()):
        return redirect(made)
    form = BasketForm(request.POST or None, user=user, project=project)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(services.create(**form.cleaned_data, by=user))
        except BasketRefused as refused:
            form.add_error(None, str(refused))
    return render(request, "baskets/new.html", {"form": form}, status=422 if request.method == "POST" else 200)


@never_cache
@require_safe
def manage(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, project and links of a basket; emptying and deleting it."""
    return manage_page(request, basket_for(request, pk))


def manage_page(request: HttpRequest, basket: Basket, *, status: int = 200, **more: Any) -> HttpResponse:
    """The same with a form that has errors, or with a link that was made."""
    context = {"basket": basket, "form": BasketForm(user=current_user(request), basket=basket), "share_form": ShareForm(), **more}
    context["shares"] = BasketShare.objects.working().filter(basket=basket).order_by("-pk")
    return render(request, "baskets/manage.html", context, status=status)


@never_cache
@require_POST
@rate_limited(ACT)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name, or another project."""
    basket = basket_for(request, pk)
    form = BasketForm(request.POST, user=current_user(request), basket=basket)
    if form.is_valid():
        try:
            services.edit(basket, **form.cleaned_data)
            return redirect(basket)
        except BasketRefused as refused:
            form.add_error(None, str(refused))
    return manage_page(request, basket, status=422, form=form)


@require_POST
@rate_limited(ACT)
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """From now on things go into this basket."""
    basket = basket_for(request, pk)
    try:
        services.choose(basket)
    except BasketRefused as refused:
        messages.error(request, str(refused))
        return redirect("baskets:detail")
    return redirect(basket)


@require_POST
@rate_limited(ACT)
def clear(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove all items; it can be undone."""
    basket = basket_for(request, pk)
    try:
        removal, count = services.remove(basket)
        offer_undo(request, count, removal=str(removal))
    except BasketRefused as refused:
        messages.error(request, str(refused))
    return redirect(basket)


@require_POST
@rate_limited(ACT)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete the basket; it can be undone."""
    basket = basket_for(request, pk)
    try:
        services.delete(basket)
    except BasketRefused as refused:
        messages.error(request, str(refused))
    else:
        undoing.offer(request, _("The basket “%(name)s” was deleted.") % {"name": basket.name}, restored=basket.pk)
    return redirect("baskets:detail")
