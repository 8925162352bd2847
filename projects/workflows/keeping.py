"""Bring chosen outputs of a run into the Data Lake as a dataset, and follow its rule until the second copy is there."""

import json
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from datalake import rucio
from projects import standing
from projects.audience import Origin
from projects.models import Resource
from projects.permissions import Permission
from projects.services import add_resource
from projects.workflows.kept_files import names_of, upload_files
from projects.workflows.models import Keep
from projects.workflows.permissions import why_not_keep
from vre_portal.http import RemoteRefused
from vre_portal.iam.vault import access_token
from vre_portal.jobs.runner import Runner
from vre_portal.services import Service, ServiceKind, UnknownService, service

BEFORE_THE_RULE = (Keep.Status.QUEUED, Keep.Status.UPLOADING)
UNFINISHED = (*BEFORE_THE_RULE, Keep.Status.REPLICATING, Keep.Status.STUCK)
LONGEST_PAUSE = 60.0  # seconds between two looks at a rule


class Keeping(Runner[Keep]):
    """Results on their way into the lake: what is missing is uploaded, then the rule is followed."""

    model = Keep

    def ready(self) -> Q:
        return Q(status__in=UNFINISHED)

    def work(self, kept: Keep) -> float:
        _go_on(kept)
        return min((timezone.now() - kept.created_at).total_seconds() / 60, LONGEST_PAUSE)  # the older, the less there is to see

    def refused(self, kept: Keep, error: Exception) -> float:
        """A refused upload has failed; a rule that cannot be looked at is at work all the same, unless it is gone."""
        gone = isinstance(error, UnknownService) or getattr(error, "status", 0) == 404
        if kept.status in BEFORE_THE_RULE or gone:
            kept.moved(Keep.Status.FAILED, error=str(error))
            return 0
        kept.moved(kept.status, error=f"How far it is cannot be seen: {error}")
        return LONGEST_PAUSE

    def delayed(self, kept: Keep, words: str) -> None:
        kept.moved(kept.status, error=words)

    def given_up(self, kept: Keep, words: str) -> None:
        there = "" if kept.status in BEFORE_THE_RULE else "The files are in the lake; the portal no longer follows their second copy. "
        kept.moved(Keep.Status.FAILED, error=f"{there}{words}")


keeps = Keeping()


def proceed(pk: int) -> None:
    """Go on where it stands: upload what is missing, or look how far the rule is."""
    keeps.perform(pk)


def _go_on(kept: Keep) -> None:
    # What is uploaded is the lake's: how far its copies are may be looked at by whoever may see the project.
    by = standing.require(kept.by, kept.run.project, Permission.KEEP if kept.status in BEFORE_THE_RULE else Permission.VIEW)
    if kept.status in BEFORE_THE_RULE and (reason := why_not_keep(by, kept.run, Origin(kept.lake, kept.scope))):
        raise standing.NoLonger(reason, status=403)
    lake = service(ServiceKind.RUCIO, kept.lake)
    token = access_token(kept.by, lake, purpose=f"keep {kept}")
    if kept.status == Keep.Status.QUEUED:
        refuse_if_there(kept, lake, token)
    if kept.status in BEFORE_THE_RULE:
        upload(kept, lake, token)
    look(kept, lake, token)


def refuse_if_there(kept: Keep, lake: Service, token: str) -> None:
    """Before the first step nothing of that name may be there: somebody's own dataset is not to be added to."""
    try:
        rucio.get_did(lake, token, kept.scope, kept.dataset)
    except RemoteRefused as error:
        if error.status != 404:
            raise
        return
    raise RemoteRefused(
        f"The Data Lake holds something called {kept} already. Keep the result under another name.", service=lake, status=409
    )


def upload(kept: Keep, lake: Service, token: str) -> None:
    """Every step finds what an interrupted attempt did before, so that nothing is there twice."""
    kept.moved(Keep.Status.UPLOADING)
    rucio.add_dataset(lake, token, kept.scope, kept.dataset, metadata(kept))
    names = names_of(kept.dataset, kept.paths)
    upload_files(kept, lake, token, names)
    rucio.attach(lake, token, kept.scope, kept.dataset, [(kept.scope, names[path]) for path in kept.uploaded])
    rucio.close(lake, token, kept.scope, kept.dataset)
    rucio.add_rule(lake, token, kept.scope, kept.dataset, copies=1, rse_expression=kept.rse)
    rule = rucio.add_rule(lake, token, kept.scope, kept.dataset, copies=1, rse_expression=kept.copy_rse)
    kept.hold()
    add_resource(
        by=kept.by,
        project=kept.run.project,
        kind=Resource.Kind.RESULT,
        service=kept.lake,
        identifier=str(kept),
        title=f"{kept.run.specification.title}, run {kept.run.number}",
        facts={
            "run": kept.run.number,
            "commit": kept.run.commit,
            "parameters": kept.run.parameters,
            "files": len(kept.uploaded),
            "not_kept": len(kept.failed),
        },
    )
    kept.moved(Keep.Status.REPLICATING, rule=rule)


def metadata(kept: Keep) -> dict[str, Any]:
    """What made the dataset."""
    parameters = {name: _for_rucio(value) for name, value in kept.run.parameters.items()}
    return {
        "vre_run": f"{settings.PORTAL_URL}{kept.run.get_absolute_url()}",
        "vre_specification": kept.run.specification.name,
        "vre_commit": kept.run.commit,
        "vre_parameters": json.dumps(parameters, sort_keys=True),
        **{f"parameter_{name}": value for name, value in parameters.items()},
    }


def _for_rucio(value: Any) -> Any:
    """A parameter as Rucio's metadata take it: truth values as words, what has parts of its own as JSON."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str | int | float) else json.dumps(value)


def look(kept: Keep, lake: Service, token: str) -> None:
    """Note how far the second copy is."""
    rule = rucio.get_rule(lake, token, kept.rule)
    locks = {"ok": rule.locks_ok, "replicating": rule.locks_replicating, "stuck": rule.locks_stuck}
    state = rule.state if rule.state in Keep.Status.values else Keep.Status.REPLICATING
    kept.moved(state, error=rule.error or "", locks=locks)
