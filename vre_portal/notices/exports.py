"""Notices in the file of a person's data: whole where the person may know of the event now, else only that there was one."""

from typing import Any

from django.db import models

from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.notices.models import Event, EventAudience, Notice
from vre_portal.search.audiences import rules_that_hold


def register() -> None:
    """Limit what the export has of notices, and of events that the person caused."""
    data_export.register_limit(Notice, readable, always=("id", "delivery", "at", "read_at"))
    data_export.register_limit(Event, readable, always=("id", "kind", "at"))


def readable(user: User, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Those of some notices or events whose audience holds for the person now."""
    rules = dict(EventAudience.objects.filter(pk__in=rows.values("audience")).values_list("rule", "pk"))
    return rows.filter(audience__in=[rules[rule] for rule in rules_that_hold(user, rules)])
