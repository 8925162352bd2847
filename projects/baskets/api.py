"""Reading, adding to and removing from baskets by programs."""

from typing import Annotated, Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status
from ninja.params.functions import Path, Query

from projects.baskets import item_facts, services
from projects.baskets.item_facts import PAGE, ItemPage
from projects.baskets.models import MAX_KIND, MAX_NOTE, MAX_VALUE, Basket, BasketItem
from projects.models import Project
from vre_portal.api.callers import Scope
from vre_portal.api.errors import ApiError, not_found
from vre_portal.api.routes import ERRORS, Bearer, ErrorAnswer, absolute, person_of
from vre_portal.iam.models import User
from vre_portal.validators import validate_visible_text

router = Router(tags=["Baskets"])
READ, WRITE = Bearer(Scope.BASKET_READ), Bearer(Scope.BASKET_WRITE)
BIGGEST = 2**63 - 1  # that the database can look for
After = Annotated[int | None, Query(ge=1, le=BIGGEST, description="The item after which the page begins")]  # untranslated: as code
Limit = Annotated[int, Query(ge=1, le=PAGE, description="How many items the page has at most")]  # untranslated: as code


class BasketFacts(Schema):
    """One of the person's baskets."""

    id: int
    name: str
    items: int
    current: bool
    project: str | None
    url: str


class Baskets(Schema):
    """All baskets, the current one first."""

    items: list[BasketFacts]
    next: str | None


class ItemFacts(Schema):
    """A thing in a basket; what its kind does not have is null."""

    id: int
    kind: str
    value: str
    title: str
    label: str
    note: str
    url: str
    lake: str | None
    scope: str | None
    name: str | None
    type: str | None
    bytes: int | None
    doi: str | None


class Contents(Schema):
    """One page of the items of a basket. Without any basket the number is null."""

    id: int | None
    name: str
    items: list[ItemFacts]
    left_out: int
    next: str | None


class NewItem(Schema):
    """A thing to add; without a note the one that it has stays."""

    kind: str = Field(pattern=r"^[a-z_-]+$", max_length=MAX_KIND)
    value: str = Field(min_length=1, max_length=MAX_VALUE)
    note: str | None = Field(default=None, max_length=MAX_NOTE)


@router.get(
    "/baskets/",
    response={200: Baskets, **ERRORS},
    auth=READ,
    url_name="baskets",
    summary="Your baskets",  # untranslated: the OpenAPI document
)
def baskets(request: HttpRequest) -> dict[str, Any]:
    """All of the person's baskets: they are few."""
    by = person_of(request)
    found = list(Basket.objects.of(by).with_sizes().select_related("project"))
    seen = set(
        Project.objects.visible_to(by).filter(pk__in=[item.project_id for item in found if item.project_id]).values_list("pk", flat=True)
    )
    items = [
        {
            "id": item.pk, "name": item.name, "items": item.size, "current": number == 0,
            "project": item.project.slug if item.project and item.project_id in seen else None, "url": absolute(item.get_absolute_url()),
        }
        for number, item in enumerate(found)
    ]  # fmt: skip
    return {"items": items, "next": None}


@router.get(
    "/basket/",
    response={200: Contents, **ERRORS},
    auth=READ,
    url_name="basket-current",
    summary="The current basket",  # untranslated: the OpenAPI document
)
def current(
    request: HttpRequest,
    name: str = "",
    id: int | None = Query(None, ge=1, le=BIGGEST),
    after: After = None,
    limit: Limit = PAGE,
) -> dict[str, Any]:
    """The basket into which new items go, or the one with this name or number."""
    by = person_of(request)
    own = Basket.objects.of(by)
    found = own.filter(pk=id).first() if id is not None else own.filter(name__iexact=name).first() if name else own.first()
    if found is None and (name or id is not None):
        raise not_found(_("You have no such basket."))
    return contents(found, by, after, limit) if found else {"id": None, "name": "", "items": [], "left_out": 0, "next": None}


@router.get(
    "/basket/{int:pk}/",
    response={200: Contents, **ERRORS},
    auth=READ,
    url_name="basket",
    summary="One basket",  # untranslated: the OpenAPI document
)
def one(request: HttpRequest, pk: int, after: After = None, limit: Limit = PAGE) -> dict[str, Any]:
    """A page of up to 1,000 items, in the person's order."""
    by = person_of(request)
    return contents(basket_of(by, pk), by, after, limit)


