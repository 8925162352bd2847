"""The API of the running portal: a person signs a program in by device code, and the program reads data."""

import re
import zlib
from typing import Any

import pytest
import requests

from devstack.address import IAM_ISSUER, PORTAL_URL
from tests.devstack import iam_client
from tests.stack import portal_session

pytestmark = pytest.mark.integration("portal", "iam", "rucio", "storage")
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
FILE = "/api/data/escape/KM3NET_ECAP_SP/aeff.fits"


def ask(token: str, path: str, **options: Any) -> requests.Response:
    return requests.get(f"{PORTAL_URL}{path}", headers={"Authorization": f"Bearer {token}", **options}, timeout=20)


def signed_in_by_device(name: str) -> str:
    """A token as a program gets it that knows nothing but the portal's address."""
    login = requests.get(f"{PORTAL_URL}/api/", timeout=10).json()["login"]
    endpoints = requests.get(f"{login['issuer']}.well-known/openid-configuration", timeout=10).json()
    client = {"client_id": login["device_client_id"]}
    begun = requests.post(
        endpoints["device_authorization_endpoint"], data={**client, "scope": " ".join(login["scopes"])}, timeout=10
    ).json()
    approve(iam_client.sign_in(name), begun)
    form = {**client, "grant_type": DEVICE_GRANT, "device_code": begun["device_code"], "audience": login["audience"]}
    reply = requests.post(endpoints["token_endpoint"], data=form, timeout=10)
    assert reply.status_code == 200, reply.text
    return str(reply.json()["access_token"])


def approve(browser: requests.Session, begun: dict[str, Any]) -> None:
    """What the person does in the browser: open the address, and say yes."""
    page = browser.get(begun["verification_uri_complete"], timeout=10)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    reply = browser.post(page.url, data={**fields, "action": "confirm"}, headers={"Origin": IAM_ISSUER.rstrip("/")}, timeout=10)
    assert reply.status_code == 200, reply.text[:500]


def test_a_program_signed_in_by_device_code_reads_the_basket_and_data() -> None:
    portal_session("member")  # who accepted the policies
    token = signed_in_by_device("member")
    assert ask(token, "/api/me/").json()["username"] == "member"
    assert ask(token, "/api/basket/").status_code == 200
    whole = ask(token, FILE)
    assert (whole.status_code, whole.headers["X-Checksum-Adler32"]) == (200, f"{zlib.adler32(whole.content):08x}")
    part = ask(token, FILE, Range="bytes=100-199")
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    listed = ask(token, "/api/data/escape/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf/files/").json()
    facts = next(item for item in listed["items"] if item["name"] == "aeff.fits")
    assert (facts["bytes"], facts["adler32"], facts["url"]) == (
        len(whole.content),
        f"{zlib.adler32(whole.content):08x}",
        f"{PORTAL_URL}{FILE}",
    )
    assert (listed["left_out"], listed["next"]) == (0, None)


def test_a_token_of_the_iam_for_another_service_is_refused() -> None:
    given = iam_client.login("member")
    assert ask(given["access_token"], "/api/me/").status_code == 401
    assert ask(given["id_token"], "/api/me/").status_code == 401


def test_restricted_data_stay_restricted_and_are_not_told_of() -> None:
    portal_session("member")
    token = signed_in_by_device("member")
    hidden = ask(token, "/api/data/escape/KM3NET_EMBARGO_SP/candidates_mrk421_simulated.ecsv")
    assert hidden.status_code == 403
    assert hidden.json()["error"]["next"]
    assert ask(token, "/api/data/escape/NO_SUCH_SCOPE/x").status_code in (403, 404)
