"""Uploads: the files, how much of each was received, and their state."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vre_portal.jobs.models import Job
from vre_portal.text import storable

KEEP_ENDED_FOR = timedelta(days=30)  # how long an ended upload stays in its person's list


def life_end() -> Any:
    """When an upload that nobody goes on with is thrown away."""
    return timezone.now() + timedelta(hours=settings.UPLOAD_HOURS)


class Upload(Job):
    """One file of one person on its way into a lake; its bytes are in the spool until they are there."""

    class State(models.TextChoices):
        RECEIVING = "receiving", _("uploading")
        CHECKING = "checking", _("checking")
        MOVING = "moving", _("moving to the Data Lake")
        DONE = "done", _("in the Data Lake")
        FAILED = "failed", _("failed")

    OPEN = (State.RECEIVING, State.CHECKING, State.MOVING)
    TO_DO = (State.CHECKING, State.MOVING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="lake_uploads")
    lake = models.CharField(max_length=60)
    scope = models.CharField(max_length=60)
    name = models.CharField(max_length=250)
    rse = models.CharField(max_length=255)
    dataset = models.CharField(max_length=250, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    size = models.BigIntegerField(help_text=_("Bytes of the whole file, as announced"))
    received = models.BigIntegerField(default=0, help_text=_("Bytes that are on the portal's disk"))
    adler32 = models.BigIntegerField(default=1, help_text=_("Of the bytes received so far"))
    expected = models.CharField(max_length=8, blank=True, help_text=_("Adler-32 of the whole file, if the sender gave it"))
    sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVING)
    reason = models.TextField(blank=True, help_text=_("Why it failed, or what it waits for"))
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(default=life_end)

    class Meta:
        ordering = ("-created_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["by", "lake", "scope", "name"],
                condition=models.Q(state__in=("receiving", "checking", "moving")),
                name="one_open_upload_of_a_name",
            ),
        )
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["by", "lake", "-created_at"], name="uploads_of_a_person"),
            models.Index(fields=["lease_until"], condition=models.Q(state__in=("checking", "moving")), name="uploads_to_do"),
        ]

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}"

    def get_absolute_url(self) -> str:
        return reverse("lake_uploads:file", args=[self.lake, self.pk])

    @property
    def checksum(self) -> str:
        """Adler-32 of what was received, as Rucio writes it."""
        return f"{self.adler32:08x}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_whole(self) -> bool:
        return self.received == self.size

    def came(self, received: int, adler32: int) -> bool:
        """So much of it is on disk now; False where somebody else moved on meanwhile."""
        here = Upload.objects.filter(pk=self.pk, state=self.State.RECEIVING, received=self.received)
        now, end = timezone.now(), life_end()
        if not here.update(received=received, adler32=adler32, changed_at=now, expires_at=end):
            return False
        self.received, self.adler32, self.changed_at, self.expires_at = received, adler32, now, end
        return True

    def moved(self, state: str, reason: str = "", **facts: Any) -> None:
        """It is one stage further, or where it was with a reason; raises LeaseLost where it was cancelled or taken over meanwhile."""
        now = timezone.now()
        ended = None if state in self.OPEN else now
        self.write(state=self.State(state), reason=storable(reason), changed_at=now, ended_at=ended, **facts)
