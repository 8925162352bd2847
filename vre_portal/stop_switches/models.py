"""A stop switch: who stopped which action at which service, why, from when and until when."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vre_portal.services import ServiceKind, UnknownService, service
from vre_portal.stop_switches.actions import StoppableAction, action_of, is_known

MAX_REASON = 200


class StopSwitchQuerySet(models.QuerySet["StopSwitch"]):
    """Stop switches by when they hold."""

    def open(self) -> Self:
        """Those that hold now or later: nobody turned them off, and their end has not come."""
        return self.filter(Q(until=None) | Q(until__gt=timezone.now()), ended_at=None)

    def past(self) -> Self:
        """Those that were turned off or ended by themselves, the last first."""
        return self.filter(Q(until__lte=timezone.now()) | Q(ended_at__isnull=False)).order_by("-pk")

    def of(self, kind: str, name: str, action: str) -> Self:
        """Those of one action at one service."""
        return self.filter(kind=kind, name=name, action=action)


class StopSwitch(models.Model):
    """An action that is stopped at a service. One whose `until` has passed is off without anybody's doing."""

    kind = models.CharField(_("kind of service"), max_length=20)
    name = models.CharField(_("service"), max_length=60)
    action = models.CharField(_("action"), max_length=20)
    reason = models.CharField(_("reason"), max_length=MAX_REASON)
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("stopped by"))
    ended_at = models.DateTimeField(_("turned off"), null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("turned off by"))

    objects: ClassVar[StopSwitchQuerySet] = StopSwitchQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        # Of two people who stop the same thing at once, the second is told that it is stopped.
        constraints = (models.UniqueConstraint(fields=["kind", "name", "action"], condition=Q(ended_at=None), name="one_open_stop_switch"),)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}: {self.action}"

    @property
    def known_action(self) -> StoppableAction:
        """What is stopped."""
        return action_of(self.kind, self.action)

    @cached_property
    def service_title(self) -> str:
        """The service's title; its name where it is not configured any more."""
        try:
            return service(ServiceKind(self.kind), self.name).title
        except (UnknownService, ValueError):
            return self.name

    @property
    def has_begun(self) -> bool:
        """Whether it holds already, unless it has ended."""
        return self.starts_at <= timezone.now()

    @property
    def words(self) -> str:
        """The sentence that says what is stopped, and until when."""
        action = self.known_action
        if self.until is None:
            return str(action.stopped) % {"service": self.service_title}
        return str(action.stopped_until) % {"service": self.service_title, "time": clock(self.until)}

    @property
    def sentence(self) -> str:
        """The same with the reason, for texts of one line."""
        return gettext("%(stopped)s Reason: %(reason)s") % {"stopped": self.words, "reason": self.reason}

    @property
    def action_title(self) -> str:
        """The action as pages call it, also one that is not known any more."""
        return str(self.known_action.title) if is_known(self.kind, self.action) else self.action

    @property
    def has_ended(self) -> bool:
        """Whether it was turned off or has ended by itself."""
        return self.ended_at is not None or (self.until is not None and self.until <= timezone.now())

    @property
    def ended_or_until(self) -> datetime | None:
        """When it ended, for past ones."""
        return self.ended_at or self.until


def clock(moment: datetime) -> str:
    """A moment as people say it: the time alone where it is today; always with its zone."""
    local = timezone.localtime(moment)
    time = f"{local:%H:%M} {local.tzname()}"
    if local.date() == timezone.localtime().date():
        return time
    return gettext("%(date)s, %(time)s") % {"date": date_format(local, "j M Y"), "time": time}
