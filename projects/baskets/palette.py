"""The basket in quick search."""

from django.urls import reverse
from django.utils.translation import gettext as _

from vre_portal.iam.models import User
from vre_portal.search.sources import PaletteAction, matching


def actions(_user: User, text: str) -> list[PaletteAction]:
    """The page of the current basket, as far as it goes with the typed words."""
    return matching([PaletteAction(_("Basket"), reverse("baskets:detail"), "shopping-basket", words=_("collected items cart"))], text)
