"""Asks registries about images and tests environments; may be interrupted anywhere and run again."""

import logging
from dataclasses import asdict
from datetime import timedelta
from typing import Any, override

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.environments import storing
from catalog.environments.models import Environment, EnvironmentTest, EnvironmentVersion
from vre_portal import environment_tests
from vre_portal.container_images import facts
from vre_portal.container_images.names import parsed
from vre_portal.environment_tests import Order, Progress
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.jobs import lease
from vre_portal.jobs.fates import Refused
from vre_portal.jobs.runner import Runner
from vre_portal.services import UnknownService

logger = logging.getLogger(__name__)
REGISTRY_TRIES = 5
ASK_AGAIN_AFTER = timedelta(days=1)
MAX_WORDS = 500  # of a log the end, which says why it ended
LONGEST_TEST = timedelta(minutes=30)  # large images take long to pull


class Questions(Runner[EnvironmentVersion]):
    """Versions whose registry is to be asked."""

    model = EnvironmentVersion
    max_outages = REGISTRY_TRIES
    longest_pause = ASK_AGAIN_AFTER.total_seconds()  # for which one that was given up is left alone

    def ready(self) -> Q:
        return Q(registry_state=EnvironmentVersion.Registry.WAITING)

    def work(self, job: EnvironmentVersion) -> float:
        name = parsed(job.image)
        if name is None:
            raise Refused(_("This is not an image of a registry."))
        try:
            told = facts.read(name, known_digest=job.digest if job.size is not None else "")
        except facts.NotTold as error:
            if error.is_final:
                raise Refused(str(error)) from None
            raise RemoteUnavailable(str(error)) from None
        is_another = bool(job.digest and told.digest and job.digest != told.digest)
        values: dict[str, Any] = {"digest": told.digest, "size": told.size, "built_at": told.built_at}
        if not is_another:  # what was not said this time is as it was
            values = {column: getattr(job, column) if value in (None, "") else value for column, value in values.items()}
        values |= {"asked_at": timezone.now(), "registry_state": EnvironmentVersion.Registry.TOLD, "registry_words": ""}
        with transaction.atomic():
            if is_another:
                job.write(registry_state=EnvironmentVersion.Registry.TOLD, registry_words="")
                storing.tag_moved(job, **values)
            else:
                job.write(**values)
        return 0

    def refused(self, job: EnvironmentVersion, error: Exception) -> float:
        self.given_up(job, str(error))
        return self.longest_pause

    def delayed(self, job: EnvironmentVersion, words: str) -> None:
        job.write(registry_words=words[:300])

    def given_up(self, job: EnvironmentVersion, words: str) -> None:
        """What it said earlier stays, with its time."""
        state = EnvironmentVersion.Registry.TOLD if job.digest else EnvironmentVersion.Registry.UNKNOWN
        job.write(registry_state=state, registry_words=words[:300])


questions = Questions()


class Tests(Runner[EnvironmentTest]):
    """Tests that are under way."""

    model = EnvironmentTest
    max_outages = 20

    def ready(self) -> Q:
        return Q(state=EnvironmentTest.State.RUNNING)

    def work(self, job: EnvironmentTest) -> float:
        starter = environment_tests.starter(job.starter)
        if starter is None:
            raise Refused(_("This portal no longer has the service that ran the test."))
        progress = starter.advance(_order(job), job.memo)
        if progress.is_over:
            _finish(job, progress)
            return 0
        job.write(memo=dict(progress.memo), words=progress.words[:MAX_WORDS])
        if timezone.now() - job.created_at > LONGEST_TEST:
            minutes = LONGEST_TEST.seconds // 60
            raise Refused(_("The test did not end within %(minutes)s minutes and was stopped.") % {"minutes": minutes})
        return progress.pause_seconds

    def refused(self, job: EnvironmentTest, error: Exception) -> float:
        self.given_up(job, str(error))
        return 0

    def delayed(self, job: EnvironmentTest, words: str) -> None:
        job.write(words=words[:MAX_WORDS])

    def given_up(self, job: EnvironmentTest, words: str) -> None:
        _abandon(job)
        job.write(state=EnvironmentTest.State.ABORTED, words=words[:MAX_WORDS], finished_at=timezone.now())

    @override
    def waits_for_sign_in(self, job: EnvironmentTest, error: Exception) -> float:
        """Nobody waits for it: the person starts it again once they have signed in."""
        return self.refused(job, error)


tests = Tests()


def _order(job: EnvironmentTest) -> Order:
    if job.by is None:
        raise Refused(_("The account of the person who started the test was deleted."))
    return Order(job.name, job.image, tuple(job.imports), job.by)


def _abandon(job: EnvironmentTest) -> None:
    """Leave nothing running, as far as that can be done; what cannot be reached does not keep the test from ending."""
    starter = environment_tests.starter(job.starter)
    if starter is None or job.by is None:
        return
    try:
        starter.abandon(_order(job), job.memo)
    except (RemoteError, UnknownService) as error:
        logger.info("test %s was not ended where it ran: %s", job.pk, error)


def _finish(job: EnvironmentTest, progress: Progress) -> None:
    results = environment_tests.results_in(progress.output, job.imports)
    state = EnvironmentTest.State.PASSED if all(result.is_ok for result in results) else EnvironmentTest.State.FAILED
    if progress.was_stopped:
        state = EnvironmentTest.State.ABORTED
    job.write(
        state=state, words=progress.words[-MAX_WORDS:], results=[asdict(result) for result in results], memo=dict(progress.memo),
        finished_at=timezone.now(),
    )  # fmt: skip


def ask_old_again() -> None:
    """Registries of current versions whose answer is a day old are asked again: a tag may have moved. Those that did not answer, too."""
    current = Environment.objects.exclude(status=Environment.Status.WITHDRAWN).exclude(current=None).values("current")
    old = (Q(asked_at__lt=timezone.now() - ASK_AGAIN_AFTER) | Q(asked_at=None)) & lease.free()
    rows = EnvironmentVersion.objects.filter(old, pk__in=current).exclude(registry_state=EnvironmentVersion.Registry.WAITING)
    rows.update(registry_state=EnvironmentVersion.Registry.WAITING, **EnvironmentVersion.ANEW)
