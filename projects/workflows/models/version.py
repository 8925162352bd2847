"""The versions of a specification with their files; a file's content is stored once, however many versions have it."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.workflows.models.source import SourcedDocument
from projects.workflows.models.specification import Specification

KEPT_UNUSED = timedelta(days=9)  # longer than an entry lives that may still name it


def file_name(stored: "StoredFile", _name: str) -> str:
    """A name of its own for each row, so that deleting a row deletes no other row's file."""
    return f"specifications/{stored.sha256[:2]}/{stored.sha256}-{secrets.token_hex(4)}"


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    """Stored contents."""

    def keep(self, body: bytes) -> "StoredFile":
        """The row of this content, which is stored if it is new, or if the storage has lost it."""
        digest = hashlib.sha256(body).hexdigest()
        if known := self.filter(sha256=digest).first():
            if not known.file.storage.exists(str(known.file.name)):
                known.file.save("", ContentFile(body), save=False)
            self.filter(pk=known.pk).update(used_at=timezone.now(), file=known.file.name)
            return known
        made = self.model(sha256=digest, size=len(body))
        made.file.save("", ContentFile(body), save=False)
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError:  # somebody stored the same at the same moment
            made.file.storage.delete(str(made.file.name))
            return self.get(sha256=digest)
        return made

    def orphans(self) -> "StoredFileQuerySet":
        """Contents that no version and no upload has, and that nobody wanted for some days."""
        used = Exists(VersionFile.objects.filter(stored=OuterRef("pk")))
        return self.filter(~used, uploads=None, used_at__lt=Now() - KEPT_UNUSED)

    def of_project(self, project: Project) -> "StoredFileQuerySet":
        """What the versions of a project's specifications have, each content once."""
        return self.filter(pk__in=VersionFile.objects.filter(version__specification__project=project).values("stored"))


class StoredFile(models.Model):
    """A content by its hash."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    file = models.FileField(upload_to=file_name, max_length=300)
    used_at = models.DateTimeField(default=timezone.now, help_text=_("When somebody last wanted it stored"))

    objects: ClassVar[StoredFileQuerySet] = StoredFileQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.sha256[:12]

    def read(self) -> bytes:
        """The content. Raises OSError where the storage has it no more."""
        with self.file.open("rb") as handle:
            return bytes(handle.read())


class SpecificationVersion(SourcedDocument):
    """A specification as it was saved at one time; it never changes."""

    specification = models.ForeignKey(Specification, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    data = models.JSONField(default=dict, help_text=_('Path in the workspace -> {"lake", "did"} of each data file'))
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=["specification", "number"], name="a_specification_version_once"),)

    def __str__(self) -> str:
        return f"{self.specification_id}/{self.number}"

    def same_as(self, text: str, files: dict[str, str], data: dict[str, Any]) -> bool:
        """Whether a version of this text, these files (path -> sha256) and these data would be the same."""
        mine = dict(self.files.values_list("path", "stored__sha256"))
        return (self.text, mine, self.data) == (text, files, data)

    def take(self, files: Iterable[tuple[str, StoredFile]]) -> None:
        """Give it its files."""
        VersionFile.objects.bulk_create([VersionFile(version=self, path=path, stored=stored) for path, stored in files], batch_size=1000)


class VersionFile(models.Model):
    """A file of a version, by its path in the workspace."""

    version = models.ForeignKey(SpecificationVersion, models.CASCADE, related_name="files")
    path = models.CharField(max_length=600)
    stored = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("path",)
        constraints = (models.UniqueConstraint(fields=["version", "path"], name="a_file_of_a_version_once"),)

    def __str__(self) -> str:
        return self.path
