"""What versions and entries share: where a specification came from, its text, and what was understood of it."""

import posixpath
from typing import Any, override

from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.workflows.exact_json import ExactJSONField
from projects.workflows.models.document import Document


class SourcedDocument(Document):
    """A reana.yaml as it was found at one place, with what its engine and the portal read in it."""

    class Origin(models.TextChoices):
        GIT = "git", _("git repository")
        UPLOAD = "upload", _("upload")
        LINK = "link", _("launch link")
        SOFTWARE = "software", _("software catalogue")
        COPY = "copy", _("copy of another workflow")
        EDITOR = "editor", _("editor")
        OPERATOR = "operator", _("administrators")

    origin = models.CharField(max_length=10, choices=Origin)
    address = models.CharField(max_length=500, blank=True, help_text=_("Address of the repository, or of the workflow that was copied"))
    ref = models.CharField(max_length=200, blank=True, help_text=_("The branch or tag that was asked for; empty for the default branch"))
    commit = models.CharField(max_length=64, blank=True)
    root = models.CharField(max_length=300, blank=True, help_text=_("The folder from which paths count; empty for the repository itself"))
    path = models.CharField(max_length=300, blank=True, help_text=_("Path of the reana.yaml in the repository"))
    input_parameters = ExactJSONField(null=True, blank=True, help_text=_("The parameters of the file that inputs.parameters.input names"))
    parameter_schema = models.TextField(
        default="", blank=True, help_text=_("The JSON schema beside the reana.yaml, with hints of its author")
    )
    offered = ExactJSONField(default=dict, blank=True, help_text=_("Values of a launch link, offered in the launch form"))
    notes = models.JSONField(default=list, blank=True, help_text=_("What was left out or is worth knowing, in sentences"))
    file_faults = models.JSONField(default=list, blank=True, help_text=_("What is wrong with its files, in sentences"))
    reading = ExactJSONField(default=dict, blank=True, help_text=_("What its engine understood"))

    class Meta:
        abstract = True

    @property
    def path_in_workspace(self) -> str:
        """Where its reana.yaml goes."""
        return posixpath.relpath(self.path, self.root or ".") if self.path else "reana.yaml"

    @property
    @override
    def stored_reading(self) -> dict[str, Any]:
        return dict(self.reading) if isinstance(self.reading, dict) else {}

    @property
    @override
    def parameters_from_file(self) -> dict[str, Any] | None:
        return self.input_parameters if isinstance(self.input_parameters, dict) else None
