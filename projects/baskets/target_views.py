"""Pages on which a basket becomes something else: code, a file, citations, a message."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from projects.baskets import sharing, visitors
from projects.baskets.forms import ShareForm, item_numbers
from projects.baskets.models import Basket, BasketItem, BasketItemQuerySet
from projects.baskets.permissions import basket_for
from projects.baskets.services import BasketRefused
from projects.baskets.share_views import no_link
from projects.baskets.targets import OWN_USES, TARGETS, message
from projects.baskets.targets.collected import Collected, collect
from projects.baskets.targets.writing import Part, Writing
from projects.people.invitation_views import unlisted
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.limits import ACT, READING, RateLimit, rate_limited

NO_ITEM = 0  # no item has this number
TEMPLATE = "baskets/targets/target.html"
WRITE = RateLimit("search", READING)  # up to 10,000 items are looked up


@dataclass(frozen=True)
class Source:
    """Where the items are from: the addresses of the basket and of its targets."""

    url: str
    targets_url: str  # that of each target is below it
    chosen: Sequence[int] = ()  # the items that the address names; none means all, and NO_ITEM none
    link_url: str = ""  # where their own basket gets a link

    @property
    def query(self) -> str:
        """The chosen items for another address."""
        return urlencode([("item", number) for number in self.chosen])


@never_cache
@require_safe
def targets(request: HttpRequest, pk: int) -> HttpResponse:
    """What the basket, or some of its items, can become."""
    basket = basket_for(request, pk)
    source = own(request, basket)
    context = {"basket": basket, "name": basket.name, "source": source, "uses": OWN_USES, "count": items_of(basket, source).count()}
    return render(request, "baskets/targets/index.html", context)


@never_cache
@require_safe
@rate_limited(WRITE)
def use(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """What it becomes, to be copied or downloaded."""
    basket = basket_for(request, pk)
    source = own(request, basket)
    return show(request, source, collected_of(request, basket, source), key)


def own(request: HttpRequest, basket: Basket) -> Source:
    """The person's basket, or the items that the address names."""
    url, chosen = basket.get_absolute_url(), item_numbers(request.GET)
    if "item" in request.GET and not chosen:
        chosen = [NO_ITEM]
    return Source(url, reverse("baskets:targets", args=[basket.pk]), chosen, reverse("baskets:target-link", args=[basket.pk]))


def items_of(basket: Basket, source: Source) -> BasketItemQuerySet:
    """The items that are meant."""
    items = basket.items.present()
    return items.filter(pk__in=source.chosen) if source.chosen else items


def collected_of(request: HttpRequest, basket: Basket, source: Source, kinds: Sequence[str] = ()) -> Collected:
    """The items with the person's own notes; only those of some kinds, where any are named."""
    items = items_of(basket, source)
    if kinds:
        items = items.filter(kind__in=kinds)
    number = 0 if source.chosen else basket.pk
    return collect(items, current_user(request), name=basket.name, url=source.url, number=number, with_notes=True)


@never_cache
@require_POST
@rate_limited(ACT)
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link to the basket and show the message with it, this once."""
    basket = basket_for(request, pk)
    source = own(request, basket)
    form, words, address = ShareForm(request.POST), "", ""
    if not form.is_valid():
        words = _("Choose how long the link works.")
    else:
        try:
            address = sharing.share(basket, by=current_user(request), days=form.cleaned_data["days"], key=form.cleaned_data["key"])
        except BasketRefused as refused:
            words = str(refused)
    if words:
        messages.error(request, words)
        return redirect("baskets:target", pk=pk, key=message.TARGET.key)
    collected = collected_of(request, basket, source)
    return page(request, source, Writing(message.TARGET, collected, message.write(collected, address)), shared=address)


@unlisted
@never_cache
@login_not_required
@require_safe
@rate_limited(WRITE)
def shared_target(request: HttpRequest, secret: str, key: str) -> HttpResponse:
    """The same of a shared basket, as far as its reader may see what is in it."""
    basket = sharing.shared_basket(secret)
    if basket is None:
        return no_link(request)
    url = reverse("baskets:shared", args=[secret])
    collected = collect(basket.items.present(), request.user, name=basket.name, url="/")  # files are passed on: no secret is in them
    return show(request, Source(url, f"{url}as/"), collected, key)


@never_cache
@login_not_required
@require_safe
@rate_limited(WRITE)
def current_target(request: HttpRequest, key: str) -> HttpResponse:
    """The same of what a visitor has collected; who has signed in is sent to their current basket."""
    url = reverse("baskets:detail")
    if isinstance(request.user, User):
        basket = Basket.objects.of(request.user).first()
        return redirect("baskets:target", pk=basket.pk, key=key) if basket else redirect(url)
    pairs = [thing.partition(":") for thing in visitors.held(request)]
    items = [BasketItem(kind=kind, value=value) for kind, _colon, value in pairs]
    return show(request, Source(url, f"{url}as/"), collect(items, request.user, name=_("Basket"), url=url), key)


def show(request: HttpRequest, source: Source, collected: Collected, key: str) -> HttpResponse:
    """The page of a target, or the text that `?format=` names. Raises Http404 where there is no such target or text."""
    if key not in TARGETS:
        raise Http404(_("A basket cannot become this."))
    target = TARGETS[key]
    writing = Writing(target, collected, target.write(collected))
    if wanted := request.GET.get("format"):
        part = writing.part(wanted)
        if part is None:
            raise Http404(_("There is no such file of this basket."))
        return download(part)
    return page(request, source, writing)


def page(
    request: HttpRequest, source: Source, writing: Writing, *, template: str = TEMPLATE, status: int = 200, **more: Any
) -> HttpResponse:
    """The texts with their buttons, and what they leave out."""
    context = {
        "source": source, "use": writing.use, "collected": writing.collected, "written": writing.written, "share_form": ShareForm(),
        "uses": OWN_USES if source.link_url else TARGETS.values(), **more,
    }  # fmt: skip
    return render(request, template, context, status=status)


def download(part: Part) -> HttpResponse:
    """A text as a file."""
    response = HttpResponse(part.text, content_type=f"{part.content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{part.filename}"'  # letters, digits and dashes alone
    return response
