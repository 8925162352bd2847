"""The form for a new notebook page: which notebook, in which environment, and who sees the results."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Project
from projects.workflows.models import NotebookPage, Specification, VersionFile
from projects.workflows.notebook_pages import generating
from projects.workflows.reana_yaml import workspace_path
from vre_portal.text import plain

MAX_CHOICES = 200
LONGEST_PATH = 600  # characters, which the column holds
PUBLIC = gettext_lazy("Results are for everybody who sees the project")
PUBLIC_HELP = gettext_lazy(
    "Otherwise only members see the page. Results from restricted data are shown only to people who may read the data. "
    "Computing is for members in any case."
)
NOT_PUBLIC = gettext_lazy("Only people who may publish runs can show results to everybody. Ask a project lead.")


@dataclass(frozen=True)
class Candidate:
    """A notebook that can have a page: one that a workflow executes, or one among its files."""

    specification: Specification
    path: str
    is_output: bool

    @property
    def key(self) -> str:
        return f"{'output' if self.is_output else 'file'}:{self.specification.name}:{self.path}"

    @property
    def label(self) -> str:
        words = {"path": plain(self.path)[:120], "workflow": plain(self.specification.title)[:80]}
        text = _("%(path)s, as the workflow “%(workflow)s” executes it") if self.is_output else _("%(path)s of “%(workflow)s”")
        return text % words


def candidates(project: Project) -> list[Candidate]:
    """Those of the workflows that are in use and were not made for a page: first what they execute, where that has no page."""
    rows = Specification.objects.filter(project=project, notebook_page__source=None, current__isnull=False).in_use()
    rows = rows.select_related("current", "notebook_page")
    specifications = {item.current_id: item for item in rows[:MAX_CHOICES]}
    for item in specifications.values():
        item.project = project
    executed = [
        Candidate(item, path, is_output=True)
        for item in specifications.values()
        for path in ([] if hasattr(item, "notebook_page") else dict.fromkeys(map(workspace_path, item.reana_yaml.output_files)))
        if path and path.endswith(".ipynb") and "*" not in path and len(path) <= LONGEST_PATH
    ]
    files = VersionFile.objects.filter(version__in=specifications, path__endswith=".ipynb").order_by("version", "path")
    stored = [
        Candidate(specifications[number], path, is_output=False)
        for number, path in files.values_list("version", "path")[:MAX_CHOICES]
        if generating.PATH.fullmatch(path)
    ]
    return [*executed, *stored][:MAX_CHOICES]


class NewPageForm(forms.Form):
    """A new page. `candidate` is the chosen notebook of a valid form."""

    notebook = forms.ChoiceField(label=gettext_lazy("Notebook"))
    environment = forms.ChoiceField(
        label=gettext_lazy("Environment"),
        required=False,
        help_text=gettext_lazy(
            "In which papermill executes the notebook. Not used where a workflow executes it: that has its own environment."
        ),
    )
    is_public = forms.BooleanField(label=PUBLIC, required=False, help_text=PUBLIC_HELP)

    def __init__(self, data: Any = None, *, found: list[Candidate], can_publish: bool) -> None:
        super().__init__(data)
        self.can_publish = can_publish
        self.found = {item.key: item for item in found}
        self.fields["notebook"].choices = [(key, item.label) for key, item in self.found.items()]  # type: ignore[attr-defined]
        named = generating.images()
        self.fields["environment"].choices = [(image, f"{name} ({image})") for image, name in named.items()]  # type: ignore[attr-defined]

    @property
    def candidate(self) -> Candidate:
        return self.found[self.cleaned_data["notebook"]]

    def clean_is_public(self) -> bool:
        """Showing the runs of others is for people who may publish them."""
        return _allowed(self.cleaned_data["is_public"], self.can_publish)

    def clean(self) -> dict[str, Any]:
        """A notebook that no workflow executes needs an environment."""
        values = super().clean() or {}
        chosen = self.found.get(values.get("notebook", ""))
        if chosen and not chosen.is_output and not values.get("environment") and "environment" not in self.errors:
            text = _("No environment of the catalogue for workflow steps has papermill. Ask the administrators to add one.")
            self.add_error("environment", text if not self.fields["environment"].choices else _("Choose an environment."))  # type: ignore[attr-defined]
        return values


def _allowed(is_public: bool, can_publish: bool) -> bool:
    if is_public and not can_publish:
        raise forms.ValidationError(NOT_PUBLIC)
    return is_public


class PageForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's own class is not generic at run time
    """Who sees a page, and what stands above its form."""

    class Meta:
        model = NotebookPage
        fields = ("description", "is_public")
        labels = {"description": gettext_lazy("Description"), "is_public": PUBLIC}  # noqa: RUF012 -- as Django has it
        help_texts = {"is_public": PUBLIC_HELP, "description": gettext_lazy("Plain text above the form.")}  # noqa: RUF012

    def __init__(self, data: Any = None, *, instance: NotebookPage, can_publish: bool) -> None:
        super().__init__(data, instance=instance)
        self.can_publish = can_publish or instance.is_public

    def clean_is_public(self) -> bool:
        """As with a new page; one that is public may stay so."""
        return _allowed(self.cleaned_data["is_public"], self.can_publish)
