"""What open pages of runs listen to: a run's own topic tells that its page would look different now."""

from projects.workflows.models import Keep, Run, RunFile
from projects.workflows.models.run import topic_of
from projects.workflows.permissions import can_see_run
from vre_portal import events
from vre_portal.iam.models import User
from vre_portal.jobs import changes

__all__ = ["register", "topic_of"]
OF_RUN = ("status", "steps", "error", "listed_at", "files_note")
OF_KEEP = ("status", "locks", "error", "failed")


def register() -> None:
    """Tell open pages of what workers change; what people change the models tell themselves."""
    events.register_topic("run", may_see)
    for column in OF_RUN:
        changes.register(Run, column, lambda run: events.publish(topic_of(run.pk), "run"))
    for column in OF_KEEP:
        changes.register(Keep, column, lambda keep: events.publish(topic_of(keep.run_id), "kept"))
    changes.register(RunFile, "state", lambda file: events.publish(topic_of(file.run_id), "files"))


def may_see(user: User, number: int) -> bool:
    """Whether somebody may see the run of this key, as its page has it."""
    run = Run.objects.filter(pk=number).select_related("project").only("project", "published_at").prefetch_related("origins").first()
    return run is not None and can_see_run(user, run)
