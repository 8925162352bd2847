"""Who may do what with a run: start it, publish it, keep what it made, and have its files that are at REANA only."""

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from projects import audience, authorization
from projects.audience import Origin
from projects.permissions import Permission, can, role_of
from projects.workflows.models import Run, RunFile
from vre_portal.iam.models import User


def origins_of(run: Run) -> list[Origin]:
    """The scopes of the data that it read, as far as they are known."""
    return [row.origin for row in run.origins.all()]


def is_shown_to_all(run: Run) -> bool:
    """Whether everybody who sees its project sees the run: published, with every restricted scope it comes from confirmed by an owner.

    What `RunQuerySet.shown_to_all` asks of the database, for one run whose origins are there.
    """
    unconfirmed = [row.origin for row in run.origins.all() if row.confirmed_at is None]
    return run.published_at is not None and not audience.restricted(unconfirmed)


def can_see_run(user: User | AnonymousUser, run: Run) -> bool:
    """Whether somebody may see the run, as `RunQuerySet.visible_to` has it for many."""
    if not can(user, run.project, Permission.VIEW):
        return False
    return is_shown_to_all(run) or (role_of(user, run.project) is not None and audience.can_read_all(user, origins_of(run)))


def may_copy(user: User | AnonymousUser, run: Run) -> bool:
    """Whether somebody may copy files of the run from REANA, or download them from there."""
    return user.pk == run.by_id and can(user, run.project, Permission.LAUNCH)


def can_list_files(user: User | AnonymousUser, run: Run) -> bool:
    """Whether somebody may have the files of the run listed now: a finished run's do not change, so its list is read again only where it is not complete."""
    is_open = run.status != Run.Status.FINISHED or bool(run.files_note)
    return is_open and run.has_workspace and not run.awaits_list and may_copy(user, run)


def why_not_from_reana(user: User | AnonymousUser, file: RunFile) -> str:
    """Why somebody may not have this file straight from REANA; empty where they may: it is read there in the launching person's name."""
    if file.state == RunFile.State.MISSING:
        return _("The run did not create this file.")
    if not may_copy(user, file.run):
        text = _(
            "The portal has no copy of this file. %(person)s, who launched the run, can download it from REANA or copy it to the portal."
        )
        return text % {"person": file.run.by}
    return ""


def why_not_run(by: User, run: Run) -> str:
    """Why a run may not go on in the name of the person as `authorization.refresh_user` gave them; empty where it may."""
    if reason := authorization.denial_reason(by, run.project, Permission.LAUNCH):
        return reason
    if audience.can_read_all(by, origins_of(run)):
        return ""
    return _("%(person)s no longer has access to the data that this run reads.") % {"person": by}


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
    """Why what a run made may not be put into a scope by somebody; empty where it may: everybody who reads the scope sees it there."""
    if not can_see_run(user, run):
        return _("%(person)s no longer has access to the data that this run read.") % {"person": user}
    if run.is_withdrawn:
        return _("The result of this run was withdrawn, so it is not kept again.")
    if not audience.can_read(user, target):
        return _("Results of this project are kept in a scope of the Data Lake to which you do not have access.")
    if beyond := audience.reaches_others(target, origins_of(run)):
        names = ", ".join(audience.title_of(origin) for origin in beyond)
        if not target.scope:
            text = _(
                "This result comes from restricted data: %(data)s. It can be kept only in a scope that nobody else can read, "
                "and this project has no scope in the Data Lake yet."
            )
            return text % {"data": names}
        text = _(
            "This result comes from restricted data: %(data)s. It can be kept only in a scope that nobody else can read, "
            "and other people can read %(scope)s."
        )
        return text % {"data": names, "scope": target.scope}
    if audience.is_public(target) and not can_decide(user, run):
        text = _(
            "Files that are kept in %(scope)s are public immediately. "
            "Only %(person)s, who launched the run, and the project leads can make its results public."
        )
        return text % {"scope": target.scope, "person": run.by}
    return ""
