"""A person's tokens lie open nowhere, whatever they do in the running portal and whatever fails meanwhile."""

import base64
import re
import time
import uuid
from collections.abc import Callable, Iterator

import psycopg
import pytest
import requests
from django.conf import settings
from django.core import signing

from devstack.address import PORTAL_URL, database_url, secret, subject
from tests import stack
from tests.devstack.rucio_client import CA, upload
from tests.notebooks.visitor import Visitor, token_of
from tests.portal_client import ended, launch, post, stopped, wait_until
from tests.security.places import Place, Watched, files, held, hits, in_redis, processes, shapes, tables, temporary
from vre_portal.encryption import encrypt

SERVERS = ("storage", "rucio", "reana", "hub", "records", "iam")
DATA = "/datalake/escape/{}/KM3NET_ECAP_SP/aeff.fits"
PAGES = ("/", "/dashboard/", "/me/", "/me/?format=json", "/me/sessions/", "/me/identities/", "/me/activity/", "/me/services/", "/me/export/", "/projects/",
         "/projects/km3net/", "/projects/km3net/people/", "/projects/km3net/workflows/", "/projects/km3net/notebooks/", "/projects/km3net/activity/",
         "/datalake/escape/", "/datalake/escape/rses/", "/datalake/escape/did/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf", "/catalog/software/",
         "/search/?q=km3", "/status/", "/status.json")  # fmt: skip
BROKEN = ("/datalake/escape/did/NO_SCOPE/nothing", "/datalake/escape/download/NO_SCOPE/nothing?format=json", "/datalake/escape/rules/0/",
          "/accounts/oidc/iam/login/callback/?code=x&state=x", "/accounts/oidc/iam/login/callback/?error=access_denied", "/%00", "/nothing/")  # fmt: skip
STAFF = ("/control/", "/control/iam/user/", "/control/projects/project/", "/audit/", "/audit/?format=csv")
STORED = "stored-canary-0123456789abcdef"  # a service's own token, as REANA 0.9 gives one


def see(browser: requests.Session, *paths: str) -> dict[str, int]:
    return {path: browser.get(PORTAL_URL + path, timeout=30).status_code for path in paths}


def store(cursor: psycopg.Cursor, name: str) -> None:
    """Keep a service's own token for a person, as its form does where such a service is configured."""
    (user,) = cursor.execute("SELECT id FROM iam_user WHERE subject = %s", [subject(name)]).fetchone() or (0,)
    cursor.execute("DELETE FROM stored_storedtoken WHERE user_id = %s", [user])
    sealed = encrypt(STORED, owner=f"{user}/stored/reana/reana")
    cursor.execute(
        "INSERT INTO stored_storedtoken (user_id, service, sealed, stored_at) VALUES (%s, 'reana/reana', %s, now())", [user, sealed]
    )


def keep(browser: requests.Session, number: int, cursor: psycopg.Cursor) -> None:
    """Put the outputs of a run into the lake."""
    where = f"/projects/km3net/workflows/{number}/keep/"
    deadline = time.monotonic() + 60
    while not (paths := re.findall(r'name="chosen"\s+value="([^"]+)"', page := browser.get(PORTAL_URL + where, timeout=20).text)):
        assert time.monotonic() < deadline, page[-3000:]  # the form comes when the files have been copied
        time.sleep(0.5)
    form = {
        "key": str(uuid.uuid4()),
        "dataset": f"DM.Canary-{uuid.uuid4().hex[:8]}.csv",
        "chosen": paths,
        "copy_rse": "DEMO-ANNECY",
        "public": "on",
    }
    assert post(browser, where, form).status_code == 302, page[-3000:]
    query = "SELECT 1 FROM workflows_keep WHERE key = %s AND rule <> ''"
    wait_until(lambda: bool(cursor.execute(query, [form["key"]]).fetchone()), "the worker did not upload and ask for the copy")


def main_path(visitor: Visitor, cursor: psycopg.Cursor) -> None:
    """Everything that a lead does in a day."""
    browser = visitor.browser
    answers = see(browser, *PAGES, DATA.format("did"), DATA.format("preview"), DATA.format("download"))
    assert {path: status for path, status in answers.items() if status != 200} == {}
    # A file that nobody has looked at: a preview is kept, and only a new one is made by a process of its own.
    fits = browser.get(PORTAL_URL + DATA.format("download"), timeout=20).content
    preview = f"/datalake/escape/preview/user.lead/{upload('lead', 'user.lead', fits, '.fits')}"
    assert see(browser, preview) == {preview: 200}
    number = launch(browser)["number"]
    visitor.be_sent_on(visitor.open_notebook())
    assert (
        post(browser, "/me/services/", {"service": "reana/reana", "token": STORED}).status_code == 400
    )  # no such service here: refused, not repeated
    assert ended(browser, number)["status"] == "finished"
    see(browser, f"/projects/km3net/workflows/{number}/", *(f"/projects/km3net/{part}/" for part in ("results", "data", "software")))
    keep(browser, number, cursor)
    visitor.stop()


