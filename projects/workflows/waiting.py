"""Why a run does not go on at the moment, in one sentence with its time: from what the portal knows, without asking a service."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.workflows import viewers
from projects.workflows.models import Run
from projects.workflows.preflight.quota import where_to_ask
from projects.workflows.quota_waits import end_of
from vre_portal.pages import expires_in
from vre_portal.services import ServiceKind, UnknownService, service
from vre_portal.stop_switches.models import StopSwitch

# How Kubernetes says that an image cannot be pulled.
IMAGE_ERRORS = re.compile(r"\b(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull)\b")
LOOKED_AT = 4000  # characters at the end of a log
QUEUED_AT_REANA = "queued"  # REANA's own word


@dataclass(frozen=True)
class Waiting:
    """What a run waits for, since when, and when it is tried again."""

    words: str
    since: datetime | None = None
    next_try: datetime | None = None
    until: datetime | None = None  # when it is given up
    ask_at: str = ""  # the page on which its person asks for what it waits for

    @property
    def seconds_left(self) -> float | None:
        """Seconds until it is tried again; 0 where that is due."""
        if self.next_try is None:
            return None
        expires_in(0)  # another answer each second
        return max((self.next_try - timezone.now()).total_seconds(), 0)


def waiting_of(run: Run, stop: StopSwitch | None) -> Waiting | None:
    """What the run waits for; None where it does not wait, and where the notice of the stop switch says it."""
    if run.ended or stop is not None:
        return None
    if run.status in Run.UNSUBMITTED:
        return _before_reana(run)
    if run.error and (next_look := viewers.next_look(run)):
        return Waiting(_("The portal could not look how it is. At REANA it may go on all the same."), next_try=next_look)
    if run.status == Run.Status.CREATED:
        return Waiting(_("Its files are at REANA; it has not been started there."), since=run.created_at)
    if run.status == Run.Status.PENDING:
        return _at_reana(run)
    return _image(run) or _no_job(run)


def _before_reana(run: Run) -> Waiting | None:
    """In the portal: for a worker, or for the next attempt after one that failed."""
    if run.tries and run.error:
        count = run.tries
        text = ngettext("%(n)s attempt to launch it failed.", "%(n)s attempts to launch it failed in a row.", count)
        return Waiting(text % {"n": count}, since=run.created_at, next_try=run.lease_until)
    if run.quota_note:
        text = _("It waits for room in the quota of %(person)s at REANA, and starts by itself.")
        return Waiting(
            text % {"person": run.by}, since=run.quota_since, next_try=run.lease_until, until=end_of(run), ask_at=_where_to_ask(run)
        )
    if run.error and run.lease_until:  # waits for its person, as the error says
        return Waiting(_("The launch is waiting."), since=run.created_at, next_try=run.lease_until)
    if run.inputs_note:  # its data are on tape, or on their way
        return Waiting(run.inputs_note, since=run.created_at)
    if run.status == Run.Status.SUBMITTING:
        return Waiting(_("Its files are being brought to REANA."), since=run.created_at)
    return Waiting(_("It waits for a free worker of the portal."), since=run.created_at)


def _where_to_ask(run: Run) -> str:
    try:
        return where_to_ask(service(ServiceKind.REANA, run.server))
    except UnknownService:
        return ""


def _at_reana(run: Run) -> Waiting:
    if run.remote_status == QUEUED_AT_REANA or not run.remote_status:
        # In this project only: whoever sees the run may not know of the others.
        ahead = Run.objects.filter(
            Q(status__in=Run.ACTIVE), project=run.project, by=run.by, server=run.server, started_at__lt=run.started_at or run.created_at
        )
        count = ahead.count()
        text = _("REANA has queued it and starts it when resources are free. REANA does not tell its place in the queue.")
        if count:
            own = ngettext(
                "%(n)s run of the same person in this project was launched before it.",
                "%(n)s runs of the same person in this project were launched before it.",
                count,
            )
            text = f"{text} {own % {'n': count}}"
        return Waiting(text, since=run.started_at)
    return Waiting(_("REANA is preparing it: its engine is starting."), since=run.started_at)


def _image(run: Run) -> Waiting | None:
    """A job whose image cannot be pulled, which Kubernetes tries again for a while."""
    for job in run.steps:
        if job.get("state") in ("running", "queued", "created", "pending") and (
            found := IMAGE_ERRORS.search(str(job.get("log"))[-LOOKED_AT:])
        ):
            values = {"image": job.get("environment", ""), "error": found[1]}
            return Waiting(_("The image %(image)s can’t be pulled (%(error)s). Kubernetes retries for a while.") % values)
    return None


def _no_job(run: Run) -> Waiting | None:
    """The engine runs, but no job has begun: of a large image the download may take minutes."""
    started = [job for job in run.steps if job.get("started")]
    if started or (run.steps and any(job.get("state") != "queued" for job in run.steps)):
        return None
    return Waiting(_("The engine is running; no job has started yet. Images may have to be downloaded first."), since=run.started_at)
