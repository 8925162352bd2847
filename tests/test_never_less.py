"""Signing in never takes anything away: every public address, as everybody who may be signed in, beside the same for a stranger."""

import io
import json
import re
import uuid
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from datalake.reads import service_account
from tests.devstack.rucio_client import token
from tests.public_addresses import NOTHING_TO_SHOW, lacking, make_examples, said
from tests.wall import RULES
from vre_portal import services
from vre_portal.iam.models import Token, User
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.services import Service, ServiceKind

pytestmark = [pytest.mark.integration("rucio", "storage", "iam"), pytest.mark.django_db(transaction=True)]
ROLES = ("lead", "member", "outsider", "newcomer", "admin")
STATES = ("no token", "token ended", "IAM away", "policies not accepted", "lake refuses")
# Words that only strangers need, and those for whom others stand on the pages of who belongs to a project.
STRANGERS_WORDS = (
    "sign in",
    "without an account",
    "project members also see",
    "project members see everybody",
    "that the project's leads add from the software catalogue",
    "outputs of runs that members keep in the data lake",
    "notebooks are for project members",
    "who launched the run, can download",  # whoever launched it has the buttons
    "milo member",
    "each. the other files stay at reana:",
    "only project members can see runs that are not published",
)


@pytest.fixture(autouse=True)
def _fresh(settings: Any, tmp_path: Any) -> None:
    """Nothing is remembered of other tests, and nobody is asked for the policies unless a test says so."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": f"never-less-{uuid.uuid4().hex}"}}
    settings.POLICIES_REQUIRED = False
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def visitor(people: dict[str, User], signed_in: Callable[[str], Client]) -> Callable[[str], Client]:
    """`visitor("lead")` is a client that may ask the lake as that person."""

    def client(name: str) -> Client:
        keep(people[name], "rucio/escape", token(name), timedelta(minutes=30))
        return signed_in(name)

    return client


def keep(user: User, service: str, access: str, lives: timedelta) -> None:
    """Put a token into the vault."""
    row = Token(user=user, service=service, issuer="" if service else user.issuer)
    row.fill(Tokens(access=access, refresh="", identity="", scope="", expires_at=timezone.now() + lives), purpose="test")
    row.save()


@pytest.fixture
def examples(people: dict[str, User]) -> dict[str, list[str]]:
    return make_examples(people)


def body_of(reply: Any) -> bytes:
    return b"".join(reply.streaming_content) if reply.streaming else reply.content


def looked_at(browser: Client, examples: dict[str, list[str]]) -> dict[str, tuple[int, str, bytes]]:
    """Status, media type and content of each address."""
    found = {}
    for addresses in examples.values():
        for address in addresses:
            reply = browser.get(address)
            body = body_of(reply)
            if b"everything=1" in body:  # parts of it come one by one
                body = body_of(browser.get(address, query_params={"everything": "1"}))
            found[address] = (reply.status_code, reply.get("Content-Type", ""), body)
    return found


def less(stranger: tuple[int, str, bytes], person: tuple[int, str, bytes]) -> list[str]:
    """What a person's answer lacks of a stranger's; nothing where the stranger was told nothing."""
    status, media, content = stranger
    if status != 200:
        return []
    if (person[0], person[1]) != (status, media):
        return [f"status {person[0]}, {person[1]}"]
    if media.startswith(("application/json", "application/ld+json")):
        return list(lacking(json.loads(content), json.loads(person[2])))
    if media == "application/zip":
        return sorted(set(zipfile.ZipFile(io.BytesIO(content)).namelist()) - set(zipfile.ZipFile(io.BytesIO(person[2])).namelist()))
    if media.startswith("application/metalink"):
        return [] if person[2].count(b"<file ") >= content.count(b"<file ") else ["files of the list"]
    if media.startswith("text/html"):
        mine, theirs = said(content), said(person[2])
        texts = {text for text in mine.texts - theirs.texts if not any(word in text.lower() for word in STRANGERS_WORDS)}
        links = {link for link in mine.links - theirs.links if not link.startswith("/accounts/login/")}
        return sorted(texts | links)
    if media.startswith("text/csv"):
        return sorted({line[:20].decode() for line in content.splitlines()} - {line[:20].decode() for line in person[2].splitlines()})
    if media.startswith("text/plain"):  # times go on
        return [] if re.sub(rb"\d", b"0", content) == re.sub(rb"\d", b"0", person[2]) else ["other words"]
    return [] if content == person[2] else ["other bytes"]


def compared(stranger: Client, person: Client, examples: dict[str, list[str]]) -> dict[str, list[str]]:
    """The addresses at which the person gets less, and what they lack."""
    cache.clear()
    before = looked_at(stranger, examples)
    after = looked_at(person, examples)
    found = {address: less(before[address], after[address]) for address in before}
    return {address: missing for address, missing in found.items() if missing}


def assert_nothing_less(stranger: Client, person: Client, examples: dict[str, list[str]]) -> None:
    found = compared(stranger, person, examples)
    assert not found, "\n".join(f"{address}: {missing}" for address, missing in found.items())


def test_every_open_route_shows_a_stranger_something(examples: dict[str, list[str]], signed_in: Callable[[str], Client]) -> None:
    shown = looked_at(signed_in("anonymous"), examples)
    empty = {name for name, addresses in examples.items() if not any(shown[address][0] == 200 for address in addresses)}
    assert empty - NOTHING_TO_SHOW.keys() == set()
    assert len(examples) > 30
    assert examples.keys() <= RULES.keys()


@pytest.mark.parametrize("role", ROLES)
def test_no_role_gets_less_than_a_stranger(
    examples: dict[str, list[str]], signed_in: Callable[[str], Client], visitor: Callable[[str], Client], role: str
) -> None:
    assert_nothing_less(signed_in("anonymous"), visitor(role), examples)


def ended(user: User) -> None:
    """The sign-in and what came of it have run out, and there is nothing to renew them by."""
    for name in ("", "rucio/escape"):
        keep(user, name, "gone", timedelta(hours=-1))


@pytest.fixture
def in_state(
    people: dict[str, User],
    signed_in: Callable[[str], Client],
    visitor: Callable[[str], Client],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], Client]:
    """A client of `member`, in one of the states in which they cannot be asked for."""
    own = services.services()

    def away(item: Service) -> Service:
        if item.kind is not ServiceKind.IAM:
            return item
        return Service(item.kind, item.name, item.title, "http://127.0.0.1:1/", item.audience, item.options)

    def client(state: str) -> Client:
        if state == "token ended":
            ended(people["member"])
        elif state == "IAM away":
            ended(people["member"])
            for scope in ("", "KM3NET_ECAP_SP"):  # the portal's own tokens live on for a while
                lake = services.service(ServiceKind.RUCIO, "escape")
                service_account.bytes_token(lake, scope) if scope else service_account.token(lake)
            monkeypatch.setattr(services, "_all", lambda: tuple(map(away, own)))
            people["member"].issuer = "http://127.0.0.1:1/"
            people["member"].save()
        elif state == "policies not accepted":
            settings.POLICIES_REQUIRED = True
            return visitor("member")
        elif state == "lake refuses":
            keep(people["member"], "rucio/escape", "a.b.c", timedelta(minutes=30))
        return signed_in("member")

    return client


@pytest.mark.parametrize("state", STATES)
def test_nobody_whose_name_cannot_be_used_gets_less_than_a_stranger(
    examples: dict[str, list[str]], signed_in: Callable[[str], Client], in_state: Callable[[str], Client], state: str
) -> None:
    person = in_state(state)
    assert_nothing_less(signed_in("anonymous"), person, examples)


def test_the_comparison_notices_what_is_missing() -> None:
    page = "<main><h1>One</h1><p>Two</p><a href='/x/'>Three</a><p class='notice'>not this</p></main>"
    stranger = (200, "text/html", page.encode())
    assert less(stranger, stranger) == []
    assert less(stranger, (200, "text/html", page.replace("Two", "").encode())) == ["Two"]
    assert less(stranger, (200, "text/html", page.replace("/x/", "/y/").encode())) == ["/x/"]
    assert less(stranger, (403, "text/html", page.encode())) == ["status 403, text/html"]
    rows = {"items": [{"name": "a", "account": ""}, {"name": "b"}]}
    assert list(lacking(rows, {"items": [{"name": "b"}, {"name": "a", "account": "lead"}]})) == []
    assert list(lacking(rows, {"items": [{"name": "b"}]})) != []
