"""What happens to a run: each change of its row by the worker that holds it, and the wishes of people."""

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from projects.workflows.models.run_fields import RunFields
from projects.workflows.models.run_topic import topic_of
from vre_portal import events
from vre_portal.jobs import lease
from vre_portal.text import storable

UNSEEN_SECONDS = 300  # REANA says that a workflow ended some time after its last job did


class RunTransitions(RunFields):
    """The only ways in which a run changes."""

    class Meta:
        abstract = True

    def submitting(self) -> None:
        """A worker has begun to bring it to REANA."""
        self.write(status=self.Status.SUBMITTING)

    def created_remotely(self, remote_id: str) -> None:
        """It exists at REANA: from here on it is found by this id."""
        self.write(remote_id=remote_id)

    def noted_before(self, remote_ids: list[str]) -> None:
        """These workflows were in its workspace before REANA is asked for this one."""
        self.write(remote_before=remote_ids)

    def started(self) -> None:
        """REANA took it."""
        now = timezone.now()
        self.write(status=self.Status.PENDING, started_at=self.started_at or now, error="", quota_note="", quota_since=None)

    def not_begun(self) -> None:
        """REANA has it and has not begun it: it is brought there once more."""
        self.write(status=self.Status.SUBMITTING, started_at=None, error="")

    def refused(self, why: str) -> None:
        """It will not run; what was typed stays and can be launched again with changes."""
        self.write(status=self.Status.FAILED, error=storable(why), finished_at=timezone.now())

    def seen(self, status: str, steps: list[dict[str, Any]], *, error: str = "", word: str = "") -> None:
        """What REANA says now; `word` is its own word for the status."""
        now, ended = timezone.now(), self.finished_at
        if status in self.ENDED and ended is None:
            ended = now if status == self.Status.STOPPED else self._end_of(steps, now)
        said = storable(word)[:20]
        self.write(status=self.Status(status), steps=steps, error=error, checked_at=now, finished_at=ended, remote_status=said)

    def _end_of(self, steps: list[dict[str, Any]], now: datetime) -> datetime:
        """Now, or when its last job ended where nobody could look for a while, such as while the portal was off."""
        ends = [end for step in steps if isinstance(end := step.get("finished_seconds"), int | float)]
        if len(ends) < len(steps) or not ends or self.started_at is None:
            return now
        last = max(max(ends), self.started_at.timestamp())
        return datetime.fromtimestamp(last, UTC) if now.timestamp() - last > UNSEEN_SECONDS else now

    def noted_inputs(self, note: str) -> None:
        """What its data wait for; empty where they wait for nothing. While they wait it does not wait for room in a quota."""
        if note and self.quota_note:
            self.write(quota_note="", quota_since=None)
        if self.inputs_note != storable(note):
            self.write(inputs_note=storable(note))

    def noted_images(self, digests: dict[str, str]) -> None:
        """Which images the names in it stand for now, as far as their registries say."""
        if digests:
            self.write(image_digests=digests)

    def delayed(self, why: str) -> None:
        """It could not be brought to REANA this time."""
        self.write(error=storable(why), quota_note="")

    def waits_for_quota(self, why: str, since: datetime) -> None:
        """Its person's quota at REANA is used up; it has waited for room since then."""
        self.write(status=self.Status.QUEUED, error="", quota_note=storable(why), quota_since=since)

    def unseen(self, why: str) -> None:
        """REANA could not be asked: what is known stays, with its age. Of a run that has ended only its files can be asked for."""
        if self.ended:
            self.not_listed(why)
        elif self.error != storable(why):
            self.write(error=storable(why))

    def ask_to_stop(self) -> None:
        """Somebody wants it to end: a wish, which no worker has to hold the run for."""
        now = timezone.now()
        # One that pauses (its quota is used up, its data are on tape) is taken up at once.
        if type(self)._base_manager.filter(pk=self.pk, stop_asked_at=None).update(stop_asked_at=now, lease_until=lease.freed()):
            self.stop_asked_at = now
            events.publish(topic_of(self.pk), "run")

    def stopped(self) -> None:
        self.write(status=self.Status.STOPPED, finished_at=timezone.now(), error="")

    def listed(self, total: int, note: str = "") -> None:
        """The files of its workspace are known, as far as `note` says; of a run that goes on as they were at this time."""
        now = timezone.now()
        interim_at, at = (self.interim_listed_at, now) if self.ended else (now, self.listed_at)
        self.write(files_total=total, files_note=storable(note), list_asked_at=None, interim_listed_at=interim_at, listed_at=at)

    def not_listed(self, why: str, *, is_over: bool = False) -> None:
        """The files of its workspace could not be listed this time; `is_over` where that is not tried again."""
        if is_over:
            self.write(files_note=storable(why), list_asked_at=None)
        elif self.files_note != storable(why):
            self.write(files_note=storable(why))

    def ask_for_list(self) -> None:
        """Somebody wants to see its files as they are now: a wish, which no worker has to hold the run for."""
        now = timezone.now()
        type(self)._base_manager.filter(pk=self.pk).update(list_asked_at=now)
        self.list_asked_at = now
        events.publish(topic_of(self.pk), "files")

    def collected(self) -> None:
        """Nothing is left to be copied: a fact that nobody has to hold the run for."""
        now = timezone.now()
        if type(self)._base_manager.filter(pk=self.pk, collected_at=None).update(collected_at=now):
            self.collected_at = now
            events.publish(topic_of(self.pk), "files")

    def describe(self, *, title: str, note: str) -> None:
        """What people say of it, which no worker has to hold the run for."""
        type(self)._base_manager.filter(pk=self.pk).update(title=title, note=note)
        self.title, self.note = title, note

    def archive(self, is_archived: bool) -> None:
        """Leave it out of lists from now on, or show it there again."""
        self.archived_at = (self.archived_at or timezone.now()) if is_archived else None
        type(self)._base_manager.filter(pk=self.pk).update(archived_at=self.archived_at)

    def failure_was_seen(self) -> None:
        """The person who launched it has opened its page since it failed, so their dashboard no longer lists it."""
        now = timezone.now()
        if type(self)._base_manager.filter(pk=self.pk, status=self.Status.FAILED, failure_seen_at=None).update(failure_seen_at=now):
            self.failure_seen_at = now
