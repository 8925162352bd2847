"""The form of the button "Open a notebook"."""

import uuid

from django import forms


class OpenForm(forms.Form):
    """An id of the form, and whether a running session ends first; project and data are in the address."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    anew = forms.BooleanField(required=False)

    @classmethod
    def fresh(cls) -> "OpenForm":
        """An empty form with a new id."""
        return cls(initial={"key": uuid.uuid4()})
