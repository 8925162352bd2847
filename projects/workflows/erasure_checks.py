"""What leaves with a person, or to them: runs that go on are waited for, and of runs that they may not see little is exported."""

from collections import Counter
from typing import Any

from django.db.models import QuerySet, Value
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects import audience
from projects.models import Project
from projects.workflows.models import Entry, FetchSecret, Keep, Run, RunDeletion, SpecificationVersion
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.iam.sessions import sign_out


def still_at_work(user: User) -> list[str]:
    """Runs that have not ended or are being deleted, results on their way into the Data Lake, and secrets that are still at REANA."""
    runs = Run.objects.filter(by=user).exclude(status__in=Run.ENDED).count()
    keeping = Keep.objects.filter(by=user, status__in=(Keep.Status.QUEUED, Keep.Status.UPLOADING))
    deleting = RunDeletion.objects.filter(by=user, state=RunDeletion.State.DELETING)
    left = FetchSecret.objects.being_deleted().filter(run__by=user)
    kinds: tuple[tuple[str, QuerySet[Any]], ...] = (("keep", keeping), ("deletion", deleting), ("secret", left))
    first, *more = (rows.annotate(what=Value(what)).values_list("what", flat=True) for what, rows in kinds)
    others = Counter(first.union(*more, all=True).order_by())  # all by one question
    keeps, deletions, secrets = others["keep"], others["deletion"], others["secret"]
    reasons = []
    if runs:
        text = ngettext(
            "%(n)s of your runs has not ended. Stop it, or wait until it ends.",
            "%(n)s of your runs have not ended. Stop them, or wait until they end.",
            runs,
        )
        reasons.append(text % {"n": runs})
    if keeps:
        text = ngettext(
            "%(n)s of your results is still being stored in the Data Lake. Wait until this is complete.",
            "%(n)s of your results are still being stored in the Data Lake. Wait until this is complete.",
            keeps,
        )
        reasons.append(text % {"n": keeps})
    if deletions:
        text = ngettext(
            "%(n)s run is still being deleted. Wait until this is complete.",
            "%(n)s runs are still being deleted. Wait until this is complete.",
            deletions,
        )
        reasons.append(text % {"n": deletions})
    if secrets:
        text = ngettext(
            "The secret of %(n)s of your runs is still being deleted at REANA. Wait until this is complete.",
            "The secrets of %(n)s of your runs are still being deleted at REANA. Wait until this is complete.",
            secrets,
        )
        reasons.append(text % {"n": secrets})
    return reasons


def readable_keeps(user: User, keeps: QuerySet[Keep]) -> QuerySet[Keep]:
    """Those of runs that the person sees, in scopes that they may read."""
    closed = [item.pk for item in keeps.only("pk", "lake", "scope") if not audience.can_read(user, item.origin)]
    return keeps.exclude(pk__in=closed).filter(run__in=Run.objects.visible_to(user).values("pk"))


def _versions(user: User, rows: QuerySet[SpecificationVersion]) -> QuerySet[SpecificationVersion]:
    """Those of projects that the person sees."""
    return rows.filter(specification__project__in=Project.objects.visible_to(user))


data_export.register_erasure_check(still_at_work)
# Logs, errors and names of files are derived from the data: they are for whoever may read those now.
data_export.register_limit(Run, lambda user, runs: runs.visible_to(user), always=("id", "number", "status", "created_at"))  # type: ignore[attr-defined]
data_export.register_limit(Keep, readable_keeps, always=("id", "status", "created_at"))

data_export.register_limit(
    RunDeletion, lambda user, rows: rows.filter(run__in=Run.objects.visible_to(user).values("pk")), always=("id", "state", "created_at")
)
data_export.register_limit(SpecificationVersion, _versions, always=("id", "number", "origin", "added_at"))
data_export.register_limit(
    Entry, lambda user, rows: rows.filter(project__in=Project.objects.mine(user)), always=("id", "origin", "state", "created_at"),
    own={"by": ("title", "address", "ref")},
)  # fmt: skip


def waiting(user: User) -> list[sign_out.Waiting]:
    """What the portal cannot go on with while its person is signed in nowhere."""
    runs = Run.objects.filter(by=user).exclude(status__in=Run.ENDED).visible_to(user).select_related("project")
    under_way = Keep.objects.filter(by=user, status__in=(Keep.Status.QUEUED, Keep.Status.UPLOADING))
    kept = Run.objects.filter(pk__in=under_way.values("run")).visible_to(user)
    keeps = under_way.filter(run__in=kept.values("pk")).select_related("run__project")
    run_waits = _("It continues on REANA. The portal updates its status and results when you sign in again.")
    keep_waits = _("They are stored in the Data Lake when you sign in again.")
    return [
        *(
            sign_out.Waiting(
                _("Run %(number)s of %(project)s") % {"number": run.number, "project": run.project.title},
                run.get_absolute_url(),
                run_waits,
            )
            for run in runs
        ),
        *(
            sign_out.Waiting(
                _("Results of run %(number)s of %(project)s") % {"number": keep.run.number, "project": keep.run.project.title},
                keep.run.get_absolute_url(),
                keep_waits,
            )
            for keep in keeps
        ),
    ]


sign_out.add_waiting(waiting)
