"""A form in which somebody names something: a name against a convention is refused, or offered for a second look."""

from django import forms
from django.utils.translation import gettext, gettext_lazy

from datalake.naming.checking import NameCheck


class NamedForm(forms.Form):
    """With a box for a name that does not follow a convention which is only advice; it is shown when it is needed."""

    as_is = forms.BooleanField(required=False, widget=forms.HiddenInput, label=gettext_lazy("Use this name anyway"))

    def require_name(self, field: str, check: NameCheck) -> None:
        """Add an error to the field, unless the name follows its convention or the person wants it as it is."""
        if check.is_fine or (not check.is_required and self.cleaned_data.get("as_is")):
            return
        text = check.text
        if not check.is_required:
            self.fields["as_is"].widget = forms.CheckboxInput()
            text = gettext("%(reason)s Change the name, or use it anyway.") % {"reason": text}
        self.add_error(field, text)
