"""The help beside the editor: the keys of a specification with examples, and putting an example into a text where it belongs."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

STEPS = ("workflow:", "  specification:", "    steps:")


@dataclass(frozen=True)
class Key:
    """A key with what it means and an example; `within` are the lines below which the example belongs."""

    name: str
    meaning: str | Promise
    example: str
    within: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        return (*self.within, *self.example.splitlines())


@dataclass(frozen=True)
class Part:
    """Keys that stand together."""

    title: str | Promise
    keys: tuple[Key, ...]


def _of_step(name: str, meaning: str | Promise, value: str) -> Key:
    return Key(name, meaning, f"        {name}: {value}", STEPS)


PARTS = (
    Part(
        _("Inputs and workflow"),
        (
            Key(
                "inputs.files",
                _("Files that the steps read. One that is not stored with the workflow is bound to a file of the Data Lake."),
                "inputs:\n  files:\n    - code/fit.py",
            ),
            Key("inputs.directories", _("Folders; all files in them are stored with the workflow."), "inputs:\n  directories:\n    - code"),
            Key(
                "inputs.parameters",
                _("Names with their default values. Each becomes a field of the launch form; its type is that of the default."),
                "inputs:\n  parameters:\n    level: 2.5",
            ),
            Key("workflow.type", "serial, snakemake, cwl, yadage", "workflow:\n  type: serial"),
            Key(
                "workflow.file",
                _("The file of the workflow, for the other engines: a Snakefile, or a CWL or Yadage document."),
                "workflow:\n  file: Snakefile",
            ),
        ),
    ),
    Part(
        _("Steps of a serial workflow"),
        (
            Key(
                "steps",
                _("A step: its name, the container image that it runs in, and its commands, one job each."),
                "      - name: fit\n        environment: docker.io/library/python:3.12-slim\n        commands:\n"
                '          - python code/fit.py --level "${level}"',
                STEPS,
            ),
            _of_step("kubernetes_memory_limit", _("Memory of the step. It can be changed at each launch."), "2Gi"),
            _of_step("kubernetes_cpu_limit", _("Processor cores of the step (REANA 0.95 or later)."), '"2"'),
            _of_step("kubernetes_job_timeout", _("Seconds after which the step is ended."), "3600"),
            _of_step("compute_backend", _("Where the step runs: kubernetes, or another backend of the server."), "kubernetes"),
            _of_step("unpacked_img", _("The image is taken from CVMFS, unpacked."), "true"),
            _of_step("kerberos", _("The step gets a Kerberos ticket from the keytab among your secrets at REANA."), "true"),
            _of_step("voms_proxy", _("The step gets a VOMS proxy from your secrets at REANA."), "true"),
            _of_step("rucio", _("The step gets a configuration of Rucio; it needs voms_proxy, too."), "true"),
            _of_step("htcondor_max_runtime", _("Longest time on the backend htcondorcern."), "espresso"),
        ),
    ),
    Part(
        _("Outputs"),
        (
            Key(
                "outputs.files",
                _("Results that are copied to the portal when a run has finished. Names may have * and ?."),
                "outputs:\n  files:\n    - results/*.png",
            ),
            Key("outputs.directories", _("Folders whose files are all copied."), "outputs:\n  directories:\n    - results"),
            Key(
                "workspace.retention_days",
                _("Days after which REANA deletes files of the run. What the portal has copied stays."),
                'workspace:\n  retention_days:\n    "tmp/**": 7',
            ),
        ),
    ),
    Part(
        _("The launch form (vre)"),
        (
            Key(
                "vre.parameters",
                _("Label, unit, help and limits (min, max, above, below, step) of a parameter."),
                "vre:\n  parameters:\n    level: {label: Level, unit: sigma, min: 0, max: 10, help: Threshold of the fit.}",
            ),
            Key("choices", _("The values to choose from."), "vre:\n  parameters:\n    mode: {choices: [fast, exact]}"),
            Key("format", _("A text that is a date, or a date with time (date-time)."), "vre:\n  parameters:\n    begin: {format: date}"),
            Key(
                "group, advanced",
                _("Where the field stands; advanced ones are folded."),
                "vre:\n  parameters:\n    seed: {group: Fit, advanced: true}",
            ),
            Key("vre.gpu", _("The workflow needs a GPU: the launch page says what is known of the server."), "vre:\n  gpu: true"),
            Key("vre.schema", _("A JSON schema beside the reana.yaml with the same words."), "vre:\n  schema: reana.schema.json"),
        ),
    ),
)
KEYS = {key.name: key for part in PARTS for key in part.keys}


def inserted(text: str, key: Key) -> tuple[str, int]:
    """The text with the example where it belongs, and the number of its first new line: below the lines of it that the text has already."""
    lines, wanted = text.splitlines(), key.lines
    begin, end = 0, len(lines)
    for number, line in enumerate(wanted):
        place = next((at for at in range(begin, end) if lines[at].rstrip() == line), None)
        if place is None:
            return _put(lines, list(wanted[number:]), end)
        begin, end = place + 1, _end_of_block(lines, place, end)
    return text, begin  # all of it is there


def _put(lines: list[str], new: list[str], end: int) -> tuple[str, int]:
    while end and not lines[end - 1].strip():
        end -= 1
    return "\n".join([*lines[:end], *new, *lines[end:]]) + "\n", end + 1


def _end_of_block(lines: Sequence[str], place: int, end: int) -> int:
    """Where the lines below this one end that are deeper in; an item of a list may be as deep as its key."""
    depth = _depth(lines[place])
    for at in range(place + 1, end):
        line = lines[at]
        if (
            line.strip()
            and not line.lstrip().startswith("#")
            and _depth(line) <= depth
            and not (_depth(line) == depth and line.lstrip().startswith("- "))
        ):
            return at
    return end


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
