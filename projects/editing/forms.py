"""What leads type about their project."""

import re
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects import stages
from projects.editing.fields import ContactsField, LinesField, PictureField, RowsField
from projects.editing.project_texts import ProjectTexts
from projects.editing.services import TEXTS, version
from projects.models import Project
from vre_portal.validators import validate_visible_line

# The sections of the form, in their order.
SECTIONS = (
    (_("Description"), ("title", "summary", "description")),
    (_("Subject"), ("theme", "further_themes", "keywords", "stage", "experiments", "institutes")),
    (_("Contact and links"), ("contact", "contacts", "repository", "website")),
    (_("Licence, citation and funding"), ("licence", "citation", "funding")),
)


class TextForm(ProjectTexts):
    """All texts of a project, with the version that the writer saw."""

    version = forms.CharField(max_length=40, widget=forms.HiddenInput)
    further_themes = LinesField(label=_("Further themes"), rows=2, help_text=_("One per line."))
    stage = forms.ChoiceField(label=_("Stage"), required=False, help_text=_("The stage of the analysis that the project has reached."))
    contacts = ContactsField(
        "name", "role", "address", label=_("Further contacts"), help_text=_("One per line: name | role | e-mail address or web address.")
    )
    citation = forms.CharField(
        label=_("Publication to cite"),
        max_length=20_000,
        required=False,
        help_text=_("In BibTeX format. If it is empty, people are asked to cite the project's page."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    funding = RowsField("funder", "number", "title", label=_("Funding"), help_text=_("One per line: funder | grant number | title."))

    def __init__(self, *args: Any, project: Project, **options: Any) -> None:
        super().__init__(*args, licence=project.licence, **options)
        current = [(project.stage, stages.label(project.stage))] if project.stage and not stages.position(project.stage) else []
        self.field("stage", forms.ChoiceField).choices = [("", _("Not specified")), *stages.choices(), *current]

    @classmethod
    def of(cls, project: Project) -> "TextForm":
        """The form as a project fills it in."""
        own = {name: getattr(project, name) for name in TEXTS}
        institutes = [{"name": item.name, "ror": item.ror} for item in project.institute_list]
        return cls(project=project, initial={**own, "institutes": institutes, "version": version(project)})

    @property
    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The title of each section and its fields."""
        return [(title, [self[name] for name in names]) for title, names in SECTIONS]

    def typed(self) -> dict[str, str]:
        """Each text as it stands in its field."""
        return {name: str(value) if (value := self[name].value()) is not None else "" for _title, names in SECTIONS for name in names}

    def clean_citation(self) -> str:
        citation = str(self.cleaned_data["citation"]).replace("\r\n", "\n")
        if citation and not re.search(r"@\w+\s*\{", citation):
            raise forms.ValidationError(gettext("This is not BibTeX. An entry starts like this: @article{key, …"))
        return citation

    def texts(self) -> dict[str, Any]:
        """The texts as a project keeps them."""
        return self.project_values(TEXTS)


class PictureForm(forms.Form):
    """A picture and the words for those who do not see it."""

    picture = PictureField()
    picture_description = forms.CharField(
        label=_("Picture description"),
        max_length=300,
        help_text=_("Shown as the caption, and read aloud by screen readers."),
        validators=[validate_visible_line],
    )


class VisibilityForm(forms.Form):
    """Who sees the project; `version` is that of what the person saw."""

    visibility = forms.ChoiceField(label=_("Visibility"), choices=Project.Visibility.choices)
    version = forms.CharField(max_length=40, required=False)


class EmbargoForm(forms.Form):
    """Until when only its people see the project; midnight where no time is given, and UTC, so that it is one moment everywhere."""

    date = forms.DateField(
        label=_("Public from"),
        input_formats=["%Y-%m-%d"],
        help_text=_("Year-month-day, such as 2027-03-03."),
        error_messages={"invalid": _("This is not a date. Enter it as year-month-day, such as 2027-03-03.")},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    time = forms.TimeField(
        label=_("Time (UTC)"),
        required=False,
        initial=time(0, 0),
        input_formats=["%H:%M"],
        help_text=_("Midnight UTC if left empty."),
        error_messages={"invalid": _("This is not a time. Enter it as hours:minutes, such as 14:30.")},
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    version = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, project: Project) -> "EmbargoForm":
        there = project.embargo and project.embargo.astimezone(UTC)
        return cls(initial={"date": there.date(), "time": there.time()} if there else {}, auto_id="embargo_%s")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if day := values.get("date"):
            values["until"] = datetime.combine(day, values.get("time") or time(0, 0), UTC)
            if values["until"] <= timezone.now():
                self.add_error("date", gettext("This time is in the past. Choose a later one."))
        return values
