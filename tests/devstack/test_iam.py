"""The demonstration IAM behaves as INDIGO IAM does, seen from outside, over HTTP."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests

from devstack.address import DEMO_USERS, IAM_ISSUER, secret, subject
from devstack.iam.control import person
from tests.devstack.changed_people import restore
from tests.devstack.iam_client import REDIRECTS, code, exchange, login, sign_in, token, userinfo

pytestmark = [pytest.mark.integration, pytest.mark.rare(group="iam")]


def claims(value: str, audience: str | None = None) -> dict[str, Any]:
    """The claims of a token whose signature, issuer and time are right."""
    key = jwt.PyJWKClient(f"{IAM_ISSUER}jwk").get_signing_key_from_jwt(value)
    options: Any = {"verify_aud": audience is not None}
    return jwt.decode(value, key, algorithms=["RS256"], issuer=IAM_ISSUER, audience=audience, options=options)


@pytest.fixture(scope="module")
def lead() -> dict[str, Any]:
    return login("lead")


@pytest.fixture
def member() -> Iterator[str]:
    yield "member"
    restore("member")


def test_the_issuer_ends_in_a_slash_and_offers_no_end_of_session() -> None:
    document = requests.get(f"{IAM_ISSUER}.well-known/openid-configuration", timeout=10).json()
    assert document["issuer"] == IAM_ISSUER
    assert document["issuer"].endswith("/")
    assert "end_session_endpoint" not in document
    for name, path in (("authorization", "authorize"), ("token", "token"), ("userinfo", "userinfo")):
        assert document[f"{name}_endpoint"] == f"{IAM_ISSUER}{path}"
    assert document["jwks_uri"] == f"{IAM_ISSUER}jwk"


def test_a_foreign_host_header_is_refused() -> None:
    reply = requests.get(f"{IAM_ISSUER}login", headers={"Host": "evil.example"}, timeout=10)
    assert reply.status_code == 400


def test_the_login_page_says_what_it_is_and_lists_the_accounts_without_inline_script() -> None:
    reply = requests.get(f"{IAM_ISSUER}login", timeout=10)
    assert "demonstration with public passwords" in reply.text
    assert all(f"<code>{name}</code>" in reply.text for name in DEMO_USERS)
    assert "<script" not in reply.text
    assert "style=" not in reply.text
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


def test_a_wrong_password_opens_nothing() -> None:
    browser = sign_in("lead", "wrong")
    reply = browser.get(f"{IAM_ISSUER}authorize", params={"client_id": "portal"}, allow_redirects=False, timeout=10)
    assert "/login" in reply.headers["Location"]


def test_the_access_token_carries_what_services_read(lead: dict[str, Any]) -> None:
    found = claims(lead["access_token"])
    assert found["sub"] == subject("lead")
    assert found["client_id"] == "portal"
    assert set(found["scope"].split()) >= {"openid", "profile", "email", "offline_access"}
    assert found["exp"] - found["iat"] == lead["expires_in"]
    assert found["jti"]
    assert found["wlcg.ver"] == "1.0"
    assert found["wlcg.groups"] == ["/escape", "/escape/km3net", "/escape/leads"]
    assert "aud" not in found


def test_identity_token_and_userinfo_name_the_groups_without_a_slash(lead: dict[str, Any]) -> None:
    identity = claims(lead["id_token"], audience="portal")
    told = userinfo(lead["access_token"]).json()
    assert identity["sub"] == told["sub"] == subject("lead")
    assert identity["nonce"] == "n"
    assert identity["groups"] == told["groups"] == ["escape", "escape/km3net", "escape/leads"]
    assert told["email"] == "lead@vre.example"
    assert told["preferred_username"] == "lead"


def test_groups_need_the_scope_profile_and_wlcg_groups_their_own() -> None:
    answer = login("lead", scope="openid email")
    assert "groups" not in userinfo(answer["access_token"]).json()
    assert not {"wlcg.ver", "wlcg.groups"} & claims(answer["access_token"]).keys()


def test_a_refresh_token_comes_only_with_offline_access(lead: dict[str, Any]) -> None:
    assert lead["refresh_token"]
    assert "refresh_token" not in login("lead", scope="openid profile")


@pytest.mark.parametrize("parameter", ["resource", "aud", "audience"])
def test_the_audience_is_taken_at_authorize_and_at_refresh(parameter: str, lead: dict[str, Any]) -> None:
    assert claims(login("lead", **{parameter: "rucio"})["access_token"])["aud"] == "rucio"
    form = {parameter: "reana", "refresh_token": lead["refresh_token"]}
    again = token("portal", grant_type="refresh_token", **form)
    assert claims(again.json()["access_token"])["aud"] == "reana"


def test_the_first_audience_that_is_not_empty_wins() -> None:
    form = {"resource": "", "aud": "one", "audience": "two"}
    assert claims(login("lead", **form)["access_token"])["aud"] == "one"


def test_a_code_is_good_once_and_only_with_its_verifier() -> None:
    answer = code(sign_in("lead"))
    form = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": REDIRECTS["portal"]}
    assert token("portal", **form, code_verifier="x" * 43).json()["error"] == "invalid_grant"
    answer = code(sign_in("lead"))
    form |= {"code": answer["code"], "code_verifier": answer["verifier"]}
    assert token("portal", **form).status_code == 200
    assert token("portal", **form).json()["error"] == "invalid_grant"


def test_an_unregistered_redirect_address_is_shown_not_followed() -> None:
    query = {"client_id": "portal", "response_type": "code", "redirect_uri": "https://evil.example/", "scope": "openid"}
    reply = sign_in("lead").get(f"{IAM_ISSUER}authorize", params=query, allow_redirects=False, timeout=10)
    assert "Location" not in reply.headers


def test_exchange_narrows_to_one_audience_and_names_the_actor(lead: dict[str, Any]) -> None:
    reply = exchange(lead["access_token"], audience="rucio", scope="openid profile")
    found = claims(reply.json()["access_token"], audience="rucio")
    assert (found["sub"], found["scope"], found["act"]) == (subject("lead"), "openid profile", {"sub": "portal"})
    assert userinfo(reply.json()["access_token"]).json()["groups"]
    wider = exchange(reply.json()["access_token"], audience="rucio", scope="openid email")
    assert wider.json()["error"] == "invalid_scope"


def test_exchange_refuses_what_is_not_a_live_token_for_this_client(lead: dict[str, Any]) -> None:
    hub = login("lead", "jupyterhub")["access_token"]
    header, payload, _ = hub.split(".")
    for bad in (hub, "", "nonsense", f"{header}.{payload}.AAAA", lead["id_token"], lead["refresh_token"]):
        assert exchange(bad, audience="rucio").json()["error"] == "invalid_grant"
    own = login("lead")["access_token"]
    revoke = {"token": own}
    requests.post(f"{IAM_ISSUER}revoke", data=revoke, auth=("portal", secret("client-portal")), timeout=10)
    assert exchange(own, audience="rucio").json()["error"] == "invalid_grant"


def test_exchange_is_for_clients_that_may_and_gives_no_offline_access(lead: dict[str, Any]) -> None:
    own = token("rucio", grant_type="client_credentials").json()["access_token"]
    assert exchange(own, "rucio", audience="rucio").json()["error"] == "unauthorized_client"
    assert exchange(lead["access_token"], scope="openid offline_access").json()["error"] == "invalid_scope"
    assert exchange(lead["access_token"], actor_token="x").json()["error"] == "invalid_request"
    bad = requests.post(
        f"{IAM_ISSUER}token",
        data={"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"},
        auth=("portal", "wrong"),
        timeout=10,
    )
    assert (bad.status_code, bad.json()["error"]) == (401, "invalid_client")


def test_a_service_speaks_as_itself() -> None:
    answer = token("rucio", grant_type="client_credentials", audience="rucio").json()
    found = claims(answer["access_token"], audience="rucio")
    assert found["sub"] == found["client_id"] == "rucio"


def test_introspection_tells_a_live_token_from_a_revoked_one() -> None:
    held = login("lead", audience="rucio")["access_token"]
    ask = {"data": {"token": held}, "auth": ("rucio", secret("client-rucio")), "timeout": 10}
    told = requests.post(f"{IAM_ISSUER}introspect", **ask).json()  # type: ignore[arg-type]
    assert (told["active"], told["sub"], told["aud"]) == (True, subject("lead"), ["rucio"])
    assert told["groups"] == ["escape", "escape/km3net", "escape/leads"]
    requests.post(f"{IAM_ISSUER}revoke", data={"token": held}, auth=("portal", secret("client-portal")), timeout=10)
    assert requests.post(f"{IAM_ISSUER}introspect", **ask).json() == {"active": False}  # type: ignore[arg-type]
    assert userinfo(held).status_code == 401


def test_scim_lists_people_for_who_may_read_them(lead: dict[str, Any]) -> None:
    access = token("iam-sync", grant_type="client_credentials", scope="scim:read").json()["access_token"]
    url, header = f"{IAM_ISSUER}scim/Users", {"Authorization": f"Bearer {access}"}
    listing = requests.get(url, headers=header, timeout=10).json()
    people = {one["userName"]: one for one in listing["Resources"]}
    assert set(people) >= set(DEMO_USERS)
    assert people["lead"]["id"] == subject("lead")
    assert [group["display"] for group in people["member"]["groups"]] == ["escape", "escape/km3net"]
    page = requests.get(url, headers=header, params={"startIndex": 2, "count": 2}, timeout=10).json()
    assert (page["startIndex"], page["itemsPerPage"], page["totalResults"]) == (2, 2, listing["totalResults"])
    assert requests.get(url, timeout=10).status_code == 401
    personal = {"Authorization": f"Bearer {lead['access_token']}"}
    assert requests.get(url, headers=personal, timeout=10).status_code == 403


def test_a_group_taken_away_is_gone_from_the_next_answer(member: str) -> None:
    held = login(member)
    person(member, "--remove", "escape/km3net")
    assert userinfo(held["access_token"]).json()["groups"] == ["escape"]
    fresh = token("portal", grant_type="refresh_token", refresh_token=held["refresh_token"]).json()
    assert claims(fresh["access_token"])["wlcg.groups"] == ["/escape"]


def test_a_person_switched_off_gets_nothing_more(member: str) -> None:
    held = login(member)
    person(member, "--disable")
    assert userinfo(held["access_token"]).status_code == 401
    assert exchange(held["access_token"], audience="rucio").json()["error"] == "invalid_grant"
    refreshed = token("portal", grant_type="refresh_token", refresh_token=held["refresh_token"])
    assert refreshed.json()["error"] == "invalid_grant"


def test_the_cookies_are_named_for_this_server_alone() -> None:
    names = {cookie.name for cookie in sign_in("lead").cookies}
    assert names
    assert all(name.startswith("iam_") for name in names)
