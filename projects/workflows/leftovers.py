"""What an attempt to launch left at REANA: it counts against the person's quota there, so it goes when the launch is refused."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from projects.workflows import reana
from projects.workflows.models import Run
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.stored.services import NO_TOKEN, WRONG_TOKEN
from vre_portal.iam.vault import SignInAgain, access_token
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.text import sentence

logger = logging.getLogger(__name__)
MAX_TRIES = 20  # in a row that failed, after which a refused launch ends though REANA could not be asked to delete what is there


@contextmanager
def deleted_if_refused(run: Run) -> Iterator[None]:
    """Bring a run to REANA in the block; where that is refused, what it left there is deleted before the refusal goes on.

    While that cannot be done RemoteUnavailable is raised instead, so that the whole is tried again.
    """
    try:
        yield
    except SignInAgain:
        raise
    except (RemoteRefused, UnknownService) as error:
        if not _may_have_left_something(run):
            raise
        if isinstance(error, RemoteRefused) and error.code in (NO_TOKEN, WRONG_TOKEN):
            raise RemoteUnavailable(
                _("%(reason)s The run then continues.") % {"reason": sentence(error)}
            ) from None  # it may be running already
        _delete_or_say(run, str(error), is_last=run.tries + 1 >= MAX_TRIES)
        raise


def deleted_when_given_up(run: Run, why: str) -> str:
    """Delete what a launch left that is not tried again; the words for its end, with what stayed there."""
    if _may_have_left_something(run):
        try:
            _delete_or_say(run, why, is_last=True)
        except RemoteRefused as error:
            return str(error)
    return why


def _may_have_left_something(run: Run) -> bool:
    return bool(run.remote_id) or run.attempt > 1


def _delete_or_say(run: Run, why: str, *, is_last: bool) -> None:
    """Delete what is there; raises RemoteUnavailable to try again unless this is the last time, or RemoteRefused that says what stayed."""
    try:
        server = service(ServiceKind.REANA, run.server)
        delete(run, server, access_token(run.by, server, purpose=_("delete %(run)s") % {"run": run.name}))
        run.created_remotely("")
    except RemoteUnavailable as error:
        if not is_last:
            text = _("%(reason)s What was created at REANA will be deleted when the server answers again. %(error)s")
            raise RemoteUnavailable(text % {"reason": sentence(why), "error": sentence(error)}) from None
        raise RemoteRefused(f"{sentence(why)} {_stayed(run, str(error))}") from None
    except (RemoteRefused, UnknownService) as error:
        raise RemoteRefused(f"{sentence(why)} {_stayed(run, str(error))}") from None


def _stayed(run: Run, why: str) -> str:
    text = _("The workflow %(name)s at %(server)s could not be deleted and counts against your quota there: %(reason)s")
    return text % {"name": run.name, "server": run.server, "reason": sentence(why)}


def delete(run: Run, server: Service, token: str, *, except_for: str = "") -> None:
    """Delete the workflows by the run's own name that never ran, also those that a worker created and died before it noted them.

    Nothing of a run that continues another one: with a workflow REANA deletes its workspace, which is the other's, too.
    """
    if run.workspace_name:
        return
    for found in reana.find_by_name(server, token, run.name):
        if found.status == Run.Status.CREATED and found.id != except_for:
            run.hold()  # who has lost the run deletes nothing of its new holder
            _delete_one(server, token, found.id)


def _delete_one(server: Service, token: str, workflow: str) -> None:
    try:
        reana.delete(server, token, workflow)
    except RemoteRefused as error:
        if error.status != 404:
            raise
    logger.info("workflow %s was deleted at %s", workflow, server.name)
