"""The names by which a hub knows people: the subject at the hub's own IAM, never that of another IAM."""

from django.utils.translation import gettext as _

from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, UnknownService, service


def iam_of(hub: Service) -> Service:
    """The IAM by which people sign in at the hub."""
    return service(ServiceKind.IAM, hub.options.get("iam"))


def subject_at(hub: Service, person: User) -> str:
    """The hub's name for a person; empty if there is none, or if its IAM is not configured, which must not prevent signing out."""
    try:
        iam = iam_of(hub)
    except UnknownService:
        return ""
    return next((item.subject for item in person.identities.all() if item.issuer == iam.url), "")


def known_as(hub: Service, person: User) -> str:
    """The same; raises RemoteRefused if the person has no identity at the hub's IAM."""
    if subject := subject_at(hub, person):
        return subject
    words = _("%(hub)s accepts sign-ins from %(iam)s only. Link your identity there to your account, then open the notebook again.")
    raise RemoteRefused(words % {"hub": hub.title, "iam": iam_of(hub).title}, service=hub)


def person_at(hub: Service, user_name: str) -> User | None:
    """The person with this name at the hub; None if the portal does not know them."""
    return User.objects.filter(identities__issuer=iam_of(hub).url, identities__subject=user_name).first()
