"""What is known of a workflow's steps: as its engine read them, or for a serial one as its reana.yaml lists them."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows.engines import stored
from projects.workflows.engines.reading import Node, Reading
from projects.workflows.inputs import own_step
from projects.workflows.models import Document
from projects.workflows.reana_yaml import ENGINE_TITLES

NOT_RESOURCES = ("name", "environment", "commands")


def reading_of(document: Document) -> Reading:
    """The reading that is kept with it; else its serial steps; else one without steps that says why. A run's own step stands first."""
    reading = _reading_of(document)
    commands = getattr(document, "fetch_commands", None)
    if not commands or reading.engine != "serial":
        return reading
    own = own_step.node(document.step_specifications, commands)
    nodes = (replace(node, after=node.after or (own.key,)) for node in reading.nodes)
    return replace(reading, nodes=(own, *nodes))


def _reading_of(document: Document) -> Reading:
    if document.stored_reading:
        return stored.from_json(document.stored_reading)
    engine = document.reana_yaml.engine
    if engine == "serial":
        return Reading(engine=engine, nodes=_serial(document))
    language = ENGINE_TITLES.get(engine, engine)
    text = _("The portal has not read the files of this %(language)s workflow, so its steps are not known before it runs.")
    return Reading(engine=engine, why_not=text % {"language": language} if engine else "")


def _serial(document: Document) -> tuple[Node, ...]:
    """One step after the other."""
    return tuple(
        Node(
            key=str(number),
            name=step.name,
            environment=step.environment,
            commands=step.commands,
            resources={key: value for key, value in own.items() if key not in NOT_RESOURCES},
            after=(str(number - 1),) if number > 1 else (),
        )
        for number, (step, own) in enumerate(zip(document.reana_yaml.steps, written_steps(document.content), strict=False), start=1)
    )


def written_steps(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The serial steps as the file has them, with all that the author said of each; one without a name has none here."""
    workflow = content.get("workflow")
    specification = workflow.get("specification") if isinstance(workflow, dict) else None
    steps = specification.get("steps") if isinstance(specification, dict) else None
    return [step if isinstance(step, dict) else {} for step in steps] if isinstance(steps, list) else []
