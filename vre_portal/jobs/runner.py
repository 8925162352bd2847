"""How a job is done: claimed, held while it is worked on, and released with its result, whatever happens."""

import logging
from typing import Any, ClassVar

from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vre_portal.iam import sign_in_waits
from vre_portal.jobs import alone, fates, holds, lease
from vre_portal.jobs.fates import Fate
from vre_portal.jobs.lease import LeaseLost
from vre_portal.jobs.models import Job

logger = logging.getLogger(__name__)
MAX_CLAIMS = 5  # without a word from a worker: what interrupts it so often kills its process


class Runner[J: Job]:
    """One kind of job. An application says which rows wait, what is to be done, and what the person is told.

    Every method gets a job that is held; what it writes goes through the fence of `Job.write`.
    """

    model: type[J]
    max_tries: ClassVar[int] = 20  # own faults in a row after which it is given up
    max_outages: ClassVar[int | None] = None  # attempts in a row that failed for any reason; None: an outage may last
    longest_pause: ClassVar[float] = fates.LONGEST_PAUSE
    stoppable: ClassVar[holds.Stoppable | None] = None  # what staff can stop; None: it is never held

    def ready(self) -> Q:
        """Rows that somebody wants done, held or not."""
        raise NotImplementedError

    def begins(self) -> Q:
        """Of the rows that are ready, those that would begin something new: the rows that wait while their action is stopped."""
        return Q()

    def wanted(self) -> Q:
        """The rows to work on now: those that are ready, without those that are held. A held row is not claimed, so it loses nothing."""
        names = holds.stopped_names(self.stoppable.kind, self.stoppable.action) if self.stoppable else None
        if self.stoppable is None or not names:
            return self.ready()
        return self.ready() & ~(self.begins() & Q(**{f"{self.stoppable.column}__in": names}))

    def work(self, job: J) -> float:
        """Do it; may be interrupted anywhere and run again. Returns the seconds until it is looked at again, 0 for none."""
        raise NotImplementedError

    def refused(self, job: J, error: Exception) -> float:
        """It has ended with a refusal whose text is for the person; returns a pause where it is to be looked at again."""
        raise NotImplementedError

    def delayed(self, job: J, words: str) -> None:
        """It is tried again later; the words say why."""
        raise NotImplementedError

    def given_up(self, job: J, words: str) -> None:
        """It is not tried again, for a reason that is not the person's."""
        raise NotImplementedError

    def waits_for_sign_in(self, job: J, error: Exception) -> float:
        """It needs a new sign-in of its person; returns the pause until it is tried again."""
        person = job.by  # type: ignore[attr-defined]  # whoever has such jobs has a person
        self.delayed(job, _("Resumes when %(person)s signs in again.") % {"person": person})
        sign_in_waits.report(person, self.page_of(job))
        return fates.SIGN_IN_PAUSE

    def page_of(self, job: J) -> str:
        """The page on which a person sees the job."""
        return job.get_absolute_url()  # type: ignore[attr-defined,no-any-return]  # whoever shows such jobs has a page

    def waiting(self, limit: int = 100) -> list[Any]:
        """Primary keys of rows that wait and that nobody holds, those that were interrupted before last."""
        rows = self.model._default_manager.filter(self.wanted(), lease.free()).order_by("claims", "pk")
        return list(rows.values_list("pk", flat=True)[:limit])

    def perform(self, pk: Any) -> None:
        """Do one job, unless another worker has it. Raises nothing but what the database raises while it is away."""
        job = self.model.claim(pk, self.wanted())
        if job is None:
            return
        try:
            if job.claims > MAX_CLAIMS:
                self._interrupted(job)
            else:
                self._attempt(job)
        except LeaseLost as lost:
            logger.warning("another worker has it: %s", lost)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # the application could not even say how it went; the lease runs out, and the claim counts
            logger.exception("how %s %s went could not be noted", job._meta.label, job.pk)

    def _interrupted(self, job: J) -> None:
        """Give it up; its count of claims stays, so that it is not worked on again where the row still waits."""
        logger.error("%s %s was interrupted %s times and is given up", job._meta.label, job.pk, MAX_CLAIMS)
        self.given_up(job, fates.INTERRUPTED_MESSAGE % {"count": MAX_CLAIMS})
        job.release(pause=self.longest_pause, claims=job.claims)

    def _attempt(self, job: J) -> None:
        with alone.place(job.claims) as place:
            if place is None:
                job.release(claims=job.claims - 1, tries=job.tries)
                return
            with lease.renewed(lambda: place.renew() and job.still_held()):
                try:
                    pause, tries = self.work(job), 0
                except Exception as error:  # noqa: BLE001 -- each has its row in the table of fates
                    pause, tries = self._met(job, error)
            job.release(pause=pause, tries=tries)

    def _met(self, job: J, error: Exception) -> tuple[float, int]:
        """What the job's fate is: the pause until it is looked at again, and how many attempts have failed in a row."""
        fate = fates.fate_of(error)
        match fate:
            case Fate.LOST | Fate.DATABASE_AWAY:
                raise error
            case Fate.HELD:
                return fates.HELD_PAUSE, job.tries
            case Fate.SIGN_IN:
                return self.waits_for_sign_in(job, error), job.tries
            case Fate.REFUSED:
                logger.info("%s %s was refused: %s", job._meta.label, job.pk, error)
                return self.refused(job, error), 0
            case Fate.UNAVAILABLE:
                most, words = self.max_outages, str(error)
            case Fate.OWN_FAULT:
                logger.error("%s %s failed", job._meta.label, job.pk, exc_info=error)
                most, words = min(self.max_tries, self.max_outages or self.max_tries), str(fates.INTERNAL_ERROR_MESSAGE)
        tries = job.tries + 1
        if most is not None and tries >= most:
            attempts = ngettext("It was tried once.", "It was tried %(count)s times.", tries) % {"count": tries}
            self.given_up(job, f"{words} {attempts}")
            return self.longest_pause, 0  # where the row waits all the same
        self.delayed(job, f"{words} {fates.RETRY_MESSAGE}")
        return fates.pause_after(tries, error, longest=self.longest_pause), tries
