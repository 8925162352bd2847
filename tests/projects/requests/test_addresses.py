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


def test_who_may_not_do_something_in_a_project_is_led_back_to_it_and_to_joining_it(signed_in: SignIn, people: dict[str, User]) -> None:
    project, browser = make_public(slug="open", lead=people["lead"]), signed_in("outsider")
    back, join = 'href="/projects/open/">Back to the project', 'href="/projects/open/join/">Ask to join'

    def shown(where: str = "workflows/new/") -> str:
        reply = browser.get(f"/projects/open/{where}")
        assert reply.status_code == FORBIDDEN
        return reply.content.decode()

    for where in ("workflows/new/", "settings/", "people/invitations/"):
        assert back in shown(where)
        assert join in shown(where)
    asked = services.ask_to_join(by=people["outsider"], project=project, role=Role.MEMBER, text="Let me in", key=uuid.uuid4())
    assert f'href="{asked.get_absolute_url()}">Your request to join is open' in shown()
    assert join not in shown()
    Membership.objects.create(project=project, user=people["outsider"], role=Role.VIEWER)
    assert back in shown("settings/")
    assert "Ask to join" not in shown("settings/")


def test_nobody_is_led_to_joining_an_archived_project(signed_in: SignIn, people: dict[str, User]) -> None:
    make_public(slug="open", lead=people["lead"], archived_at=timezone.now())
    page = signed_in("outsider").get("/projects/open/settings/").content.decode()
    assert 'href="/projects/open/">Back to the project' in page
    assert "Ask to join" not in page
