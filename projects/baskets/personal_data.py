"""What the export of a person's data has of their baskets: whole only what they may see now; all of it goes with the person."""

from django.db.models import Q, QuerySet

from projects.baskets.models import Basket, BasketItem
from projects.models import Project
from vre_portal import things
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.tables import Row
from vre_portal.text import plain

ALWAYS = ("id", "name", "created_at", "changed_at", "chosen_at", "deleted_at")  # all but the project


def readable_baskets(user: User, baskets: QuerySet[Basket]) -> QuerySet[Basket]:
    """Those of no project, or of one that the person may see."""
    return baskets.filter(Q(project=None) | Q(project__in=Project.objects.visible_to(user)))


def export(user: User) -> list[Row]:
    """The items of all baskets of a person: their rows refer to the basket, not to the person."""
    items = list(BasketItem.objects.present().filter(basket__in=Basket.objects.of(user)).select_related("basket"))
    pages = things.pages_of(user, [item.thing for item in items])
    return [{"basket": item.basket.name, "added_at": item.added_at, "note": item.note, **_named(item, pages)} for item in items]


def _named(item: BasketItem, pages: things.ThingPages) -> Row:
    page = pages.get(item.thing)
    return {"thing": item.thing, "title": plain(page.title)} if page else {"left out": str(data_export.NO_LONGER_READABLE)}


def register() -> None:
    """Export the items with the baskets."""
    data_export.register_limit(Basket, readable_baskets, always=ALWAYS)
    data_export.register_exporter("basket items", export)
