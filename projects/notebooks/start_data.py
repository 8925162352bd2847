"""The data of a lake that the start page is filled in with: which a session can begin with, as far as the portal knows without asking the lake."""

from django import forms
from django.utils.translation import gettext as _

from projects.notebooks import choosing
from projects.notebooks.hub_offers import MAX_DIDS, HubOffer
from vre_portal.http import RemoteError
from vre_portal.iam.models import User
from vre_portal.services import UnknownService
from vre_portal.text import storable


def checked(by: User, offer: HubOffer, text: str) -> tuple[str, ...]:
    """The DIDs of a text, one a line; raises ValidationError where the person's session cannot begin with them."""
    found = tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    if not found:
        return found
    if len(found) > MAX_DIDS:
        words = _("Enter at most %(most)s DIDs. To bring more, collect them in a basket.")
        raise forms.ValidationError(words, params={"most": MAX_DIDS}, code="many")
    if not offer.writes_starter:
        raise forms.ValidationError(_("Sessions at this hub don't bring data. Leave this field empty."), code="hub")
    try:
        lake = choosing.lake_of(offer.hub)
    except UnknownService:
        raise forms.ValidationError(_("Sessions at this hub have no Data Lake. Leave this field empty."), code="lake") from None
    errors = [words for did in found if (words := _why_not(by, lake.name, did))]
    if errors:
        raise forms.ValidationError(errors)
    return found


def other_lake(offer: HubOffer, name: str) -> str:
    """Why the data of the lake of this name cannot be brought; empty where they can, or no lake is named."""
    try:
        here = choosing.lake_of(offer.hub)
    except UnknownService:
        return ""  # the field says that already
    facts = {"name": storable(name)[:60], "lake": here.title}
    return _("Sessions here read %(lake)s only, and these data are in “%(name)s”.") % facts if name not in ("", here.name) else ""


def _why_not(by: User, lake: str, did: str) -> str:
    chosen = choosing.read(lake, did)
    if chosen is None:
        return _("“%(did)s” is not a DID. Write it as scope:name.") % {"did": storable(did)[:100]}
    try:
        chosen.demand(by)
    except RemoteError as error:
        return f"{did}: {error}"
    return ""
