"""Which version each topic of public pages is in."""

from django.db import models
from django.utils import timezone


class Mark(models.Model):
    """A part of a topic's version, which is all its marks taken together by exclusive or.

    Written by the triggers alone (migrations/0001_initial.py): each change replaces the marks that it can have without waiting by one with
    a random number in it, so that changes at the same time never wait for each other and no version ever comes again.
    """

    topic = models.CharField(max_length=40)
    mark = models.BigIntegerField()
    transaction = models.BigIntegerField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (models.Index(fields=["topic"], name="pages_mark_topic"),)

    def __str__(self) -> str:
        return f"{self.topic}: {self.mark}"
