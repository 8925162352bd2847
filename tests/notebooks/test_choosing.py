"""Data that were chosen for a notebook: nothing is lost of their name, nobody gets what is closed, and no session claims to have what it has not."""

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from datalake import rucio
from projects.models import Project
from projects.notebooks import choosing, services, views, worker
from projects.notebooks.choosing import Chosen
from projects.notebooks.hub_answers import Server
from projects.notebooks.models import Session
from tests.factories import make_project
from tests.notebooks.conftest import BadHub, MakeSession, started
from vre_portal import services as registry
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, service

SignIn = Callable[..., Client]
NASTY = ["a\"b'c\\n{x}", "a/b+c%2F d", "\u202egpj.é\U0001f600", "a\nb\r\n", "`$x`|<b>", "'''\"\"\"", "x" * 250, "x" * 500, "..", "-x"]
OPEN = "/projects/notebook-test/notebooks/open/"
INDEX = "/projects/notebook-test/notebooks/"


def data(name: str = "aeff.fits", scope: str = "KM3NET_ECAP_SP") -> Chosen:
    return Chosen(service(ServiceKind.RUCIO), scope, name)


@pytest.mark.parametrize("name", NASTY)
def test_an_address_carries_any_name(name: str) -> None:
    chosen = data(name)
    query = QueryDict(chosen.query)
    assert choosing.read(query["lake"], query["did"]) == chosen


@pytest.mark.parametrize("did", ["", "x", ":x", "x:", "a b:c", "a/b:c", f"{'a' * 65}:c", f"a:{'c' * 501}", "a:\0", "a:\ud800"])
def test_what_no_lake_could_have_is_nothing(did: str) -> None:
    assert choosing.read("escape", did) is None
    assert choosing.read("no-such-lake", "a:b") is None


@pytest.mark.parametrize(
    ("size", "limit", "words"),
    [
        (11 * 10**9, 10, "These data are 11.0 GB; the disk of a session is intended for at most 10 GB."),
        (10 * 10**9, 10, ""),
        (None, 10, ""),
        (10**15, 0, ""),
    ],
)
def test_who_opens_much_is_warned(size: int | None, limit: int, words: str) -> None:
    hub = Service(ServiceKind.JUPYTERHUB, "hub", "Hub", "", options={"session_gigabytes": limit})
    assert choosing.too_large(hub, rucio.Did("S", "n", "DATASET", bytes=size)) == words


@pytest.mark.django_db
def test_a_form_sent_twice_is_one_session_with_the_data(project: Project, signed_in: SignIn) -> None:
    key = str(uuid.uuid4())
    for _ in range(2):
        reply = signed_in("member").post(f"{OPEN}?{data(NASTY[0]).query}", {"key": key})
        assert reply["Location"].endswith("/?go=1")
    session = Session.objects.get()
    assert (session.lake, session.did, session.given) == ("escape", f"KM3NET_ECAP_SP:{NASTY[0]}", False)
    assert session.state == "asked"


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["asked", "starting", "ready"])
def test_a_session_that_lives_already_is_left_alone_and_the_page_says_so(make_session: MakeSession, signed_in: SignIn, state: str) -> None:
    session = make_session(state=state)
    reply = signed_in("member").post(f"{OPEN}?{data().query}", {"key": str(uuid.uuid4())})
    assert reply["Location"] == f"{INDEX}?{data().query}"
    session.refresh_from_db()
    assert (session.state, session.did) == (state, "")


@pytest.mark.django_db
def test_one_that_waits_for_the_browser_takes_the_data_along(make_session: MakeSession, project: Project) -> None:
    session = make_session(state="sign-in")
    hub = service(ServiceKind.JUPYTERHUB)
    found = services.open_session(by=session.by, project=project, hub=hub, key=uuid.uuid4(), chosen=data())
    assert found == session
    assert (found.state, found.did) == ("sign-in", "KM3NET_ECAP_SP:aeff.fits")


@pytest.mark.django_db
@pytest.mark.parametrize("more", [{}, {"anew": "on"}])
def test_one_that_is_stopping_is_opened_again_with_the_data(make_session: MakeSession, signed_in: SignIn, more: dict[str, str]) -> None:
    session = make_session(state="stopping")
    reply = signed_in("member").post(f"{OPEN}?{data().query}", {"key": str(uuid.uuid4()), **more})
    assert reply["Location"].endswith("/?go=1")
    session.refresh_from_db()
    assert (session.state, session.anew, session.did) == ("asked", True, "KM3NET_ECAP_SP:aeff.fits")


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["asked", "starting"])
def test_only_a_session_that_runs_is_begun_anew(make_session: MakeSession, signed_in: SignIn, state: str) -> None:
    session = make_session(state=state)
    signed_in("member").post(f"{OPEN}?{data().query}", {"key": str(uuid.uuid4()), "anew": "on"})
    session.refresh_from_db()
    assert (session.state, session.anew, session.did) == (state, False, "")


@pytest.mark.django_db
def test_beginning_anew_counts_once_and_no_old_look_at_the_hub_undoes_it(make_session: MakeSession, signed_in: SignIn) -> None:
    session, key = make_session(state="ready", path="/user/x/", checked_at=timezone.now()), str(uuid.uuid4())
    before = Session.objects.get()
    for _ in range(2):
        reply = signed_in("member").post(f"{OPEN}?{data().query}", {"key": key, "anew": "on"})
        assert reply["Location"] == f"{session.get_absolute_url()}?go=1"
    server = Server("x", session.server, True, "", "/user/x/", None, None)
    for seen in (server, None):
        worker.reconcile(before, seen)
        session.refresh_from_db()
        assert (session.state, session.anew, session.did) == ("asked", True, "KM3NET_ECAP_SP:aeff.fits")
        before.state = "ready"
    session.is_gone()
    worker.reconcile(session, server)
    assert session.state == "ready"
    signed_in("member").post(f"{OPEN}?{data().query}", {"key": key, "anew": "on"})  # the same form once more, long after
    session.refresh_from_db()
    assert session.state == "ready"


