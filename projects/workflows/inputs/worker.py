"""Look after the secrets of runs: new tokens while a run waits for its turn, and deleted once its data are there or it has ended."""

import logging

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.workflows import reana
from projects.workflows.inputs import fetching, secrets
from projects.workflows.inputs.asking import Asker
from projects.workflows.models import FetchSecret, Run
from vre_portal.http import RemoteRefused
from vre_portal.iam.vault import access_token
from vre_portal.jobs.runner import Runner
from vre_portal.services import Service, ServiceKind, service

logger = logging.getLogger(__name__)
PAUSE = 20.0  # between two looks
RENEW_AFTER_SECONDS = 120  # tokens are good for five minutes
RENEWED_SECONDS = 12 * 3600  # after which a run that still waits is given no new tokens
REFUSED_PAUSE = 3600.0


class Secrets(Runner[FetchSecret]):
    """Secrets that are at REANA, or may be."""

    model = FetchSecret
    longest_pause = REFUSED_PAUSE

    def ready(self) -> Q:
        return ~Q(state=FetchSecret.State.DELETED)

    def work(self, secret: FetchSecret) -> float:
        run = Run.objects.select_related("by").get(pk=secret.run_id)
        if not run.ended and run.status in Run.UNSUBMITTED:
            return PAUSE  # whoever launches it makes the secret
        if run.ended and secret.state == FetchSecret.State.WANTED:
            secret.was_deleted()  # it never was at REANA
            return 0
        server = service(ServiceKind.REANA, run.server)
        token = access_token(run.by, server, purpose=_("inputs of %(run)s") % {"run": run.name})
        if run.ended or _has_fetched(run, server, token):
            reana.delete_secret(server, token, secret.name)
            secret.was_deleted()
            return 0
        if _is_old(secret) and not _has_waited_long(run):
            asker = Asker(run)
            secrets.put(secret, server, token, asker, fetching.targets_of(run, asker), needs_all=False)
        return PAUSE

    def refused(self, secret: FetchSecret, error: Exception) -> float:
        logger.warning("the secret of run %s: %s", secret.run_id, error)
        secret.hindered(str(error))
        return REFUSED_PAUSE if secret.run.ended else PAUSE

    def delayed(self, secret: FetchSecret, words: str) -> None:
        secret.hindered(words)

    def given_up(self, secret: FetchSecret, words: str) -> None:
        secret.hindered(words)  # the row stays, so it is looked at again after the longest pause


runner = Secrets()


def look_after(pk: int) -> None:
    """Look after one secret."""
    runner.perform(pk)


def _has_fetched(run: Run, server: Service, token: str) -> bool:
    """Whether the step is over, as REANA counts the jobs."""
    try:
        known = reana.status(server, token, run.remote_id)
    except RemoteRefused as error:
        if error.status != 404:
            raise
        return True
    return known.status in Run.ENDED or known.finished >= len(run.fetch_commands)


def _is_old(secret: FetchSecret) -> bool:
    return secret.made_at is None or (timezone.now() - secret.made_at).total_seconds() > RENEW_AFTER_SECONDS


def _has_waited_long(run: Run) -> bool:
    return run.started_at is not None and (timezone.now() - run.started_at).total_seconds() > RENEWED_SECONDS
