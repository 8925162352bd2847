"""Notices in quick search."""

from django.urls import reverse
from django.utils.translation import gettext as _

from vre_portal.iam.models import User
from vre_portal.search.sources import PaletteAction, matching


def actions(_user: User, text: str) -> list[PaletteAction]:
    """The pages of notices, as far as they go with the typed words."""
    pages = [
        PaletteAction(_("Notices"), reverse("notices:index"), "bell"),
        PaletteAction(_("Notice settings"), reverse("notices:settings"), "settings", words=_("e-mail webhook feed")),
        PaletteAction(_("Following"), reverse("notices:following"), "bell"),
    ]
    return matching(pages, text)
