"""What is done about runs in the background; every function may be interrupted anywhere and run again."""

import logging
from collections.abc import Iterator

from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone

from projects.workflows import collecting, inputs, reana
from projects.workflows.models import Run
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.vault import access_token
from vre_portal.services import Service, ServiceKind, service

logger = logging.getLogger(__name__)
LOG_BYTES = 64 * 1024  # of each job's log, the end of it
LOG_LINES_OF_A_FAILURE = 30
UNWATCHED_SECONDS = 15  # how often the logs of a run are fetched that nobody looks at


def waiting() -> list[int]:
    """Runs that somebody wants and no worker has in hand."""
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    return list(Run.objects.unsubmitted().filter(free).order_by("pk").values_list("pk", flat=True)[:100])


def followed() -> list[tuple[int, str]]:
    """Each person and server with runs that have to be looked at: one listing each."""
    of_interest = Q(status__in=Run.ACTIVE) | Q(status=Run.Status.FINISHED, collected_at=None)
    return list(Run.objects.filter(of_interest).order_by().values_list("by", "server").distinct())


def submit(pk: int) -> None:
    """Bring a run to REANA and start it there exactly once, whoever was interrupted before."""
    if not Run.claim(pk, status__in=Run.UNSUBMITTED):
        return
    run = Run.objects.select_related("by", "project").get(pk=pk)
    run.submitting()
    try:
        server = service(ServiceKind.REANA, run.server)
        token = access_token(run.by, server, purpose=f"launch {run.name}")
        if run.stop_asked_at:
            _abandon(run, server, token)
        else:
            _start(run, server, token)
    except RemoteRefused as error:
        logger.info("run %s was refused: %s", run.pk, error)
        run.refused(str(error))
    except RemoteUnavailable as error:
        run.delayed(str(error))


def _abandon(run: Run, server: Service, token: str) -> None:
    """Somebody changed their mind before it ran; an interrupted attempt may have left something out there."""
    left = run.remote_id or (_first(server, token, run.name) if run.attempt > 1 else None)
    if left and reana.status(server, token, left).status != Run.Status.CREATED:
        run.created_remotely(left)
        run.started()  # it runs already: whoever follows it will stop it
        return
    if left:
        reana.delete(server, token, left)
    run.stopped()


def _start(run: Run, server: Service, token: str) -> None:
    if not run.remote_id:
        run.created_remotely(_found_or_created(run, server, token))
    run.renew()
    known = reana.status(server, token, run.remote_id)
    if known.status == Run.Status.CREATED:
        inputs.bring(run, server, token)
        run.renew()
        # Somebody whose lease ran out may have created a second one meanwhile: only the first is ever started.
        first = _first(server, token, run.name)
        if first and first != run.remote_id:
            run.created_remotely(first)
            raise RemoteUnavailable("It was created twice; the first is taken.", service=server)
        try:
            reana.start(server, token, run.remote_id, run.parameters)
        except RemoteRefused:
            # Starting twice is refused: then it runs already, and that is what was wanted.
            if reana.status(server, token, run.remote_id).status == Run.Status.CREATED:
                raise
    run.started()
    cache.set(f"watched-run-{run.pk}", True, UNWATCHED_SECONDS)


def _found_or_created(run: Run, server: Service, token: str) -> str:
    """REANA lets one name stand for many runs, so an earlier attempt's is looked for before another is created."""
    found = _first(server, token, run.name) if run.attempt > 1 else None
    return found or reana.create(server, token, run.name, run.content)


def _first(server: Service, token: str, name: str) -> str | None:
    found = sorted(reana.find_by_name(server, token, name), key=lambda item: item.run_number)
    return found[0].id if found else None


def stop(pk: int) -> None:
    """End a run that somebody asked to stop; the sweep asks again until REANA says that it ended."""
    run = Run.objects.select_related("by").get(pk=pk)
    if run.status in Run.UNSUBMITTED:
        submit(pk)  # which abandons it, unless somebody has it in hand: then whoever follows it will see the wish
        return
    if run.ended:
        return
    server = service(ServiceKind.REANA, run.server)
    try:
        token = access_token(run.by, server, purpose=f"stop {run.name}")
        reana.stop(server, token, run.remote_id)
    except RemoteRefused:
        logger.info("run %s does not run any more", run.pk)
    except RemoteUnavailable as error:
        run.unseen(f"It will be stopped as soon as possible. {error}")


def follow(user: int, server_name: str) -> None:
    """Ask one server once about all runs of one person, and more closely about those that changed or are looked at."""
    lock = f"follow-{user}-{server_name}"
    if not cache.add(lock, True, 60):
        return
    try:
        of_interest = Q(status__in=Run.ACTIVE) | Q(status=Run.Status.FINISHED, collected_at=None)
        runs = list(Run.objects.filter(of_interest, by=user, server=server_name).select_related("by"))
        if runs:
            _look(runs, service(ServiceKind.REANA, server_name))
    finally:
        cache.delete(lock)


def _look(runs: list[Run], server: Service) -> None:
    try:
        token = access_token(runs[0].by, server, purpose="follow runs")
        states = {item.id: item.status for item in reana.statuses(server, token, [run.remote_id for run in runs])}
    except (RemoteRefused, RemoteUnavailable) as error:
        for run in runs:
            run.unseen(str(error))
        return
    for run in runs:
        try:
            _look_at(run, server, token, states.get(run.remote_id))
        except (RemoteRefused, RemoteUnavailable) as error:
            run.unseen(str(error))


def _look_at(run: Run, server: Service, token: str, state: str | None) -> None:
    if state is None:  # not in the listing: deleted out there, or the listing was cut
        state = _state_alone(run, server, token)
    if run.stop_asked_at and state in Run.ACTIVE:
        reana.stop(server, token, run.remote_id)
    if state != run.status or _wants_logs(run):
        failure, steps = _steps(run, server, token)
        run.seen(state, steps, error=failure if state == Run.Status.FAILED else "")
    if run.status == Run.Status.FINISHED and run.collected_at is None:
        collecting.collect(run, server, token)


def _state_alone(run: Run, server: Service, token: str) -> str:
    try:
        return reana.status(server, token, run.remote_id).status
    except RemoteRefused as error:
        if error.status == 404:
            return Run.Status.DELETED
        raise


def _wants_logs(run: Run) -> bool:
    if cache.get(f"watched-run-{run.pk}"):
        return True
    return run.checked_at is None or (timezone.now() - run.checked_at).total_seconds() > UNWATCHED_SECONDS


def _steps(run: Run, server: Service, token: str) -> tuple[str, list[dict[str, object]]]:
    """What the workflow itself says, and its jobs as a run keeps them."""
    logs = reana.logs(server, token, run.remote_id)
    return logs.workflow.strip()[-2000:].replace("\0", ""), [dict(step) for step in _as_kept(logs.jobs)]


def _as_kept(jobs: tuple[reana.Job, ...]) -> Iterator[dict[str, object]]:
    for job in jobs:
        log = job.log[-LOG_BYTES:].replace("\0", "")
        yield {
            "name": job.name,
            "state": job.state,
            "command": job.command,
            "environment": job.environment,
            "log": log,
            "log_end": "\n".join(log.splitlines()[-LOG_LINES_OF_A_FAILURE:]),
            "started": job.started.isoformat() if job.started else None,
            "finished": job.finished.isoformat() if job.finished else None,
            "started_seconds": job.started.timestamp() if job.started else None,
            "finished_seconds": job.finished.timestamp() if job.finished else None,
        }
