"""Whom a hub means by a name, and by which name it knows a person: the subject at the hub's own IAM, never one that another IAM gave."""

from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, UnknownService, service


def iam_of(hub: Service) -> Service:
    """The IAM by which people sign in at the hub."""
    return service(ServiceKind.IAM, hub.options.get("iam"))


def subject_at(hub: Service, person: User) -> str:
    """Whom the hub takes a person for, or nothing, also where its IAM is not configured: that must keep nobody from signing out."""
    try:
        iam = iam_of(hub)
    except UnknownService:
        return ""
    return next((item.subject for item in person.identities.all() if item.issuer == iam.url), "")


def known_as(hub: Service, person: User) -> str:
    """The same; raises RemoteRefused where the hub cannot know the person."""
    if subject := subject_at(hub, person):
        return subject
    raise RemoteRefused(
        f"{hub.title} knows people of {iam_of(hub).title} only. Link your identity there, and open the notebook again.", service=hub
    )


def person_at(hub: Service, user_name: str) -> User | None:
    """Whom the hub means by a name; None where the portal does not know them."""
    return User.objects.filter(identities__issuer=iam_of(hub).url, identities__subject=user_name).first()
