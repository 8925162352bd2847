"""How a run comes to REANA and is told to stop; every function may be interrupted anywhere and run again."""

import logging
from contextlib import suppress
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from projects import authorization
from projects.workflows import leftovers, looks, notices, quota_waits, reana, staging, viewers
from projects.workflows.inputs import own_step, preparing
from projects.workflows.models import LeaseLost, Run
from projects.workflows.permissions import why_not_run
from projects.workflows.preflight import in_job
from projects.workflows.restarting import worker as restarting
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.iam.vault import access_token
from vre_portal.jobs import holds
from vre_portal.jobs.runner import Runner
from vre_portal.services import Dialect, Service, ServiceKind, UnknownService, service

logger = logging.getLogger(__name__)


class Launches(Runner[Run]):
    """Runs that somebody wants and that are not started out there yet."""

    model = Run
    stoppable = holds.Stoppable(ServiceKind.REANA, "runs", "server")

    def ready(self) -> Q:
        return Q(status__in=Run.UNSUBMITTED)

    def begins(self) -> Q:
        return Q(stop_asked_at=None)  # one that its person stops is abandoned at once

    def work(self, run: Run) -> float:
        run.submitting()
        try:
            with leftovers.deleted_if_refused(run):
                return _bring(run)
        except in_job.QuotaReached as reached:
            return quota_waits.wait(run, str(reached))
        except RemoteRefused as error:
            if not quota_waits.is_about_quota(error):
                raise
            return quota_waits.wait(run, str(error))

    def refused(self, run: Run, error: Exception) -> float:
        with transaction.atomic():
            if isinstance(error, authorization.NotAuthorizedAnymore):
                notices.access_ended(run)
            run.refused(str(error))
        return 0

    def delayed(self, run: Run, words: str) -> None:
        run.delayed(words)

    def given_up(self, run: Run, words: str) -> None:
        run.refused(leftovers.deleted_when_given_up(run, words))

    def waits_for_sign_in(self, run: Run, error: Exception) -> float:
        """Nothing is out there yet: the person may launch it again. Else it waits, for it may be running already."""
        if run.remote_id or run.attempt > 1:
            return super().waits_for_sign_in(run, error)
        return self.refused(run, error)


launches = Launches()


def submit(pk: int) -> None:
    """Bring a run to REANA and start it there exactly once, also after an interruption."""
    launches.perform(pk)


def _bring(run: Run) -> float:
    """Bring it there and start it; returns the pause after which it is tried again where its data are not ready, else 0."""
    server = service(ServiceKind.REANA, run.server)
    if run.stop_asked_at and not run.remote_id and run.attempt == 1:
        run.stopped()  # nothing is out there
        return 0
    nothing_out_there = not run.remote_id and run.attempt == 1
    by = authorization.refresh_user(run.by)
    reason = why_not_run(by, run)
    if reason and (nothing_out_there or not by.is_active):
        raise authorization.NotAuthorizedAnymore(reason, status=403)
    token = access_token(run.by, server, purpose=_("launch %(run)s") % {"run": run.name})
    if reason:
        with transaction.atomic():
            run.ask_to_stop()
            notices.access_ended(run)
    if run.stop_asked_at:
        _abandon(run, server, token)
    elif run.workspace_name:
        restarting.start(run, by, server, token)
    elif pause := preparing.prepare(run, server):
        return pause
    else:
        _start(run, by, server, token)
    if reason and run.ended:
        raise authorization.NotAuthorizedAnymore(reason, status=403)
    return 0


def _abandon(run: Run, server: Service, token: str) -> None:
    """Stop a run that was not started yet, and delete what an interrupted attempt created at REANA."""
    left = run.remote_id or (_left(run, server, token) if run.attempt > 1 else None)
    state = _state(server, token, left) if left else None
    if left and state not in (None, Run.Status.CREATED, Run.Status.DELETED):
        run.created_remotely(left)
        run.started()  # it runs already: whoever follows it will stop it
        return
    if left and state == Run.Status.CREATED:
        leftovers.delete(run, server, token)
    run.stopped()


def _left(run: Run, server: Service, token: str) -> str | None:
    """The workflow that an interrupted attempt made, if it made one."""
    if run.workspace_name:
        own = restarting.own_workflow(run, server, token)
        return own.id if own else None
    return _first(server, token, run.name)


def _state(server: Service, token: str, workflow: str) -> str | None:
    """What REANA says of it; None where it knows no such workflow any more."""
    try:
        return reana.status(server, token, workflow).status
    except RemoteRefused as error:
        if error.status != 404:
            raise
        return None


def _start(run: Run, by: User, server: Service, token: str) -> None:
    if not run.remote_id:
        run.created_remotely(_found_or_created(run, by, server, token))
    run.hold()
    if looks.known_state(server, reana.status(server, token, run.remote_id).status) == Run.Status.CREATED:
        staging.bring(run, server, token)
        run.hold()
        # Somebody whose lease ran out may have created a second one meanwhile: only the first is ever started.
        first = _first(server, token, run.name)
        if first and first != run.remote_id:
            run.created_remotely(first)
            leftovers.delete(run, server, token, except_for=first)
            raise RemoteUnavailable(_("The workflow was created twice at REANA; the first one is used."), service=server)
        run.refresh_from_db(fields=["stop_asked_at"])
        if run.stop_asked_at:
            _abandon(run, server, token)
            return
        holds.require_open(ServiceKind.REANA, run.server, "runs")  # bringing the inputs may have taken long
        try:
            reana.start(server, token, run.remote_id, run.parameters)
        except RemoteRefused:
            # Starting twice is refused: then it runs already, and that is what was wanted.
            if reana.status(server, token, run.remote_id).status == Run.Status.CREATED:
                raise
    run.started()
    viewers.watch(run)


def _found_or_created(run: Run, by: User, server: Service, token: str) -> str:
    """REANA lets one name stand for many runs, so an earlier attempt's is looked for before another is created."""
    if found := _first(server, token, run.name) if run.attempt > 1 else None:
        return found
    in_job.require(run, by, server, token)
    run.hold()
    return reana.create(server, token, run.name, document(run, server))


def document(run: Run, server: Service) -> dict[str, Any]:
    """What REANA is sent. Servers before 0.95 read no workflow files of CWL, Snakemake and Yadage: they get what the engine made of them."""
    content, loaded = run.content, run.stored_reading.get("submission")
    if run.fetch_commands:
        return own_step.with_step(content, run.fetch_commands)
    workflow = content.get("workflow")
    if server.dialect is not Dialect.QUERY or not isinstance(loaded, dict) or not isinstance(workflow, dict):
        return content
    return {**content, "workflow": {**workflow, "specification": loaded}}


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
    try:
        server = service(ServiceKind.REANA, run.server)
        token = access_token(run.by, server, purpose=_("stop %(run)s") % {"run": run.name})
        reana.stop(server, token, run.remote_id)
    except (RemoteRefused, UnknownService) as error:
        logger.info("run %s was not stopped: %s", run.pk, error)
    except RemoteUnavailable as error:
        with suppress(LeaseLost):  # somebody has looked at it meanwhile, and knows better
            run.unseen(_("The run will be stopped as soon as possible. %(reason)s") % {"reason": error})
