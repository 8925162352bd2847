"""Onboarding in quick search."""

from django.urls import reverse
from django.utils.translation import gettext as _

from vre_portal.iam.models import User
from vre_portal.search.sources import PaletteAction, matching


def actions(_user: User, text: str) -> list[PaletteAction]:
    """The page on which a project is planned."""
    return matching([PaletteAction(_("Plan my project"), reverse("onboarding:index"), "waypoints", words=_("onboarding needs"))], text)
