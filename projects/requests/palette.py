"""Requests in quick search."""

from django.urls import reverse
from django.utils.translation import gettext as _

from projects.requests.kinds import all_kinds
from vre_portal.iam.models import User
from vre_portal.search.sources import PaletteAction, matching

MAX_KINDS = 3


def actions(_user: User, text: str) -> list[PaletteAction]:
    """A new request and the list; with typed words also kinds that are called so."""
    pages = [
        PaletteAction(_("New request"), reverse("requests:choose"), "send", words=_("ask")),
        PaletteAction(_("Requests"), reverse("requests:index"), "send"),
    ]
    kinds = [
        PaletteAction(str(kind.title), reverse("requests:new", args=[kind.key]), kind.icon, _("New request"), _("request ask"))
        for kind in (all_kinds() if text.strip() else ())
        if not kind.where
    ]
    return [*matching(pages, text), *matching(kinds, text)[:MAX_KINDS]]
