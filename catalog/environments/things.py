"""Environments as things that people collect."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy

from catalog.environments.models import Environment
from vre_portal import things
from vre_portal.search import sources
from vre_portal.text import number_of
from vre_portal.things import Reader, ThingPage

NOTES = {Environment.Status.OLD: gettext_lazy("Old"), Environment.Status.WITHDRAWN: gettext_lazy("Withdrawn")}


def register() -> None:
    """The kind; the search has one document for each."""
    things.register("environment", label=gettext_lazy("Environment"), icon="container", pages=pages)
    sources.register_things("environment", "environment")


def pages(_reader: Reader, values: Sequence[str]) -> Mapping[str, ThingPage]:
    """The environments with these numbers; all are public, also withdrawn ones."""
    rows = Environment.objects.filter(pk__in=[number for value in values if (number := number_of(value))])
    found = rows.only("name", "slug", "status").order_by()
    return {str(row.pk): ThingPage(row.name, row.get_absolute_url(), note=NOTES.get(Environment.Status(row.status), "")) for row in found}
