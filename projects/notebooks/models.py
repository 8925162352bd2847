"""Notebook sessions: the wish first, then what the hub says of it."""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.urls import reverse
from django.utils import timezone

from projects.models import Project
from vre_portal.jobs.models import Job
from vre_portal.text import storable


class SessionQuerySet(models.QuerySet["Session"]):
    """Sessions by whose they are and by what is to be done with them."""

    def alive(self) -> "SessionQuerySet":
        """Wanted and not known to have ended."""
        return self.filter(state__in=Session.ALIVE)

    def forgotten(self) -> "SessionQuerySet":
        """Those that waited a day for a browser that never came."""
        return self.filter(state=Session.State.SIGN_IN, checked_at__lt=timezone.now() - timedelta(days=1))


class Session(Job):
    """One person's notebook server for one project."""

    class State(models.TextChoices):
        ASKED = "asked", "asked"
        SIGN_IN = "sign-in", "sign-in needed"
        STARTING = "starting", "starting"
        READY = "ready", "ready"
        STOPPING = "stopping", "stopping"
        STOPPED = "stopped", "stopped"
        FAILED = "failed", "failed"

    PENDING = (State.ASKED, State.SIGN_IN, State.STARTING)
    ALIVE = (*PENDING, State.READY, State.STOPPING)

    project = models.ForeignKey(Project, models.CASCADE, related_name="notebook_sessions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notebook_sessions")
    key = models.UUIDField(help_text="The form's own id: the same form sent twice is one session")
    hub = models.CharField(max_length=60, help_text="Name of the service in services.toml")
    server = models.CharField(max_length=80, help_text="Our name for it at the hub, by which we find it again")
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Percent, as the hub tells")
    message = models.CharField(max_length=300, blank=True, help_text="What the hub said last, or why it failed")
    path = models.CharField(max_length=300, blank=True, help_text="Where the hub serves it")
    asked_at = models.DateTimeField(default=timezone.now)
    sent_to_hub_at = models.DateTimeField(null=True, blank=True, help_text="When the browser was sent there to sign in")
    started_at = models.DateTimeField(null=True, blank=True)
    active_at = models.DateTimeField(null=True, blank=True, help_text="When somebody last worked in it")
    ended_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    lake = models.CharField(max_length=60, blank=True, help_text="The lake of the data that it shall begin with")
    did = models.CharField(max_length=600, blank=True, help_text="Those data, as scope:name")
    given = models.BooleanField(default=False, help_text="Whether the hub has been told of them as it started the server")
    anew = models.BooleanField(default=False, help_text="Whether a server that runs is ended first")
    why = models.CharField(max_length=300, blank=True, db_default="", help_text="Why it is to stop, kept until it has")
    at_limit = models.BooleanField(default=False, db_default=False, help_text="Whether it failed because too many others run")

    objects: ClassVar[SessionQuerySet] = SessionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["by", "key"], name="one_session_per_form"),
            models.UniqueConstraint(
                fields=["by", "project", "hub"],
                condition=Q(state__in=("asked", "sign-in", "starting", "ready", "stopping")),
                name="one_living_session_per_project",
            ),
        )
        indexes = (models.Index(fields=["state", "lease_until"]),)

    def __str__(self) -> str:
        return f"Notebook of {self.by} for {self.project}"

    def get_absolute_url(self) -> str:
        return reverse("notebooks:session", args=[self.project.slug, self.pk])

    @property
    def is_pending(self) -> bool:
        return self.state in self.PENDING or self.state == self.State.STOPPING

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    @property
    def age(self) -> timedelta:
        """How old what we know is."""
        return timezone.now() - (self.checked_at or self.asked_at)

    @property
    def lacks_data(self) -> bool:
        """Whether it runs without the data that it was to begin with: the server was there before they were asked for."""
        return bool(self.did) and self.is_ready and not self.given

    def wants(self, lake: str, did: str) -> bool:
        """Whether these are the data that it was asked to begin with."""
        return (self.lake, self.did) == (lake, did)

    def heard(self, progress: int, message: str) -> None:
        """Note what the hub says while it starts the server; the bar never goes back, and silence takes no word back."""
        news = {"progress": max(self.progress, min(progress, 99)), "message": message or self.message}
        self._move(self.State.STARTING, (self.State.ASKED, self.State.STARTING), **news)

    def needs_sign_in(self) -> None:
        """The hub does not know the person, or not well enough any more: their browser has to pass by there."""
        self._move(self.State.SIGN_IN, self.PENDING, message="JupyterHub wants to see your browser once; no password is needed.")

    def is_gone(self) -> None:
        """The server that was to end first has ended."""
        self.write(anew=False)

    def was_given_data(self) -> None:
        """The hub starts the server with the data."""
        self.write(given=True)

    def became_ready(self, path: str, started_at: Any, active_at: Any = None) -> None:
        """The server answers; one that is still to end does not count, whoever looked at it meanwhile."""
        facts = {"path": path[:300], "started_at": started_at or timezone.now(), "active_at": active_at}
        message = self.message if self.state == self.State.READY else ""  # what is said of a running one goes on being said
        self._move(self.State.READY, (*self.PENDING, self.State.READY), progress=100, message=message, **facts)

    def ended(self, why: str) -> None:
        """The hub has no such server any more; where a new one has been asked for meanwhile, that was the old one.

        The words say why where nobody asked for its end.
        """
        reason = Case(When(why="", then=Value(storable(why)[:300])), default=F("why"))  # of the row: somebody may have asked just now
        self._move(self.State.STOPPED, (self.State.READY, self.State.STOPPING), ended_at=timezone.now(), path="", message=reason)

    def failed(self, reason: str, *, at_limit: bool = False) -> None:
        """It did not start; the reason is for the person to read."""
        self._move(self.State.FAILED, self.PENDING, ended_at=timezone.now(), message=reason, at_limit=at_limit)

    def was_forgotten(self) -> None:
        """The browser did not come back from the hub within a day."""
        reason = "Your browser did not come back from JupyterHub. Open the notebook again."
        self._move(self.State.FAILED, (self.State.SIGN_IN,), ended_at=timezone.now(), message=reason)

    def cannot_stop(self, reason: str) -> None:
        """The portal cannot end it; it runs on, and can be asked to stop again."""
        self._move(self.State.READY, (self.State.STOPPING,), message=reason, why="")

    def delayed(self, reason: str) -> None:
        """Nothing is known anew: say why, keep the state, why it is to stop, and the age of what was known."""
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
        return self._wish(self.State.ASKED, (self.State.READY,), message="The session that runs is ended first", **facts)

    def open_again(self, key: UUID, lake: str = "", did: str = "") -> bool:
        """Start it once more as soon as it has ended; True where it is ending."""
        facts = {"key": key, "lake": lake, "did": did, "given": False, "anew": True, **self._fresh()}
        message = "Your last session is still stopping. A new one starts as soon as it has stopped."
        return self._wish(self.State.ASKED, (self.State.STOPPING,), message=message, **facts)

    def look_again(self) -> bool:
        """Have a worker see whether it still runs, and start it where it does not; True where it was taken for running."""
        return self._wish(self.State.ASKED, (self.State.READY,), message="Checking that your session still runs", **self._fresh())

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
        """What a wish begins with that takes up a row again."""
        return {"progress": 0, "asked_at": timezone.now(), "sent_to_hub_at": None, "why": ""}

    def _move(self, to: str, allowed: tuple[str, ...], **facts: Any) -> None:
        """What a worker says of it: go to a state where that is allowed from where the row is; raises LeaseLost."""
        condition = Q(state__in=allowed) & (Q(anew=False) if to == self.State.READY else Q())
        self.write(condition, state=to, **self._cut(facts))
        self.refresh_from_db()

    def _wish(self, to: str, allowed: tuple[str, ...], **facts: Any) -> bool:
        """What its person wants of it, whoever has it in hand; True where that is allowed from where the row is."""
        here = Session.objects.filter(pk=self.pk, state__in=allowed)
        moved = bool(here.update(state=to, claims=0, tries=0, **self._cut(facts)))
        self.refresh_from_db()
        return moved

    def _cut(self, facts: dict[str, Any]) -> dict[str, Any]:
        if isinstance(facts.get("message"), str):
            facts["message"] = storable(facts["message"])[:300]
        return {**facts, "checked_at": timezone.now()}