@pytest.mark.django_db
def test_a_worker_that_comes_late_ends_nothing_that_another_one_started(
    make_session: MakeSession, bad_hub: BadHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = make_session(anew=True, did="KM3NET_ECAP_SP:aeff.fits", lake="escape")
    Session.objects.update(state="ready", anew=False, given=True)
    started(session)
    assert bad_hub.asked == []
    assert session.state == "ready"


@pytest.mark.django_db
def test_a_server_that_ran_already_is_not_said_to_have_the_data(make_session: MakeSession, use_a_server_that_runs: None) -> None:
    session = make_session(did="KM3NET_ECAP_SP:aeff.fits", lake="escape")
    started(session)
    assert session.state == "ready"
    assert session.lacks_data
    assert views.next_stop(session) == f"{INDEX}?{data().query}"
    session.was_given_data()
    assert views.next_stop(session) == f"{session.get_absolute_url()}lab/"


@pytest.fixture
def use_a_server_that_runs(bad_hub: BadHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub at which the person's server was started by somebody else than the portal."""
    running = Server("x", "notebook-test", True, "", "/user/x/", None, None)
    monkeypatch.setattr(worker.jupyterhub, "server_state", lambda *_: running)


@pytest.mark.django_db
def test_without_a_sign_in_for_the_lake_nothing_is_started_and_the_reason_is_told(
    make_session: MakeSession, bad_hub: BadHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.jupyterhub, "server_state", lambda *_: None)
    session = make_session(did="KM3NET_ECAP_SP:aeff.fits", lake="escape")
    started(session)
    assert session.state == "failed"
    assert "KM3NET_ECAP_SP:aeff.fits could not be fetched: Your sign-in has expired" in session.message
    assert bad_hub.asked == []


@pytest.mark.django_db
def test_closed_data_are_in_nobodys_notebook_who_may_not_see_them(project: Project, signed_in: SignIn) -> None:
    closed = data("secret", "KM3NET_EMBARGO_SP")
    for reply in (
        signed_in("member").get(f"/notebooks/use/?{closed.query}"),
        signed_in("member").get(f"{INDEX}?{closed.query}"),
        signed_in("member").post(f"{OPEN}?{closed.query}", {"key": str(uuid.uuid4())}),
    ):
        assert reply.status_code == 403
        assert "Only members of certain groups" in reply.content.decode()
    assert not Session.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "?lake=escape", "?did=a:b", "?lake=nowhere&did=a:b", "?lake=escape&did=ab"])
def test_what_names_no_data_is_no_page(project: Project, signed_in: SignIn, query: str) -> None:
    assert signed_in("member").get(f"/notebooks/use/{query}").status_code == 404
    if query:
        assert signed_in("member").get(f"{INDEX}{query}").status_code == 404
        assert signed_in("member").post(f"{OPEN}{query}", {"key": str(uuid.uuid4())}).status_code == 404
    assert not Session.objects.exists()


@pytest.mark.django_db
def test_data_of_a_lake_that_the_hub_is_not_at_start_nothing(project: Project, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    second = replace(service(ServiceKind.RUCIO), name="second", title="Second lake")
    known = (*registry.services(), second)
    monkeypatch.setattr(registry, "_all", lambda: known)
    chosen = Chosen(second, "S", "n")
    reply = signed_in("member").post(f"{OPEN}?{chosen.query}", {"key": str(uuid.uuid4())})
    assert reply["Location"] == f"{INDEX}?{chosen.query}"
    assert not Session.objects.exists()


@pytest.mark.django_db
def test_strangers_to_a_project_read_its_page_as_ever_whatever_data_the_address_names(
    project: Project, people: dict[str, User], signed_in: SignIn
) -> None:
    make_project(slug="hidden", lead=people["lead"])
    for name in ("anonymous", "outsider"):
        page = signed_in(name).get(f"{INDEX}?{data('x', 'KM3NET_EMBARGO_SP').query}")
        assert page.status_code == 200
        assert "notebooks/open/" not in page.content.decode()
        assert signed_in(name).get(f"/projects/hidden/notebooks/?{data().query}").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("name", NASTY)
def test_the_page_shows_any_name_for_what_it_is_and_sends_it_on_whole(
    project: Project, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """With a lake that takes more names than the real one here does."""
    large = rucio.Did("KM3NET_ECAP_SP", name, "DATASET", bytes=2 * 10**13, length=7)
    monkeypatch.setattr(Chosen, "seen_by", lambda *_: large)
    page = signed_in("member").get(f"{INDEX}?{data(name).query}").content.decode()
    action = re.search(rf'action="{OPEN}\?([^"]+)"', page)
    assert action
    query = QueryDict(unescape(action[1]))
    assert choosing.read(query["lake"], query["did"]) == data(name)
    shown = unescape(re.sub(r"<[^>]*>", "", page))
    assert f"KM3NET_ECAP_SP:{name}".replace("\u202e", "\ufffd").replace("\r", "\ufffd") in shown
    assert "\u202e" not in shown
    assert "These data are 20.0 TB; the disk of a session is intended for at most 10 GB." in shown
