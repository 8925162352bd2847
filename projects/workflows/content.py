"""Bring a workflow specification with its code from a folder into a project, as of a commit."""

import subprocess
from pathlib import Path
from typing import Any

import yaml

from projects.models import Project, Resource
from projects.services import add_resource
from projects.workflows.models import Specification


def commit_of(folder: Path) -> str:
    """The commit at which the folder last changed, where it is in a git repository."""
    command = ["git", "-C", str(folder), "log", "-1", "--format=%H", "--", "."]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def load_specification(project: Project, entry: dict[str, Any], folder: Path) -> Specification:
    """Take the specification and its code files as they are now; runs keep what they were launched with."""
    path = folder / entry["specification"]
    text = path.read_text()
    content = yaml.safe_load(text)
    bindings = {name: {"lake": entry["lake"], "did": did} for name, did in entry.get("inputs", {}).items()}
    wanted = (content.get("inputs") or {}).get("files") or []
    code = {name: (path.parent / name).read_text() for name in wanted if name not in bindings}
    specification, _ = Specification.objects.update_or_create(
        project=project,
        name=entry["name"],
        defaults={
            "title": entry["title"],
            "commit": commit_of(path.parent),
            "path": entry["specification"],
            "text": text,
            "code": code,
            "data": bindings,
            "facts": entry.get("parameters", {}),
        },
    )
    for step, facts in entry.get("steps", {}).items():
        add_resource(
            by=None,
            project=project,
            kind=Resource.Kind.ENVIRONMENT,
            service=entry.get("service", ""),
            identifier=facts["environment"],
            title=facts.get("title", step),
            facts={"holds": facts.get("holds", ""), "workflow": entry["name"], "step": step},
        )
    return specification
