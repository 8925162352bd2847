"""A file by redirect to its storage: where to, with which token, and who is sent nowhere."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from datalake.files import direct
from datalake.rucio import Replica
from devstack.address import IAM_ISSUER, STORAGE_URL
from tests.devstack.iam_client import login
from tests.devstack.rucio_client import CA
from vre_portal import services
from vre_portal.audit.models import Use
from vre_portal.iam import oidc
from vre_portal.iam.models import Token, User
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.iam.vault import storage_token
from vre_portal.services import Service, ServiceKind, service

stack = pytest.mark.integration("rucio", "storage", "iam")
Visitor = Callable[[str], Client]
LAKE, FILE = "/datalake/escape/", "KM3NET_ECAP_SP/aeff.fits"
PUBLIC, RESTRICTED = f"{LAKE}direct/{FILE}", f"{LAKE}direct/KM3NET_EMBARGO_SP/candidates_mrk421_simulated.ecsv"
DOOR = {"host": "door.example:8443", "audience": "https://door.example:8443", "prefix": "/pnfs/escape/"}
OPEN = Service(
    ServiceKind.RUCIO, "l", "Lake", "https://rucio.example", "rucio", {"direct": [DOOR], "restricted_scopes": {"SECRET*": ["g"]}}
)
GOOD = "https://door.example:8443/pnfs/escape/s/ab/name"


def offered(pfn: str, scope: str = "s", state: str = "AVAILABLE", lake: Service = OPEN) -> list[tuple[str, str]]:
    found = direct.targets(lake, [Replica(scope, "name", "RSE", state, pfns=(pfn,))])
    return [(item.address, item.scope) for item in found]


def test_a_copy_behind_a_door_is_offered_by_its_path_without_the_prefix() -> None:
    assert offered(GOOD) == [(GOOD, "storage.read:/s/ab/name")]
    assert offered(GOOD.replace("https:", "davs:")) == [(GOOD, "storage.read:/s/ab/name")]
    assert offered(f"{GOOD} ä") == [(f"{GOOD}%20%C3%A4", "storage.read:/s/ab/name%20%C3%A4")]
    assert offered(f"{GOOD}%20x") == [(f"{GOOD}%20x", "storage.read:/s/ab/name%20x")]


@pytest.mark.parametrize(
    "pfn",
    [
        GOOD.replace("https:", "http:"),
        GOOD.replace("https:", "root:"),
        GOOD.replace(":8443", ""),
        GOOD.replace("door.example:8443", "evil.example"),
        GOOD.replace("door.example:8443", "door.example:8443@evil.example"),
        GOOD.replace("door.example:8443", "a@door.example:8443"),
        GOOD.replace("door.example:8443", "door.example:8443.evil.example"),
        GOOD.replace("/pnfs/escape/", "/pnfs/escapee/"),
        GOOD.replace("/s/", "/../"),
        GOOD.replace("/s/", "/%2e%2e/"),
        GOOD.replace("/s/", "/%252e%252e/"),
        GOOD.replace("/s/", "//"),
        GOOD.replace("/s/", "/s\\"),
        GOOD.replace("/s/", "/s%0d%0aX: y/"),
        f"{GOOD}?x=y",
        f"{GOOD}#x",
        "https://door.example:8443/pnfs/escape/",
        "https://door.example:8443",
        "//door.example:8443/pnfs/escape/s/name",
        "javascript:alert(1)",
    ],
)
def test_nothing_else_is_a_target(pfn: str) -> None:
    assert offered(pfn) == []


def test_neither_restricted_data_nor_bad_copies_nor_a_lake_that_says_nothing_are_offered() -> None:
    assert offered(GOOD, scope="SECRET_SP") == []
    assert offered(GOOD, state="UNAVAILABLE") == []
    assert offered(GOOD, lake=replace(OPEN, options={})) == []


@pytest.fixture
def person(people: dict[str, User], visitor: Visitor) -> Visitor:
    """A client of somebody whose sign-in can be exchanged."""

    def client(name: str) -> Client:
        row = Token(user=people[name], service="", issuer=IAM_ISSUER)
        end = timezone.now() + timedelta(minutes=30)
        row.fill(Tokens(access=str(login(name)["access_token"]), refresh="", identity="", scope="", expires_at=end), purpose="test")
        row.save()
        return visitor(name)

    return client


@stack
@pytest.mark.django_db(transaction=True)
def test_the_browser_is_sent_to_one_file_with_a_token_for_it(person: Visitor, people: dict[str, User]) -> None:
    reply = person("lead").get(f"{PUBLIC}?from=DEMO-ANNECY")
    there = urlsplit(reply["Location"])
    assert (reply.status_code, reply.content) == (303, b"")
    assert (f"{there.scheme}://{there.netloc}", there.path.split("/")[1]) == (STORAGE_URL, "annecy")
    assert (reply["Cache-Control"], reply["Referrer-Policy"]) == ("private, no-store", "no-referrer")
    claims = jwt.decode(there.query.removeprefix("authz=Bearer%20"), options={"verify_signature": False})
    assert (claims["scope"], claims["aud"]) == (f"storage.read:{there.path}", STORAGE_URL)
    assert len(requests.get(reply["Location"], verify=str(CA), timeout=10).content) == 11520
    used = Use.objects.filter(person=people["lead"].handle, purpose="download KM3NET_ECAP_SP:aeff.fits from DEMO-ANNECY")
    assert used.get().outcome == "given"
    kept = json.dumps(list(Use.objects.values()), default=str) + repr(list(Token.objects.values()))
    assert there.query[-80:] not in kept


@stack
@pytest.mark.django_db(transaction=True)
def test_the_page_of_the_file_says_what_is_not_checked(visitor: Visitor) -> None:
    text = visitor("lead").get(f"{LAKE}did/{FILE}?everything=1").content.decode()
    assert f"{PUBLIC}?from=DEMO-ANNECY" in text
    assert f"{PUBLIC}?from=DEMO-BOLOGNA" in text
    assert "cannot verify the checksum" in text
    assert text.count("1f08a76a") > 1
    assert "Download from site" not in visitor("member").get(f"{LAKE}did/KM3NET_ECAP_SP/DM.PointSource?everything=1").content.decode()


@stack
@pytest.mark.django_db(transaction=True)
def test_who_may_not_read_gets_the_same_answers_as_from_a_download(person: Visitor, signed_in: Visitor) -> None:
    def answers(client: Client) -> list[tuple[int, str, bool]]:
        found = [client.get(path.replace("/direct/", f"/{view}/")) for path in (PUBLIC, RESTRICTED) for view in ("download", "direct")]
        return [(reply.status_code, reply.get("Location", "").partition("?")[0], b"are restricted" in body(reply)) for reply in found]

    def body(reply: HttpResponse) -> bytes:
        return b"" if reply.streaming else reply.content

    for client, is_redirected in ((signed_in("anonymous"), 302), (person("member"), 303), (signed_in("outsider"), 403)):
        streamed, redirected, closed, closed_too = answers(client)
        assert closed == closed_too
        assert (streamed[0], redirected[0]) == (200, is_redirected)  # through the portal public data are for everybody
    assert person("newcomer").get(PUBLIC).status_code == 403  # an IAM that gives a token does not make a lake know anybody


@stack
@pytest.mark.django_db(transaction=True)
def test_restricted_data_go_through_the_portal_alone(person: Visitor) -> None:
    reply = person("lead").get(RESTRICTED)
    assert (reply.status_code, b"Direct download not available" in reply.content) == (403, True)
    assert RESTRICTED.replace("/direct/", "/download/").encode() in reply.content


@stack
@pytest.mark.django_db(transaction=True)
def test_another_sites_page_fetches_no_token_and_neither_does_a_look_at_the_head(person: Visitor) -> None:
    client = person("lead")
    for reply in (client.get(PUBLIC, headers={"Sec-Fetch-Site": "cross-site"}), client.head(PUBLIC)):
        assert (reply.status_code, reply["Location"]) == (302, f"{LAKE}did/{FILE}")
    assert client.get(PUBLIC, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    assert client.post(PUBLIC).status_code == 405


@stack
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("given", ["openid", "storage.read:/annecy", "storage.read:/annecy/KM3NET_ECAP_SP/other"])
def test_a_token_that_opens_anything_else_is_taken_back(
    person: Visitor, people: dict[str, User], monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    person("lead")
    revoked: list[str] = []
    real = oidc.by_exchange
    monkeypatch.setattr(oidc, "by_exchange", lambda iam, subject, *, audience, scope: real(iam, subject, audience=audience, scope=given))
    monkeypatch.setattr(oidc, "revoke", lambda _iam, value: revoked.append(value))
    with pytest.raises(storage_token.TooBroad):
        path_token(people["lead"])
    assert len(revoked) == 1


def path_token(user: User, seconds: int = 300) -> str:
    lake = service(ServiceKind.RUCIO, "escape")
    wanted = "storage.read:/annecy/KM3NET_ECAP_SP/x"
    return storage_token.path_token(user, lake, audience=STORAGE_URL, scope=wanted, seconds=seconds, purpose="test")


@stack
@pytest.mark.django_db(transaction=True)
def test_a_token_that_lives_too_long_is_taken_back(person: Visitor, people: dict[str, User]) -> None:
    person("lead")
    assert path_token(people["lead"])
    with pytest.raises(storage_token.TooBroad):
        path_token(people["lead"], seconds=60)


@stack
@pytest.mark.django_db(transaction=True)
def test_a_lake_that_opens_no_door_sends_nobody_away(person: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    client, own = person("lead"), services.services()
    closed = tuple(replace(item, options={**item.options, "direct": []}) if item.kind is ServiceKind.RUCIO else item for item in own)
    monkeypatch.setattr(services, "_all", lambda: closed)
    assert client.get(PUBLIC).status_code == 403
    assert "Download from site" not in client.get(f"{LAKE}did/{FILE}").content.decode()
