"""Pages of baskets: the current one, each of them, and what a visitor has collected."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from projects.baskets import presenting, services, undoing, visitors
from projects.baskets.forms import FilterForm, ItemsForm
from projects.baskets.models import MAX_TITLE, Basket
from projects.baskets.targets import OWN_USES, TARGETS
from projects.models import Project
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.tables import listing, page_size
from vre_portal.text import plain


@never_cache
@login_not_required
@require_safe
def detail(request: HttpRequest) -> HttpResponse:
    """The current basket, or the visitor's."""
    if not isinstance(request.user, User):
        return visitors_page(request)
    found = Basket.objects.of(request.user).with_sizes()
    baskets = list(found[:1] if "format" in request.GET else found)
    return show(request, baskets, baskets[0]) if baskets else empty(request)


@never_cache
@require_safe
def basket(request: HttpRequest, pk: int) -> HttpResponse:
    """One of the person's baskets."""
    own = Basket.objects.of(current_user(request)).with_sizes()
    baskets = list(own.filter(pk=pk) if "format" in request.GET else own)
    found = next((item for item in baskets if item.pk == pk), None)
    if found is None:
        raise Http404(_("Basket not found."))
    return show(request, baskets, found)


def visitors_page(request: HttpRequest) -> HttpResponse:
    """What is in the session; all of it, for it is little."""
    rows = presenting.rows_of_things(visitors.held(request), request.user)
    if made := listing(request, [presenting.as_row(row) for row in rows], following=None, filename="basket"):
        return made
    marked = [(row, "" if row.page else visitors.mark_of(row.item.thing)) for row in rows]
    context: dict[str, Any] = {"uses": TARGETS.values(), "targets_url": f"{reverse('baskets:detail')}as/"}
    context |= {"rows": marked, "limit": visitors.MAX_ITEMS, "is_full": len(rows) >= visitors.MAX_ITEMS, "undo": undoing.offered(request)}
    return render(request, "baskets/visitor.html", context)


def empty(request: HttpRequest) -> HttpResponse:
    """The page of somebody without a basket says how one gets things into it."""
    made = listing(request, [], following=None, filename="basket")
    return made or render(request, "baskets/basket.html", {"undo": undoing.offered(request), "held": visitors.held(request)})


def show(request: HttpRequest, baskets: list[Basket], found: Basket) -> HttpResponse:
    """A basket with one page of its items."""
    user, total = current_user(request), found.size
    form = FilterForm(request.GET)
    chosen = form.chosen()
    is_filtered = bool(chosen.keys() & {"q", "kind"})
    items = presenting.items_of(found, chosen, user)
    page = presenting.page_of(items, request.GET.get("page", ""), page_size(request, presenting.PAGE), total=None if is_filtered else total)
    rows = presenting.rows_of(page, user)
    if renamed := {row.item.pk: row.page.title for row in rows if row.page and plain(row.page.title)[:MAX_TITLE] != row.item.title}:
        services.note_titles(renamed)
    following = address_of(request, page.next_page_number()) if page.has_next() else None
    if made := listing(request, [presenting.as_row(row) for row in rows], following=following, filename="basket"):
        return made
    in_own_order = not is_filtered and "sort" not in chosen
    context: dict[str, Any] = {
        "uses": OWN_USES, "targets_url": reverse("baskets:targets", args=[found.pk]), "undo": undoing.offered(request), "held": visitors.held(request), "limit": services.MAX_ITEMS, "max_baskets": services.MAX_BASKETS, "baskets": baskets,
        "basket": found, "project": Project.objects.visible_to(user).filter(pk=found.project_id).first() if found.project_id else None,
        "form": form, "page": page, "rows": rows, "total": total, "is_filtered": is_filtered, "is_full": total >= services.MAX_ITEMS,
        "acts": [act for act in ItemsForm.ACTS if in_own_order or act[0] in ("", "remove", "copy", "as")],
        "others": [item for item in baskets if item.pk != found.pk], "next_url": following,
        "note_query": urlencode({"back": request.get_full_path()}),
        "previous_url": address_of(request, page.previous_page_number()) if page.has_previous() else "",
    }  # fmt: skip
    return render(request, "baskets/basket.html", context)


def address_of(request: HttpRequest, number: int) -> str:
    """The address of another page of the list."""
    query = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
