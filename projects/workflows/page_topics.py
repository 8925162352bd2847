"""What open pages of runs listen to: one topic of each run for its own page, one for lists, which show only its state.

A worker fetches the logs of a run while its own page is open, and not for lists.
"""

from collections.abc import Iterable

from projects.permissions import know_roles
from projects.workflows.models import Keep, NotebookRendering, Run, RunDeletion, RunFile
from projects.workflows.models.run_topic import list_topic_of, tell_of_deletion, topic_of
from projects.workflows.permissions import can_see_run
from vre_portal import events
from vre_portal.events.topics import MAX_TOPICS
from vre_portal.iam.models import User
from vre_portal.jobs import changes

__all__ = ["register", "seen_by", "topic_of", "topics_of_list"]
OF_RUN = ("status", "steps", "error", "listed_at", "interim_listed_at", "files_note", "inputs_note", "quota_note")
OF_KEEP = ("status", "locks", "error", "failed")


def register() -> None:
    """Tell open pages of what workers change; what people change the models tell themselves."""
    for prefix in ("run", "listed"):
        events.register_topic(prefix, seen_by)
    changes.register(Run, "status", lambda run: events.publish(list_topic_of(run.pk), "run"))
    for column in OF_RUN:
        changes.register(Run, column, lambda run: events.publish(topic_of(run.pk), "run"))
    for column in OF_KEEP:
        changes.register(Keep, column, lambda keep: events.publish(topic_of(keep.run_id), "kept"))
    for column in ("state", "error"):
        changes.register(RunDeletion, column, lambda deletion: tell_of_deletion(deletion.run_id))
    changes.register(NotebookRendering, "state", lambda rendering: events.publish(topic_of(rendering.run_id), "notebook"))
    for column in ("state", "thumbnail_state"):
        changes.register(RunFile, column, lambda file: events.publish(topic_of(file.run_id), "files"))


def topics_of_list(runs: Iterable[Run]) -> str:
    """What a page that lists these runs listens to: those that have not ended or are being deleted, as many as a page may name beside its bell."""
    changing = (run for run in runs if not run.ended or getattr(run, "is_being_deleted", False))
    return " ".join([list_topic_of(run.pk) for run in changing][: MAX_TOPICS - 1])


def seen_by(user: User, numbers: list[int]) -> list[int]:
    """Those of these keys whose runs somebody may see, as the pages of the runs have it; it costs as much for one as for many."""
    runs = list(Run.objects.filter(pk__in=numbers).select_related("project").only("project", "published_at").prefetch_related("origins"))
    know_roles(user, [run.project for run in runs])
    return [run.pk for run in runs if can_see_run(user, run)]
