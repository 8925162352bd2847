"""What staff may ask the record."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone

from vre_portal.audit.models import Entry
from vre_portal.iam.models import User

MOST_PEOPLE = 200


class FilterForm(forms.Form):
    """Each field narrows; a person may be named in any way that the portal knows them."""

    action = forms.CharField(required=False, max_length=60, help_text="its beginning, such as run. or sign-in")
    person = forms.CharField(required=False, max_length=300, help_text="name, e-mail, subject or handle")
    subject = forms.CharField(required=False, max_length=300, help_text="its beginning, such as project/")
    outcome = forms.CharField(required=False, max_length=20, help_text="ok, refused, failed")
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="this day included")
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    def entries(self) -> QuerySet[Entry]:
        """The entries that are asked for, newest first; everything where nothing was asked."""
        asked = self.cleaned_data
        found = Entry.objects.filter(action__startswith=asked["action"], subject__startswith=asked["subject"])
        if asked["outcome"]:
            found = found.filter(outcome=asked["outcome"])
        if asked["person"]:
            handles = handles_of(asked["person"])
            found = found.filter(Q(actor__in=handles) | Q(subject__in=[f"person/{handle}" for handle in handles]))
        if asked["since"]:
            found = found.filter(at__gte=beginning(asked["since"]))
        if asked["until"]:
            found = found.filter(at__lt=beginning(asked["until"]) + timedelta(days=1))
        return found.order_by("-number")


def beginning(day: date) -> datetime:
    """The first moment of a day."""
    return timezone.make_aware(datetime.combine(day, time.min))


def handles_of(text: str) -> list[UUID]:
    """The people whom a word may mean; the handle itself also finds who was erased."""
    named = Q(name__icontains=text) | Q(email__iexact=text) | Q(subject=text) | Q(preferred_username__iexact=text)
    found: list[Any] = list(User.objects.filter(named).values_list("handle", flat=True)[:MOST_PEOPLE])
    try:
        return [*found, UUID(text)]
    except ValueError:
        return found
