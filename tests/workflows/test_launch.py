"""A launch is a row first; the same form is one run however often it is sent."""

import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from projects.models import Membership, Project, Role
from projects.workflows import services, worker
from projects.workflows.models import Run, Specification
from projects.workflows.refusals import KeyReused, NotNow, TokenMissing, TooManyRuns
from vre_portal import services as configured
from vre_portal.iam.models import User
from vre_portal.iam.stored import services as stored
from vre_portal.services import ServiceKind


@pytest.fixture
def asked(transactional_db: None) -> dict[str, Any]:
    """What a launch needs."""
    person = User.objects.create(issuer="https://iam.example/", subject="s", name="Lena", groups=["escape"])
    project = Project.objects.create(slug="p", title="P")
    Membership.objects.create(project=project, user=person, role=Role.LEAD)
    text = "workflow: {type: serial, specification: {steps: []}}"
    specification = Specification.objects.create(project=project, name="s", title="S", text=text)
    return {"by": person, "project": project, "specification": specification, "parameters": {"a": 1}, "inputs": {}, "server": "nowhere"}


def test_the_same_form_sent_twice_is_one_run(asked: dict[str, Any]) -> None:
    key = uuid.uuid4()
    assert services.launch(**asked, key=key).pk == services.launch(**asked, key=key).pk
    assert Run.objects.count() == 1


@pytest.mark.parametrize("gone", [True, False])
def test_a_workflow_that_was_archived_or_deleted_meanwhile_is_not_launched(asked: dict[str, Any], gone: bool) -> None:
    rows = Specification.objects.filter(pk=asked["specification"].pk)
    rows.delete() if gone else rows.update(archived_at=timezone.now())
    with pytest.raises(NotNow, match="archived or deleted meanwhile"):
        services.launch(**asked, key=uuid.uuid4())
    assert not Run.objects.exists()


def test_a_form_sent_again_with_other_values_is_refused(asked: dict[str, Any]) -> None:
    key = uuid.uuid4()
    services.launch(**asked, key=key)
    with pytest.raises(KeyReused):
        services.launch(**{**asked, "parameters": {"a": 2}}, key=key)
    with pytest.raises(KeyReused):
        services.launch(**{**asked, "server": "reana-0.9"}, key=key)


