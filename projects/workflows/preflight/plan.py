"""What is about to be launched, as the checks look at it: from the launch form, or from the row of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from projects.models import Project
from projects.workflows.engines.reading import Node
from projects.workflows.inputs.accepting import checked_types
from projects.workflows.inputs.readiness import Readiness, readiness
from projects.workflows.inputs.since import Recorded
from projects.workflows.launching.hints import BLOCK
from projects.workflows.launching.overrides import KUBERNETES, Overrides, applied, of_step, steps_in
from projects.workflows.models import Document, Run, Specification
from projects.workflows.readings import reading_of
from projects.workflows.reana_yaml import ReanaYaml
from vre_portal.container_images.names import names_gpu
from vre_portal.iam.models import User
from vre_portal.text import plain

MAX_GPU = 5  # things that ask for a GPU and are named


@dataclass(frozen=True)
class Plan:
    """A launch before it happens. Images and backends are each named once."""

    person: User
    project: Project
    server: str
    reana_yaml: ReanaYaml
    images: tuple[str, ...]
    backends: tuple[str, ...]
    inputs: Mapping[str, Mapping[str, str]]
    gpu: tuple[str, ...]  # what asks for a GPU: names of images, resources of steps, the author's hint
    before: Mapping[str, Recorded] = field(default_factory=dict)  # what an earlier run read for the same inputs
    images_before: Mapping[str, str] = field(default_factory=dict)  # digests of the images of an earlier run, by name

    @property
    def engine(self) -> str:
        return self.reana_yaml.engine

    @cached_property
    def looked_up(self) -> list[Readiness]:
        """What the portal and the lakes know of each input, with its copies: they are asked once."""
        return checked_types(self.reana_yaml, readiness(self.person, self.inputs, with_copies=True))


def of_specification(
    specification: Specification,
    *,
    person: User,
    project: Project,
    server: str,
    overrides: Overrides,
    inputs: Mapping[str, Mapping[str, str]],
    before: Mapping[str, Recorded] | None = None,
    images_before: Mapping[str, str] | None = None,
) -> Plan:
    """The plan of a launch form."""
    content, earlier = applied(specification.content, overrides), {"before": before or {}, "images_before": images_before or {}}
    return _plan(specification, content, person=person, project=project, server=server, inputs=inputs, **earlier)


def of_run(run: Run, person: User) -> Plan:
    """The plan of a run that is a row already; the person as they are now."""
    return _plan(run, run.content, person=person, project=run.project, server=run.server, inputs=run.inputs)


def _plan(document: Document, content: dict[str, Any], **known: Any) -> Plan:
    steps = steps_in(content)
    nodes = () if steps else reading_of(document).nodes
    images = [of_step(step, "environment") for step in steps] + [node.environment for node in nodes]
    backends = [of_step(step, "backend") or KUBERNETES for step in steps] + [_backend(node) for node in nodes]
    resources = [str(name) for node in nodes for name in node.resources] + [name for step in steps for name in step]
    block = document.reana_yaml.content.get(BLOCK)
    hinted = [f"{BLOCK}: gpu"] if isinstance(block, dict) and block.get("gpu") is True else []
    wanted = [*hinted, *(name for name in images if names_gpu(name)), *(name for name in resources if names_gpu(name))]
    return Plan(
        reana_yaml=document.reana_yaml,
        images=tuple(dict.fromkeys(filter(None, images))),
        backends=tuple(dict.fromkeys(backends)),
        gpu=tuple(dict.fromkeys(plain(name)[:200] for name in wanted))[:MAX_GPU],
        **known,
    )


def _backend(node: Node) -> str:
    value = node.resources.get("compute_backend")
    return value if isinstance(value, str) and value else KUBERNETES
