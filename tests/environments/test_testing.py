"""Tests of environments: the program that they run is really run here; what starts it is one of the tests' own."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.environments import services, worker
from catalog.environments.models import Environment, EnvironmentTest, EnvironmentVersion
from catalog.environments.services import NotTestable
from tests.environments.conftest import Here
from tests.factories import make_environment
from vre_portal import environment_tests
from vre_portal.environment_tests import ImportResult, results_in
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db


def run(test: EnvironmentTest, turns: int = 2) -> EnvironmentTest:
    for _ in range(turns):
        EnvironmentTest.objects.update(lease_until=None)
        worker.tests.perform(test.pk)
    return EnvironmentTest.objects.get(pk=test.pk)


def test_what_it_promises_is_really_imported(here: Here, people: dict[str, User]) -> None:
    found = make_environment(imports=["json", "packaging.version", "yaml"])
    test = run(services.test(by=people["admin"], environment=found, confirmed_version=1))
    assert (test.state, [result["module"] for result in test.results]) == ("passed", ["json", "packaging.version", "yaml"])
    assert next(result["version"] for result in test.results if result["module"] == "yaml")
    assert test.finished_at
    assert Environment.objects.get().tests.passed().get() == test


def test_a_module_that_is_missing_or_ends_the_program_fails_it(here: Here, people: dict[str, User]) -> None:
    found = make_environment(imports=["json", "no_such_module", "antigravity.nothing"])
    test = run(services.test(by=people["admin"], environment=found, confirmed_version=1))
    errors = {result["module"]: result["error"] for result in test.results}
    assert test.state == "failed"
    assert errors["json"] == ""
    assert "ModuleNotFoundError" in errors["no_such_module"]


def test_output_is_not_believed_beyond_what_was_asked() -> None:
    output = 'noise\nvre-import:{"module": "a"}\nvre-import:{"module": "evil", "version": "1"}\nvre-import:[[\nvre-import:{"module": "a", "error": "late"}'
    assert results_in(output, ["a", "b"]) == [ImportResult("a"), ImportResult("b", error="not reached")]


def test_one_test_at_a_time(here: Here, people: dict[str, User]) -> None:
    found = make_environment(imports=["json"])
    first = services.test(by=people["admin"], environment=found, confirmed_version=1)
    assert services.test(by=people["lead"], environment=found, confirmed_version=1) == first
    run(first)
    assert services.test(by=people["admin"], environment=found, confirmed_version=1) != first
    assert here.begun == [first.name]


def test_what_cannot_be_tested_says_why(here: Here, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotTestable, match="enter the modules to import"):
        services.test(by=people["admin"], environment=make_environment(), confirmed_version=1)
    found = make_environment(imports=["json"])
    with pytest.raises(NotTestable, match="Not you"):
        services.test(by=people["outsider"], environment=found, confirmed_version=1)
    monkeypatch.setattr(environment_tests, "_starters", {})
    with pytest.raises(NotTestable, match="not tested here"):
        services.test(by=people["admin"], environment=found, confirmed_version=1)


def test_a_refusal_ends_it_and_an_outage_does_not(here: Here, people: dict[str, User]) -> None:
    test = services.test(by=people["admin"], environment=make_environment(imports=["json"]), confirmed_version=1)
    here.error = RemoteUnavailable("It is down.")
    assert run(test).state == "running"
    assert "It is down." in run(test).words
    here.error = RemoteRefused("The image is not allowed.")
    ended = run(test, 1)
    assert (ended.state, ended.words) == ("aborted", "The image is not allowed.")
    assert here.abandoned == [test.name]


def test_one_that_does_not_end_is_stopped(here: Here, people: dict[str, User]) -> None:
    test = services.test(by=people["admin"], environment=make_environment(imports=["json"]), confirmed_version=1)
    EnvironmentTest.objects.update(created_at=timezone.now() - timedelta(hours=1))
    ended = run(test, 1)
    assert (ended.state, ended.words) == ("aborted", "The test did not end within 30 minutes and was stopped.")
    assert here.abandoned == [test.name]


def test_one_that_ended_unseen_counts_however_late(here: Here, people: dict[str, User]) -> None:
    test = services.test(by=people["admin"], environment=make_environment(imports=["json"]), confirmed_version=1)
    run(test, 1)
    EnvironmentTest.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert run(test, 1).state == "passed"
    assert here.abandoned == []


def test_of_a_long_log_the_end_is_kept(here: Here, people: dict[str, User]) -> None:
    here.log = "pulling\n" * 500 + "no space left on device"
    ended = run(services.test(by=people["admin"], environment=make_environment(imports=["json"]), confirmed_version=1))
    assert (ended.state, ended.words[-23:]) == ("failed", "no space left on device")


def test_one_that_is_given_up_leaves_nothing_behind(here: Here, people: dict[str, User]) -> None:
    test = services.test(by=people["admin"], environment=make_environment(imports=["json"]), confirmed_version=1)
    here.error = RemoteUnavailable("It is down.")
    assert run(test, worker.tests.max_outages).state == "aborted"
    assert here.abandoned == [test.name]


def test_the_version_that_is_noted_is_the_one_that_is_started(here: Here, people: dict[str, User]) -> None:
    found = make_environment(imports=["json"], image="ghcr.io/a/b:1")
    EnvironmentVersion.objects.update(digest=f"sha256:{'a' * 64}")
    found.refresh_from_db()
    test = services.test(by=people["admin"], environment=found, confirmed_version=1)
    assert (test.image, test.digest) == (f"ghcr.io/a/b:1@sha256:{'a' * 64}", f"sha256:{'a' * 64}")
    run(test, 1)
    assert here.images == [test.image]


def test_one_of_a_deleted_person_ends(here: Here, people: dict[str, User]) -> None:
    test = services.test(by=people["admin"], environment=make_environment(imports=["json"]), confirmed_version=1)
    EnvironmentTest.objects.update(by=None)
    assert "was deleted" in run(test, 1).words
