"""Pages of baskets: the current one, each of them, and what a visitor has collected."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from projects.baskets import presenting, services, undoing, visitors
from projects.baskets.forms import BasketForm, FilterForm, ItemsForm, ShareForm
from projects.baskets.models import Basket, BasketShare
from projects.baskets.permissions import basket_for
from projects.models import Project
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.tables import listing, page_size


@never_cache
@login_not_required
@require_safe
def detail(request: HttpRequest) -> HttpResponse:
    """The current basket, or the visitor's."""
    if not isinstance(request.user, User):
        return visitors_page(request)
    return show(request, services.current(request.user))


@never_cache
@require_safe
def basket(request: HttpRequest, pk: int) -> HttpResponse:
    """One of the person's baskets."""
    return show(request, basket_for(request, pk))


def visitors_page(request: HttpRequest) -> HttpResponse:
    """What is in the session; all of it, for it is little."""
    rows = presenting.rows_of_things(visitors.held(request), request.user)
    if made := listing(request, [presenting.as_row(row) for row in rows], following=None, filename="basket"):
        return made
    context = {"rows": rows, "limit": visitors.MAX_ITEMS, "is_full": len(rows) >= visitors.MAX_ITEMS, "undo": undoing.offered(request)}
    return render(request, "baskets/visitor.html", context)


def show(request: HttpRequest, found: Basket | None, *, status: int = 200, **more: Any) -> HttpResponse:
    """A basket with one page of its items; without one the page says how things get into it."""
    user = current_user(request)
    context: dict[str, Any] = {"undo": undoing.offered(request), "limit": services.MAX_ITEMS, "max_baskets": services.MAX_BASKETS, **more}
    context["baskets"] = list(Basket.objects.of(user).with_sizes()) if request.GET.get("format") is None else []
    context["new_form"] = more.get("new_form") or BasketForm(user=user)
    if found is None:
        made = listing(request, [], following=None, filename="basket")
        return made or render(request, "baskets/basket.html", context, status=status)
    form = FilterForm(request.GET)
    chosen = form.chosen()
    size = page_size(request, presenting.PAGE)
    page = presenting.page_of(presenting.items_of(found, chosen), request.GET.get("page", ""), size)
    rows = presenting.rows_of(page.object_list, user, only_visible="q" in chosen)
    following = address_of(request, page.next_page_number()) if page.has_next() else None
    if made := listing(request, [presenting.as_row(row) for row in rows], following=following, filename="basket"):
        return made
    project = Project.objects.visible_to(user).filter(pk=found.project_id).first() if found.project_id else None
    total = next((item.size for item in context["baskets"] if item.pk == found.pk), 0)  # type: ignore[attr-defined]
    context |= {
        "basket": found, "project": project, "form": form, "page": page, "rows": rows, "total": total, "is_filtered": chosen.keys() & {"q", "kind"},
        "acts": [act for act in ItemsForm.ACTS if ("sort" not in chosen and not chosen.keys() & {"q", "kind"}) or act[0] in ("remove", "copy")],
        "others": [item for item in context["baskets"] if item.pk != found.pk],
        "next_url": following, "previous_url": address_of(request, page.previous_page_number()) if page.has_previous() else "",
        "shares": BasketShare.objects.working().filter(basket=found).order_by("-pk"),
        "share_form": ShareForm(), "edit_form": more.get("edit_form") or BasketForm(user=user, basket=found),
        "is_full": total >= services.MAX_ITEMS,
    }  # fmt: skip
    return render(request, "baskets/basket.html", context, status=status)


def address_of(request: HttpRequest, number: int) -> str:
    """The address of another page of the list."""
    query = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