def at_once(count: int, function: Any) -> list[Any]:
    """The results of one function called by many threads at the same moment."""

    def call(number: int) -> Any:
        try:
            return function(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def test_many_presses_at_once_are_one_run(asked: dict[str, Any]) -> None:
    key = uuid.uuid4()
    runs = at_once(12, lambda _: services.launch(**asked, key=key).pk)
    assert len(set(runs)) == Run.objects.count() == 1


def test_runs_are_numbered_one_by_one_whoever_comes_at_once(asked: dict[str, Any]) -> None:
    numbers = at_once(10, lambda _: services.launch(**asked, key=uuid.uuid4()).number)
    assert sorted(numbers) == list(range(1, 11))


def test_fifty_launches_at_once_never_exceed_what_one_person_may_have(asked: dict[str, Any], settings: Any) -> None:
    settings.ACTIVE_RUNS = 7
    other = Project.objects.create(slug="q", title="Q")
    elsewhere = Specification.objects.create(project=other, name="s", title="S", text=asked["specification"].text)
    places = [asked, {**asked, "project": other, "specification": elsewhere}]

    def press(number: int) -> bool:
        try:
            services.launch(**places[number % 2], key=uuid.uuid4())
        except TooManyRuns:
            return False
        return True

    assert sum(at_once(50, press)) == 7
    assert Run.objects.count() == 7
    with pytest.raises(TooManyRuns, match="You have 7 active runs"):
        services.launch(**asked, key=uuid.uuid4())


def test_a_run_that_has_ended_makes_room_and_others_are_not_counted(asked: dict[str, Any], settings: Any) -> None:
    settings.ACTIVE_RUNS = 1
    key = uuid.uuid4()
    first = services.launch(**asked, key=key)
    assert services.launch(**asked, key=key) == first  # the same form again is no second run
    with pytest.raises(TooManyRuns):
        services.launch(**asked, key=uuid.uuid4())
    other = User.objects.create(issuer="https://iam.example/", subject="t", name="Max", groups=["escape"])
    assert services.launch(**{**asked, "by": other}, key=uuid.uuid4()).number == 2
    Run.objects.filter(pk=first.pk).update(status=Run.Status.FAILED)
    assert services.launch(**asked, key=uuid.uuid4()).number == 3


def test_one_worker_has_a_run_at_a_time(asked: dict[str, Any]) -> None:
    run = services.launch(**asked, key=uuid.uuid4())
    Run.objects.update(lease_until=None)
    (claimed,) = filter(None, at_once(8, lambda _: Run.claim(run.pk, worker.launches.ready())))
    assert worker.launches.waiting() == []
    claimed.release()
    assert worker.launches.waiting() == [run.pk]


@pytest.fixture
def two_servers(asked: dict[str, Any], tmp_path: Path, settings: Any) -> Iterator[dict[str, Any]]:
    """A portal with two REANAs, of which the second wants a token of its own."""
    entry = '[[service]]\nkind = "reana"\nname = "{0}"\ntitle = "REANA {0}"\nurl = "http://127.0.0.1:1"\noptions = {{ dialect = "{1}" }}\n'
    (tmp_path / "services.toml").write_text(entry.format("new", "bearer") + entry.format("old", "query"))
    settings.SERVICES_FILE = str(tmp_path / "services.toml")
    configured._all.cache_clear()
    yield asked
    configured._all.cache_clear()


def test_without_the_token_that_a_server_wants_nothing_is_launched(two_servers: dict[str, Any]) -> None:
    with pytest.raises(TokenMissing, match="REANA old needs a token of its own"):
        services.launch(**{**two_servers, "server": "old"}, key=uuid.uuid4())
    assert Run.objects.count() == 0
    old = configured.service(ServiceKind.REANA, "old")
    stored.store(by=two_servers["by"], service=old, secret="opaque")
    assert services.launch(**{**two_servers, "server": "old"}, key=uuid.uuid4()).server == "old"
    assert services.launch(**{**two_servers, "server": "new"}, key=uuid.uuid4()).server == "new"


def test_the_form_offers_the_servers_and_leads_to_the_page_where_a_token_is_stored(two_servers: dict[str, Any], client: Client) -> None:
    client.force_login(two_servers["by"])
    page = client.get("/projects/p/workflows/new/").content.decode()
    assert "REANA new" in page
    assert re.search(r"<legend>REANA server\s*</legend>", page), "one is always chosen, so it is not called optional"
    refused = client.post("/projects/p/workflows/new/", {"key": str(uuid.uuid4()), "server": "old"})
    assert refused.status_code == 422
    assert '<a href="/me/services/">Store a token</a>' in refused.content.decode()
    assert "Fix the highlighted fields." not in refused.content.decode()
    assert client.post("/projects/p/workflows/new/", {"key": str(uuid.uuid4()), "server": "none"}).status_code == 422
    assert client.post("/projects/p/workflows/new/", {"key": str(uuid.uuid4())}).status_code == 302
    assert Run.objects.get().server == "new"


@pytest.mark.parametrize("why", [stored.missing, lambda server: stored.not_accepted(server, 403)])
def test_a_run_that_failed_for_want_of_a_token_leads_to_its_page(two_servers: dict[str, Any], client: Client, why: Any) -> None:
    run = services.launch(**{**two_servers, "server": "new"}, key=uuid.uuid4())
    run.refused(str(why(configured.service(ServiceKind.REANA, "old"))))
    client.force_login(two_servers["by"])
    assert '<a class="button button-primary" href="/me/services/">Store a token</a>' in client.get(run.get_absolute_url()).content.decode()
    run.refused("It failed for another reason.")
    assert "/me/services/" not in client.get(run.get_absolute_url()).content.decode()
