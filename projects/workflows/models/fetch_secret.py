"""The secret at REANA with which a run's own step fetches its data: a row from before it is made until it is deleted."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.workflows.models.run import Run
from vre_portal.iam.models import User
from vre_portal.jobs.models import Job
from vre_portal.text import storable

DELETED_WITHIN = timedelta(days=7)  # after which nobody waits any longer for it to be deleted; its tokens are dead since long


class FetchSecretQuerySet(models.QuerySet["FetchSecret"]):
    """Secrets by what is still to be done."""

    def being_deleted(self) -> "FetchSecretQuerySet":
        """Those of runs that have ended which are still at REANA: only the row knows of them."""
        is_recent = models.Q(run__finished_at=None) | models.Q(run__finished_at__gt=timezone.now() - DELETED_WITHIN)
        return self.filter(is_recent, state=FetchSecret.State.MADE, run__status__in=Run.ENDED)


class FetchSecret(Job):
    """One secret of one run. Its value is nowhere here: tokens for the files of this run alone, each good for a few minutes."""

    class State(models.TextChoices):
        WANTED = "wanted", _("wanted")
        MADE = "made", _("made")
        DELETED = "deleted", _("deleted")

    PREFIX = "VRE_INPUTS_"

    run = models.OneToOneField(Run, models.CASCADE, related_name="fetch_secret")
    state = models.CharField(max_length=10, choices=State, default=State.WANTED)
    made_at = models.DateTimeField(null=True, blank=True, help_text=_("When its tokens were issued"))
    problem = models.TextField(blank=True)

    objects: ClassVar[FetchSecretQuerySet] = FetchSecretQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (models.Index(fields=["lease_until"], condition=~models.Q(state="deleted"), name="secrets_to_look_after"),)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name at REANA, which nobody else gives: that of the run, as a variable of the environment is spelt."""
        return f"{self.PREFIX}{self.run.name.removeprefix('vre-').upper()}"

    @property
    def by(self) -> User:
        return self.run.by

    def get_absolute_url(self) -> str:
        return self.run.get_absolute_url()

    def may_be_made(self) -> None:
        """It may be at REANA from now on: also a worker that has lost its run says so, so that it is deleted."""
        type(self).objects.filter(pk=self.pk).update(state=self.State.MADE)
        self.state = self.State.MADE

    def was_made(self) -> None:
        """It is at REANA, with new tokens."""
        now = timezone.now()
        type(self).objects.filter(pk=self.pk).update(state=self.State.MADE, made_at=now)
        self.state, self.made_at = self.State.MADE, now

    def was_deleted(self) -> None:
        """It is not at REANA, unless somebody has put it there since this row was read; raises LeaseLost."""
        self.write(models.Q(made_at=self.made_at), state=self.State.DELETED, problem="")

    def hindered(self, why: str) -> None:
        """It could not be looked after this time."""
        self.write(problem=storable(why))
