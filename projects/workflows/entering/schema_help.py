"""The help beside the editor: the keys of a specification with examples."""

from dataclasses import dataclass
from textwrap import dedent

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
    is_of_step: bool = False  # it goes into a step of a text that has steps

    @property
    def shown(self) -> str:
        """The example without what all its lines are indented by, and without the step around it."""
        return dedent(self.example.replace("- ", "  ", 1) if self.is_of_step else self.example)

    @property
    def whole(self) -> str:
        """The example as a specification that has nothing else."""
        return "\n".join((*self.within, self.example))


@dataclass(frozen=True)
class Part:
    """Keys that stand together."""

    title: str | Promise
    keys: tuple[Key, ...]

    @property
    def names(self) -> list[str]:
        return [key.name for key in self.keys]


def _of_step(name: str, meaning: str | Promise, value: str) -> Key:
    return Key(name, meaning, f"      - {name}: {value}", STEPS, is_of_step=True)


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
                _(
                    "A step: its name, the container image that it runs in, and its commands, one job each. Write $$ for a dollar sign of the shell."
                ),
                "      - name: fit\n        environment: docker.io/library/python:3.13-slim\n        commands:\n"
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
            Key("vre.headline", _("The file that the headline numbers of a run are read from."), "vre:\n  headline: results/summary.json"),
            Key("vre.schema", _("A JSON schema beside the reana.yaml with the same words."), "vre:\n  schema: reana.schema.json"),
        ),
    ),
)
KEYS = {key.name: key for part in PARTS for key in part.keys}
