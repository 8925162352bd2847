"""Downloads of public data by people without a Data Lake account, counted."""

from typing import override

from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PublicDownload(models.Model):
    """Downloads that the portal's own account made for visitors, one row per scope, day and kind. Nothing about the visitors is stored."""

    class Kind(models.TextChoices):
        """What was fetched."""

        FILE = "file", _("File")
        RANGE = "range", _("Part of a file")
        ZIP = "zip", _("Zip archive")
        METALINK = "metalink", _("Metalink")
        PREVIEW = "preview", _("Preview")

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
                "INSERT INTO datalake_publicdownload (lake, scope, day, kind, times, bytes) VALUES (%s, %s, %s, %s, 1, %s)"  # untranslated: SQL
                " ON CONFLICT (lake, scope, day, kind) DO UPDATE SET times = datalake_publicdownload.times + 1,"
                " bytes = datalake_publicdownload.bytes + excluded.bytes",
                [lake, scope[:255], timezone.now().date(), kind, size],
            )
