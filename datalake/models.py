"""How often everybody's data were fetched without an account at the lake."""

from typing import override

from django.db import connection, models
from django.utils import timezone


class PublicDownload(models.Model):
    """What the portal's own account fetched of one scope on one day, as a sum: for whom is kept nowhere."""

    class Kind(models.TextChoices):
        """What was fetched."""

        FILE = "file"
        RANGE = "range"
        ZIP = "zip"
        METALINK = "metalink"
        PREVIEW = "preview"

    lake = models.CharField(max_length=100)
    scope = models.CharField(max_length=255)
    day = models.DateField()
    kind = models.CharField(max_length=10, choices=Kind)
    times = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)  # that left the portal; of a preview none

    class Meta:
        ordering = ("-day", "lake", "scope", "kind")
        constraints = (models.UniqueConstraint(fields=["lake", "scope", "day", "kind"], name="one_sum_per_scope_day_and_kind"),)

    @override
    def __str__(self) -> str:
        return f"{self.day} {self.lake} {self.scope} {self.kind}"

    @classmethod
    def count(cls, lake: str, scope: str, kind: str, size: int) -> None:
        """Add one download of so many bytes to today's sum."""
        with connection.cursor() as cursor:  # in one statement, for many end at once
            cursor.execute(
                "INSERT INTO datalake_publicdownload (lake, scope, day, kind, times, bytes) VALUES (%s, %s, %s, %s, 1, %s)"
                " ON CONFLICT (lake, scope, day, kind) DO UPDATE SET times = datalake_publicdownload.times + 1,"
                " bytes = datalake_publicdownload.bytes + excluded.bytes",
                [lake, scope[:255], timezone.now().date(), kind, size],
            )
