"""What leaves with a person, or to them: runs that go on are waited for, and of runs that they may not see little is exported."""

from django.db.models import QuerySet

from projects import audience
from projects.workflows.models import Keep, Run
from vre_portal.iam import personal, sign_out
from vre_portal.iam.models import User


def still_at_work(user: User) -> list[str]:
    """Runs that have not ended, and results that are on their way into the Data Lake."""
    runs = Run.objects.filter(by=user).exclude(status__in=Run.ENDED).count()
    keeps = Keep.objects.filter(by=user, status__in=(Keep.Status.QUEUED, Keep.Status.UPLOADING)).count()
    found = [f"{runs} of your runs have not ended: stop them, or wait."] if runs else []
    return [*found, f"{keeps} of your results are on their way into the Data Lake: wait for them."] if keeps else found


def readable_keeps(user: User, keeps: QuerySet[Keep]) -> QuerySet[Keep]:
    """Those of runs that the person sees, in scopes that they may read."""
    closed = [item.pk for item in keeps.only("pk", "lake", "scope") if not audience.can_read(user, item.origin)]
    return keeps.exclude(pk__in=closed).filter(run__in=Run.objects.visible_to(user).values("pk"))


personal.hinder(still_at_work)
# Logs, errors and names of files are derived from the data: they are for whoever may read those now.
personal.limit(Run, lambda user, runs: runs.visible_to(user), always=("id", "number", "status", "created_at"))  # type: ignore[attr-defined]
personal.limit(Keep, readable_keeps, always=("id", "status", "created_at"))


def waiting(user: User) -> list[sign_out.Waiting]:
    """What the portal cannot go on with while its person is signed in nowhere."""
    runs = Run.objects.filter(by=user).exclude(status__in=Run.ENDED).visible_to(user).select_related("project")
    under_way = Keep.objects.filter(by=user, status__in=(Keep.Status.QUEUED, Keep.Status.UPLOADING))
    kept = Run.objects.filter(pk__in=under_way.values("run")).visible_to(user)
    keeps = under_way.filter(run__in=kept.values("pk")).select_related("run__project")
    words = "REANA goes on with it. The portal fetches its status and results when you sign in again."
    return [
        *(sign_out.Waiting(f"Run {run.number} of {run.project.title}", run.get_absolute_url(), words) for run in runs),
        *(
            sign_out.Waiting(f"Results of run {keep.run.number} of {keep.run.project.title}", keep.run.get_absolute_url(), KEEP_WAITS)
            for keep in keeps
        ),
    ]


KEEP_WAITS = "They are stored in the Data Lake when you sign in again."
sign_out.add_waiting(waiting)
