"""The dashboard's list of a person's stuck rules, as a real Rucio gives it."""

from collections.abc import Callable

import pytest
import requests

from devstack.address import PORTAL_URL

pytestmark = pytest.mark.integration("portal", "iam", "rucio")


# The physicist's, because other tests of the same stack leave stuck rules of the lead's and the member's.
@pytest.mark.parametrize(("name", "words"), [("physicist", "None of your rules is stuck."), ("newcomer", "have an account")])
def test_the_lake_is_asked_in_the_persons_name(portal_session: Callable[[str], requests.Session], name: str, words: str) -> None:
    reply = portal_session(name).get(f"{PORTAL_URL}/datalake/escape/stuck-rules/", timeout=20)
    assert reply.status_code == 200
    assert words in reply.text
