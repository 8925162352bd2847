"""What people type to begin a project."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from projects.editing.project_texts import ProjectTexts
from projects.start import slugs
from projects.start.project_copy import Plan
from projects.start.starting_points import StartingPoint

FIRST = ("title", "summary", "licence")  # that the form shows at once; everything else is one press away
NOT_TEXTS = frozenset({"key", "slug", "parts"})


class NewProjectForm(ProjectTexts):
    """The first texts of a project; everything but the title can be added later."""

    field_order = (*FIRST, "slug")

    key = forms.UUIDField(widget=forms.HiddenInput)
    slug = forms.CharField(
        label=_("Name in the address"),
        max_length=slugs.LONGEST,
        required=False,
        help_text=_("Small letters, digits and hyphens. Made from the title if left empty. It can't be changed later."),
    )
    parts = forms.MultipleChoiceField(label=_("Copy these too"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, source: StartingPoint, data: Any = None) -> None:
        plan = source.plan
        parts = plan.parts if plan else ()
        initial = {"key": uuid.uuid4(), "parts": [part.name for part in parts if part.is_offered], **source.initial}
        super().__init__(data, initial=initial, licence=plan.source.licence if plan else "")
        if plan and parts:
            field = self.field("parts", forms.MultipleChoiceField)
            field.choices, field.help_text = [(part.name, part.text) for part in parts], not_copied(plan)
        else:
            del self.fields["parts"]
        for name, file in source.told_by.items():
            hint = self.fields[name].help_text
            self.fields[name].help_text = " ".join(filter(None, [str(hint), gettext("Read from %(file)s.") % {"file": file}]))

    @property
    def first(self) -> list[forms.BoundField]:
        """The fields that stand at the top."""
        return [self[name] for name in FIRST]

    @property
    def further(self) -> list[forms.BoundField]:
        """The texts that can be added later."""
        return [item for item in self if not item.is_hidden and item.name not in (*FIRST, "parts")]

    @property
    def has_further(self) -> bool:
        """Whether one of those has a value or an error, so that they have to be seen."""
        return any(item.errors or item.value() for item in self.further)

    def clean_slug(self) -> str:
        """An address that is free; the one of the title may be taken, for it gets a number then."""
        slug = str(self.cleaned_data["slug"]).strip().lower()
        if slug and slug != slugs.slug_of(self.cleaned_data.get("title", "")) and (why := slugs.problem(slug)):
            raise forms.ValidationError(why)
        return slug

    def values(self) -> dict[str, Any]:
        """The texts, by the names of the project's fields."""
        return self.project_values(["institute_rors", *(name for name in self.cleaned_data if name not in NOT_TEXTS)])

    def typed(self) -> list[tuple[str, str]]:
        """What stands in the form, field by field, for somebody who may not send it."""
        shown = [(str(item.label), item.value()) for item in self if not item.is_hidden and item.name != "parts"]
        return [(label, "\n".join(value) if isinstance(value, list) else str(value)) for label, value in shown if value]


def not_copied(plan: Plan) -> str:
    """What of a project stays behind, whatever is chosen."""
    sentences = [gettext("A reference is a link with its description: the files stay where they are.")]
    if plan.left_out:
        text = ngettext(
            "%(n)s reference can't be copied, because you can't see it.",
            "%(n)s references can't be copied, because you can't see them.",
            plan.left_out,
        )
        sentences.append(text % {"n": plan.left_out})
    sentences.append(gettext("People, contacts, pictures, citations, workflows, runs and notebooks are never copied."))
    return " ".join(sentences)


class RepositoryForm(forms.Form):
    """The address of a git repository."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    address = forms.CharField(
        label=_("Address of the repository"),
        max_length=500,
        help_text=_(
            "A public repository, such as https://gitlab.example.org/group/name. You can also paste the address of one of its branches or "
            "tags, or git@gitlab.example.org:group/name."
        ),
    )
    ref = forms.CharField(
        label=_("Branch, tag or commit"), max_length=200, required=False, help_text=_("The default branch is used if left empty.")
    )
