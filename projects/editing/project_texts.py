"""The texts of a project that people type, both where it is created and in its settings: one definition, with one set of checks."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.editing.fields import InstitutesField, LicenceField, LinesField, WebAddressField
from vre_portal import markdown
from vre_portal.validators import say_limits, validate_title, validate_visible_line


class ProjectTexts(forms.Form):
    """The texts that a project may begin with."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200, validators=[validate_title])
    summary = forms.CharField(
        label=gettext_lazy("Summary"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("One or two sentences, shown in lists of projects."),
        validators=[validate_visible_line],
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    licence = LicenceField(
        label=gettext_lazy("Licence"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("The licence of the results, as an SPDX identifier such as CC-BY-4.0. Several can be joined by OR or AND."),
        widget=forms.TextInput(attrs={"list": "licences"}),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=markdown.MAX_LENGTH,
        required=False,
        strip=False,
        help_text=gettext_lazy(
            "Markdown: headings, lists, tables, links, footnotes such as [^1], formulas such as $E = mc^2$, and pictures of published runs. "
            "HTML is shown as text."
        ),
        widget=forms.Textarea(attrs={"rows": 14}),
    )
    theme = forms.CharField(label=gettext_lazy("Theme"), max_length=60, required=False, validators=[validate_visible_line])
    keywords = LinesField(label=gettext_lazy("Keywords"), commas=True, help_text=gettext_lazy("One per line, or separated by commas."))
    experiments = LinesField(label=gettext_lazy("Experiments"), help_text=gettext_lazy("One per line."))
    institutes = InstitutesField(
        "name",
        "ror",
        label=gettext_lazy("Institutes"),
        help_text=gettext_lazy(
            "One per line: a name, an acronym such as CERN, or an identifier of ror.org. For an institute that the portal does not know: "
            "name | ROR identifier."
        ),
    )
    contact = forms.CharField(
        label=gettext_lazy("Contact"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Shown to everybody who can see the project. A mailing list is better than a personal address."),
        validators=[validate_visible_line],
    )
    repository = WebAddressField(
        label=gettext_lazy("Repository"), help_text=gettext_lazy("Where the code is, such as https://git.example.org/group/analysis.")
    )
    website = WebAddressField(label=gettext_lazy("Website"))

    def __init__(self, *args: Any, licence: str = "", **options: Any) -> None:
        """`licence` is one that is accepted as it is, because the project has it already."""
        super().__init__(*args, **options)
        self.field("licence", LicenceField).kept = licence
        if settings.SCIENCE_THEMES:
            self.fields["theme"].help_text = _("For example %(themes)s.") % {"themes": ", ".join(settings.SCIENCE_THEMES[:3])}
        say_limits(self)

    def field[Field: forms.Field](self, name: str, kind: type[Field]) -> Field:
        """A field of the form, which is of a kind."""
        field = self.fields[name]
        assert isinstance(field, kind)  # noqa: S101 -- declared above
        return field

    def clean_summary(self) -> str:
        return " ".join(str(self.cleaned_data["summary"]).split())

    def clean_description(self) -> str:
        return str(self.cleaned_data["description"]).replace("\r\n", "\n").rstrip()

    def project_values(self, names: Iterable[str]) -> dict[str, Any]:
        """The texts of these fields of a project, as it keeps them."""
        institutes: list[dict[str, str]] = self.cleaned_data["institutes"]
        kept = {
            "institutes": list(dict.fromkeys(row["name"] for row in institutes)),
            "institute_rors": {row["name"]: row["ror"] for row in institutes if "ror" in row},
        }
        return {name: kept[name] if name in kept else self.cleaned_data[name] for name in names}
