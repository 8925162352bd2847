"""A reana.yaml with its code, as of one commit of where it comes from."""

from typing import Any

import yaml
from django.db import models
from django.utils.functional import cached_property

from projects.models import Project


class Document(models.Model):
    """Something that holds a reana.yaml; kept as text, for JSON columns forget the order in which parameters were written."""

    text = models.TextField(help_text="The reana.yaml as it was written")

    class Meta:
        abstract = True

    @cached_property
    def content(self) -> dict[str, Any]:
        """The parsed reana.yaml."""
        return dict(yaml.safe_load(self.text) or {})

    @property
    def default_parameters(self) -> dict[str, Any]:
        """The parameters with their default values, in the order of the file."""
        return dict((self.content.get("inputs") or {}).get("parameters") or {})

    @property
    def step_specifications(self) -> list[dict[str, Any]]:
        """Name, environment and commands of each step; empty for engines whose steps only the engine knows."""
        found = ((self.content.get("workflow") or {}).get("specification") or {}).get("steps") or []
        return [
            {"name": step.get("name") or f"step {number}", "environment": step.get("environment", ""), "commands": step.get("commands", [])}
            for number, step in enumerate(found, 1)
        ]

    @property
    def expected_outputs(self) -> list[str]:
        """The files that a run is expected to make."""
        return list((self.content.get("outputs") or {}).get("files") or [])


class Specification(Document):
    """A reana.yaml of a project with its code, as of one commit of where it comes from."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="specifications")
    name = models.SlugField(max_length=60)
    title = models.CharField(max_length=200)
    source = models.CharField(max_length=300, blank=True, help_text="Repository address")
    commit = models.CharField(max_length=64, blank=True)
    path = models.CharField(max_length=300, blank=True)
    code = models.JSONField(default=dict, help_text="Path in the workspace -> text of each code file")
    data = models.JSONField(default=dict, help_text='Path in the workspace -> {"lake", "did"} of each data file')
    facts = models.JSONField(default=dict, help_text="Parameter -> label, unit, hint, minimum, maximum, choices")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("title",)
        constraints = (models.UniqueConstraint(fields=["project", "name"], name="a_specification_once"),)

    def __str__(self) -> str:
        return self.title
