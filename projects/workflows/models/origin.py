"""The scopes of the data that a run read: people who may not read one of them do not see the run."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from projects.audience import Origin


class RunOriginQuerySet(models.QuerySet["RunOrigin"]):
    """Origins of runs, and questions about runs by their origins."""

    def scopes_of(self, runs: models.QuerySet[Any]) -> list[Origin]:
        """Each scope that some of the runs come from, once."""
        found = self.filter(run__in=runs.order_by().values("pk")).order_by().values_list("lake", "scope").distinct()
        return [Origin(*pair) for pair in found]

    def other_than(self, origins: Iterable[Origin]) -> Exists:
        """For a query of runs: whether one of its origins is none of these. An origin that came a moment ago is another one."""
        by_lake: dict[str, list[str]] = {}
        for origin in origins:
            by_lake.setdefault(origin.lake, []).append(origin.scope)
        named = reduce(or_, (Q(lake=lake, scope__in=found) for lake, found in by_lake.items()), Q(pk__in=()))
        return Exists(self.filter(run=OuterRef("pk")).exclude(named))


class RunOrigin(models.Model):
    """A run comes from data in this scope. What services.toml says of the scope is asked each time and not stored."""

    run = models.ForeignKey("workflows.Run", models.CASCADE, related_name="origins")
    lake = models.CharField(max_length=60)
    scope = models.CharField(max_length=300)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When an owner of these data agreed to the publication of the run")
    )

    objects: ClassVar[RunOriginQuerySet] = RunOriginQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("lake", "scope")
        constraints = (models.UniqueConstraint(fields=["run", "lake", "scope"], name="an_origin_once"),)

    def __str__(self) -> str:
        return f"{self.lake}/{self.scope}"

    @property
    def origin(self) -> Origin:
        return Origin(self.lake, self.scope)
