"""Where people are signed in, and which logouts of an IAM were used."""

import uuid
from datetime import datetime, timedelta
from typing import override

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone

from vre_portal.iam.models.people import User


class UserSessionQuerySet(models.QuerySet["UserSession"]):
    """Finds sessions, and ends them."""

    def live(self, user: User) -> "UserSessionQuerySet":
        """Those of one person that have not run out, the last used first."""
        return self.filter(user=user, session__expire_date__gt=timezone.now()).select_related("session").order_by("-last_seen_at")

    def called(self, handle: str) -> "UserSessionQuerySet":
        """The one that a form names, or none."""
        try:
            return self.filter(handle=uuid.UUID(handle))
        except ValueError:
            return self.none()

    def end(self) -> int:
        """Delete the sessions themselves: their next request is a stranger's. Returns how many."""
        keys = list(self.values_list("session_id", flat=True))
        Session.objects.filter(pk__in=keys).delete()
        return len(keys)


class UserSession(models.Model):
    """Where someone is signed in: a row beside each session, gone with it. The device is in words of ours, for browsers tell too much."""

    handle = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # the session's own key never leaves the server
    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="known")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    device = models.CharField(max_length=80)
    address = models.GenericIPAddressField(null=True)
    issuer = models.CharField(max_length=300, blank=True)  # the IAM by which one came in
    sid = models.CharField(max_length=255, blank=True, default="", db_default="")  # the IAM's own session, where it tells
    signed_in_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    objects = UserSessionQuerySet.as_manager()

    @override
    def __str__(self) -> str:
        return f"session of {self.user_id} since {self.signed_in_at:%Y-%m-%d}"

    @property
    def ends_at(self) -> datetime:
        """When it ends if it is not used any more."""
        return self.session.expire_date

    @property
    def ends_at_latest(self) -> datetime:
        return self.signed_in_at + timedelta(seconds=settings.SESSION_SECONDS)


class UsedLogout(models.Model):
    """A logout token of an IAM that was used: it counts once."""

    issuer = models.CharField(max_length=300)
    jti = models.CharField(max_length=255)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["issuer", "jti"], name="one_use_of_a_logout_token"),)

    @override
    def __str__(self) -> str:
        return f"a logout by {self.issuer}"
