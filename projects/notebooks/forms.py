"""What the button "Open a notebook" sends."""

import uuid

from django import forms


class OpenForm(forms.Form):
    """The form's own id, and whether a session that runs is to end first; all else follows from the project and the address."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    anew = forms.BooleanField(required=False)

    @classmethod
    def fresh(cls) -> "OpenForm":
        """An empty form with an id that no other has."""
        return cls(initial={"key": uuid.uuid4()})
