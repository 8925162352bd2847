"""Why the steps of Snakemake, CWL and Yadage cannot be changed at a launch, what they ask for now, and what their author writes to change it.

REANA's engines take environment and limits of a step from the workflow's own files and from nothing that comes with a launch: the one of
Snakemake is started without `--set-resources`, the one of CWL takes hints as they are written, the one of Yadage the environment of a step.
Those of version 0.9 pass no limit of CPU on; those of the newer line do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.workflows.engines.reading import Node, Reading
from projects.workflows.launching.overrides import KEYS, LABELS
from projects.workflows.reana_yaml import ENGINE_TITLES

MAX_ROWS = 50
# What the author writes for a setting, by engine; the values are examples.
WRITTEN: Mapping[str, Mapping[str, str]] = {
    "snakemake": {
        "environment": 'container: "docker://docker.io/library/python:3.12"',
        "memory": 'resources: kubernetes_memory_limit="4Gi"',
        "cpu": 'resources: kubernetes_cpu_limit="2"',
        "time": 'resources: kubernetes_job_timeout="3600"',
        "backend": 'resources: compute_backend="kubernetes"',
    },
    "cwl": {
        "environment": "requirements: {DockerRequirement: {dockerPull: docker.io/library/python:3.12}}",
        "memory": "hints: {reana: {kubernetes_memory_limit: 4Gi}}",
        "cpu": "hints: {reana: {kubernetes_cpu_limit: '2'}}",
        "time": "hints: {reana: {kubernetes_job_timeout: 3600}}",
        "backend": "hints: {reana: {compute_backend: kubernetes}}",
    },
    "yadage": {
        "environment": "environment: {image: docker.io/library/python, imagetag: '3.12'}",
        "memory": "environment: {resources: [{kubernetes_memory_limit: 4Gi}]}",
        "cpu": "environment: {resources: [{kubernetes_cpu_limit: '2'}]}",
        "time": "environment: {resources: [{kubernetes_job_timeout: 3600}]}",
        "backend": "environment: {resources: [{compute_backend: kubernetes}]}",
    },
}
PARTS: Mapping[str, Promise] = {
    "snakemake": gettext_lazy("of the rule"),
    "cwl": gettext_lazy("of the tool"),
    "yadage": gettext_lazy("of the step"),
}
PARAMETER = 'resources: kubernetes_memory_limit=config["memory"]'


@dataclass(frozen=True)
class EngineStep:
    """A step with the place where its author wrote it; a value is empty where the server's own applies."""

    name: str
    place: str
    values: tuple[str, ...]  # in the order of the settings


@dataclass(frozen=True)
class EngineSteps:
    """What the launch form says of them."""

    engine: str
    rows: tuple[EngineStep, ...]
    left_out: int
    settings: tuple[str, ...]

    @property
    def labels(self) -> list[Promise]:
        """The names of the settings."""
        return [LABELS[name] for name in self.settings]

    @property
    def why(self) -> str:
        """Why nothing can be changed."""
        text = _(
            "Settings of steps cannot be changed here: for %(engine)s, REANA reads them only in the workflow’s own files, which are sent as "
            "they are. To change one, edit the file and save a new version."
        )
        no_cpu = "" if "cpu" in self.settings else _("The chosen server says nothing about CPU limits, so a step cannot ask for one.")
        return " ".join(filter(None, [text % {"engine": ENGINE_TITLES.get(self.engine, self.engine)}, no_cpu]))

    @property
    def written(self) -> list[tuple[Promise, str]]:
        """Setting, and what is written for it."""
        return [(LABELS[name], text) for name, text in WRITTEN.get(self.engine, {}).items() if name in self.settings]

    @property
    def part(self) -> Promise | str:
        """Of what it is written."""
        return PARTS.get(self.engine, "")

    @property
    def parameter(self) -> str:
        """How an author makes a setting a parameter, which can be changed at a launch; empty where the engine has no way."""
        return PARAMETER if self.engine == "snakemake" else ""


def engine_steps(reading: Reading, *, has_cpu: bool) -> EngineSteps | None:
    """What is known of the steps; None for a serial workflow, whose steps are fields of the form. `has_cpu`: whether the server knows CPU limits."""
    if reading.engine not in WRITTEN:
        return None
    settings = tuple(name for name in KEYS if name != "cpu" or has_cpu)
    rows = list(dict.fromkeys(_row(node, settings) for node in reading.nodes))
    return EngineSteps(reading.engine, tuple(rows[:MAX_ROWS]), len(rows[MAX_ROWS:]) + reading.left_out, settings)


def _row(node: Node, settings: Iterable[str]) -> EngineStep:
    place = f"{node.file}:{node.line}" if node.file and node.line else node.file
    name = node.name.partition(" (")[0] if place else node.name  # jobs of one rule of Snakemake differ in their wildcards
    return EngineStep(name, place, tuple(_value(node, setting) for setting in settings))


def _value(node: Node, setting: str) -> str:
    value = node.environment if setting == "environment" else node.resources.get(KEYS[setting])
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
