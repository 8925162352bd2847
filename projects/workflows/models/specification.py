"""A workflow of a project: the specification that is current, with all its versions behind it."""

from collections.abc import Set
from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar, Self, override

from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.workflows import reana_yaml
from projects.workflows.exact_json import ExactJSONField
from projects.workflows.launching.hints import Hints, hints_of
from projects.workflows.models.document import Document
from vre_portal.ordered_texts import has_beginning

if TYPE_CHECKING:
    from projects.workflows.models.version import SpecificationVersion

MAX_NAMED = 5  # files that a remark names
LONGEST_SOURCE = 300  # characters of an address that the search shows
READ = ("reana_yaml", "stored_paths", "hints")  # what is read once of the columns


class SpecificationQuerySet(models.QuerySet["Specification"]):
    """Specifications by what can be done with them."""

    def in_use(self) -> "SpecificationQuerySet":
        """Those that are not archived."""
        return self.filter(archived_at=None)


class Specification(Document):
    """A workflow of a project. Its columns are those of its current version, so that lists and the search read one table."""

    class Lost(models.TextChoices):
        BRANCH = "branch", _("the branch is gone")
        REPOSITORY = "repository", _("the repository cannot be read")

    project = models.ForeignKey(Project, models.CASCADE, related_name="specifications")
    name = models.SlugField(max_length=60)
    title = models.CharField(max_length=200)
    source = models.CharField(max_length=300, blank=True, help_text=_("Repository address"))
    commit = models.CharField(max_length=64, blank=True)
    path = models.CharField(max_length=300, blank=True)
    code = models.JSONField(default=dict, help_text=_("Path in the workspace -> text of each code file, where there are no versions"))
    data = models.JSONField(default=dict, help_text=_('Path in the workspace -> {"lake", "did"} of each data file'))
    facts = ExactJSONField(default=dict, help_text=_("Parameter -> label, unit, hint, minimum, maximum, choices"))
    parameter_schema = models.TextField(
        default="", blank=True, help_text=_("The JSON schema beside the reana.yaml, with hints of its author")
    )
    editor_hints = ExactJSONField(default=dict, help_text=_("Parameter -> hints of the project's editors"))
    input_parameters = ExactJSONField(null=True, blank=True, help_text=_("The parameters of the file that inputs.parameters.input names"))
    load_faults = models.JSONField(default=list, help_text=_("What was wrong with its files and facts when it was loaded"))
    current = models.ForeignKey("workflows.SpecificationVersion", models.SET_NULL, null=True, blank=True, related_name="+")
    newer_commit = models.CharField(max_length=64, blank=True, help_text=_("What its branch names now, where that is another commit"))
    newer_since = models.DateTimeField(null=True, blank=True, help_text=_("When the portal first saw that there is a newer commit"))
    lost = models.CharField(
        max_length=10,
        choices=Lost,
        blank=True,
        default="",
        db_default="",
        help_text=_("What the portal did not find when it last looked for newer commits"),
    )
    archived_at = models.DateTimeField(null=True, blank=True, help_text=_("Since when it is not offered for new runs"))
    changed_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[SpecificationQuerySet] = SpecificationQuerySet.as_manager()  # type: ignore[assignment]
    newest: int | None = None  # the number of the current version, of a workflow that is looked at as it was at an older one

    class Meta:
        ordering = ("title",)
        constraints = (models.UniqueConstraint(fields=["project", "name"], name="a_specification_once"),)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("workflows:specification", args=[self.project.slug, self.name])

    @override
    def save(self, *args: Any, **options: Any) -> None:
        if self.newest is not None:
            raise TypeError("What a workflow was at an older version is not saved.")  # untranslated: a fault of the portal
        super().save(*args, **options)

    def follow(self, version: "SpecificationVersion") -> None:
        """Take over the columns of a version, which is the current one of this instance from then on; nothing is saved."""
        self.current, self.text, self.code, self.data = version, version.text, {}, version.data
        self.source = version.address if len(version.address) <= LONGEST_SOURCE else ""
        self.commit, self.path = version.commit, version.path
        self.load_faults, self.input_parameters = version.file_faults, version.input_parameters
        self.parameter_schema = version.parameter_schema
        for name in READ:
            self.__dict__.pop(name, None)

    def as_of(self, version: "SpecificationVersion") -> Self:
        """The workflow as it was at one of its versions, to be looked at and launched as if that one were current; this one where it is."""
        if self.current is None or version.pk == self.current_id:
            return self
        then = copy(self)
        then.follow(version)
        then.newest = self.current.number
        return then

    @property
    @override
    def stored_reading(self) -> dict[str, Any]:
        return self.current.reading if self.current else {}

    @property
    @override
    def parameters_from_file(self) -> dict[str, Any] | None:
        return self.input_parameters if isinstance(self.input_parameters, dict) else None

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

    @cached_property
    def stored_paths(self) -> frozenset[str]:
        """Where in the workspace its stored files go."""
        if self.current_id is None:
            return frozenset(self.code)
        return frozenset(self.current.files.values_list("path", flat=True)) if self.current else frozenset()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is told before it is launched: of its text, and of what it names and this portal has not stored."""
        missing = not_stored(self.reana_yaml, {*self.stored_paths, *self.data}, self.parameters_from_file)
        return (*self.reana_yaml.remarks, *self.remarks_of_steps, *missing)


def not_stored(read: reana_yaml.ReanaYaml, paths: Set[str], parameters: dict[str, Any] | None) -> list[str]:
    """A sentence for the folders of which no file is stored and that are bound to no data, and one for a file of parameters that was not read."""
    remarks = []
    ordered = sorted(paths)
    named = [name for name in dict.fromkeys(read.directories) if reana_yaml.workspace_path(name) not in paths]
    empty = [name for name in named if not has_beginning(ordered, reana_yaml.folder_prefix(name))]
    if empty:
        text = gettext("inputs.directories: no files of these folders are stored with the workflow: %(names)s.")
        remarks.append(text % {"names": ", ".join(empty[:MAX_NAMED]) + (", …" if len(empty) > MAX_NAMED else "")})
    if read.parameter_file and parameters is None:
        text = gettext("%(key)s names a file that was not read (%(file)s), so its parameters are not shown here.")
        remarks.append(text % {"key": read.parameter_file_key, "file": read.parameter_file})
    return remarks
