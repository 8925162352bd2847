"""Fetch whole logs in the name of the person who launched the run; may be interrupted anywhere and done again."""

import tempfile
from typing import Any

from django.core.files import File
from django.db.models import Q
from django.utils.translation import gettext as _

from projects import authorization
from projects.workflows import reana
from projects.workflows.models import LeaseLost, Run, WholeLog
from projects.workflows.permissions import why_not_run
from projects.workflows.whole_logs.pages import PageWriter
from vre_portal.iam.vault import access_token
from vre_portal.jobs.fates import Refused
from vre_portal.jobs.runner import Runner
from vre_portal.services import ServiceKind, service

MAX_BYTES = 500 * 10**6  # of one log
MAX_TRIES = 6


class Fetches(Runner[WholeLog]):
    """Logs that somebody wants to read as a whole."""

    model = WholeLog
    max_tries = max_outages = MAX_TRIES

    def ready(self) -> Q:
        return Q(state=WholeLog.State.FETCHING)

    def work(self, log: WholeLog) -> float:
        log.run = Run.objects.select_related("by", "project").prefetch_related("origins").get(pk=log.run_id)
        fetch(log)
        return 0

    def refused(self, log: WholeLog, error: Exception) -> float:
        log.failed(str(error))
        return 0

    def delayed(self, log: WholeLog, words: str) -> None:
        log.delayed(words)

    def given_up(self, log: WholeLog, words: str) -> None:
        log.failed(words)


runner = Fetches()


def fetch(log: WholeLog) -> None:
    """Bring the log here through a temporary file; raises RemoteError, Refused, and LeaseLost where another worker has it meanwhile."""
    run = log.run
    server = service(ServiceKind.REANA, run.server)
    if reason := why_not_run(authorization.refresh_user(run.by), run):
        raise authorization.NotAuthorizedAnymore(reason, status=403)
    job: dict[str, Any] = next((item for item in run.steps if item.get("number") == log.number), {})
    if not job.get("id"):
        raise Refused(_("The portal does not know which job at REANA this is."))
    token = access_token(run.by, server, purpose=_("logs of %(run)s") % {"run": run.name})
    with tempfile.TemporaryFile() as content:
        writer = PageWriter(content, MAX_BYTES)
        with reana.whole_log(server, token, run.remote_id, str(job["id"])) as pieces:
            writer.write(pieces)
        content.seek(0)
        storage = log.file.storage
        name = storage.save(log.file.field.generate_filename(log, f"{run.name}-{log.number}"), File(content))
    try:
        log.fetched(name, size=writer.size, lines=writer.lines, pages=writer.pages, is_cut=writer.is_cut)
    except LeaseLost:
        storage.delete(name)
        raise


def fetch_log(pk: int) -> None:
    """Fetch one."""
    runner.perform(pk)


def forget() -> None:
    """Delete the logs whose time is over, with their files."""
    for log in WholeLog.objects.expired()[:1000]:
        log.delete()
