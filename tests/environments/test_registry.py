"""Digest, size and date of an image, asked at a registry by a job."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.environments import services, worker
from catalog.environments.models import Environment, EnvironmentVersion
from tests.environments.conftest import CONFIG, DIGEST, LINUX, Registry
from tests.factories import make_environment

pytestmark = pytest.mark.django_db


def asked(image: str) -> EnvironmentVersion:
    """The version after the job has asked."""
    found = make_environment(image=image)
    assert found.current
    worker.questions.perform(found.current.pk)
    return EnvironmentVersion.objects.get()


def test_the_image_for_linux_is_measured(registry: Registry) -> None:
    version = asked(registry.image)
    assert (version.registry_state, version.registry_words) == ("told", "")
    assert (version.digest, version.size) == (DIGEST, 1234)
    assert version.built_at
    assert version.built_at.isoformat()[:19] == "2026-03-04T05:06:07"
    assert registry.asked == ["manifests/1.0", f"manifests/{LINUX}", f"blobs/{CONFIG}"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"manifests/{LINUX}", b"[" * 9999), (f"manifests/{LINUX}", {"layers": [{"size": 1}, {"size": -4}]}), (f"manifests/{LINUX}", {"layers": [{"size": 10**400}]}),
        (f"manifests/{LINUX}", {"layers": "x", "config": 3}), (f"manifests/{LINUX}", b"x" * 100_000), ("manifests/1.0", {"manifests": [3, {}]}),
        ("manifests/1.0", {"manifests": [{"digest": "../../x", "platform": {"os": "linux", "architecture": "amd64"}}]}), ("manifests/1.0", []),
    ],
    ids=range(8),
)  # fmt: skip
def test_what_the_registry_says_oddly_is_unknown(registry: Registry, path: str, body: Any) -> None:
    registry.content[path] = body
    version = asked(registry.image)
    assert (version.registry_state, version.digest, version.size) == ("told", DIGEST, None)


@pytest.mark.parametrize(
    "body",
    [
        *(
            {"created": date}
            for date in ("1970-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2999-01-01T00:00:00Z", "x", 3)
        ),
        [],
        None,
    ],
    ids=range(8),
)
def test_a_date_that_says_nothing_is_none(client: Client, registry: Registry, body: Any) -> None:
    registry.content[f"blobs/{CONFIG}"] = body
    version = asked(registry.image)
    assert (version.registry_state, version.built_at) == ("told", None)
    assert client.get("/catalog/environments/?format=json").json()["items"][0]["built"] is None
    assert client.get(version.environment.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    ("image", "status", "words"),
    [
        ("ghcr.io/a/b:1", 0, "This portal does not ask ghcr.io."),
        ("/cvmfs/unpacked.cern.ch/x", 0, "This is not an image of a registry."),
        ("team/image:2.0", 404, "has no such image"),
        ("team/image:1.0", 403, "to nobody without an account"),
    ],
)
def test_what_is_not_asked_or_not_told_has_its_reason(registry: Registry, image: str, status: int, words: str) -> None:
    registry.status = status
    version = asked(f"{registry.host}/{image}" if status else image)
    assert (version.registry_state, version.digest) == ("unknown", "")
    assert words in version.registry_words


def test_a_registry_that_is_away_is_asked_again_and_given_up(registry: Registry) -> None:
    registry.status = 503
    found = make_environment(image=registry.image)
    assert found.current
    for turn in range(worker.REGISTRY_TRIES):
        EnvironmentVersion.objects.update(lease_until=None)
        worker.questions.perform(found.current.pk)
        state = EnvironmentVersion.objects.get().registry_state
        assert state == ("unknown" if turn == worker.REGISTRY_TRIES - 1 else "waiting")
    assert "status 503" in EnvironmentVersion.objects.get().registry_words


def test_a_tag_that_moves_is_a_version(registry: Registry) -> None:
    first = asked(registry.image)
    registry.digest = f"sha256:{'e' * 64}"
    EnvironmentVersion.objects.update(asked_at=timezone.now() - timedelta(days=2))
    worker.ask_old_again()
    worker.questions.perform(first.pk)
    newest, old = EnvironmentVersion.objects.all()
    assert (old.digest, old.registry_state) == (DIGEST, "told")
    assert (newest.digest, newest.number, newest.changes) == (registry.digest, 2, ["digest"])
    assert newest.note == "The tag now points to another image."
    assert Environment.objects.get().current == newest


def test_asking_again_keeps_what_is_known_where_nothing_is_said(registry: Registry) -> None:
    version = asked(registry.image)
    registry.status = 403
    services.ask_again(Environment.objects.get())
    EnvironmentVersion.objects.update(lease_until=None)
    worker.questions.perform(version.pk)
    version.refresh_from_db()
    assert (version.registry_state, version.digest, version.size) == ("told", DIGEST, 1234)
    assert "to nobody without an account" in version.registry_words
