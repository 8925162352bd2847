"""What pages show of tests, to whom; and what a person confirms before an image runs as them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.environments import storing
from catalog.environments.models import Environment, EnvironmentTest, EnvironmentVersion
from catalog.environments.storing import EnvironmentValues
from tests.environments.conftest import Here
from tests.factories import make_environment
from vre_portal.iam.models import User

SignIn = Callable[[str], Client]
pytestmark = pytest.mark.django_db
PAGE = "/catalog/environments/a/"
DIGEST, OTHER_DIGEST = (f"sha256:{sign * 64}" for sign in "ab")
SECRET = "token-of-the-tester"


@pytest.fixture
def environment(people: dict[str, User]) -> Environment:
    return make_environment(slug="a", imports=["numpy"], owner=people["lead"])


def add_test(found: Environment, state: str, **facts: Any) -> EnvironmentTest:
    assert found.current
    known = {"version": found.current, "image": found.current.pinned, "digest": found.current.digest, "imports": found.current.imports}
    ended = timezone.now() if state != "running" else None
    return EnvironmentTest.objects.create(environment=found, state=state, starter="here", finished_at=ended, **{**known, **facts})


def heard(found: Environment, digest: str) -> Environment:
    """After the registry has told the digest."""
    EnvironmentVersion.objects.filter(pk=found.current_id).update(digest=digest, registry_state="told")
    return Environment.objects.get(pk=found.pk)


def put(found: Environment, **changes: Any) -> Environment:
    found = Environment.objects.get(pk=found.pk)
    values = replace(EnvironmentValues.of(found), **changes)
    storing.change(by=found.owner, environment=found, seen=found.current.number if found.current else 0, values=values)
    return Environment.objects.get(pk=found.pk)


@pytest.mark.parametrize("path", ["", "?format=json", "tests/", "tests/?format=json", "tests/?format=csv"])
def test_what_an_image_wrote_is_for_editors_alone(environment: Environment, signed_in: SignIn, path: str) -> None:
    add_test(environment, "failed", words=SECRET, results=[{"module": "numpy", "version": "", "error": SECRET}])
    for name in ("anonymous", "outsider"):
        page = signed_in(name).get(PAGE + path).content.decode()
        assert SECRET not in page
        assert "numpy" in page
    for name in ("lead", "admin"):
        assert SECRET in signed_in(name).get(PAGE + path).content.decode()


def test_a_test_begins_only_where_the_version_was_confirmed_that_runs(environment: Environment, here: Here, signed_in: SignIn) -> None:
    admin = signed_in("admin")
    page = admin.get(PAGE).content.decode()
    assert "Runs this image at This machine as you. Jobs there can read your secrets." in page
    put(environment, image="ghcr.io/evil/image:1")
    for confirmed in ({}, {"version": "1"}, {"version": "x"}):
        assert "Check its image" in admin.post(f"{PAGE}test/", confirmed, follow=True).content.decode()
    assert not EnvironmentTest.objects.exists()
    admin.post(f"{PAGE}test/", {"version": "2"})
    assert EnvironmentTest.objects.get().image == "ghcr.io/evil/image:1"


def test_what_was_made_by_somebody_else_is_said_before(environment: Environment, here: Here, signed_in: SignIn) -> None:
    put(environment, image="ghcr.io/team/image:2")
    assert "Version 2 was made by" in signed_in("admin").get(PAGE).content.decode()
    assert "Version 2 was made by" not in signed_in("lead").get(PAGE).content.decode()


def shown(client: Client) -> tuple[str, str]:
    """What the page and the list say."""
    return client.get(PAGE).content.decode(), client.get("/catalog/environments/").content.decode()


def test_a_later_failure_of_the_same_version_is_said(environment: Environment, client: Client) -> None:
    add_test(environment, "passed")
    page, table = shown(client)
    assert "The last test of this version failed" not in page
    assert "failed" not in table
    add_test(environment, "failed")
    page, table = shown(client)
    assert "Last passed" in page
    assert "The last test of this version failed" in page
    assert "failed" in table
    put(environment, image="ghcr.io/team/image:2")
    assert "The last test of this version failed" not in shown(client)[0]


def test_a_test_counts_for_all_that_a_version_promises(environment: Environment, client: Client) -> None:
    add_test(environment, "passed")
    assert "promises more" not in shown(client)[0]
    put(environment, imports=["numpy", "scipy"])
    assert "promises more" in shown(client)[0]
    add_test(environment, "failed", imports=["numpy", "gone"])  # what it no longer promises
    assert "The last test of this version failed" not in shown(client)[0]


def test_one_that_was_not_completed_says_nothing_of_the_environment(environment: Environment, client: Client) -> None:
    add_test(environment, "passed")
    add_test(environment, "aborted", words="REANA is away.")
    page, table = shown(client)
    assert "not completed" in page
    assert "The last test of this version failed" not in page
    assert "failed" not in table


def test_a_digest_that_was_learned_since_is_not_what_was_tested(environment: Environment, client: Client) -> None:
    add_test(environment, "passed")
    heard(environment, DIGEST)
    page, table = shown(client)
    assert "the current one has another image" in page
    assert "No test of this version has passed" in table


def test_the_page_and_the_list_take_the_same_test(environment: Environment, client: Client) -> None:
    found = heard(environment, DIGEST)
    add_test(found, "passed")
    found = heard(put(found, image="ghcr.io/team/image:2"), OTHER_DIGEST)
    add_test(found, "passed")
    heard(put(found, image=f"ghcr.io/team/other@{DIGEST}"), DIGEST)
    page, table = shown(client)
    assert "the current one has another image" not in page
    assert "No test of this version has passed" not in table


def test_the_part_that_waits_for_a_test_says_what_the_page_says(
    environment: Environment, here: Here, signed_in: SignIn, client: Client
) -> None:
    add_test(environment, "passed")
    part = client.get(f"{PAGE}tests/", headers={"HX-Request": "true"}).content.decode()
    assert "Last passed" in part
    put(environment, imports=[])
    assert "enter the modules to import" in signed_in("lead").get(f"{PAGE}tests/", headers={"HX-Request": "true"}).content.decode()
    assert "enter the modules to import" not in client.get(f"{PAGE}tests/", headers={"HX-Request": "true"}).content.decode()
