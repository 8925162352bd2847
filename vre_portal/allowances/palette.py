"""What a person may use, in quick search."""

from django.urls import reverse
from django.utils.translation import gettext as _

from vre_portal.iam.models import User
from vre_portal.search.sources import PaletteAction, matching


def actions(_user: User, text: str) -> list[PaletteAction]:
    """The page, as far as it goes with the typed words."""
    page = PaletteAction(_("What I may use"), reverse("allowances:index"), "chart-line", words=_("quota limit allowance space"))
    return matching([page], text)