def hand_out() -> str:
    """A token for one file, from the one answer that has it in an address; followed, so that the storage has seen it, too."""
    reply = stack.portal_session("lead").get(PORTAL_URL + DATA.format("direct"), allow_redirects=False, timeout=20)
    assert reply.status_code == 303
    for there in (reply.headers["Location"], reply.headers["Location"].replace("aeff", "nothing")):
        requests.get(there, verify=str(CA), timeout=20)
    return reply.headers["Location"].partition("Bearer%20")[2]


def failures(browser: requests.Session) -> None:
    """Pages of what is not there, odd requests, and every page while all servers are away."""
    see(browser, *BROKEN)
    for path, headers in (("/projects/resources/", {}), ("/me/", {"Host": "evil.example"}), ("/me/", {"X-CSRFToken": "x" * 9000})):
        browser.post(PORTAL_URL + path, data={"kind": "did"}, headers=headers, timeout=20)
    with stopped(*SERVERS):
        answers = see(browser, *PAGES, *BROKEN, DATA.format("preview"), DATA.format("download"), "/datalake/escape/rses/DEMO-ANNECY/")
        post(browser, "/accounts/login/", {"iam": "iam"})
    assert any(status >= 500 for status in answers.values())


def sign_out(browser: requests.Session, cursor: psycopg.Cursor) -> None:
    """By the button, so that the worker takes the tokens back."""
    form = {"csrfmiddlewaretoken": token_of(browser.get(f"{PORTAL_URL}/me/", timeout=20).text)}
    reply = browser.post(f"{PORTAL_URL}/accounts/logout/", data=form, headers={"Origin": PORTAL_URL}, allow_redirects=False, timeout=20)
    assert reply.status_code == 302
    query = "SELECT 1 FROM iam_token t JOIN iam_user u ON u.id = t.user_id WHERE u.subject = %s AND t.retired_at IS NOT NULL"
    wait_until(lambda: not cursor.execute(query, [subject("lead")]).fetchone(), "the worker did not take the tokens back", 90)


@pytest.mark.timeout(300)
@pytest.mark.integration("postgres", "redis", "portal", *SERVERS)
def test_no_token_lies_open(portal_session: Callable[[str], requests.Session]) -> None:
    began, seen = time.time(), Watched()
    with psycopg.connect(database_url("portal"), autocommit=True) as connection, connection.cursor() as cursor, processes() as running:
        visitor = Visitor("lead")
        seen.watch(visitor.browser)
        store(cursor, "lead")
        secrets = {STORED} | held(cursor, "lead")
        main_path(visitor, cursor)
        secrets |= held(cursor, "lead") | {hand_out()}
        failures(visitor.browser)
        assert 200 in see(seen.watch(portal_session("admin")), *STAFF).values()
        secrets |= held(cursor, "lead") | held(cursor, "admin")
        assert len(secrets) >= 6  # two of each sign-in, one for the lake, one for REANA, and the stored one
        places: list[Place] = [*tables(cursor), *in_redis()]
        sign_out(visitor.browser, cursor)
        places += [*tables(cursor), *in_redis(), *files(), *temporary(began), *seen.places]
        cursor.execute("DELETE FROM stored_storedtoken WHERE sealed <> '' AND service = 'reana/reana'")
    everything = [*places, *running.items()]
    assert hits(everything, secrets) == []
    keys = {*settings.VAULT_KEYS, settings.SECRET_KEY, secret("client-portal"), secret("hub-service-portal")}
    assert hits(places, keys) == []
    children = [(name, text) for name, text in running.items() if "preview_child" in name]
    assert children  # a preview was made meanwhile
    assert hits(children, keys) == []
    kinds = {place.split(" ")[0] for place, _ in everything}
    assert kinds >= {"table", "session", "Redis", "GET", "POST", "process"}
    assert len(everything) > 150


def hiding_places() -> Iterator[tuple[str, str]]:
    token = "header.payload.Signature-of_some-length0123456789"
    yield token, f"GET /x?access_token={token} HTTP/1.1"
    yield token, f"… {token.rpartition('.')[2]}"
    yield token, base64.b64encode(f"user:{token}:rest".encode()).decode()
    yield token, repr(signing.loads(signing.dumps({"deep": [{"token": token}]}, compress=True)))


@pytest.mark.parametrize(("token", "text"), list(hiding_places()))
def test_what_is_looked_for_would_be_found(token: str, text: str) -> None:
    assert hits([("place", text)], [token]) == ["place"]
    assert hits([("place", "nothing")], [token]) == []
    assert all(len(shape) > 15 for shape in shapes(token))
