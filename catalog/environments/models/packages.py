"""What is in an image: a list of packages, shared by all versions of environments that have the same one."""

import re

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_NAME, MAX_VERSION = 200, 100
_SEPARATORS = re.compile(r"[-_.]+")


def key_of(name: str) -> str:
    """The name as it is compared: `Foo_Bar.baz` and `foo-bar-baz` are one package."""
    return _SEPARATORS.sub("-", name.strip().lower())[:MAX_NAME]


class PackageList(models.Model):
    """The packages of one lock or bill of materials; it never changes."""

    sha256 = models.CharField(max_length=64, unique=True, help_text="Of the text that it was read from")  # untranslated: on no page
    format = models.CharField(_("format"), max_length=40)
    count = models.PositiveIntegerField(default=0)
    unread = models.PositiveIntegerField(default=0, help_text=_("Entries that could not be read"))
    unread_first = models.JSONField(default=list, help_text=_("The first of them"))
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.format} ({self.count})"


class Package(models.Model):
    """One package in a list."""

    list = models.ForeignKey(PackageList, models.CASCADE, related_name="packages")
    key = models.CharField(max_length=MAX_NAME, help_text="The name as it is compared")  # untranslated: on no page
    name = models.CharField(_("name"), max_length=MAX_NAME)
    version = models.CharField(_("version"), max_length=MAX_VERSION, blank=True, help_text=_("Empty where the list gives no exact version"))
    source = models.CharField(max_length=20, blank=True, help_text=_("The installer, such as conda or pip"))

    class Meta:
        ordering = ("key", "source", "pk")
        indexes = (models.Index(fields=["key"], name="environment_package"),)

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()