class FoundServer(models.Model):
    """A server at a hub that no session of the portal is for: taken over as a session, or stopped, and why."""

    class Outcome(models.TextChoices):
        FOUND = "found", "found"
        ADOPTED = "adopted", "taken over as a session"
        STOPPED = "stopped", "stopped"

    hub = models.CharField(max_length=60, help_text="Name of the service in services.toml")
    user_name = models.CharField(max_length=255, help_text="Whom the hub runs it for, by the hub's name")
    server = models.CharField(max_length=255, blank=True, help_text="Its name at the hub; the default server has none")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="found_servers")
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.FOUND)
    why = models.CharField(max_length=300, blank=True)
    found_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it was gone, or a session")

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=["hub", "user_name", "server"], condition=Q(ended_at=None), name="one_found_server"),)

    def __str__(self) -> str:
        return f"Server {self.server!r} found at {self.hub}"

    def is_over(self) -> None:
        """It is gone, or a session by now."""
        FoundServer.objects.filter(pk=self.pk, ended_at=None).update(ended_at=timezone.now())

    def became(self, outcome: str, why: str, by: Any) -> bool:
        """Note what the portal does about it; True where that was not noted before."""
        rows = FoundServer.objects.filter(pk=self.pk).exclude(outcome=outcome, why=storable(why)[:300])
        return bool(rows.update(outcome=outcome, why=storable(why)[:300], by=by))


class HubLogout(Job):
    """A person's logins at a hub are to be ended there, whatever browser has them; asked again until the hub has done so."""

    hub = models.CharField(max_length=60, help_text="Name of the service in services.toml")
    user_name = models.CharField(max_length=255, blank=True, help_text="Whom the hub takes the person for; emptied once it is done")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="hub_logouts")
    asked_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    message = models.CharField(max_length=300, blank=True, help_text="What the hub said last")

    class Meta:
        indexes = (models.Index(fields=["done_at", "lease_until"]),)

    def __str__(self) -> str:
        return f"Logout of {self.by} at {self.hub}"

    def done(self, message: str = "") -> None:
        """It is over; the hub's name for the person is not kept."""
        self.write(done_at=timezone.now(), user_name="", message=storable(message)[:300])
