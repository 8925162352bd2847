"""The review: which requests are sent, and which project gets the plan."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from projects.models import Project

NEW = "new"


class ReviewForm(forms.Form):
    """What is confirmed: nothing is sent before."""

    fingerprint = forms.CharField(widget=forms.HiddenInput, max_length=100)
    requests = forms.MultipleChoiceField(required=False)
    into = forms.ChoiceField(label=gettext_lazy("Project"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, suggestions: list[tuple[str, str]], projects: list[Project], may_create: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        asked, into = self.fields["requests"], self.fields["into"]
        assert isinstance(asked, forms.MultipleChoiceField)  # noqa: S101 -- declared above
        assert isinstance(into, forms.ChoiceField)  # noqa: S101 -- declared above
        asked.choices = suggestions
        choices = [(NEW, gettext("a new draft project"))] if may_create else []
        into.choices = [*choices, *((str(project.pk), project.title) for project in projects)]


class PlanItemForm(forms.Form):
    """Something to do that people add to a plan."""

    title = forms.CharField(label=gettext_lazy("What has to be done"), max_length=200)
    person = forms.CharField(label=gettext_lazy("Who"), max_length=200, required=False)
    due = forms.DateField(
        label=gettext_lazy("Due"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput, required=False)
