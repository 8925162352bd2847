"""A staff member whose sign-in is old goes through the IAM once more, and is back at the staff's page that they wanted."""

import time

import pytest
from django.conf import settings
from django.test import Client

from devstack.address import PORTAL_URL
from tests.devstack import iam_client
from vre_portal.control import STEP_UP_SECONDS
from vre_portal.iam.presence import SIGNED_IN_AT

pytestmark = [pytest.mark.integration("iam"), pytest.mark.django_db]
HOME = f"/{settings.ADMIN_PATH}iam/user/"


def through_the_iam(visitor: Client, wanted: str) -> str:
    """Press the button and come back; where the portal leads then."""
    to_iam = visitor.post("/accounts/login/", {"next": wanted})["Location"]
    back = iam_client.sign_in("admin").get(to_iam, allow_redirects=False, timeout=10).headers["Location"]
    return str(visitor.get(back.removeprefix(PORTAL_URL))["Location"])


def test_an_old_sign_in_is_renewed_and_leads_back() -> None:
    visitor = Client(HTTP_HOST=PORTAL_URL.removeprefix("http://"))
    through_the_iam(visitor, "/me/")
    assert visitor.get(HOME).status_code == 200
    session = visitor.session
    session[SIGNED_IN_AT] = time.time() - STEP_UP_SECONDS - 1
    session.save()
    asked = visitor.get(HOME)
    assert (asked.status_code, asked["Location"].partition("?")[0]) == (302, "/accounts/login/")
    assert visitor.get(asked["Location"]).status_code == 200
    assert through_the_iam(visitor, HOME) == HOME
    assert visitor.get(HOME).status_code == 200
