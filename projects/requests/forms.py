"""What people type in a request, and what those who decide answer."""

import uuid
from collections.abc import Sequence
from typing import Any, override

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Membership, Project, Role
from projects.people.forms import joining_choices
from projects.requests.attachment_types import NotAccepted
from projects.requests.attachments import MAX_BYTES, MAX_FILES, CheckedFile, checked
from projects.requests.kinds import AnswerTemplate, RequestKind, Scope, all_kinds
from projects.requests.models import Request
from vre_portal.iam.models import User
from vre_portal.pasted_text import TextField
from vre_portal.portable_gettext import grouped

MAX_TEXT_LENGTH = 4000
MAX_PROJECTS = 200  # in the list from which one is chosen
AT_MOST = format_lazy(_("At most {limit} characters. Markdown: lists, links, code."), limit=lazy(grouped, str)(MAX_TEXT_LENGTH))


def text_field(label: Any, hint: Any, *, rows: int = 4, required: bool = True) -> TextField:
    """A text of several lines."""
    widget = forms.Textarea(attrs={"rows": rows})
    return TextField(label=label, help_text=hint, max_length=MAX_TEXT_LENGTH, required=required, widget=widget)


class FilesInput(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Files that may be attached; their content is looked at."""

    def __init__(self) -> None:
        hint = format_lazy(
            _(
                "At most {count} files of {size} MB: text of any kind, pictures, PDF, office documents, archives, or data such as FITS and HDF5."
            ),
            count=MAX_FILES,
            size=MAX_BYTES // 1024**2,
        )
        super().__init__(label=_("Attachments"), required=False, help_text=hint, widget=FilesInput())

    @override
    def clean(self, data: Any, initial: Any = None) -> Sequence[CheckedFile]:
        uploads = [item for item in (data if isinstance(data, list | tuple) else [data]) if isinstance(item, UploadedFile)]
        if len(uploads) > MAX_FILES:
            raise forms.ValidationError(gettext("Attach at most %(limit)s files at once.") % {"limit": MAX_FILES})
        files, problems = [], []
        for item in uploads:
            try:
                files.append(checked(item))
            except NotAccepted as error:
                problems.append(str(error))
        if problems:
            raise forms.ValidationError([*problems, *choose_again(files)])
        return files


def choose_again(files: Sequence[CheckedFile]) -> list[str]:
    """What to do about files that were good, and were sent with a form that was refused: a browser does not send them twice."""
    names = ", ".join(item.name for item in files)
    return [gettext("Your text is kept, but these files have to be chosen again: %(names)s.") % {"names": names}] if files else []


class FormWithFiles(forms.Form):
    """The base of forms to which files may be attached."""

    attachments = FilesField()

    def ask_for_files_again(self) -> None:
        """To be called where the form is shown again, for whatever reason."""
        for message in choose_again(self.cleaned_data.get("attachments") or ()):
            self.add_error("attachments", message)


class JoinForm(forms.Form):
    """A request to join: which role, and why."""

    role = forms.ChoiceField(label=_("Role"), choices=joining_choices, initial=Role.MEMBER)
    text = text_field(_("Why do you want to join?"), _("The leads of the project see this with your name and e-mail address."))
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class NewRequestForm(FormWithFiles):
    """What every request has beside the fields of its kind: a project, the reason, files."""

    project = forms.ChoiceField(label=_("Project"), required=False)
    text = text_field(_("Reason"), AT_MOST, rows=5)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *args: Any, kind: RequestKind, user: User, project: Project | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["text"].label = kind.text_label
        if kind.scope is Scope.NONE:
            del self.fields["project"]
            return
        field = self.fields["project"]
        field.required = kind.scope is Scope.PROJECT
        rows = {item.slug: item.title for item in projects_of(user)} | ({project.slug: project.title} if project else {})
        field.choices = [("", _("no project") if kind.scope is Scope.OPTIONAL else _("choose a project")), *rows.items()]  # type: ignore[attr-defined]
        self.initial.setdefault("project", project.slug if project else "")


def projects_of(user: User) -> QuerySet[Project]:
    """The projects in which the person has a role, by their titles."""
    mine = Membership.objects.of(user).values("project")
    return Project.objects.visible_to(user).filter(pk__in=mine, archived_at=None).order_by("title", "pk")[:MAX_PROJECTS]


class CommentForm(FormWithFiles):
    """A comment, which decides nothing."""

    text = text_field(_("Comment"), AT_MOST, rows=3)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class AnswerForm(forms.Form):
    """The answer: approved, or declined with words."""

    GRANT, DECLINE = "grant", "decline"

    text = text_field(_("Message to the person"), _("Required if you decline."), rows=4, required=False)
    after_all = forms.BooleanField(required=False, widget=forms.HiddenInput)  # the page showed that it was granted
    decision = forms.ChoiceField(choices=[(GRANT, _("Grant request")), (DECLINE, _("Decline request"))], widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("decision") == self.DECLINE and not values.get("text") and "text" not in self.errors:
            self.add_error("text", gettext("A message is required to decline. Say why, so that the person knows what to do."))
        return values


class TemplateForm(forms.Form):
    """Which words to begin an answer with."""

    template = forms.ChoiceField(label=_("Begin with"))

    def __init__(self, *args: Any, templates: Sequence[AnswerTemplate], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["template"].choices = [(str(number), item.title) for number, item in enumerate(templates)]  # type: ignore[attr-defined]


class DoneForm(forms.Form):
    """Marking an approved request as carried out."""

    text = text_field(_("What was done"), _("The person sees this."), rows=3)


class DueForm(forms.Form):
    """The day by which a request is to be finished."""

    due_at = forms.DateField(
        label=_("Due date"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), input_formats=["%Y-%m-%d"]
    )


class RequestFilterForm(forms.Form):
    """Which requests a list shows, and in which order."""

    WHOSE = (
        ("", _("all requests")),
        ("mine", _("my requests")),
        ("others", _("requests that I can answer")),
        ("assigned", _("assigned to me")),
    )
    STATES = (("", _("any status")), ("unfinished", _("unfinished")), *Request.State.choices)
    SORTS = (("", _("newest first")), ("oldest", _("oldest first")), ("waiting", _("longest waiting first")), ("due", _("due date")))

    q = forms.CharField(label=_("Search"), max_length=200, required=False)
    whose = forms.ChoiceField(label=_("Show"), required=False, choices=WHOSE)
    state = forms.ChoiceField(label=_("Status"), required=False, choices=STATES)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=SORTS)
    overdue = forms.BooleanField(label=_("Overdue only"), required=False)
    project = forms.SlugField(max_length=100, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kinds = [(kind.key, kind.title) for kind in all_kinds()]
        self.fields["kind"].choices = [("", _("any kind")), *kinds]  # type: ignore[attr-defined]
