"""What REANA tells of the jobs of a run, as the run's row keeps it."""

from collections.abc import Iterator

from django.core.cache import cache
from django.utils.translation import gettext as _

from projects.workflows import failures, reana, viewers
from projects.workflows.models import Run
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.iam.vault import SignInAgain
from vre_portal.services import Service
from vre_portal.terminal_text import end_of
from vre_portal.text import storable

LOG_BYTES = 64 * 1024  # of each job's log, the end of it
ALL_LOGS_BYTES = 1024 * 1024  # of all logs of one run, for they are one column of its row
MAX_JOBS = 500
LOG_LINES_OF_A_FAILURE = 50
LARGE_LOGS, LARGE_LOGS_SECONDS = 8 * 1024 * 1024, 60.0  # characters of a run's logs, which are read again after so long
PATIENCE_SECONDS = 60.0  # how long a run that has ended waits for its logs


def are_wanted(run: Run) -> bool:
    """Logs are for people who look: of a run that nobody looks at they are fetched when its state changes. Large ones come less often."""
    return run.checked_at is None or (bool(viewers.watched([run])) and not cache.get(_large_key(run)))


def _large_key(run: Run) -> str:
    return f"large-logs-{run.pk}"


def read(run: Run, server: Service, token: str, state: str) -> tuple[str, list[dict[str, object]]]:
    """Why it failed, and its jobs as a run keeps them. Logs that cannot be fetched do not keep a run from ending."""
    try:
        logs = reana.logs(server, token, run.remote_id)
    except RemoteError as error:
        is_answer = isinstance(error, RemoteRefused) and not isinstance(error, SignInAgain) and error.status != 401
        if not is_answer and (state not in Run.ENDED or viewers.has_patience("logs", run, PATIENCE_SECONDS)):
            raise  # an outage, or a token that is refused, says nothing of the logs: they are asked for again
        is_told = not is_answer or state == Run.Status.FAILED
        return _("Its logs could not be fetched: %(reason)s") % {"reason": error} if is_told else "", run.steps
    viewers.end_patience("logs", run)
    if sum(job.length for job in logs.jobs) > LARGE_LOGS:
        cache.set(_large_key(run), True, LARGE_LOGS_SECONDS)
    failure = ""
    if state == Run.Status.FAILED:
        failure = failures.reason_of(logs) or _("%(server)s gave no reason.") % {"server": server.title}
    return failure, list(_as_kept(logs.jobs))


def _as_kept(jobs: tuple[reana.ReanaJob, ...]) -> Iterator[dict[str, object]]:
    """The last jobs, in their order and with their numbers: names are often empty or equal, so they tell no job from another."""
    kept = list(enumerate(jobs, start=1))[-MAX_JOBS:]
    size = min(LOG_BYTES, ALL_LOGS_BYTES // max(len(kept), 1))
    for number, job in kept:
        log = storable(end_of(job.log, size))
        yield {
            "number": number,
            "id": storable(job.id)[:100],
            "name": storable(job.name)[:300],
            "state": storable(job.state)[:40],
            "command": storable(job.command)[:4000],
            "environment": storable(job.environment)[:300],
            "log": log,
            "log_length": max(job.length, len(job.log)),  # characters of all of it; the end is kept
            "log_end": "\n".join(log.rstrip().split("\n")[-LOG_LINES_OF_A_FAILURE:]),
            "started": job.started.isoformat() if job.started else None,
            "finished": job.finished.isoformat() if job.finished else None,
            "started_seconds": job.started.timestamp() if job.started else None,
            "finished_seconds": job.finished.timestamp() if job.finished else None,
        }
