"""What people type to begin a project."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.editing.fields import LicenceField, LinesField, WebAddressField
from projects.start import slugs
from projects.start.sources import Source
from vre_portal import markdown
from vre_portal.validators import say_limits, validate_title


class NewProjectForm(forms.Form):
    """The first texts of a project; everything but the title can be added later."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    title = forms.CharField(label=_("Title"), max_length=200, validators=[validate_title])
    slug = forms.CharField(
        label=_("Name in the address"),
        max_length=slugs.LONGEST,
        required=False,
        help_text=_("Small letters, digits and hyphens. Made from the title if left empty. It can't be changed later."),
    )
    summary = forms.CharField(
        label=_("Summary"), max_length=300, required=False, help_text=_("One or two sentences, shown in lists of projects.")
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=markdown.MAX_LENGTH,
        required=False,
        strip=False,
        help_text=_("Markdown: headings, lists, tables, links. HTML is shown as text."),
        widget=forms.Textarea(attrs={"rows": 14}),
    )
    theme = forms.CharField(label=_("Theme"), max_length=60, required=False)
    keywords = LinesField(label=_("Keywords"), commas=True, help_text=_("One per line, or separated by commas."))
    experiments = LinesField(label=_("Experiments"), help_text=_("One per line."))
    institutes = LinesField(label=_("Institutes"), help_text=_("One per line."))
    contact = forms.CharField(
        label=_("Contact"),
        max_length=200,
        required=False,
        help_text=_("Shown to everybody who can see the project. A mailing list is better than a personal address."),
    )
    licence = LicenceField(
        label=_("Licence"),
        max_length=100,
        required=False,
        help_text=_("The licence of the results, as an SPDX identifier such as CC-BY-4.0."),
    )
    website = WebAddressField(label=_("Website"))
    repository = WebAddressField(label=_("Repository"))
    parts = forms.MultipleChoiceField(label=_("Copy these too"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, source: Source, data: Any = None) -> None:
        parts = source.plan.parts if source.plan else ()
        initial = {"key": uuid.uuid4(), "parts": [part.name for part in parts], **source.initial}
        super().__init__(data, initial=initial)
        if parts:
            labels = [(part.name, f"{part.label} ({part.count})" if part.count else part.label) for part in parts]
            self.fields["parts"].choices = labels  # type: ignore[attr-defined]
        else:
            del self.fields["parts"]
        say_limits(self)
        for name, file in source.told_by.items():
            hint = self.fields[name].help_text
            self.fields[name].help_text = " ".join(filter(None, [str(hint), gettext("Read from %(file)s.") % {"file": file}]))

    def clean_slug(self) -> str:
        """An address that is free; the one of the title may be taken, for it gets a number then."""
        slug = str(self.cleaned_data["slug"]).strip().lower()
        if slug and slug != slugs.slug_of(self.cleaned_data.get("title", "")) and (why := slugs.problem(slug)):
            raise forms.ValidationError(why)
        return slug

    def clean_summary(self) -> str:
        return " ".join(str(self.cleaned_data["summary"]).split())

    def clean_description(self) -> str:
        return str(self.cleaned_data["description"]).replace("\r\n", "\n").rstrip()

    def values(self) -> dict[str, Any]:
        """The texts, by the names of the project's fields."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("key", "slug", "parts")}

    def typed(self) -> list[tuple[str, str]]:
        """What stands in the form, field by field, for somebody who may not send it."""
        shown = [(str(item.label), item.value()) for item in self if not item.is_hidden and item.name != "parts"]
        return [(label, "\n".join(value) if isinstance(value, list) else str(value)) for label, value in shown if value]


class RepositoryForm(forms.Form):
    """The address of a git repository."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    address = forms.CharField(
        label=_("Address of the repository"),
        max_length=500,
        help_text=_("A public repository, such as https://gitlab.example.org/group/name."),
    )
    ref = forms.CharField(
        label=_("Branch, tag or commit"), max_length=200, required=False, help_text=_("The default branch is used if left empty.")
    )
