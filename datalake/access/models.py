"""Access to restricted data that somebody was given, until it ends."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datalake.access.restrictions import Restriction, of_row
from vre_portal.iam.models import User
from vre_portal.jobs.models import Job
from vre_portal.text import storable


class GrantQuerySet(models.QuerySet["AccessGrant"]):
    """Grants by what is to be done with them, and by whom they are about."""

    def over(self) -> Self:
        """Granted until a time that has passed."""
        return self.filter(state=AccessGrant.State.GRANTED, until__lte=timezone.now())

    def active(self) -> Self:
        """Those that have not ended."""
        return self.filter(state__in=AccessGrant.ACTIVE)

    def of(self, user: User, lake: str, scope: str) -> "AccessGrant | None":
        """The person's grant for a scope that has not ended."""
        return self.active().filter(user=user, lake=lake, scope=scope).first()


class AccessGrant(Job):
    """An owner gave somebody access to a restricted scope; a worker makes, and later ends, the membership of the group in the IAM."""

    class State(models.TextChoices):
        GRANTING = "granting", _("granted, not active yet")
        GRANTED = "granted", _("granted")
        ENDING = "ending", _("ending")
        ENDED = "ended", _("ended")

    ACTIVE = (State.GRANTING, State.GRANTED, State.ENDING)

    lake = models.CharField(max_length=60)
    scope = models.CharField(max_length=60)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    subject = models.CharField(max_length=255, help_text=_("The person's subject at the IAM of the group"))
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, help_text=_("When granted access ends automatically"))
    state = models.CharField(max_length=10, choices=State, default=State.GRANTING)
    entered = models.BooleanField(default=False, help_text=_("The portal created the group membership, so it can end it"))
    trouble = models.TextField(blank=True, help_text=_("Why the IAM has not been updated yet"))
    changed_at = models.DateTimeField(default=timezone.now)

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["lake", "scope", "user"],
                condition=Q(state__in=("granting", "granted", "ending")),
                name="one_active_grant_per_scope",
            ),
        )
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["lake", "scope", "state"], name="grants_of_a_scope")]

    def __str__(self) -> str:
        return f"access to {self.lake}/{self.scope}"

    @property
    def restriction(self) -> Restriction | None:
        return of_row(self.lake, self.scope)

    @property
    def is_lost(self) -> bool:
        """The IAM no longer has the person in the group, and not because of a decision here."""
        seen = self.user.groups_seen_at
        about = self.restriction
        known = self.state == self.State.GRANTED and seen is not None and seen > self.changed_at
        return known and about is not None and not about.opens_to(self.user)

    @property
    def is_still_in_group(self) -> bool:
        """Access has ended, but the person is in the group, because others put them there."""
        about = self.restriction
        return self.state == self.State.ENDED and about is not None and about.group in self.user.groups

    @classmethod
    def move(cls, pk: int, *, before: tuple[str, ...], to: str, **facts: object) -> bool:
        """What people decide: from one of these states to another; True for exactly one of those who try at once."""
        facts = {name: storable(value) if isinstance(value, str) else value for name, value in facts.items()}
        rows = cls._default_manager.filter(pk=pk, state__in=before)
        return bool(rows.update(state=to, changed_at=timezone.now(), **facts))

    def carried(self, *, before: str, to: str, **facts: object) -> bool:
        """The IAM has followed; False where it was decided otherwise meanwhile. Raises LeaseLost."""
        return self.write(Q(state=before), state=self.State(to), trouble="", changed_at=timezone.now(), **facts)

    def is_entered(self) -> None:
        """The portal is about to make the membership, and so it may end it. Raises LeaseLost."""
        self.write(entered=True)

    def hindered(self, trouble: str) -> None:
        """The IAM did not follow: say why. Raises LeaseLost."""
        self.write(trouble=storable(trouble), changed_at=timezone.now())
