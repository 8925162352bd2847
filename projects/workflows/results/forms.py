"""What people write of a result, and why one is withdrawn."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.editing.fields import LicenceField, RowsField
from projects.workflows.models import BestNumber, Result
from projects.workflows.results.numbers import WorkflowNumbers
from vre_portal.validators import validate_visible_line
from vre_portal.vocabularies import orcid


class PeopleField(RowsField):
    """People to cite: name and ORCID iD."""

    def row(self, number: int, line: str) -> dict[str, str]:
        """The person of a line; raises ValidationError, with the number of the line, for what is no ORCID iD."""
        row = super().row(number, line)
        if written := row.get("orcid", ""):
            row["orcid"] = orcid.parse(written)
            if not row["orcid"]:
                message = gettext("Line %(number)s: “%(text)s” is not an ORCID iD. Check it for typing errors.")
                raise forms.ValidationError(message % {"number": number, "text": written})
        return row


class ResultForm(forms.Form):
    """The words of a result, with the version that the writer saw."""

    title = forms.CharField(label=_("Title"), max_length=200, validators=[validate_visible_line])
    description = forms.CharField(
        label=_("Description"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("What was found, and how sure it is. Markdown."),
    )
    people = PeopleField("name", "orcid", label=_("People to cite"), help_text=_("One per line, in the order of authors: name | ORCID iD."))
    licence = LicenceField(label=_("Licence"), max_length=100, required=False, help_text=_("SPDX identifier, for example CC-BY-4.0."))
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    @classmethod
    def of(cls, result: Result, data: Any = None) -> "ResultForm":
        """The form as a result fills it in, or as it was sent; the version of one that is not saved yet is 0."""
        known = {name: getattr(result, name) for name in ("title", "description", "licence")}
        known["version"] = result.version if result.pk else 0
        form = cls(data, initial={**known, "people": result.people_list})
        form.fields["licence"].kept = result.licence  # type: ignore[attr-defined]
        return form


class WithdrawForm(forms.Form):
    """Why a result is withdrawn: everybody who knew its page reads it."""

    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class BestNumberForm(forms.Form):
    """The headline number by which the results of a workflow are compared."""

    DIRECTIONS = (("larger", _("Larger is better")), ("smaller", _("Smaller is better")))

    workflow = forms.CharField(widget=forms.HiddenInput, required=False)
    name = forms.ChoiceField(label=_("Headline number"), required=False)
    direction = forms.ChoiceField(label=_("Which is better"), choices=DIRECTIONS, widget=forms.RadioSelect, initial="larger")

    def __init__(self, data: Any, workflow: WorkflowNumbers, best: BestNumber | None) -> None:
        now = {"name": best.name, "direction": best.direction} if best else {}
        super().__init__(data, initial={"workflow": workflow.name, **now}, auto_id=f"id-{workflow.specification}-%s")
        self.of = workflow
        choices = [("", _("None: no order “best first”")), *((name, name) for name in workflow.numbers)]
        self.fields["name"].choices = choices  # type: ignore[attr-defined]
