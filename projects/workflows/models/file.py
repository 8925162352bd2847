"""The files of a run's workspace: which of them are copied here, which are not, and why."""

from pathlib import PurePosixPath
from typing import ClassVar

from django.db import models
from django.db.models.functions import MD5
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.workflows.models.run import Run
from vre_portal.jobs.models import Job
from vre_portal.text import plain, storable
from vre_portal.text import size as size_text

# What pages show as pictures, and as what they are sent.
PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp"}
FIRST_BYTES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")  # of pictures that browsers show, whatever their names
WHOLE_BYTES = 256 * 1024  # a picture up to this size is shown whole: a smaller copy would hardly be one


def is_picture_path() -> models.Q:
    """The condition for files whose name is that of a picture, and whose content, once it is here, does not say otherwise."""
    named = models.Q(*(("path__iendswith", suffix) for suffix in PICTURES), _connector=models.Q.OR)
    return named & ~models.Q(thumbnail_state=RunFile.Thumbnail.NO_PICTURE)


class RunFileQuerySet(models.QuerySet["RunFile"]):
    """Files by what is known of them."""

    def copied(self) -> "RunFileQuerySet":
        """Here, to be shown, downloaded and kept."""
        return self.filter(state=RunFile.State.COPIED)

    def waiting(self) -> "RunFileQuerySet":
        """To be copied by a worker."""
        return self.filter(state=RunFile.State.WAITING)

    def not_copied(self) -> "RunFileQuerySet":
        """At REANA only, for whatever reason."""
        return self.filter(state__in=(RunFile.State.LEFT, RunFile.State.FAILED))

    def not_here(self) -> "RunFileQuerySet":
        """Declared as outputs and not here: what a reader of the results has to know."""
        return self.filter(is_declared=True).exclude(state__in=(RunFile.State.COPIED, RunFile.State.WAITING))


