"""Deletes the rows of deleted projects once nothing of them is at work; may be interrupted anywhere and run again."""

from django.db.models import Q

from projects import deletion
from projects.models import Tombstone
from vre_portal.jobs.runner import Runner

LOOK_SECONDS = 15.0


class Deletions(Runner[Tombstone]):
    """Projects that were deleted and whose rows are still there."""

    model = Tombstone

    def ready(self) -> Q:
        return Q(project__isnull=False)

    def work(self, job: Tombstone) -> float:
        project = job.project
        if project is None:
            return 0
        if deletion.at_work(project) and not job.is_overdue:
            return LOOK_SECONDS
        job.hold()
        deletion.delete_all(job)
        return 0

    def refused(self, job: Tombstone, error: Exception) -> float:
        return self.longest_pause

    def delayed(self, job: Tombstone, words: str) -> None:
        """Nobody is told: the project is gone for everybody already."""

    def given_up(self, job: Tombstone, words: str) -> None:
        """The log has the cause; it is looked at again after a pause."""


runner = Deletions()


def delete(pk: int) -> None:
    """Delete the rows of one project."""
    runner.perform(pk)
