"""The files of the Data Lake that a run reads: which copy of each, how it came into the workspace, and how long that took."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from datalake.pages.addresses import did_address
from vre_portal.text import storable


class RunInput(models.Model):
    """One file, as the lake described it when the run first looked: what is added to its dataset later is not read."""

    class How(models.TextChoices):
        UNDECIDED = "", ""
        STREAMED = "streamed", _("through the portal")
        FETCHED = "fetched", _("by a step of the run")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("data", "waiting")
        HERE = "delivered", pgettext_lazy("data", "in the workspace")
        FAILED = "failed", pgettext_lazy("data", "failed")
        # Never stored: of a run that has ended, `current_state` gives them for what still waits.
        NOT_BROUGHT = "missing", pgettext_lazy("data", "not delivered")
        UNKNOWN = "unknown", pgettext_lazy("data", "not known")

    class Tape(models.TextChoices):
        NONE = "", ""
        OFFLINE = "offline", _("on tape")
        STAGING = "staging", _("being staged from tape")
        ONLINE = "online", _("staged from tape")

    run = models.ForeignKey("workflows.Run", models.CASCADE, related_name="input_files")
    binding = models.TextField(help_text=_("The path that the run's inputs name"))
    path = models.TextField(help_text=_("Where it is in the workspace"))
    lake = models.CharField(max_length=60)
    scope = models.CharField(max_length=300)
    name = models.TextField()
    bytes = models.BigIntegerField()
    adler32 = models.CharField(max_length=16, blank=True)
    md5 = models.CharField(max_length=64, blank=True)
    copies = models.JSONField(
        default=list, help_text=_("[storage element, address] of each copy that can be read, the preferred one first")
    )
    rse = models.CharField(max_length=255, blank=True, help_text=_("The storage element whose copy was read"))
    how = models.CharField(max_length=10, choices=How, blank=True, default=How.UNDECIDED)
    why = models.TextField(blank=True, help_text=_("Why a large file goes through the portal"))
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    tape = models.CharField(max_length=10, choices=Tape, blank=True, default=Tape.NONE)
    seconds = models.FloatField(null=True, help_text=_("How long it took to bring it"))

    class Meta:
        ordering = ("pk",)
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["run", "path"], name="an_input_file_once")]

    def __str__(self) -> str:
        return self.path

    @property
    def did(self) -> str:
        return f"{self.scope}:{self.name}"

    @property
    def page(self) -> str:
        """The page of its DID."""
        return did_address("did", self.lake, self.scope, self.name)

    @property
    def is_offline(self) -> bool:
        """Whether all its copies are on tape."""
        return self.tape in (self.Tape.OFFLINE, self.Tape.STAGING)

    @property
    def current_state(self) -> State:
        """Its state. What waits for a run that has ended never comes, unless the run finished and its jobs could not be read."""
        if self.state != self.State.WAITING or not self.run.ended:
            return self.State(self.state)
        return self.State.UNKNOWN if self.run.status == self.run.Status.FINISHED else self.State.NOT_BROUGHT

    @property
    def state_word(self) -> str:
        """What its icon and colour follow."""
        if self.run.ended:
            return self.current_state
        return {self.Tape.OFFLINE: "waiting", self.Tape.STAGING: "stagein"}.get(self.Tape(self.tape), self.state)

    @property
    def state_text(self) -> str:
        """Its state in words: of a file on tape, how far it is from disk."""
        return self.get_tape_display() if self.is_offline and not self.run.ended else str(self.current_state.label)

    def write(self, **values: Any) -> None:
        """Change these columns here and in the row."""
        type(self).objects.filter(pk=self.pk).update(**values)
        for name, value in values.items():
            setattr(self, name, value)

    def came(self, *, rse: str, seconds: float | None) -> None:
        """It is in the workspace, read from the copy at `rse`."""
        self.write(state=self.State.HERE, rse=storable(rse)[:255], seconds=seconds)