class RunFile(Job):
    """A file of a run's workspace. Copied ones are read here, so that the page needs no REANA and those who may see the run may see them."""

    class State(models.TextChoices):
        COPIED = "copied", _("copied")
        WAITING = "waiting", _("being copied")
        LEFT = "left", _("at REANA")
        FAILED = "failed", _("not copied")
        MISSING = "missing", _("not created")
        DELETED = "deleted", _("deleted at REANA")

    class Thumbnail(models.TextChoices):
        NONE = "", ""  # no picture, or one that is shown whole
        WANTED = "wanted", _("being made")
        MADE = "made", _("made")
        FAILED = "failed", _("not possible")
        NO_PICTURE = "other", _("no picture, though its name says so")

    run = models.ForeignKey(Run, models.CASCADE, related_name="outputs")
    path = models.TextField(help_text=_("As listed by REANA, or as declared in the specification if the run did not create it"))
    size = models.BigIntegerField(null=True, help_text=_("As listed by REANA until the file is copied; empty if unknown"))
    state = models.CharField(max_length=10, choices=State, default=State.COPIED)
    is_declared = models.BooleanField(default=True, help_text=_("Whether the specification declares it as an output"))
    reason = models.TextField(blank=True, help_text=_("Why it is not copied"))
    modified_at = models.DateTimeField(null=True, help_text=_("As listed by REANA; empty if unknown"))
    sha256 = models.CharField(max_length=64, blank=True)
    file = models.FileField(upload_to="runs/%Y/%m/", max_length=300, blank=True)
    thumbnail = models.FileField(
        upload_to="runs/%Y/%m/", max_length=300, blank=True, db_default="", help_text=_("A small copy of a large picture, as WebP")
    )
    thumbnail_state = models.CharField(max_length=8, choices=Thumbnail, blank=True, default=Thumbnail.NONE, db_default="")
    thumbnail_note = models.TextField(blank=True, db_default="", help_text=_("Why there is no small copy"))

    has_preview = False  # whether the portal can show what is in a file of its name: whoever shows it says so
    can_be_asked_for = True  # whether REANA can be asked for a file of its name: whoever shows it says so

    objects: ClassVar[RunFileQuerySet] = RunFileQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("path",)
        # By its hash: a path may be longer than an index entry.
        constraints = (models.UniqueConstraint("run", MD5("path"), name="a_workspace_file_once"),)
        indexes = (
            models.Index(fields=["run"], condition=models.Q(state="waiting"), name="run_files_waiting"),
            models.Index(fields=["run"], condition=models.Q(thumbnail_state="wanted"), name="run_files_to_make_small"),
        )

    def __str__(self) -> str:
        return self.path

    def get_absolute_url(self) -> str:
        """By its number: a path may hold what no address can, such as a line break."""
        return reverse("workflows:file", args=[self.run.project.slug, self.run.number, self.pk])

    @property
    def label(self) -> str:
        """The path on one line."""
        return "".join("\ufffd" if char in "\n\r\t" else char for char in plain(self.path))

    @property
    def download_name(self) -> str:
        """The last part of the path, as a header may carry it."""
        return PurePosixPath(self.label).name or "file"

    @property
    def choice_label(self) -> str:
        """Path, size, and that it is not here."""
        size = size_text(self.size) if self.size is not None else gettext("unknown size")
        if self.is_copied:
            return gettext("%(path)s (%(size)s)") % {"path": self.label, "size": size}
        return gettext("%(path)s (%(size)s, at REANA)") % {"path": self.label, "size": size}

    @property
    def is_copied(self) -> bool:
        return self.state == self.State.COPIED

    @property
    def is_input_data(self) -> bool:
        """Whether it came from a Data Lake or another run, which others than those who see the run may read."""
        return self.path in self.run.data_paths

    @property
    def can_be_fetched(self) -> bool:
        """Whether it is at REANA, not here, and can be had from there."""
        return self.can_be_asked_for and self.state in (self.State.LEFT, self.State.FAILED)

    @property
    def is_picture(self) -> bool:
        return self.content_type != ""

    @property
    def content_type(self) -> str:
        """As what a picture is sent; empty for other files."""
        if self.thumbnail_state == self.Thumbnail.NO_PICTURE:
            return ""
        return next((name for suffix, name in PICTURES.items() if self.path.lower().endswith(suffix)), "")

    @property
    def thumbnail_url(self) -> str:
        """The address of what pages show of a picture: a small one itself, of others the small copy; empty where there is none yet, or ever."""
        if not self.is_copied or not self.is_picture:
            return ""
        if self.thumbnail_state == self.Thumbnail.NONE:
            return self.get_absolute_url()
        if self.thumbnail_state != self.Thumbnail.MADE:
            return ""
        return reverse("workflows:file-thumbnail", args=[self.run.project.slug, self.run.number, self.pk])

    def copied(self, *, size: int, sha256: str, name: str, head: bytes) -> None:
        """Its bytes, which begin with `head`, are here, under `name` in the storage; raises LeaseLost where another worker has it meanwhile."""
        self.thumbnail_state = state = self.Thumbnail.NONE
        if self.is_picture and not head.startswith(FIRST_BYTES):
            state = self.Thumbnail.NO_PICTURE
        elif self.is_picture and size > WHOLE_BYTES:
            state = self.Thumbnail.WANTED
        self.write(state=self.State.COPIED, size=size, sha256=sha256, file=name, reason="", thumbnail_state=state)

    def made_small(self, name: str) -> None:
        """Its small copy is in the storage under this name; raises LeaseLost where another worker has it meanwhile."""
        self.write(thumbnail_state=self.Thumbnail.MADE, thumbnail=name, thumbnail_note="")

    def not_made_small(self, why: str) -> None:
        """There is no small copy of it, and none is tried again."""
        self.write(thumbnail_state=self.Thumbnail.FAILED, thumbnail_note=storable(why))

    def drop_copies(self) -> list[str]:
        """Forget what is here of it; returns the names in the storage, which the caller deletes when the row is written."""
        names = [str(field.name) for field in (self.file, self.thumbnail) if field]
        self.file, self.sha256 = "", ""
        self.thumbnail, self.thumbnail_state, self.thumbnail_note = "", self.Thumbnail.NONE, ""
        return names

    def failed(self, why: str) -> None:
        """It is not tried again unless somebody asks."""
        self.write(state=self.State.FAILED, reason=storable(why))

    def postponed(self, why: str) -> None:
        """It could not be copied this time."""
        self.write(reason=storable(why))
