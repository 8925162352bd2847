"""When a project closes, archived or deleted: features register what they do then, and who closes projects says that one is closed."""

from collections.abc import Callable

from projects.locking import ProjectClosed, open_project_locked
from projects.models import Project
from vre_portal.iam.models import User

type ClosingHook = Callable[[Project, User | None, str], None]
type ClosedCheck = Callable[[Project], str]
_hooks: list[ClosingHook] = []
_checks: list[ClosedCheck] = []


def on_close(hook: ClosingHook) -> None:
    """Let a feature act when a project is closed: in the same transaction, with the project, who closed it and the reason in words."""
    _hooks.append(hook)


def register_check(check: ClosedCheck) -> None:
    """Let a feature say why a project takes nothing new; empty where it does."""
    _checks.append(check)


def run_hooks(*, project: Project, by: User | None, words: str) -> None:
    """Tell all features that the project is being closed."""
    for hook in _hooks:
        hook(project, by, words)


def closed_reason(project: Project) -> str:
    """Why the project takes no new people; empty where it does."""
    return next((reason for check in _checks if (reason := check(project))), "")


def require_open_locked(project: Project) -> Project:
    """The project as it is now, which takes new people at this moment and until the transaction ends. Raises ProjectClosed."""
    now = open_project_locked(project)
    if reason := closed_reason(now):
        raise ProjectClosed(reason)
    return now
