"""Who may do what with a run: start it, publish it, keep what it made, and have its files that are at REANA only."""

from django.contrib.auth.models import AnonymousUser

from projects import audience, standing
from projects.audience import Origin
from projects.permissions import Permission, can
from projects.workflows.models import Run, RunFile
from vre_portal.iam.models import User


def origins_of(run: Run) -> list[Origin]:
    """The scopes of the data that it read, as far as they are known."""
    return [row.origin for row in run.origins.all()]


def may_copy(user: User | AnonymousUser, run: Run) -> bool:
    """Whether somebody may copy files of the run from REANA, or download them from there."""
    return user.pk == run.by_id and can(user, run.project, Permission.LAUNCH)


def why_not_from_reana(user: User | AnonymousUser, file: RunFile) -> str:
    """Why somebody may not have this file straight from REANA; empty where they may: it is read there in the launching person's name."""
    if file.state == RunFile.State.MISSING:
        return "The run did not create this file."
    if not may_copy(user, file.run):
        return f"The portal has no copy of this file. {file.run.by}, who launched the run, can download it from REANA or copy it here."
    return ""


def why_not_run(by: User, run: Run) -> str:
    """Why a run may not go on in the name of the person as `standing.present` gave them; empty where it may."""
    if reason := standing.why_not(by, run.project, Permission.LAUNCH):
        return reason
    if audience.can_read_all(by, origins_of(run)):
        return ""
    return f"{by} may no longer read the data that this run reads: the access was taken away."


def can_decide(user: User | AnonymousUser, run: Run) -> bool:
    """Whether somebody decides who sees a run whose data are not restricted: who launched it while they may launch, and leads."""
    permission = Permission.LAUNCH if user.pk == run.by_id else Permission.PUBLISH
    return can(user, run.project, permission)


def can_publish(user: User | AnonymousUser, run: Run) -> bool:
    """Whether somebody who sees the run may show it to everybody who sees the project; of restricted data only an owner of all of them."""
    if closed := audience.restricted(origins_of(run)):
        return audience.owns_all(user, closed)
    return can_decide(user, run)


def can_unpublish(user: User | AnonymousUser, run: Run) -> bool:
    """Whether somebody who sees the run may take its publication back: who decides about it, and the owners of its data."""
    return can_decide(user, run) or any(audience.is_owner(user, origin) for origin in origins_of(run))


def why_not_keep(user: User, run: Run, target: Origin) -> str:
    """Why what a run made may not be put into a scope by somebody; empty where it may: it is seen there by whoever reads the scope."""
    if not Run.objects.filter(pk=run.pk).visible_to(user).exists():
        return f"{user} may no longer read the data that this run read."
    if not audience.can_read(user, target):
        return "Results of this project are kept in a part of the Data Lake that you may not read."
    if beyond := audience.reaches_others(target, origins_of(run)):
        names = ", ".join(audience.title_of(origin) for origin in beyond)
        why = f"{target.scope} has other readers" if target.scope else "this project has no scope in the Data Lake yet"
        return f"This result comes from restricted data: {names}. It can be kept only in a scope that nobody else reads, and {why}."
    if audience.is_public(target) and not can_decide(user, run):
        return (
            f"What is kept in {target.scope} is public at once. "
            f"Only {run.by}, who launched the run, and the project's leads may make its results public."
        )
    return ""
