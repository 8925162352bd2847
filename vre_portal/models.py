"""What the floor remembers: the state of each remote service, and since when."""

from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy


class ServiceState(models.Model):
    """The last known state of one configured service, written by the health task."""

    class State(models.TextChoices):
        UP = "up", pgettext_lazy("state", "up")
        DEGRADED = "degraded", pgettext_lazy("state", "degraded")
        DOWN = "down", pgettext_lazy("state", "down")

    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State)
    detail = models.CharField(max_length=300, blank=True)
    since = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(default=timezone.now)
    down_at = models.DateTimeField(null=True)  # when it was last seen down
    incident_at = models.DateTimeField(null=True)  # since when the outage lasts of which people were told; empty where there is none

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "name"], name="one_state_per_service"),)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}: {self.state}"

    def seen(self, state: str, detail: str) -> None:
        """Record a look at the service; `since` moves only when the state changes."""
        now = timezone.now()
        if state != self.state or self.pk is None:
            self.since = now
        if state == self.State.DOWN:
            self.down_at = now
        self.state, self.detail, self.checked_at = state, detail[:300], now
        # What people were told of is written by others, who hold the row.
        self.save(update_fields=None if self.pk is None else ["state", "detail", "since", "checked_at", "down_at"])
