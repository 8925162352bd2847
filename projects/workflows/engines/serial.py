"""The steps of a serial workflow, which stand in the reana.yaml itself."""

from typing import Any

from projects.workflows.engines.reading import Node
from projects.workflows.reana_yaml import ReanaYaml
from vre_portal.bounded_yaml import Loaded

STEPS: tuple[Any, ...] = ("workflow", "specification", "steps")
NOT_RESOURCES = ("name", "environment", "commands")


def nodes(checked: ReanaYaml, loaded: Loaded | None, file: str) -> tuple[Node, ...]:
    """A node for each step; each waits for the one before."""
    written = checked.content["workflow"]["specification"].get("steps") or []
    return tuple(
        Node(
            key=str(number),
            name=step.name,
            environment=step.environment,
            commands=step.commands,
            resources={name: value for name, value in written[number - 1].items() if name not in NOT_RESOURCES},
            after=(str(number - 1),) if number > 1 else (),
            file=file,
            line=loaded.line((*STEPS, number - 1)) if loaded else None,
        )
        for number, step in enumerate(checked.steps, 1)
    )
