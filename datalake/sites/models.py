"""How full storage elements were, hour by hour, and facts of the information catalogue, each with its age."""

from datetime import datetime, timedelta

from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

HOURLY, DAILY = timedelta(days=7), timedelta(days=366)  # how long each hour is kept, and then one sample of each day
THIN = """
delete from lake_sites_sample where at < %(hourly)s and id not in (
  select distinct on (lake, rse, at::date) id from lake_sites_sample where at < %(hourly)s order by lake, rse, at::date, at)
"""


class Sample(models.Model):
    """One storage element at one hour."""

    lake = models.CharField(max_length=60)
    rse = models.CharField(max_length=255)
    at = models.DateTimeField(help_text=_("The full hour"))
    used = models.BigIntegerField(help_text=_("Bytes"))
    total = models.BigIntegerField(null=True, blank=True, help_text=_("Bytes; empty where the storage does not report it"))
    files = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("at",)
        constraints = (models.UniqueConstraint(fields=["lake", "rse", "at"], name="one_sample_an_hour"),)
        indexes = (models.Index(fields=["at"]),)

    def __str__(self) -> str:
        return f"{self.rse} at {self.at:%Y-%m-%d %H:%M}"


class SiteRecord(models.Model):
    """What the information catalogue says of one storage element."""

    lake = models.CharField(max_length=60)
    rse = models.CharField(max_length=255)
    site = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=40, blank=True)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "lake_sites_entry"
        constraints = (models.UniqueConstraint(fields=["lake", "rse"], name="one_entry_of_the_catalogue"),)

    def __str__(self) -> str:
        return f"{self.rse} of {self.lake}"


class StorageAccess(models.Model):
    """How one storage element can be used, as Rucio said when it was last asked."""

    lake = models.CharField(max_length=60)
    rse = models.CharField(max_length=255)
    protocols = models.JSONField(default=list)
    writable = models.BooleanField(default=True)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "lake_sites_access"
        constraints = (models.UniqueConstraint(fields=["lake", "rse"], name="one_access_of_a_storage"),)

    def __str__(self) -> str:
        return f"access to {self.rse} of {self.lake}"


class Look(models.Model):
    """When something is to be read from a lake next, and when that went well last."""

    lake = models.CharField(max_length=60)
    what = models.CharField(max_length=30)
    due_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # since it went well

    class Meta:
        constraints = (models.UniqueConstraint(fields=["lake", "what"], name="one_look_at_a_lake"),)

    def __str__(self) -> str:
        return f"{self.what} of {self.lake}"


def thin(now: datetime) -> None:
    """Keep the first sample of each day that is over a week ago, and none that is over a year ago."""
    Sample.objects.filter(at__lt=now - DAILY).delete()
    with connection.cursor() as cursor:
        cursor.execute(THIN, {"hourly": now - HOURLY})


def history(lake: str, rse: str) -> list[Sample]:
    """The samples of one storage element, the oldest first."""
    return list(Sample.objects.filter(lake=lake, rse=rse))
