"""A token that the lake stops taking while a page is made: renewed once and asked again, or said; what is not known is not empty."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from django.test import Client
from django.utils import timezone

from devstack import address
from tests.devstack import iam_client
from tests.devstack.rucio_client import token
from tests.vre_portal.servers import Handler, serving
from vre_portal.iam.models import Token, User
from vre_portal.iam.oidc.tokens import Tokens

pytestmark = [pytest.mark.integration("rucio", "storage", "iam"), pytest.mark.django_db(transaction=True)]
DID = "/datalake/escape/did/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf"
Move = Callable[[str], None]
RUCIO = ("X-Rucio-Auth-Token", "Accept")


def refusing_rules(refused: str) -> Callable[[Handler], None]:
    """The real Rucio, which takes this token no longer where it is asked for rules."""

    def answer(it: Handler) -> None:
        given = it.headers.get("X-Rucio-Auth-Token", "")
        if given == refused and it.path.split("?")[0].endswith("/rules"):
            said = {"ExceptionClass": "CannotAuthenticate", "ExceptionMessage": "Cannot authenticate"}
            it.whole(json.dumps(said).encode(), 401, ExceptionClass="CannotAuthenticate", Content_Type="application/json")
            return
        headers = {name: it.headers[name] for name in RUCIO if name in it.headers}
        reply = requests.get(f"{address.RUCIO_URL}{it.path}", headers=headers, timeout=20)
        it.whole(reply.content, reply.status_code, Content_Type=reply.headers["Content-Type"])

    return answer


@pytest.fixture
def client(visitor: Callable[[str], Client], people: dict[str, User]) -> Client:
    """Somebody whose token for the lake is old, and whose sign-in gives another."""
    found = visitor("lead")
    Token.objects.filter(user=people["lead"]).update(renewed_at=timezone.now() - timedelta(hours=1))
    given = iam_client.login("lead")
    row = Token(user=people["lead"], service="", issuer=people["lead"].issuer)
    end = timezone.now() + timedelta(minutes=5)
    row.fill(
        Tokens(access=given["access_token"], refresh=given.get("refresh_token", ""), identity="", scope="", expires_at=end), purpose="test"
    )
    row.save()
    return found


def test_a_token_that_dies_mid_page_is_renewed_once_and_the_page_is_whole(client: Client, people: dict[str, User], lake_at: Move) -> None:
    expected = client.get(f"{DID}?format=json").json()
    assert expected["rules"]
    Token.objects.filter(user=people["lead"], service="rucio/escape").update(renewed_at=timezone.now() - timedelta(hours=1))
    with serving(refusing_rules(token("lead"))) as (lake, seen):
        lake_at(lake.url)
        found = client.get(f"{DID}?format=json").json()
    assert found == expected
    assert Token.objects.get(user=people["lead"], service="rucio/escape").open_access() != token("lead")
    assert any(headers["X-Rucio-Auth-Token"] != token("lead") for headers in seen.headers)


@pytest.mark.parametrize("ended", [False, True])
def test_where_there_is_no_other_token_public_data_are_read_in_the_portals_name_and_this_is_said(
    client: Client, people: dict[str, User], lake_at: Move, ended: bool
) -> None:
    rows = Token.objects.filter(user=people["lead"])
    if ended:
        rows.filter(service="").delete()
    else:
        rows.update(renewed_at=timezone.now())  # it is new: another would fare no better
    with serving(refusing_rules(token("lead"))) as (lake, _):
        lake_at(lake.url)
        found = client.get(f"{DID}?format=json")
        if ended:
            rows.filter(service="rucio/escape").update(fresh_until=timezone.now() + timedelta(minutes=5))
        for _ in range(5):  # a lake that is slow for a moment is another thing, and the page says so
            page = client.get(f"{DID}?everything=1").content.decode()
            if "did not answer in time" not in page:
                break
    assert found.status_code == 200
    assert found.json()["rules"]
    assert found.json()["replicas"]
    assert "Showing public data only." in page
    assert ("Please sign in again" if ended else "have a Data Lake account yet") in page
