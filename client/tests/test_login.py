"""Signing in by code, the saved login, its renewal by several at once, and which token is used where."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import vre
from client.tests.identity_service import error, form, offer_login, tokens
from client.tests.portal_answers import basket
from client.tests.unkind_server import UnkindServer
from vre import NotPossible, NotSignedIn, Portal, PortalUnavailable, VreError, device_login, oauth
from vre.saved_login import SavedLogin


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the code was waited for, without waiting."""
    found: list[float] = []
    monkeypatch.setattr(device_login.wait, "__defaults__", (found.append,))
    return found


def saved(tmp_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((tmp_path / "config" / "logins.json").read_text())
    return found


def test_signing_in(
    server: UnkindServer, elsewhere: UnkindServer, pauses: list[float], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offer_login(server, elsewhere)
    elsewhere.first("/token", error("authorization_pending"), error("slow_down"), lambda r: r.give(502, b"<html>"), tokens())
    person = vre.login(server.url)
    assert (person.username, person.name, person.scopes) == ("lead", "Lena Lead", ("basket:read",))
    assert pauses == [1, 1, 6, 12]
    asked = form(elsewhere.asked("/devicecode")[0])
    assert asked == {"client_id": "vre-client", "scope": "openid profile offline_access", "audience": "vre-portal"}
    assert form(elsewhere.asked("/token")[0]) == {
        "client_id": "vre-client", "audience": "vre-portal", "grant_type": oauth.DEVICE_GRANT, "device_code": "dev",
    }  # fmt: skip
    told = capsys.readouterr().out
    assert f"open {elsewhere.url}/device and enter the code ABCD-1234" in told
    assert "good" not in told
    file = tmp_path / "config" / "logins.json"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in file.parent.iterdir() if not path.name.endswith(".lock")] == ["logins.json"]
    server.says("/api/basket/", basket())
    assert vre.basket().name == "For the paper"  # the portal is remembered
    assert server.seen[-1].headers["Authorization"] == "Bearer good"
    assert "good" not in repr(Portal(server.url))


@pytest.mark.parametrize(
    ("code", "words"), [("access_denied", "refused in the browser"), ("expired_token", "expired"), ("invalid_grant", "expired")]
)
def test_sign_ins_that_end_without_a_token(
    server: UnkindServer, elsewhere: UnkindServer, pauses: list[float], tmp_path: Path, code: str, words: str
) -> None:
    offer_login(server, elsewhere)
    elsewhere.answers["/token"] = error(code)
    with pytest.raises(NotSignedIn, match=words):
        vre.login(server.url)
    assert not (tmp_path / "config" / "logins.json").exists()


def test_a_token_that_the_portal_refuses_is_not_saved(
    server: UnkindServer, elsewhere: UnkindServer, pauses: list[float], tmp_path: Path
) -> None:
    offer_login(server, elsewhere)
    elsewhere.answers["/token"] = tokens("bad")
    portal = Portal(server.url, token="good")
    with pytest.raises(NotSignedIn, match="does not accept"):
        portal.login()
    assert not (tmp_path / "config" / "logins.json").exists()
    assert [form(request)["token"] for request in elsewhere.asked("/revoke")] == ["refresh"]
    assert portal.me().username == "lead"  # as before the sign-in


def test_a_login_that_cannot_be_saved_is_revoked(
    server: UnkindServer, elsewhere: UnkindServer, pauses: list[float], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    offer_login(server, elsewhere)
    elsewhere.answers["/token"] = tokens()
    (tmp_path / "config").mkdir(mode=0o700)
    (tmp_path / "config" / "logins.json").mkdir()
    with pytest.raises(VreError, match=r"logins\.json cannot be"):
        Portal(server.url, token="good").login()
    assert len(elsewhere.asked("/revoke")) == 1


def test_no_proxy_reads_a_login_within_this_machine(
    server: UnkindServer, elsewhere: UnkindServer, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_login(server, elsewhere)
    elsewhere.answers["/token"] = tokens()
    with UnkindServer() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        vre.login(server.url)
        vre.logout(server.url)
        assert not proxy.seen


def test_a_hostile_answer_is_neither_shown_nor_used(
    server: UnkindServer, elsewhere: UnkindServer, pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    offer_login(server, elsewhere, verification_uri="javascript:alert(1)")
    with pytest.raises(PortalUnavailable, match="without a code"):
        vre.login(server.url)
    offer_login(server, elsewhere, user_code="A\x1b[2J", verification_uri_complete="javascript:x", interval=10**9)
    elsewhere.answers["/token"] = tokens()
    vre.login(server.url)
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert "javascript" not in told
    assert pauses == [device_login.MAX_INTERVAL]


@pytest.mark.parametrize(
    ("change", "words"),
    [({"issuer": "https://other.example/"}, "calls itself otherwise"), ({"token_endpoint": "http://192.0.2.1/token"}, "not encrypted")],
)
def test_an_identity_service_that_is_not_the_one_named(
    server: UnkindServer, elsewhere: UnkindServer, change: dict[str, str], words: str
) -> None:
    offer_login(server, elsewhere)
    document = dict.fromkeys(("token_endpoint", "device_authorization_endpoint"), f"{elsewhere.url}/x")
    elsewhere.says("/.well-known/openid-configuration", {"issuer": f"{elsewhere.url}/", **document, **change})
    with pytest.raises((PortalUnavailable, NotPossible), match=words):
        vre.login(server.url)


def keep(server: UnkindServer, elsewhere: UnkindServer, access: str, expires_at: float) -> SavedLogin:
    client = oauth.Client("vre-client", "vre-portal", "openid", f"{elsewhere.url}/token", f"{elsewhere.url}/d", f"{elsewhere.url}/revoke")
    login = SavedLogin(server.url)
    login.save(oauth.Tokens(access, "first", expires_at), client)
    return login


def test_an_expired_login_is_renewed_once_by_many(server: UnkindServer, elsewhere: UnkindServer) -> None:
    offer_login(server, elsewhere)
    keep(server, elsewhere, "old", 0)
    elsewhere.answers["/token"] = tokens("good1", refresh_token="second")
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: vre.me().username, range(8)))
    assert names == {"lead"}
    assert [form(request) for request in elsewhere.asked("/token")] == [
        {"client_id": "vre-client", "audience": "vre-portal", "grant_type": "refresh_token", "refresh_token": "first"}
    ]


def test_a_refused_token_is_renewed_and_asked_with_again(server: UnkindServer, elsewhere: UnkindServer, tmp_path: Path) -> None:
    offer_login(server, elsewhere)
    keep(server, elsewhere, "revoked", 10**12)
    elsewhere.answers["/token"] = tokens("good2")
    assert vre.me().username == "lead"
    assert next(iter(saved(tmp_path)["logins"].values()))["access_token"] == "good2"


def test_a_failure_on_the_way_does_not_end_the_login(server: UnkindServer, elsewhere: UnkindServer) -> None:
    offer_login(server, elsewhere)
    login = keep(server, elsewhere, "old", 0)
    elsewhere.answers["/token"] = lambda request: request.give(503, {})
    with pytest.raises(PortalUnavailable):
        vre.me()
    assert login.exists()
    elsewhere.answers["/token"] = error("temporarily_unavailable")
    with pytest.raises(VreError, match="temporarily_unavailable"):
        vre.me()
    elsewhere.answers["/token"] = error("invalid_grant")
    with pytest.raises(NotSignedIn, match=r"expired or was revoked. Call vre.login"):
        vre.me()


def test_signing_out_revokes(server: UnkindServer, elsewhere: UnkindServer, capsys: pytest.CaptureFixture[str]) -> None:
    offer_login(server, elsewhere)
    login = keep(server, elsewhere, "good", 10**12)
    vre.logout()
    assert form(elsewhere.asked("/revoke")[0])["token"] == "first"
    assert not login.exists()
    with pytest.raises(NotSignedIn, match="No portal is known"):
        vre.basket()
    vre.logout(server.url)
    assert "no saved login" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "{", "[]", '{"logins": 5}', '{"logins": {"x": 5}}'])
