"""Which version of the workflow a launch form was filled in for: another one is never launched with its values unseen."""

from django import forms

from projects.workflows.models import Specification
from vre_portal.text import number_of


class VersionPart(forms.Form):
    """The number of the version in `version`; programs need not name one."""

    specification: Specification
    version = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)

    @property
    def current_version(self) -> str:
        """The number of the version that would be launched; "0" for a workflow without versions."""
        return str(self.specification.current.number) if self.specification.current else "0"

    @property
    def old_version(self) -> int | None:
        """The version whose form was filled in, where another one is current by now."""
        filled_in = self.data.get("version") if self.is_bound else None
        return None if filled_in in (None, "", self.current_version) else number_of(str(filled_in))
