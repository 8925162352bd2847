"""Forms of the search: a range of dates, and a name for a saved search."""

import re
from typing import Any, override

from django import forms
from django.utils.translation import gettext_lazy

from vre_portal.search.models import MAX_QUERY
from vre_portal.validators import validate_visible_line

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


class DateRangeForm(forms.Form):
    """From and until, each a year, a month or a day."""

    since = forms.RegexField(_DATE, required=False, max_length=10, label=gettext_lazy("From"))
    until = forms.RegexField(_DATE, required=False, max_length=10, label=gettext_lazy("To"))


class StoredSearchForm(forms.Form):
    """The name under which a search is saved; without one it is the search itself."""

    name = forms.CharField(required=False, max_length=100, label=gettext_lazy("Name"), validators=[validate_visible_line])
    query = forms.CharField(max_length=MAX_QUERY, widget=forms.HiddenInput, validators=[validate_visible_line])

    @override
    def clean(self) -> dict[str, Any]:
        """Without a name, the beginning of the search."""
        values: dict[str, Any] = super().clean() or {}
        name = values.get("name") or values.get("query", "")[:100]
        return {**values, "name": name.strip()}


class NameForm(forms.Form):
    """Another name for a saved search."""

    name = forms.CharField(max_length=100, label=gettext_lazy("Name"), validators=[validate_visible_line])
