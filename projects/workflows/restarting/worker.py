"""Bring a run that continues another one to REANA: exactly one restart, whatever is interrupted."""

import logging
from contextlib import suppress

from django.utils.translation import gettext as _

from projects.workflows import reana, viewers
from projects.workflows.models import Run
from projects.workflows.preflight import in_job
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.jobs import holds
from vre_portal.services import Service, ServiceKind

logger = logging.getLogger(__name__)


def own_workflow(run: Run, server: Service, token: str) -> reana.RemoteRun | None:
    """The workflow at REANA that an interrupted attempt made for this run: the first that was not in the workspace before."""
    if run.remote_before is None:
        return None
    new = _new(run, server, token)
    return new[0] if new else None


def start(run: Run, by: User, server: Service, token: str) -> None:
    """Ask REANA to restart the failed workflow in its workspace, unless an earlier attempt did so already."""
    if not run.remote_id:
        run.created_remotely(_restarted(run, by, server, token))
    run.hold()
    state = reana.status(server, token, run.remote_id).status
    if state == Run.Status.CREATED:  # REANA numbered it and was interrupted before it queued it
        reana.start(server, token, run.remote_id, run.parameters, from_step=run.from_step)
    run.started()
    viewers.watch(run)


def _restarted(run: Run, by: User, server: Service, token: str) -> str:
    before = run.continues
    if before is None or not before.remote_id or before.workspace_deleted_at:
        raise RemoteRefused(_("The run that this run continues is deleted."), service=server)
    if run.remote_before is None:
        in_job.require(run, by, server, token)
        run.hold()
        there = reana.find_by_name(server, token, run.remote_name)
        if any(item.status in (Run.Status.PENDING, Run.Status.RUNNING) for item in there):
            # An earlier continuation that the portal has given up may run all the same.
            raise RemoteRefused(_("Another workflow is still running in the same workspace at REANA."), service=server)
        run.noted_before([item.id for item in there])
    elif new := _new(run, server, token):
        return new[0].id
    holds.require_open(ServiceKind.REANA, run.server, "runs")
    run.hold()
    restarted = reana.restart(server, token, before.remote_id, run.parameters, run.from_step)
    new = _new(run, server, token)
    # Somebody whose lease ran out may have restarted it, too: two must not write into one workspace.
    for other in new[1:]:
        logger.warning("workflow %s was restarted twice at %s", run.remote_name, server.name)
        with suppress(RemoteRefused):
            reana.stop(server, token, other.id)
    return new[0].id if new else restarted


def _new(run: Run, server: Service, token: str) -> list[reana.RemoteRun]:
    """What is in the workspace since it was noted, in the order of REANA's numbers."""
    known = set(run.remote_before or ())
    found = [item for item in reana.find_by_name(server, token, run.remote_name) if item.id not in known]
    return sorted(found, key=lambda item: item.run_number)
