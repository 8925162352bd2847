"""The portal's own step before the first one of a serial workflow: what the author wrote stays as it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from projects.workflows.engines.reading import Node
from projects.workflows.launching.overrides import steps_in
from projects.workflows.models import Run
from vre_portal.services import Service

FOLDER = ".vre-inputs"
STEP = "vre-inputs"


def command(number: int) -> str:
    """What fetches file `number`; each is a job of its own, which gets the tokens that are there when it begins."""
    return f"python3 {FOLDER}/fetch.py {number}"


def why_none(run: Run, server: Service) -> str:
    """Why the run can have no step of the portal's own; empty where it can."""
    content = run.content
    if run.remote_id:
        return _("The workflow was at REANA already.")
    if not steps_in(content):
        return _("Only workflows of the type serial can have a step before their first one.")
    if server.options.get("fetches_inputs") is not True:
        return _("%(server)s is not configured to fetch data itself.") % {"server": server.title}
    if any(path.split("/", 1)[0] == FOLDER for path in (*run.stored_paths, *run.data_paths)):
        return _("The workflow has a folder %(name)s of its own.") % {"name": FOLDER}
    return ""


def with_step(content: dict[str, Any], commands: Sequence[str]) -> dict[str, Any]:
    """The specification with the portal's step before its first one; what its author wrote stays as it is."""
    workflow, steps = content["workflow"], steps_in(content)
    own = {"name": step_name(steps), "environment": settings.FETCHING_IMAGE, "commands": list(commands)}
    return {**content, "workflow": {**workflow, "specification": {**workflow["specification"], "steps": [own, *steps]}}}


def step_name(steps: Sequence[Mapping[str, Any]]) -> str:
    """A name that no step of the workflow has."""
    names, name = {step.get("name") for step in steps}, STEP
    while name in names:
        name += "-"
    return name


def node(steps: Sequence[Mapping[str, Any]], commands: Sequence[str]) -> Node:
    """The step as the page of a run shows it."""
    return Node(key=STEP, name=step_name(steps), environment=settings.FETCHING_IMAGE, commands=tuple(commands))