@router.post(
    "/basket/items/", response={200: ItemFacts, 201: ItemFacts, 409: ErrorAnswer, 413: ErrorAnswer, **ERRORS}, auth=WRITE,
    url_name="basket-current-items", summary="Add to the current basket",  # untranslated: the OpenAPI document
)  # fmt: skip
def add_to_current(request: HttpRequest, item: NewItem) -> Status[Any]:
    """Add a thing to the current basket, which is made where there is none."""
    by = person_of(request)
    return add_to(services.current_or_new(by), item, by)


@router.post(
    "/basket/{int:pk}/items/", response={200: ItemFacts, 201: ItemFacts, 409: ErrorAnswer, 413: ErrorAnswer, **ERRORS}, auth=WRITE,
    url_name="basket-items", summary="Add to a basket",  # untranslated: the OpenAPI document
)  # fmt: skip
def add(request: HttpRequest, pk: int, item: NewItem) -> Status[Any]:
    """201 with the item, or 200 where the basket had it."""
    by = person_of(request)
    return add_to(basket_of(by, pk), item, by)


@router.delete("/basket/{int:pk}/items/{int:item}/", response={204: None, **ERRORS}, auth=WRITE, url_name="basket-item", summary="Remove")
def remove(request: HttpRequest, pk: int, item: int = Path(ge=1, le=BIGGEST)) -> Status[None]:
    """Take an item out; it can be put back on the page of the basket for an hour."""
    try:
        _removal, count = services.remove(basket_of(person_of(request), pk), [item])
    except services.BasketRefused as refused:
        raise not_found(str(refused)) from None
    if not count:
        raise not_found(_("This item is no longer in the basket."))
    return Status(204, None)


def basket_of(by: User, pk: int) -> Basket:
    """A basket of the person; raises ApiError."""
    found = Basket.objects.of(by).filter(pk=pk).first()
    if found is None:
        raise not_found(_("You have no such basket."))
    return found


def contents(basket: Basket, by: User, after: int | None, limit: int) -> dict[str, Any]:
    """A page of a basket; raises ApiError."""
    try:
        page: ItemPage = item_facts.read_page(basket, by, after=after, size=limit)
    except item_facts.UnknownPlace:
        message = _("The basket was changed, and the item of “after” is gone.")
        raise ApiError(422, "invalid", message, next_step=_("Read the basket from its beginning.")) from None
    query = {"after": page.after} | ({"limit": limit} if limit != PAGE else {})
    following = f"{absolute(reverse('api:basket', args=[basket.pk]))}?{urlencode(query)}" if page.after else None
    return {"id": basket.pk, "name": basket.name, "items": page.items, "left_out": page.left_out, "next": following}


def add_to(basket: Basket, item: NewItem, by: User) -> Status[Any]:
    """Add a thing that the person may see; raises ApiError."""
    checked(item.note)
    thing = f"{item.kind}:{item.value}"
    try:
        outcome = services.add(basket, [thing], by=by)
        if outcome.unseen:
            raise not_found(_("There is no such thing, or none that you have access to."))
        if outcome.beyond:
            message = _("This basket is full (%(limit)s items).") % {"limit": services.MAX_ITEMS}
            raise ApiError(409, "full", message, next_step=_("Remove some items first."))
        found = row_of(basket, item)
        if item.note is not None:
            services.write_note(found, item.note)
            found.note = item.note
    except services.BasketRefused as refused:
        raise not_found(str(refused)) from None
    facts = item_facts.read_item(found, by)
    if facts is None:
        raise not_found(_("There is no such thing, or none that you have access to."))
    return Status(201 if outcome.added else 200, facts)


def row_of(basket: Basket, item: NewItem) -> BasketItem:
    """The item of a thing in a basket; raises ApiError where it was removed at once."""
    found = basket.items.present().filter(kind=item.kind, value=item.value).first()
    if found is None:
        raise not_found(_("This item is no longer in the basket."))
    found.basket = basket
    return found


def checked(note: str | None) -> None:
    """Raise ApiError for a note that no form would take."""
    try:
        validate_visible_text(note or "")
    except ValidationError as error:
        raise ApiError(422, "invalid", " ".join(error.messages), next_step=_("Correct the note and send it again.")) from None
