"""A project with a workflow whose parameters are of all kinds, and a portal with one REANA that nobody reaches."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Membership, Project, Role
from projects.workflows.models import ReanaOffer, Specification
from tests.factories import make_project
from vre_portal import services as configured

TEXT = """
inputs:
  parameters: {years: 10.0, count: 3, source: Mrk421, quick: false, kind: one, bins: [1, 2], when: 2027-01-31, code: "007"}
workflow:
  type: serial
  specification:
    steps:
      - {name: fetch, environment: "image:1", commands: ["echo ${source} ${code}"]}
      - {name: fit, environment: "image:2", kubernetes_memory_limit: 1Gi, commands: ["echo ${years} ${count} ${quick} ${kind} ${bins} ${when}"]}
outputs: {files: [results/a.png]}
vre:
  parameters:
    years: {label: Observation time, unit: yr, min: 0.1, max: 50, group: Sky}
    kind: {choices: [one, two]}
    quick: {advanced: true}
"""
SERVICES = '[[service]]\nkind = "reana"\nname = "reana"\ntitle = "Test REANA"\nurl = "http://127.0.0.1:1"\noptions = { dialect = "bearer", gpu = false }\n'
OFFER = {
    "backends": ["kubernetes", "slurmcern"], "has_memory": True, "memory": "4Gi", "max_memory": "8Gi",
    "has_time": True, "time": "604800", "max_time": "1209600",
}  # fmt: skip


@pytest.fixture
def portal(tmp_path: Path, settings: Any) -> Iterator[None]:
    """One REANA, and nothing else."""
    (tmp_path / "services.toml").write_text(SERVICES)
    settings.SERVICES_FILE = str(tmp_path / "services.toml")
    configured._all.cache_clear()
    yield
    configured._all.cache_clear()


@pytest.fixture
def specification(portal: None, people: dict[str, Any]) -> Specification:
    project = make_project(visibility=Project.Visibility.PUBLIC)
    Membership.objects.create(project=project, user=people["lead"], role=Role.LEAD)
    Membership.objects.create(project=project, user=people["member"], role=Role.MEMBER)
    return Specification.objects.create(project=project, name="fit", title="Fit <1>", text=TEXT)


@pytest.fixture
def offer(specification: Specification) -> ReanaOffer:
    """What the REANA has said of itself."""
    return ReanaOffer.objects.create(server="reana", url="http://127.0.0.1:1", facts=OFFER)


@pytest.fixture
def address(specification: Specification) -> str:
    return reverse("workflows:launch", args=[specification.project.slug]) + "?specification=fit"


@pytest.fixture
def member(specification: Specification, signed_in: Callable[[str], Client]) -> Client:
    return signed_in("member")
