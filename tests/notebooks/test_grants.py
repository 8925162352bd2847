"""The hub asks the portal before each start, and the portal deals with what runs all the same: at a real hub with the hook that other hubs get, too."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.test import Client

from projects.models import Membership, Project
from projects.notebooks import found_servers, tasks, worker
from projects.notebooks.models import FoundServer, Session
from tests.factories import make_project
from tests.notebooks.conftest import TOKEN, opened, stopped, use_service
from tests.notebooks.own_hub import OwnHub
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.policies.services import accept
from vre_portal.policies.texts import policies
from vre_portal.services import ServiceKind, service

Somebody = Callable[..., tuple[User, str]]
ADDRESS = "/notebooks/may-start/"


def ask(browser: Client, user: str, server: str, secret: str = TOKEN) -> dict[str, object]:
    body = json.dumps({"user": user, "server": server})
    reply = browser.post(ADDRESS, body, content_type="application/json", headers={"Authorization": f"Bearer {secret}"})
    assert reply.status_code == 200, reply.content
    found: dict[str, object] = reply.json()
    return found


def sweep() -> list[int]:
    """What the sweep does at the one hub, its messages done at once."""
    found = worker.look_at_all(service(ServiceKind.JUPYTERHUB, "hub"))
    for pk in found:
        found_servers.settle(pk)
    return found


class TestAtTheHub:
    """What people may start at the hub's own page and its API."""

    pytestmark = pytest.mark.django_db(transaction=True)

    def test_a_granted_project_starts_and_becomes_a_session(self, own_hub: OwnHub, somebody: Somebody) -> None:
        person, token = somebody("granted")
        assert own_hub.api("POST", f"/users/{person.subject}/servers/granted", token).status_code in (201, 202)
        own_hub.wait_for(person.subject, "granted", ready=True)
        sweep()
        session = Session.objects.get(by=person)
        assert (session.state, session.project.slug, session.path) == ("ready", "granted", f"/user/{person.subject}/granted/")
        assert "directly in JupyterHub" in session.message
        assert AuditEntry.objects.filter(action="notebook.adopt", subject="project/granted").exists()
        assert sweep() == []
        session.asked_to_stop("You stopped it.")
        assert stopped(session).state == "stopped"
        assert not own_hub.servers(person.subject)["granted"]["ready"]

    def test_who_lost_the_role_starts_nothing_in_any_name(self, own_hub: OwnHub, somebody: Somebody) -> None:
        person, token = somebody("lost")
        session = opened(person, "lost")
        Membership.objects.filter(user=person).delete()
        assert worker.of_those_who_left(person.pk) == [session]
        assert stopped(session).state == "stopped"
        assert "may no longer use notebooks" in session.message
        for name in ("lost", "other"):
            reply = own_hub.api("POST", f"/users/{person.subject}/servers/{name}", token)
            assert reply.status_code == 409, reply.text
            assert "no project with this name in which you can use notebooks" in reply.json()["message"]
        reply = own_hub.api("POST", f"/users/{person.subject}/server", token)
        assert reply.status_code == 400, reply.text  # this spawner's own check of names is asked first
        assert not any(facts["ready"] or facts["pending"] for facts in own_hub.servers(person.subject).values())

    def test_the_page_of_the_hub_tells_why(self, own_hub: OwnHub, somebody: Somebody) -> None:
        person, _ = somebody()
        browser = requests.Session()
        form = browser.get(f"{own_hub.url}/hub/login", timeout=20)
        xsrf = browser.cookies["_xsrf"]
        browser.post(f"{own_hub.url}/hub/login", params={"_xsrf": xsrf}, data={"username": person.subject, "password": "x"}, timeout=20)
        page = browser.get(f"{own_hub.url}/hub/spawn/{person.subject}/not-mine", timeout=20)
        assert form.status_code == 200
        assert "no project with this name in which you can use notebooks" in page.text

    def test_while_the_portal_is_away_nothing_starts_and_it_says_so(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        hub = OwnHub(tmp_path_factory.mktemp("away"), TOKEN)
        hub.start("http://127.0.0.1:1")
        try:
            reply = hub.api("POST", "/users/someone/servers/any", hub.know("someone"))
        finally:
            hub.end()
        assert reply.status_code == 424
        assert "Try again in a minute" in reply.json()["message"]


class TestFound:
    """Servers that run and that no session is for."""

    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.fixture
    def running(self, own_hub: OwnHub, somebody: Somebody) -> User:
        """Somebody whose server runs, though the portal forgot its session and took the role away."""
        person, _ = somebody("forgotten")
        assert opened(person, "forgotten").state == "ready"
        Session.objects.filter(by=person).delete()
        Membership.objects.filter(user=person).delete()
        return person

    def test_it_is_stopped_and_the_reason_is_told_and_recorded(self, own_hub: OwnHub, running: User) -> None:
        Project.objects.update(visibility="public")
        sweep()
        own_hub.wait_for(running.subject, "forgotten", ready=False)
        row, session = FoundServer.objects.get(), Session.objects.get(by=running)
        assert row.outcome == "stopped"
        assert session.state == "stopped"
        for words in (row.why, session.message):
            assert "may no longer use notebooks" in words
        record = AuditEntry.objects.get(action="notebook.stop")
        assert (record.actor, record.facts["whose"]) == (None, str(running.handle))
        assert "may no longer use notebooks" in record.facts["why"]
        assert sweep() == []
        row.refresh_from_db()
        assert row.ended_at
        browser = Client()
        browser.force_login(running)
        assert "may no longer use notebooks" in browser.get("/notebooks/").content.decode()

    def test_a_name_that_was_guessed_tells_nothing_of_the_hidden_project(self, own_hub: OwnHub, running: User) -> None:
        Project.objects.update(visibility="members", title="CANARY")
        sweep()
        own_hub.wait_for(running.subject, "forgotten", ready=False)
        assert FoundServer.objects.get().outcome == "stopped"
        browser = Client()
        browser.force_login(running)
        assert "you can use notebooks" in browser.get("/notebooks/").content.decode()
        assert "CANARY" not in browser.get("/me/export/").content.decode()

    def test_of_a_person_whom_the_portal_does_not_know_it_is_stopped_too(self, own_hub: OwnHub, running: User) -> None:
        running.identities.update(subject="another")
        sweep()
        own_hub.wait_for(running.subject, "forgotten", ready=False)
        row = FoundServer.objects.get()
        assert (row.outcome, row.by) == ("stopped", None)
        assert "no active account" in AuditEntry.objects.get(action="notebook.stop").facts["why"]

    def test_at_a_shared_hub_what_is_nobodys_of_the_portal_is_left_alone(
        self, own_hub: OwnHub, running: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use_service(monkeypatch, own_hub.url, {"token": TOKEN, "shared": True})
        running.identities.update(subject="another")
        sweep()
        assert own_hub.servers(running.subject)["forgotten"]["ready"]
        assert FoundServer.objects.get().outcome == "found"

    def test_a_session_that_was_opened_meanwhile_is_left_alone(self, own_hub: OwnHub, running: User) -> None:
        found = worker.look_at_all(service(ServiceKind.JUPYTERHUB, "hub"))
        Session.objects.create(
            by=running, project=Project.objects.get(), hub="hub", server="forgotten", key=uuid.uuid4(), state=Session.State.STARTING
        )
        found_servers.settle(found[0])
        assert own_hub.servers(running.subject)["forgotten"]["ready"]
        assert FoundServer.objects.get().ended_at

    def test_an_odd_one_costs_only_itself(self, own_hub: OwnHub, running: User) -> None:
        hub = service(ServiceKind.JUPYTERHUB, "hub")
        listing = worker.jupyterhub.running(hub)
        odd = next(iter(listing.servers.values()))
        servers = {("x" * 300, "long"): odd, **listing.servers, (running.subject, "n\0l"): odd, ("nobody", ""): odd}
        found = found_servers.note(hub, worker.jupyterhub.Running(servers, True), set())
        assert len(found) == 2
        for pk in found:
            tasks.settle(pk)
        own_hub.wait_for(running.subject, "forgotten", ready=False)

    def test_a_list_that_is_not_whole_ends_no_row(self, own_hub: OwnHub, running: User) -> None:
        hub = service(ServiceKind.JUPYTERHUB, "hub")
        sweep()
        found_servers.note(hub, worker.jupyterhub.Running({}, False), set())
        assert FoundServer.objects.get().ended_at is None


@pytest.mark.django_db
class TestTheAddress:
    """Who may ask, and what is answered."""

    @pytest.fixture(autouse=True)
    def hub(self, monkeypatch: pytest.MonkeyPatch) -> None:
        use_service(monkeypatch, "http://127.0.0.1:1", {"token": TOKEN})

    @pytest.mark.parametrize("header", ["", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ", "Bearer é", f"bearer {TOKEN}"])
    def test_nobody_without_the_secret_is_answered(self, signed_in: Callable[[str], Client], header: str) -> None:
        for visitor in ("anonymous", "admin"):
            reply = signed_in(visitor).post(ADDRESS, "{}", content_type="application/json", headers={"Authorization": header})
            assert reply.status_code == 401
            assert "allowed" not in reply.json()

    def test_a_hub_without_a_secret_lets_nobody_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        use_service(monkeypatch, "http://127.0.0.1:1", {})
        assert Client().post(ADDRESS, "{}", content_type="application/json", headers={"Authorization": "Bearer "}).status_code == 401

    def test_it_is_for_posts_alone_and_no_page_of_another_site_gets_an_answer(self) -> None:
        assert Client().get(ADDRESS).status_code == 405
        assert Client(enforce_csrf_checks=True).post(ADDRESS, {"user": "x", "server": "y"}).status_code == 401

    @pytest.mark.parametrize(
        "body",
        ["", "null", "[]", "5", "{}", '{"user": "", "server": ""}', '{"user": 5, "server": "x"}', '{"user": "x"}', '{"user": "x\\u0000", "server": "x"}',
         '{"user": "\\ud800", "server": "x"}', json.dumps({"user": "x" * 256, "server": "x"}), "[" * 4000, '{"user": "x", "server": "' + "y" * 9000 + '"}', b"\xff\xfe"],
    )  # fmt: skip
    def test_another_question_is_answered_with_400(self, body: str | bytes) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert Client().post(ADDRESS, body, content_type="application/json", headers=headers).status_code == 400

    def test_members_may_and_others_are_told_why_not(self, people: dict[str, User]) -> None:
        make_project(slug="mine", groups={"escape/km3net": "member", "escape": "viewer"})
        for person in people.values():
            accept(person, policies())
        answers = {name: ask(Client(), person.subject, "mine") for name, person in people.items()}
        assert {name for name, answer in answers.items() if answer["allowed"]} == {"lead", "member", "physicist"}
        assert answers["member"] == {"allowed": True, "reason": ""}
        assert "may no longer use notebooks" in str(answers["outsider"]["reason"])

    def test_groups_count_as_they_are(self, people: dict[str, User]) -> None:
        make_project(slug="mine", groups={"escape/km3net": "member"})
        accept(people["member"], policies())
        assert ask(Client(), people["member"].subject, "mine")["allowed"]
        User.objects.filter(pk=people["member"].pk).update(groups=["escape"])
        assert not ask(Client(), people["member"].subject, "mine")["allowed"]

    def test_a_hidden_project_is_answered_as_one_that_is_not_there(self, people: dict[str, User]) -> None:
        make_project(slug="hidden", groups={"escape/km3net": "member"})
        hidden = ask(Client(), people["newcomer"].subject, "hidden")
        missing = ask(Client(), people["newcomer"].subject, "missing")
        assert hidden == missing
        assert not hidden["allowed"]

    @pytest.mark.parametrize("server", ["", "unknown", "../mine", "MINE", "é", " mine"])
    def test_other_names_and_the_default_server_are_refused(self, people: dict[str, User], server: str) -> None:
        make_project(slug="mine", groups={"escape/km3net": "member"})
        accept(people["member"], policies())
        answer = ask(Client(), people["member"].subject, server)
        assert not answer["allowed"]
        assert "portal" in str(answer["reason"])

    def test_a_person_of_another_iam_or_switched_off_is_refused(self, people: dict[str, User]) -> None:
        make_project(slug="mine", groups={"escape/km3net": "member"})
        member = people["member"]
        accept(member, policies())
        User.objects.filter(pk=member.pk).update(is_active=False)
        assert "no active account" in str(ask(Client(), member.subject, "mine")["reason"])
        User.objects.filter(pk=member.pk).update(is_active=True)
        member.identities.update(issuer="https://elsewhere.example/")
        assert "no active account" in str(ask(Client(), member.subject, "mine")["reason"])

    @pytest.mark.parametrize("required", [True, False])
    def test_policies_come_first_where_they_are_asked(self, people: dict[str, User], settings: Any, required: bool) -> None:
        settings.POLICIES_REQUIRED = required
        make_project(slug="mine", groups={"escape/km3net": "member"})
        answer = ask(Client(), people["member"].subject, "mine")
        assert answer["allowed"] is not required
        assert ("policies" in str(answer["reason"])) is required

    def test_strangers_are_limited_and_a_hub_at_the_same_address_is_not(self, people: dict[str, User], settings: Any) -> None:
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "hub": "2/60"}
        make_project(slug="mine", groups={"escape/km3net": "member"})
        browser = Client(REMOTE_ADDR="192.0.2.77")
        replies = [browser.post(ADDRESS, "{}", content_type="application/json") for _ in range(3)]
        assert [reply.status_code for reply in replies] == [401, 401, 429]
        for _ in range(3):
            assert ask(browser, people["member"].subject, "mine") == {"allowed": True, "reason": ""}
