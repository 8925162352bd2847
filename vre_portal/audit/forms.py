"""The filters of the audit log."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User

MOST_PEOPLE = 200


class FilterForm(forms.Form):
    """Each field narrows; a person may be named in any way that the portal knows them."""

    action = forms.CharField(label=_("Action"), required=False, max_length=60, help_text=_("Its beginning, such as “run.” or “sign-in”"))
    person = forms.CharField(label=_("Person"), required=False, max_length=300, help_text=_("Name, e-mail address, subject or handle"))
    subject = forms.CharField(
        label=pgettext_lazy("of an entry in the audit log", "Object"),
        required=False,
        max_length=300,
        help_text=_("Its beginning, such as “project/”"),
    )
    outcome = forms.CharField(label=_("Outcome"), required=False, max_length=20, help_text=_("“ok”, “refused” or “failed”"))
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("Including this day"),
    )
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    def entries(self) -> QuerySet[AuditEntry]:
        """The entries that are asked for, newest first; everything where nothing was asked."""
        filters = self.cleaned_data
        entries = AuditEntry.objects.filter(action__startswith=filters["action"], subject__startswith=filters["subject"])
        if filters["outcome"]:
            entries = entries.filter(outcome=filters["outcome"])
        if filters["person"]:
            handles = handles_of(filters["person"])
            entries = entries.filter(Q(actor__in=handles) | Q(subject__in=[f"person/{handle}" for handle in handles]))
        if filters["since"]:
            entries = entries.filter(at__gte=beginning(filters["since"]))
        if filters["until"]:
            entries = entries.filter(at__lt=beginning(filters["until"]) + timedelta(days=1))
        return entries.order_by("-number")


def beginning(day: date) -> datetime:
    """The first moment of a day."""
    return timezone.make_aware(datetime.combine(day, time.min))


def handles_of(text: str) -> list[UUID]:
    """The people whom a word may mean; the handle itself also finds who was erased."""
    is_match = Q(name__icontains=text) | Q(email__iexact=text) | Q(subject=text) | Q(preferred_username__iexact=text)
    handles: list[Any] = list(User.objects.filter(is_match).values_list("handle", flat=True)[:MOST_PEOPLE])
    try:
        return [*handles, UUID(text)]
    except ValueError:
        return handles
