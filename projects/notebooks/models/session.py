"""Notebook sessions: first the request of a person, then the state at the hub."""

from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.notebooks.start_options import StartOptions
from vre_portal.jobs.models import Job
from vre_portal.text import storable

LEFT_OUT, FETCHED = "left_out", "fetched"  # what `options` say besides the choices
MAX_LOG = 8_000  # characters of what a hub said


class SessionQuerySet(models.QuerySet["Session"]):
    """Selections of sessions."""

    def alive(self) -> "SessionQuerySet":
        """Sessions that are requested and not known to have ended."""
        return self.filter(state__in=Session.ALIVE)

    def forgotten(self) -> "SessionQuerySet":
        """Those that waited a day for a browser that never came."""
        return self.filter(state=Session.State.SIGN_IN, checked_at__lt=timezone.now() - timedelta(days=1))


class Session(Job):
    """One person's notebook server for a project, which may have several, each with a name of its own."""

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("notebook session", "Starting…")
        SIGN_IN = "sign-in", pgettext_lazy("notebook session", "Sign-in needed")
        STARTING = "starting", pgettext_lazy("notebook session", "Starting…")
        READY = "ready", pgettext_lazy("notebook session", "Running")
        STOPPING = "stopping", pgettext_lazy("notebook session", "Stopping…")
        STOPPED = "stopped", pgettext_lazy("notebook session", "Stopped")
        FAILED = "failed", pgettext_lazy("notebook session", "Failed")

    PENDING = (State.ASKED, State.SIGN_IN, State.STARTING)
    ALIVE = (*PENDING, State.READY, State.STOPPING)

    project = models.ForeignKey(Project, models.CASCADE, related_name="notebook_sessions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notebook_sessions")
    key = models.UUIDField(help_text=_("Identifier of the form: the same form sent twice opens one session"))
    hub = models.CharField(max_length=60, help_text=_("Name of the service in services.toml"))
    server = models.CharField(max_length=80, help_text=_("Name of the server at the hub, given by the portal"))
    name = models.CharField(max_length=20, blank=True, db_default="", help_text=_("Name of a further session of the project"))
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    progress = models.PositiveSmallIntegerField(default=0, help_text=_("Percent, as reported by the hub"))
    message = models.CharField(max_length=300, blank=True, help_text=_("Last message of the hub, or why the session failed"))
    path = models.CharField(max_length=300, blank=True, help_text=_("Path of the server at the hub"))
    asked_at = models.DateTimeField(default=timezone.now)
    sent_to_hub_at = models.DateTimeField(null=True, blank=True, help_text=_("When the browser was sent to the hub to sign in"))
    started_at = models.DateTimeField(null=True, blank=True)
    active_at = models.DateTimeField(null=True, blank=True, help_text=_("When the session was last used"))
    ended_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    lake = models.CharField(max_length=60, blank=True, help_text=_("Data Lake of the data that the session starts with"))
    did = models.CharField(max_length=600, blank=True, help_text=_("DID of these data"))
    given = models.BooleanField(default=False, help_text=_("Whether the server was started with these data"))
    anew = models.BooleanField(default=False, help_text=_("Whether a running server is stopped first"))
    why = models.CharField(max_length=300, blank=True, db_default="", help_text=_("Why the session is being stopped"))
    options = models.JSONField(default=dict, db_default={}, blank=True, help_text=_("What it was started with, as its person chose"))
    hub_log = models.TextField(blank=True, db_default="", help_text=_("What the hub said while it failed to start"))
    at_limit = models.BooleanField(default=False, db_default=False, help_text=_("Whether it failed because too many notebooks are running"))

    objects: ClassVar[SessionQuerySet] = SessionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["by", "key"], name="one_session_per_form"),
            models.UniqueConstraint(
                fields=["by", "hub", "server"],
                condition=Q(state__in=("asked", "sign-in", "starting", "ready", "stopping")),
                name="one_living_session_per_server",
            ),
        )
        indexes = (models.Index(fields=["state", "lease_until"]),)

    def __str__(self) -> str:
        return gettext("Notebook of %(person)s for %(project)s") % {"person": self.by, "project": self.project}

    def get_absolute_url(self) -> str:
        return reverse("notebooks:session", args=[self.project.slug, self.pk])

    @property
    def start_options(self) -> StartOptions:
        """What it was started with."""
        return StartOptions.read(self.options)

    @property
    def start_address(self) -> str:
        """The start page with what it was started with filled in."""
        place = urlencode({"hub": self.hub, **({"name": self.name} if self.name else {})})
        query = self.start_options.query
        return f"{reverse('notebooks:new', args=[self.project.slug])}?{place}{f'&{query}' if query else ''}"

    @property
    def is_pending(self) -> bool:
        return self.state in self.PENDING or self.state == self.State.STOPPING

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    @property
    def age(self) -> timedelta:
        """The age of the known state."""
        return timezone.now() - (self.checked_at or self.asked_at)

    @property
    def lacks_data(self) -> bool:
        """Whether it runs without the data that it was to begin with: the server was there before they were asked for."""
        return bool(self.did) and self.is_ready and not self.given

    def is_of_form(self, key: UUID | None, options: StartOptions) -> bool:
        """Whether this form asked for it, with these options, and it neither ended nor is about to."""
        goes_on = self.state in self.ALIVE and self.state != self.State.STOPPING
        return goes_on and self.key == key and self.start_options == options

    def wants(self, lake: str, did: str) -> bool:
        """Whether these are the data that it was asked to begin with."""
        return (self.lake, self.did) == (lake, did)

    def heard(self, progress: int, message: str) -> None:
        """Store the hub's progress while it starts the server; it never decreases, and an empty message keeps the last one."""
        news = {"progress": max(self.progress, min(progress, 99)), "message": message or self.message}
        self._move(self.State.STARTING, (self.State.ASKED, self.State.STARTING), **news)

    def needs_sign_in(self) -> None:
        """The hub does not know the person, or not well enough any more: their browser has to pass by there."""
        message = gettext("Sign in to JupyterHub once to continue; no password is needed.")
        self._move(self.State.SIGN_IN, self.PENDING, message=message)

    def note_left_out(self, reasons: dict[str, str]) -> None:
        """Store which of the chosen data it does not bring, and why."""
        if reasons != self.left_out:
            kept = {name: value for name, value in self.options.items() if name != LEFT_OUT}
            self.write(options={**kept, **({LEFT_OUT: reasons} if reasons else {})})

    @property
    def left_out(self) -> dict[str, str]:
        """The chosen data that it does not bring, with the reasons."""
        reasons = self.options.get(LEFT_OUT)
        return reasons if isinstance(reasons, dict) else {}

    def fetches_repository(self) -> bool:
        """Whether its repository has to be fetched now: when it is opened for the first time; later its person updates it themselves."""
        if not self.start_options.git or self.options.get(FETCHED):
            return False
        self.options = {**self.options, FETCHED: True}
        Session.objects.filter(pk=self.pk).update(options=self.options)
        return True

    def is_gone(self) -> None:
        """The server that was to end first has ended."""
        self.write(anew=False)

    def was_given_data(self) -> None:
        """The hub starts the server with the data."""
        self.write(given=True)

    def became_ready(self, path: str, started_at: Any, active_at: Any = None) -> None:
        """The server answers; not stored while an earlier server still has to end first."""
        facts = {"path": path[:300], "started_at": started_at or timezone.now(), "active_at": active_at}
        message = self.message if self.state == self.State.READY else ""  # a running session keeps its message
        self._move(self.State.READY, (*self.PENDING, self.State.READY), progress=100, message=message, **facts)

    def ended(self, why: str) -> None:
        """The hub no longer has the server; ignored if a new one has been requested meanwhile.

        `why` is the reason if nobody asked for its end.
        """
        reason = Case(When(why="", then=Value(storable(why)[:300])), default=F("why"))  # of the row: somebody may have asked just now
        self._move(self.State.STOPPED, (self.State.READY, self.State.STOPPING), ended_at=timezone.now(), path="", message=reason)

    def failed(self, reason: str, *, at_limit: bool = False, hub_log: str = "") -> None:
        """It did not start; the reason is for the person to read, and so is what the hub said before."""
        facts = {"message": reason, "at_limit": at_limit, "hub_log": storable(hub_log)[:MAX_LOG]}
        self._move(self.State.FAILED, self.PENDING, ended_at=timezone.now(), **facts)

    def was_forgotten(self) -> None:
        """The browser did not come back from the hub within a day."""
        reason = gettext("The sign-in to JupyterHub was not completed within a day. Open the notebook again.")
        self._move(self.State.FAILED, (self.State.SIGN_IN,), ended_at=timezone.now(), message=reason)

    def cannot_stop(self, reason: str) -> None:
        """The portal cannot end it; it runs on, and can be asked to stop again."""
        self._move(self.State.READY, (self.State.STOPPING,), message=reason, why="")

    def delayed(self, reason: str) -> None:
        """The state could not be updated: store the reason, and keep state, stop reason and age."""
        self.write(message=storable(reason)[:300])

    def signed_in(self) -> bool:
        """The browser came back from the hub; True where that was waited for."""
        return self._wish(self.State.ASKED, (self.State.SIGN_IN,), message="")

    def take(self, lake: str, did: str) -> bool:
        """Begin with these data; True where no server has been asked for yet."""
        return self._wish(self.State.SIGN_IN, (self.State.SIGN_IN,), lake=lake, did=did)

    def begin_anew(self, key: UUID, lake: str, did: str) -> bool:
        """End the server that runs and start one that begins with these data; True where one ran."""
        facts: dict[str, Any] = {"key": key, "lake": lake, "did": did, "given": False, "anew": True}
        facts |= self._fresh()
        return self._wish(self.State.ASKED, (self.State.READY,), message=gettext("Stopping the current session first"), **facts)

    def open_again(self, key: UUID, lake: str = "", did: str = "", options: dict[str, Any] | None = None) -> bool:
        """Start it once more as soon as it has ended, with these options; True where it is ending."""
        facts = {"key": key, "lake": lake, "did": did, "options": options or {}, "given": False, "anew": True, **self._fresh()}
        message = gettext("Your previous session is still stopping. A new one starts as soon as it has stopped.")
        return self._wish(self.State.ASKED, (self.State.STOPPING,), message=message, **facts)

    def look_again(self) -> bool:
        """Have a worker see whether it still runs, and start it where it does not; True where it was taken for running."""
        message = gettext("Checking whether your session is still running")
        return self._wish(self.State.ASKED, (self.State.READY,), message=message, **self._fresh())

    def asked_to_stop(self, why: str) -> bool:
        """It shall end, for a reason that its person reads; True where it had not ended."""
        reason = storable(why)[:300]
        return self._wish(self.State.STOPPING, (*self.PENDING, self.State.READY), message=reason, why=reason)

    def sent_to_hub(self) -> None:
        """The browser is on its way there."""
        self.sent_to_hub_at = timezone.now()
        Session.objects.filter(pk=self.pk).update(sent_to_hub_at=self.sent_to_hub_at)

    @staticmethod
    def _fresh() -> dict[str, Any]:
        """The fields of a row that is requested again."""
        return {"progress": 0, "asked_at": timezone.now(), "sent_to_hub_at": None, "why": ""}

    def _move(self, to: str, allowed: tuple[str, ...], **facts: Any) -> None:
        """A worker's change: go to a state if that is allowed from the row's state; raises LeaseLost."""
        condition = Q(state__in=allowed) & (Q(anew=False) if to == self.State.READY else Q())
        self.write(condition, state=to, **self._cut(facts))
        self.refresh_from_db()

    def _wish(self, to: str, allowed: tuple[str, ...], **facts: Any) -> bool:
        """A person's change, also while a worker has the row; True if it is allowed from the row's state."""
        here = Session.objects.filter(pk=self.pk, state__in=allowed)
        moved = bool(here.update(state=to, claims=0, tries=0, **self._cut(facts)))
        self.refresh_from_db()
        return moved

    def _cut(self, facts: dict[str, Any]) -> dict[str, Any]:
        if isinstance(facts.get("message"), str):
            facts["message"] = storable(facts["message"])[:300]
        return {**facts, "checked_at": timezone.now()}
