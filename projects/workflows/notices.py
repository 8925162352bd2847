"""What people are told of runs and kept results: reported in the transaction of the change, and seen only by those who may see the run."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.workflows.models import Keep, Run
from projects.workflows.search_source import rule_for_members, rule_of
from vre_portal.iam.models import User
from vre_portal.jobs import changes
from vre_portal.notices import kinds
from vre_portal.notices.kinds import Delivery, NoticeKind
from vre_portal.notices.services import change_audience, notify, topic, unreported
from vre_portal.search import audiences

SECTION = gettext_lazy("Workflows")
CAUSE_CHARS = 140  # of a reason that stands in a title
FINISHED = NoticeKind("runs.finished", gettext_lazy("A run finished"), SECTION, icon="circle-check", is_of_project=True)
FAILED = NoticeKind("runs.failed", gettext_lazy("A run failed"), SECTION, Delivery.MAIL, "circle-x", is_of_project=True)
STOPPED = NoticeKind(
    "runs.stopped", gettext_lazy("A run was stopped by somebody else, or because access ended"), SECTION, Delivery.MAIL, "circle-stop",
    is_of_project=True, project_title=gettext_lazy("A run was stopped by another person or at the server"),
)  # fmt: skip
PUBLISHED = NoticeKind("runs.published", gettext_lazy("A result was published"), SECTION, icon="globe", is_of_project=True)
COPIED = NoticeKind("results.copied", gettext_lazy("A kept result has all its copies"), SECTION, icon="database", is_of_project=True)
COPY_STUCK = NoticeKind(
    "results.copy_stuck", gettext_lazy("The copy of a kept result is stuck"), SECTION, icon="triangle-alert", is_of_project=True
)
NOT_KEPT = NoticeKind(
    "results.not_kept", gettext_lazy("A result could not be kept"), SECTION, Delivery.MAIL, "circle-x", is_of_project=True
)


def register() -> None:
    """Make the kinds known, and watch the states of runs and kept results."""
    for kind in (FINISHED, FAILED, STOPPED, PUBLISHED, COPIED, COPY_STUCK, NOT_KEPT):
        kinds.register(kind)
    changes.register(Run, "status", run_moved)
    changes.register(Keep, "status", keep_moved)


def run_moved(run: Run) -> None:
    """A worker gave the run another status."""
    match run.status:
        case Run.Status.FINISHED:
            _report(FINISHED, run, _("Run %(number)s of %(project)s finished"), group=f"project:{run.project_id}")
        case Run.Status.FAILED if run.stop_asked_at is None and unreported(STOPPED.key, [_key(run)]):
            _report(FAILED, run, _("Run %(number)s of %(project)s failed: %(cause)s"), text=run.error)
        case Run.Status.STOPPED | Run.Status.DELETED if run.stop_asked_at is None:
            _report(STOPPED, run, _("Run %(number)s of %(project)s was stopped or deleted at the server"))


def stopped_by(run: Run, by: User) -> None:
    """Somebody asked for the run of somebody else to stop."""
    if by.pk != run.by_id:
        # Without a name, which would stay when that person's account is deleted: `actor` has it.
        _report(STOPPED, run, _("Run %(number)s of %(project)s was stopped by somebody else"), actor=by)


def access_ended(run: Run) -> None:
    """The run stops, or does not start, because its person may no longer run it or read its data. They may not see it, either."""
    notify(
        STOPPED.key,
        _key(run),
        title=_("A run of yours was stopped because your access ended"),
        text=_("You no longer have the role in the project, or the access to the data, that the run needs."),
        url=reverse("projects:dashboard"),
        audience=audiences.rule(audiences.person(run.by_id)),
        to=[run.by_id],
    )


def published(run: Run, by: User) -> None:
    """Somebody showed the run to everybody who sees its project."""
    notify(
        PUBLISHED.key,
        f"{_key(run)}:{run.published_at:%Y%m%dT%H%M%S.%f}",
        title=_("Run %(number)s of %(project)s was published") % {"number": run.number, "project": run.project},
        url=run.get_absolute_url(),
        audience=rule_of(run),
        to=[] if by.pk == run.by_id else [run.by_id],
        topics=[topic("project", run.project_id)],
        group=f"project:{run.project_id}",
        actor=by,
        data=_data(run),
    )


def audience_changed(run: Run) -> None:
    """The run is for members again, or comes from further data: what was told of its publication is for those who see it now."""
    change_audience(PUBLISHED.key, f"{_key(run)}:", rule_of(run))


def keep_moved(keep: Keep) -> None:
    """A worker gave the kept result another status."""
    match keep.status:
        case Keep.Status.OK:
            _report_keep(COPIED, keep, _("All copies of %(dataset)s are in the Data Lake"))
        case Keep.Status.STUCK:
            _report_keep(COPY_STUCK, keep, _("The second copy of %(dataset)s is stuck"))
        case Keep.Status.FAILED:
            _report_keep(NOT_KEPT, keep, _("%(dataset)s could not be kept completely"))


def page_of_keep(keep: Keep) -> str:
    """The place of its run's page where its state is shown."""
    return f"{keep.run.get_absolute_url()}#kept"


def _report(kind: NoticeKind, run: Run, title: str, *, text: str = "", group: str = "", actor: User | None = None) -> None:
    """Tell the person who launched it and the followers of the project; all who see it are members who may read its data."""
    facts = {"number": run.number, "project": run.project, "cause": short(text) or _("no reason was given")}
    notify(
        kind.key,
        _key(run),
        title=title % facts,
        text=text,
        url=run.get_absolute_url(),
        audience=rule_for_members(run),
        to=[run.by_id],
        topics=[topic("project", run.project_id)],
        group=group,
        actor=actor or run.by,
        data=_data(run),
    )


def _report_keep(kind: NoticeKind, keep: Keep, title: str) -> None:
    """Tell the person who keeps it and the followers of the project; nobody who may not read the scope that it is kept in."""
    notify(
        kind.key,
        f"keep:{keep.pk}",
        title=title % {"dataset": keep},
        text=keep.error,
        url=page_of_keep(keep),
        audience=rule_for_members(keep.run, audiences.condition("read", f"{keep.lake}:{keep.scope}")),
        to=[keep.by_id],
        topics=[topic("project", keep.run.project_id)],
        group=f"project:{keep.run.project_id}",
        actor=keep.by,
        data={**_data(keep.run), "lake": keep.lake, "did": str(keep)},
    )


def _key(run: Run) -> str:
    """What makes an event of a kind one: a run ends once."""
    return f"run:{run.pk}"


def _data(run: Run) -> dict[str, object]:
    return {"project": run.project.slug, "run": run.number, "status": run.status}


def short(text: str) -> str:
    """The first sentence of a reason, as far as a title has room for it."""
    line = next(iter(text.strip().splitlines()), "")
    first = line.partition(". ")[0].rstrip(".")
    return first if len(first) <= CAUSE_CHARS else f"{first[: CAUSE_CHARS - 1]}…"
