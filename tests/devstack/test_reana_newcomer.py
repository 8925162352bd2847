"""Whom the newer line of REANA lets in: its audience, its role, and an e-mail for those whom it does not know yet."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.devstack.reana_server import PYTHON, Server, running

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed"),
    pytest.mark.rare(group="reana"),
]


@pytest.fixture(scope="module")
def reana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("reana")) as server:
        yield server


def you(server: Server, **claims: Any) -> requests.Response:
    header = {"Authorization": f"Bearer {server.bearer(**claims)}"}
    return requests.get(f"{server.url}/api/you", headers=header, timeout=10)


def test_a_newcomer_needs_the_scope_email_once(reana: Server) -> None:
    sub = str(uuid.uuid4())
    refused = you(reana, sub=sub, scope="openid profile")
    assert (refused.status_code, refused.json()) == (403, {"detail": "Userinfo response from issuer is missing 'email'."})
    assert you(reana, sub=sub).json()["email"] == "new@example.org"
    assert you(reana, sub=sub, scope="openid profile").status_code == 200


def test_the_role_has_to_be_in_its_claim(reana: Server) -> None:
    for roles in ([], None, ["reana:admin"]):
        refused = you(reana, reana_roles=roles)
        assert refused.status_code == 403
        assert "reana_roles" in refused.json()["detail"]


def test_each_port_takes_its_own_token_alone(reana: Server) -> None:
    query = requests.get(f"{reana.url}/api/you", params={"access_token": reana.token()}, timeout=10)
    assert (query.status_code, query.headers["WWW-Authenticate"]) == (401, "Bearer")
    header = requests.get(f"{reana.query_url}/api/you", headers={"Authorization": f"Bearer {reana.bearer()}"}, timeout=10)
    assert (header.status_code, header.headers.get("WWW-Authenticate")) == (401, None)


def test_tokens_in_addresses_are_in_the_access_log_for_its_owner_alone(reana: Server) -> None:
    reana.call("GET", "/you")
    log = reana.state / "reana" / "access.log"
    assert f"access_token={reana.token()}" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0
