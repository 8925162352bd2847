"""What benchmarks/pages.py looks at: a public project with data, software, people and a finished run, and enough software for a page."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone
from django.utils.module_loading import import_string

from catalog.software.models import Entry
from projects.models import Membership, Project, Resource, Role
from projects.workflows.models import Run, Specification
from vre_portal.iam.models import User

SLUG, SERVICE = "page-benchmark", "page-benchmark"
WORDS = "Background and signal of a point source, folded with the response of the detector. " * 4


def person() -> User:
    """Somebody who never came through an IAM, so that nothing is asked there."""
    return User.objects.for_identity("https://benchmark.example/", SLUG, name="Bea Benchmark", preferred_username="bea")


def project(lead: User) -> Project:
    """Public, with twelve datasets, five pieces of software, two rules for groups and a run."""
    found = Project.objects.create(
        slug=SLUG,
        title="Benchmark of pages",
        summary="What a page of a project costs.",
        description=WORDS,
        visibility=Project.Visibility.PUBLIC,
        theme="Dark Matter",
        experiments=["KM3NeT"],
    )
    Membership.objects.create(project=found, user=lead, role=Role.LEAD)
    for number in range(2):
        Membership.objects.create(project=found, group=f"escape/benchmark-{number}", role=Role.MEMBER)
    for number in range(12):
        Resource.objects.create(project=found, kind="did", service="escape", identifier=f"KM3NET_ECAP_SP:benchmark.{number}", added_by=lead)
    for number in range(5):
        Resource.objects.create(
            project=found, kind="software", service="ossr", identifier=f"10.5281/zenodo.{number}", title=f"Tool {number}"
        )
    return found


def run(found: Project, by: User) -> Run:
    """Finished, published, with three steps and twenty outputs."""
    text = "workflow: {type: serial, specification: {steps: []}}"
    specification = Specification.objects.create(project=found, name="rates", title="Rates", text=text)
    steps = [{"name": f"step {number}", "state": "finished", "log": "line\n" * 200} for number in range(3)]
    now = timezone.now()
    made = Run.objects.create(
        project=found, number=1, by=by, specification=specification, text=text, key=uuid.uuid4(), server="reana", name=Run.new_name(),
        status=Run.Status.FINISHED, steps=steps, started_at=now, finished_at=now, collected_at=now, listed_at=now, published_at=now,
        published_by=by,
    )  # fmt: skip
    for number in range(20):
        made.outputs.create(path=f"results/part-{number}.dat", size=number * 1000, state="left", reason="Larger than what is copied.")
    return made


def software(count: int) -> None:
    """Entries of the catalogue."""
    for number in range(count):
        entry = Entry.objects.create(
            service=SERVICE, concept=f"9{number:05}", record=f"9{number:05}", title=f"Benchmark tool {number}", description=WORDS,
            keywords=["benchmark", f"word {number % 9}"], creators=[{"name": "Benchmark, B.", "orcid": "", "affiliation": ""}],
            licence="MIT", version="1.0", resource_type="software", published="2026-01-01",
        )  # fmt: skip
        entry.index()


def forget() -> None:
    """Remove all of it."""
    Run.objects.filter(project__slug=SLUG).delete()
    Project.objects.filter(slug=SLUG).delete()
    Entry.objects.filter(service=SERVICE).delete()


@contextmanager
def content() -> Iterator[Run]:
    """All of it for the length of the block; what an interrupted benchmark left is made anew."""
    forget()
    lead = person()
    try:
        made = run(project(lead), lead)
        software(60)
        yield made
    finally:
        forget()


def session_of(user: User) -> str:
    """The cookie of a session of this person, as the portal's own sign-in writes it."""
    store: SessionBase = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
    values: dict[str, Any] = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: user.get_session_auth_hash(),
        "signed_in_at": time.time(),
    }
    store.update(values)
    store.create()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"
