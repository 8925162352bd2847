"""A process for events for all tests of a file, and a topic that they may use."""

import uuid
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from projects.workflows.models import Run, Specification
from tests.events.streams import Server, serving
from tests.factories import make_project
from vre_portal.events import bus
from vre_portal.iam.models import User


@pytest.fixture(scope="module")
def events_server(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Server]:
    """The real process."""
    with serving() as server:
        yield server


@pytest.fixture
def run(people: dict[str, User]) -> Run:
    """A run that its lead sees, and nobody else."""
    project = make_project(lead=people["lead"])
    specification = Specification.objects.create(project=project, name="s", title="S", text="workflow: {type: serial}")
    return Run.objects.create(
        project=project, number=1, by=people["lead"], specification=specification, key=uuid.uuid4(), server="x", name=Run.new_name()
    )


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another test's Redis that was away does not silence this one."""
    monkeypatch.setattr(bus, "_away_until", 0.0)


@pytest.fixture
def events_redis() -> redis.Redis:
    """The Redis through which events go."""
    return redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)
