"""What can be stopped at each kind of service, and the sentences that say so."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vre_portal.services import ServiceKind


@dataclass(frozen=True)
class StoppableAction:
    """One action; the sentences take %(service)s and, where the end is known, %(time)s."""

    kind: ServiceKind
    name: str  # "runs": stored, and named by kinds of jobs
    title: str | Promise
    stopped: str | Promise
    stopped_until: str | Promise
    effect: str | Promise  # what goes on and what waits, for staff before they stop it
    stopped_with: tuple[str, ...] = ()  # further actions whose stop stops this one, too


ACTIONS = (
    StoppableAction(
        ServiceKind.JUPYTERHUB,
        "sessions",
        _("New notebook sessions"),
        _("New notebook sessions on %(service)s are stopped."),
        _("New notebook sessions on %(service)s are stopped until %(time)s."),
        _("No new session starts. Running sessions go on; people can open and stop them. Requested sessions wait."),
    ),
    StoppableAction(
        ServiceKind.REANA,
        "runs",
        _("New runs"),
        _("New runs on %(service)s are stopped."),
        _("New runs on %(service)s are stopped until %(time)s."),
        _("No workflow can be launched. Runs that have started go on; their outputs can be read. Queued runs wait."),
    ),
    StoppableAction(
        ServiceKind.RUCIO,
        "uploads",
        _("Uploads and kept results"),
        _("Uploads to %(service)s are stopped."),
        _("Uploads to %(service)s are stopped until %(time)s."),
        _("No upload can be started and no result kept. Files that are being sent can be completed; they wait to be moved to the lake."),
        stopped_with=("changes",),
    ),
    StoppableAction(
        ServiceKind.RUCIO,
        "changes",
        _("All changes, with uploads"),
        _("Changes in %(service)s are stopped."),
        _("Changes in %(service)s are stopped until %(time)s."),
        _("No rule, dataset or metadata can be changed and nothing uploaded. Reading and downloading go on. Queued requests wait."),
    ),
    StoppableAction(
        ServiceKind.ZENODO,
        "harvest",
        _("Updates of the software catalogue"),
        _("Updates from %(service)s are stopped."),
        _("Updates from %(service)s are stopped until %(time)s."),
        _("The catalogue keeps its present entries and is not updated. An update that is under way is completed."),
    ),
)
_BY_NAME = {(str(item.kind), item.name): item for item in ACTIONS}


def action_of(kind: str, name: str) -> StoppableAction:
    """The action of this name at services of a kind. Raises KeyError."""
    return _BY_NAME[str(kind), name]


def is_known(kind: str, name: str) -> bool:
    """Whether there is such an action."""
    return (str(kind), name) in _BY_NAME
