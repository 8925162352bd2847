"""Registries are asked again: how often, and what stays of what they said."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.environments import worker
from catalog.environments.models import EnvironmentVersion
from tests.environments.conftest import CONFIG, DIGEST, LINUX, Registry
from tests.environments.test_registry import asked

pytestmark = pytest.mark.django_db


def a_day_later(version: EnvironmentVersion) -> EnvironmentVersion:
    """After the hourly job has run, a day and an hour later."""
    day = timedelta(days=1, hours=1)
    version.refresh_from_db()
    EnvironmentVersion.objects.update(
        asked_at=version.asked_at and version.asked_at - day, lease_until=version.lease_until and version.lease_until - day
    )
    return now(version)


def now(version: EnvironmentVersion) -> EnvironmentVersion:
    worker.ask_old_again()
    worker.questions.perform(version.pk)
    return EnvironmentVersion.objects.get(pk=version.pk)


def test_the_same_digest_costs_one_question_and_no_pull(registry: Registry) -> None:
    version = asked(registry.image)
    registry.asked.clear()
    again = a_day_later(version)
    assert (again.digest, again.size, again.built_at) == (DIGEST, 1234, version.built_at)
    assert again.asked_at
    assert again.asked_at > timezone.now() - timedelta(minutes=5)
    assert (registry.heads, registry.asked) == (["manifests/1.0"], [])


@pytest.mark.parametrize("status", [403, 404])
def test_what_was_refused_is_asked_again_once_a_day(registry: Registry, status: int) -> None:
    registry.status = status
    version = asked(registry.image)
    assert version.registry_state == "unknown"
    registry.status = 0
    assert now(version).registry_state == "unknown"
    assert a_day_later(version).digest == DIGEST


def test_what_was_told_and_is_refused_now_is_asked_once_a_day(registry: Registry) -> None:
    version = asked(registry.image)
    registry.status = 403
    a_day_later(version)
    registry.asked.clear()
    assert now(version).digest == DIGEST
    assert registry.asked == []


def test_an_error_about_the_image_for_linux_is_not_its_content(registry: Registry) -> None:
    registry.statuses[f"manifests/{LINUX}"] = 503
    version = asked(registry.image)
    assert (version.digest, version.size, version.built_at) == (DIGEST, None, None)
    registry.statuses.clear()
    assert a_day_later(version).size == 1234


def test_what_is_not_said_again_stays(registry: Registry) -> None:
    version = asked(registry.image)
    del registry.content[f"blobs/{CONFIG}"]
    registry.digest = ""  # it names none now, so that everything is asked
    again = a_day_later(version)
    assert (again.digest, again.size, again.built_at) == (DIGEST, 1234, version.built_at)
