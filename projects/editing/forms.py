"""What leads type about their project."""

import re
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.editing import pictures
from projects.editing.services import TEXTS, version
from projects.models import Project

MOST_LINES, LONGEST_LINE = 60, 200


class LinesField(forms.CharField):
    """A list, one entry to a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in str(super().to_python(value) or "").splitlines()]
        return list(dict.fromkeys(line for line in lines if line))

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > MOST_LINES or any(len(line) > LONGEST_LINE for line in value):
            message = gettext("Enter at most %(lines)s lines of at most %(characters)s characters each.")
            raise forms.ValidationError(message % {"lines": MOST_LINES, "characters": LONGEST_LINE})

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))


class TextForm(forms.Form):
    """All texts of a project, with the version that the writer saw."""

    version = forms.CharField(max_length=40, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Title"), max_length=200)
    summary = forms.CharField(
        label=_("Summary"), max_length=300, required=False, help_text=_("One or two sentences, shown in lists of projects.")
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=50_000,
        required=False,
        strip=False,
        help_text=_("Markdown: headings, lists, tables, links. HTML is shown as text."),
        widget=forms.Textarea(attrs={"rows": 14}),
    )
    theme = forms.CharField(
        label=_("Theme"),
        max_length=60,
        required=False,
        help_text=format_lazy(_("For example {themes}."), themes=", ".join(settings.SCIENCE_THEMES[:3])) if settings.SCIENCE_THEMES else "",
    )
    experiments = LinesField(label=_("Experiments"), required=False, help_text=_("One per line."))
    institutes = LinesField(label=_("Institutes"), required=False, help_text=_("One per line."))
    contact = forms.CharField(
        label=_("Contact"),
        max_length=200,
        required=False,
        help_text=_("Shown to everybody who can see the project. A mailing list is better than a personal address."),
    )
    licence = forms.CharField(
        label=_("Licence"),
        max_length=100,
        required=False,
        help_text=_("The licence of the results, as an SPDX identifier such as CC-BY-4.0."),
    )
    citation = forms.CharField(
        label=_("Citation"), max_length=20_000, required=False, help_text=_("In BibTeX format."), widget=forms.Textarea(attrs={"rows": 6})
    )

    @classmethod
    def of(cls, project: Project) -> "TextForm":
        return cls(initial={name: getattr(project, name) for name in TEXTS} | {"version": version(project)})

    def clean_citation(self) -> str:
        citation = str(self.cleaned_data["citation"])
        if citation and not re.search(r"@\w+\s*\{", citation):
            raise forms.ValidationError(gettext("This is not BibTeX. An entry starts like this: @article{key, …"))
        return citation

    def clean_description(self) -> str:
        return str(self.cleaned_data["description"]).replace("\r\n", "\n").rstrip()

    def texts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in TEXTS}


class PictureForm(forms.Form):
    """A picture and the words for those who do not see it."""

    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        help_text=_("JPEG, PNG or WebP, at most 10 MB and 40 million pixels. Location and camera data are removed."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    picture_description = forms.CharField(
        label=_("Picture description"), max_length=300, help_text=_("Shown as the caption, and read aloud by screen readers.")
    )

    def clean_picture(self) -> tuple[bytes, str] | None:
        upload = self.cleaned_data["picture"]
        if not upload:
            return None
        if upload.size > pictures.LARGEST:
            raise forms.ValidationError(gettext("The file is larger than 10 MB. Choose a smaller one."))
        try:
            return pictures.redrawn(upload)
        except pictures.NotAPicture as why:
            raise forms.ValidationError(str(why)) from why


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
