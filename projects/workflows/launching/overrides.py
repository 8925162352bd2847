"""What a run changes in single steps of a serial workflow: values with their rules, and the one place that puts them into the specification."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Overrides = dict[str, dict[str, Any]]  # number of the step from 0, as text -> {"step": its name, and what is changed}
# What can be changed -> the key of a step in a reana.yaml.
KEYS = {
    "environment": "environment",
    "memory": "kubernetes_memory_limit",
    "cpu": "kubernetes_cpu_limit",
    "time": "kubernetes_job_timeout",
    "backend": "compute_backend",
}
LABELS: dict[str, Promise] = {
    "environment": gettext_lazy("Environment"),
    "memory": gettext_lazy("Memory"),
    "cpu": gettext_lazy("CPU"),
    "time": gettext_lazy("Time limit"),
    "backend": gettext_lazy("Backend"),
}
IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,299}")
MEMORY = re.compile(r"([0-9]+(?:\.[0-9]+)?)([KMGTPE]i?)?")
CPU = re.compile(r"[0-9]+(\.[0-9]+)?|[0-9]+m")
TIME = re.compile(r"([0-9]{1,9}) ?([smhd]?)")
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
UNITS = "KMGTPE"
KUBERNETES = "kubernetes"


def bytes_of(text: str) -> Decimal | None:
    """An amount of memory as REANA writes it (512Mi, 4G), in bytes; None where it is none."""
    match = MEMORY.fullmatch(text)
    if not match:
        return None
    unit = match[2] or ""
    return Decimal(match[1]) * (Decimal(1024 if unit.endswith("i") else 1000) ** (UNITS.index(unit[0]) + 1) if unit else 1)


def cpus_of(text: str) -> Decimal | None:
    """An amount of CPU (0.5, 2, 500m) in CPUs; None where it is none."""
    if not CPU.fullmatch(text):
        return None
    return Decimal(text[:-1]) / 1000 if text.endswith("m") else Decimal(text)


def seconds_of(text: str) -> int | None:
    """A length of time (3600, 90m, 2h, 1d) in seconds; None where it is none."""
    match = TIME.fullmatch(text)
    return int(match[1]) * SECONDS[match[2]] if match else None


def of_step(step: Mapping[str, Any], name: str) -> str:
    """What the specification says of a step; empty where it leaves it to the server."""
    value = step.get(KEYS[name])
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def steps_in(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The steps of a serial specification as they are written; empty for other engines, and for what has another shape."""
    workflow = content.get("workflow")
    if not isinstance(workflow, dict) or workflow.get("type") != "serial":
        return []
    specification = workflow.get("specification")
    steps = specification.get("steps") if isinstance(specification, dict) else None
    return steps if isinstance(steps, list) and all(isinstance(step, dict) for step in steps) else []


def applied(content: dict[str, Any], overrides: Overrides) -> dict[str, Any]:
    """The specification with the changes of a run; what is given stays as it is."""
    steps = steps_in(content)
    if not overrides or not steps:
        return content
    changed = [{**step, **_keys(overrides.get(str(number), {}))} for number, step in enumerate(steps)]
    workflow = content["workflow"]
    return {**content, "workflow": {**workflow, "specification": {**workflow["specification"], "steps": changed}}}


def _keys(override: Mapping[str, Any]) -> dict[str, Any]:
    return {key: override[name] for name, key in KEYS.items() if name in override}


def carried(overrides: Overrides, names: Sequence[str]) -> tuple[Overrides, list[str]]:
    """The changes of an earlier run for the steps of now, and the names of those whose step is not where it was."""
    kept, lost = {}, []
    for number, override in overrides.items():
        if number.isdecimal() and int(number) < len(names) and override.get("step") == names[int(number)]:
            kept[number] = override
        else:
            lost.append(str(override.get("step") or number))
    return kept, lost


def rows(content: Mapping[str, Any], overrides: Overrides) -> list[tuple[str, str, str, str]]:
    """Step, what is changed, its value in the run and in the specification, for people."""
    steps = steps_in(content)
    found = []
    for number, override in sorted(overrides.items(), key=lambda item: int(item[0])):
        step = steps[int(number)] if int(number) < len(steps) else {}
        for name in KEYS:
            if name in override:
                unit = _("%(seconds)s s") if name == "time" else "%(seconds)s"
                was = of_step(step, name)
                shown = [unit % {"seconds": value} if value else "" for value in (str(override[name]), was)]
                found.append((str(override.get("step", "")), str(LABELS[name]), shown[0], shown[1]))
    return found
