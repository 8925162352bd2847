"""What the button "Open a notebook" sends."""

import uuid

from django import forms


class OpenForm(forms.Form):
    """Only the form's own id; everything else about a session follows from the project."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    @classmethod
    def fresh(cls) -> "OpenForm":
        """An empty form with an id that no other has."""
        return cls(initial={"key": uuid.uuid4()})
