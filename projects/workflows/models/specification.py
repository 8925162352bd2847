"""A reana.yaml with its code, as of one commit of where it comes from."""

from dataclasses import asdict
from typing import Any

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.workflows import reana_yaml
from projects.workflows.exact_json import ExactJSONField
from projects.workflows.launching.hints import BLOCK, Hints, hints_of


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
    def content(self) -> dict[str, Any]:
        """The whole reana.yaml as REANA is sent it, without the part for this portal; empty where it cannot be read."""
        return {name: part for name, part in self.reana_yaml.content.items() if name != BLOCK}

    @property
    def stored_reading(self) -> dict[str, Any]:
        """What its engine understood of it, as `engines.stored` writes it; empty where it was not asked."""
        return {}

    @property
    def default_parameters(self) -> dict[str, Any]:
        """The parameters with their default values, in the order of the file."""
        return self.reana_yaml.parameters

    @property
    def step_specifications(self) -> list[dict[str, Any]]:
        """Name, environment and commands of each step; empty for engines whose steps only the engine knows."""
        return [{**asdict(step), "commands": list(step.commands)} for step in self.reana_yaml.steps]


class Specification(Document):
    """A reana.yaml of a project with its code, as of one commit of where it comes from."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="specifications")
    name = models.SlugField(max_length=60)
    title = models.CharField(max_length=200)
    source = models.CharField(max_length=300, blank=True, help_text=_("Repository address"))
    commit = models.CharField(max_length=64, blank=True)
    path = models.CharField(max_length=300, blank=True)
    code = models.JSONField(default=dict, help_text=_("Path in the workspace -> text of each code file"))
    data = models.JSONField(default=dict, help_text=_('Path in the workspace -> {"lake", "did"} of each data file'))
    facts = ExactJSONField(default=dict, help_text=_("Parameter -> label, unit, hint, minimum, maximum, choices"))
    parameter_schema = models.TextField(
        default="", blank=True, help_text=_("The JSON schema beside the reana.yaml, with hints of its author")
    )
    editor_hints = ExactJSONField(default=dict, help_text=_("Parameter -> hints of the project's editors"))
    load_faults = models.JSONField(default=list, help_text=_("What was wrong with its files and facts when it was loaded"))
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("title",)
        constraints = (models.UniqueConstraint(fields=["project", "name"], name="a_specification_once"),)

    def __str__(self) -> str:
        return self.title

    def facts_of(self, parameter: str) -> dict[str, Any]:
        """What is known of a parameter beyond its default; empty where nothing is."""
        facts = self.facts.get(parameter) if isinstance(self.facts, dict) else None
        return facts if isinstance(facts, dict) else {}

    @cached_property
    def hints(self) -> Hints:
        """What the content file, the author and the project's editors say of the parameters."""
        return hints_of(self)

    @property
    def faults(self) -> tuple[str, ...]:
        """Why it cannot be launched, each with its place; empty where nothing stands against it."""
        return (*self.reana_yaml.faults, *(str(fault) for fault in self.load_faults))
