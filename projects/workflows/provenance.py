"""What made the files of a run: its workflow and version, engine and images, as its result's page and the Data Lake say it."""

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

from datalake.rucio.metadata import MAX_VALUE_CHARS
from projects.workflows.models import Run
from projects.workflows.readings import reading_of
from projects.workflows.reana_yaml import ENGINE_TITLES
from vre_portal.text import storable

MAX_IMAGES, MAX_IMAGE = 50, 300


@dataclass(frozen=True)
class Provenance:
    """The workflow of a run as it was then, and the image of each step."""

    workflow_url: str
    version: int | None
    engine: str
    images: tuple[tuple[str, str, str], ...]  # name of the step, image, its digest at the launch (empty where that is not known)

    @property
    def engine_title(self) -> str:
        return ENGINE_TITLES.get(self.engine, self.engine)


def provenance_of(run: Run) -> Provenance:
    """Where its files come from, as far as that is known."""
    return Provenance(
        workflow_url=reverse("workflows:specification", args=[run.project.slug, run.specification.name]),
        version=run.version.number if run.version else None,
        engine=run.reana_yaml.engine,
        images=tuple((step, image, str(run.image_digests.get(image, ""))) for step, image in _images(run)),
    )


def _images(run: Run) -> list[tuple[str, str]]:
    """Step and image, each pair once: of a serial workflow as this run changed it; where the portal has read no steps, of the jobs at REANA."""
    pairs = [(str(step.get("name") or ""), str(step.get("environment") or "")) for step in run.step_specifications]
    pairs = pairs or [(node.name, node.environment) for node in reading_of(run).nodes]
    if not any(image for _name, image in pairs):
        pairs = [(str(job.get("name") or ""), str(job.get("environment") or "")) for job in run.steps]
    named = ((name[:MAX_IMAGE], image[:MAX_IMAGE]) for name, image in pairs if image)
    return list(dict.fromkeys(named))[:MAX_IMAGES]


def in_lake(run: Run) -> dict[str, Any]:
    """The metadata of what is kept of a run: three keys, for each of its own would be a facet of the lake's search."""
    made = provenance_of(run)
    details: dict[str, Any] = {
        "source": run.specification.source,
        "commit": run.commit,
        "parameters": run.parameters,
        "workflow": f"{settings.PORTAL_URL}{made.workflow_url}",
        "version": made.version,
        "engine": made.engine,
        "images": [
            {"step": storable(step), "image": storable(image)} | ({"digest": digest} if digest else {})
            for step, image, digest in made.images
        ],
    }
    return {
        "vre_run": f"{settings.PORTAL_URL}{run.get_absolute_url()}",
        "vre_specification": run.specification.name,
        "vre_provenance": _within_limit(details),
    }


def _within_limit(details: dict[str, Any]) -> str:
    """As JSON that the lake takes; what is longest is left out where it is too long, and is on the page of the run."""
    for left_out in (None, "images", "parameters"):
        details.pop(left_out, None) if left_out else None
        text = json.dumps(details, sort_keys=True)
        if len(text) <= MAX_VALUE_CHARS:
            break
    return text
