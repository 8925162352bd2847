"""Every role and every address of people, invitations and requests: who gets which answer."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from projects.models import Membership, Role
from projects.people import invitations
from projects.requests import services
from tests.factories import make_public
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
LOGIN, NOT_FOUND, FORBIDDEN = 302, 404, 403
# Of GET: lead, editor, member, viewer, somebody without a role, a visitor.
WHO = (Role.LEAD, Role.EDITOR, Role.MEMBER, Role.VIEWER, None, "anonymous")
EXPECTED = {
    "/projects/open/people/": (200, 200, 200, 200, 200, 200),
    "/projects/open/people/invitations/": (200, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, LOGIN),
    "/projects/open/join/": (200, 200, 200, 200, 200, LOGIN),
    "/projects/open/join/state/": (200, 200, 200, 200, 200, LOGIN),
    "/requests/": (200, 200, 200, 200, 200, LOGIN),
    "{request}": (200, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, LOGIN),
    "{invitation}": (200, 200, 200, 200, 200, 200),
    "/people/": (200, 200, 200, 200, 200, 200),
    "/me/profile/": (200, 200, 200, 200, 200, LOGIN),
}


@pytest.mark.parametrize("place", range(len(WHO)))
@pytest.mark.parametrize("where", list(EXPECTED))
def test_each_role_gets_what_the_table_says(signed_in: SignIn, people: dict[str, User], where: str, place: int) -> None:
    project = make_public(slug="open", lead=people["lead"])
    key, expires_at = uuid.uuid4(), timezone.now() + timedelta(days=1)
    secret = invitations.create(by=people["lead"], project=project, role=Role.MEMBER, key=key, expires_at=expires_at, max_uses=1)
    asked = services.ask_to_join(by=people["newcomer"], project=project, role=Role.MEMBER, text="Let me in", key=key)
    who = WHO[place]
    if who and who != "anonymous":
        Membership.objects.create(project=project, user=people["outsider"], role=who)
    address = where.format(request=asked.get_absolute_url(), invitation=f"/invitations/{secret}/")
    browser = signed_in("anonymous" if who == "anonymous" else "outsider")
    assert browser.get(address).status_code == EXPECTED[where][place]
