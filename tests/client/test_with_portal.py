"""The package `vre` with the running portal: signed in by code at the real IAM, with a real basket and real files of the lake."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

import vre
from devstack.address import IAM_ISSUER, PORTAL_URL
from tests.devstack.iam_client import sign_in
from tests.stack import portal_session
from vre import device_login, oauth, saved_login

pytestmark = pytest.mark.integration("portal", "iam", "rucio", "storage")
PERSON = "member"
SCOPE, DATASET = "KM3NET_ECAP_SP", "DM.PointSourceIRF.km3irf"


def confirm(page: str, action: str = "confirm") -> None:
    """What the person does in the browser, at the address with the code in it."""
    browser = sign_in(PERSON)
    token = re.search(r'name="csrfmiddlewaretoken"\s+value="([^"]+)"', browser.get(page, timeout=10).text)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "action": action}
    reply = browser.post(page, data=form, headers={"Origin": IAM_ISSUER.rstrip("/"), "Referer": page}, timeout=10)
    assert reply.status_code == 200


def sign_in_by_code(patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], action: str = "confirm") -> vre.Person:
    """`vre.login`, whose first pause is used by the person to confirm."""
    pages: list[str] = []

    def pause(_seconds: float) -> None:
        if not pages:
            pages.append(re.findall(r"open (\S+\?code=[A-Z0-9-]+)", capsys.readouterr().out, re.IGNORECASE)[0])
            confirm(pages[0], action)

    patch.setattr(device_login.wait, "__defaults__", (pause,))
    return vre.login(PORTAL_URL)


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[vre.Person]:
    """Somebody who has used the portal before, at a program of their own."""
    for name in ("VRE_PORTAL_URL", "PORTAL_URL", "VRE_TOKEN", "JUPYTERHUB_API_TOKEN", "VRE_LAKE_MOUNTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VRE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("VRE_CONFIG", str(tmp_path / "config"))
    portal_session(PERSON)
    yield sign_in_by_code(monkeypatch, capsys)
    vre.logout(PORTAL_URL)


def test_a_basket_is_filled_and_its_files_read(signed_in: vre.Person) -> None:
    assert signed_in.username == PERSON
    assert {"basket:read", "basket:write", "data:read"} <= set(signed_in.scopes)
    added = vre.basket().add("did", f"escape:{SCOPE}:{DATASET}", note="from a program")
    basket = vre.basket()
    assert basket.id in {found.id for found in vre.baskets()}
    [item] = [found for found in basket if found.id == added.id]
    assert (item.lake, item.scope, item.name, item.type, item.note) == ("escape", SCOPE, DATASET, "DATASET", "from a program")
    folder = item.path()
    files = sorted(folder.iterdir())
    assert len(files) == 5
    assert all(file.stat().st_size for file in files)
    one = basket.add("did", f"escape:{SCOPE}:{files[0].name}")
    assert one.is_file
    assert one.path().read_bytes() == files[0].read_bytes()
    with one.open() as content:
        assert zlib.adler32(content.read()) == zlib.adler32(files[0].read_bytes())
    for found in (one, item):
        basket.remove(found)
    assert not {added.id, one.id} & {found.id for found in vre.basket()}


def test_an_expired_token_is_renewed_for_the_same_audience(signed_in: vre.Person) -> None:
    login = saved_login.SavedLogin(PORTAL_URL)
    held = login._entry()
    assert held
    client = oauth.Client.read(held["client"])
    assert client
    login.save(oauth.Tokens("expired", held["refresh_token"], 0), client)
    assert vre.me() == signed_in
    assert (login._entry() or {})["access_token"] != "expired"


def test_signing_out_makes_the_saved_login_useless(signed_in: vre.Person) -> None:
    held = saved_login.SavedLogin(PORTAL_URL)._entry()
    assert held
    vre.logout(PORTAL_URL)
    form = {"grant_type": "refresh_token", "client_id": held["client"]["client_id"], "refresh_token": held["refresh_token"]}
    assert requests.post(f"{IAM_ISSUER}token", data=form, timeout=10).status_code == 400
    with pytest.raises(vre.NotSignedIn):
        vre.Portal(PORTAL_URL).me()


def test_a_sign_in_that_is_refused(signed_in: vre.Person, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(vre.NotSignedIn, match="refused in the browser"):
        sign_in_by_code(monkeypatch, capsys, "deny")


def test_what_one_may_not_see_is_not_found(signed_in: vre.Person) -> None:
    with pytest.raises(vre.VreError, match="no such basket"):
        vre.basket(999_999_999)
    with pytest.raises(vre.NotFound, match="no such thing"):
        vre.basket().add("software", "nothing")


def test_without_offline_access_there_is_no_refresh_token(signed_in: vre.Person) -> None:
    held = (saved_login.SavedLogin(PORTAL_URL)._entry() or {})["client"]
    client = oauth.Client(**{**held, "scopes": "openid"})
    code = device_login.begin(client)
    confirm(code.page_with_code)
    tokens = device_login.wait(client, code, lambda _seconds: None)
    assert tokens.access_token
    assert tokens.refresh_token == ""
