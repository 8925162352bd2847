"""Something that holds a reana.yaml as text, and what is read in it."""

from dataclasses import asdict
from typing import Any

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from projects.workflows import passed_on, reana_yaml
from projects.workflows.cwl_folders import cwl_folders
from projects.workflows.engines import stored
from projects.workflows.launching.hints import BLOCK


class Document(models.Model):
    """Something that holds a reana.yaml; kept as text, for JSON columns forget the order in which parameters were written."""

    text = models.TextField(help_text=_("The text of the reana.yaml"))

    class Meta:
        abstract = True

    @cached_property
    def reana_yaml(self) -> reana_yaml.ReanaYaml:
        """The checked form of the reana.yaml, whatever the text is; callers do not change it."""
        return reana_yaml.read(self.text)

    @property
    def parameters_from_file(self) -> dict[str, Any] | None:
        """Those of the file that `inputs.parameters.input` names; None where it names none, or none that was read."""
        return None

    @property
    def stored_reading(self) -> dict[str, Any]:
        """What its engine understood of it, as `engines.stored` writes it; empty where it was not asked."""
        return {}

    @property
    def folders(self) -> tuple[str, ...]:
        """Where in the workspace whole folders go: those of `inputs.directories`, and of CWL those that parameters name."""
        return tuple(dict.fromkeys((*self.reana_yaml.folders, *cwl_folders(self.reana_yaml, self.default_parameters))))

    @property
    def bindable(self) -> frozenset[str]:
        """The inputs that may come from a Data Lake: files by their name, folders by their path."""
        return frozenset((*self.reana_yaml.files, *self.folders))

    @property
    def remarks_of_steps(self) -> list[str]:
        """What the steps in the workflow's own files ask for and the portal leaves to REANA."""
        return [] if self.reana_yaml.engine == "serial" else passed_on.of_nodes(stored.from_json(self.stored_reading).nodes)

    @property
    def content(self) -> dict[str, Any]:
        """The whole reana.yaml as REANA is sent it: with the parameters of its file, without the part for this portal.

        Empty where it cannot be read.
        """
        content = {name: part for name, part in self.reana_yaml.content.items() if name != BLOCK}
        parameters = self.parameters_from_file
        if parameters is not None and self.reana_yaml.engine == "snakemake":  # which reads the file itself when it loads the Snakefile
            parameters = {**parameters, "input": self.reana_yaml.parameter_file}
        return content if parameters is None else {**content, "inputs": {**content.get("inputs", {}), "parameters": parameters}}

    @property
    def default_parameters(self) -> dict[str, Any]:
        """The parameters with their default values, in the order of the file."""
        return self.reana_yaml.parameters if self.parameters_from_file is None else self.parameters_from_file

    @property
    def step_specifications(self) -> list[dict[str, Any]]:
        """Name, environment and commands of each step; empty for engines whose steps only the engine knows."""
        return [{**asdict(step), "commands": list(step.commands)} for step in self.reana_yaml.steps]
