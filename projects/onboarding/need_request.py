"""The general request for a need of a planned project, where the portal has no kind of request that fits."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.onboarding.forms.fields import MAX_LINE, MAX_TEXT
from projects.requests import kinds
from projects.requests.approvers import Staff
from projects.requests.kinds import RequestKind, Scope
from projects.requests.values import RequestValuesForm
from vre_portal.pasted_text import TextField
from vre_portal.validators import validate_visible_line

KEY = "project-need"


class NeedForm(RequestValuesForm):
    """What is needed. The onboarding adds the details that it knows; people write theirs into the text of the request."""

    need = forms.CharField(label=_("What the project needs, in a few words"), max_length=MAX_LINE, validators=[validate_visible_line])
    details = TextField(label=_("Details"), max_length=MAX_TEXT, required=False, widget=forms.HiddenInput)


def _title(values: Any, _project: Any) -> str:
    return str(values.get("need") or "")


def register() -> None:
    """Make the kind known."""
    kinds.register(
        RequestKind(
            key=KEY,
            title=_("Help with a need of a project"),
            description=_("Something that your project needs and that you found no other request for."),
            approvers=Staff(),
            icon="circle-question-mark",
            section=_("Projects"),
            form=NeedForm,
            scope=Scope.OPTIONAL,
            text_label=_("How much of it, what for, and by when"),
            title_of=_title,
            instructions=lambda _request: gettext("Help the project with this need, or tell its people who can."),
        )
    )