def test_a_damaged_file_is_no_login(server: UnkindServer, tmp_path: Path, text: str) -> None:
    folder = tmp_path / "config"
    folder.mkdir(mode=0o755)
    (folder / "logins.json").write_text(text)
    with pytest.raises(NotSignedIn, match=r"Call vre.login\(\"http"):
        Portal(server.url).me()


def token_for(url: str) -> str | None:
    return Portal(url)._transport.identity.token()


def test_each_portal_gets_the_token_that_is_for_it(server: UnkindServer, elsewhere: UnkindServer, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(server, elsewhere, "saved", 10**12)
    assert token_for(server.url) == "saved"
    monkeypatch.setenv("PORTAL_URL", f"{server.url}/")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "session")
    assert token_for(server.url) == "session"
    with pytest.raises(NotSignedIn):
        token_for(elsewhere.url)
    monkeypatch.setenv("VRE_TOKEN", "personal")
    assert token_for(server.url) == "personal"
    with pytest.raises(NotSignedIn):
        token_for(elsewhere.url)
    monkeypatch.setenv("VRE_PORTAL_URL", elsewhere.url)
    assert token_for(elsewhere.url) == "personal"
    assert token_for(server.url) == "session"
    assert Portal(server.url, token="given")._transport.identity.token() == "given"


@pytest.mark.parametrize("token", ["a b", "a\nb", "é", "\x7f"])
def test_tokens_that_fit_no_header(token: str) -> None:
    with pytest.raises(NotSignedIn, match="Copy it again"):
        Portal("https://portal.example.org", token=token)


def test_a_folder_that_cannot_be_used_is_named(
    server: UnkindServer, elsewhere: UnkindServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VRE_CONFIG", str(tmp_path / "file" / "x"))
    with pytest.raises(NotPossible, match="cannot be used"):
        keep(server, elsewhere, "x", 0)
