"""Bring chosen outputs of a run into the Data Lake as a dataset, and follow its rule until the second copy is there."""

import json
import logging
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.utils import timezone

from datalake import rucio
from projects import standing
from projects.models import Resource
from projects.permissions import Permission
from projects.services import add_resource
from projects.workflows.kept_files import names_of, upload_files
from projects.workflows.models import Keep, LeaseLost
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.vault import SignInAgain, access_token
from vre_portal.services import Service, ServiceKind, UnknownService, service

logger = logging.getLogger(__name__)
BEFORE_THE_RULE = (Keep.Status.QUEUED, Keep.Status.UPLOADING)
PAUSE, LONG_PAUSE = 5.0, 60.0  # seconds until it is tried again
MOST_ATTEMPTS = 20
PUZZLED = "The portal failed at this. Its operators find the reason in the log."


def waiting() -> list[int]:
    """What is on its way and in nobody's hands."""
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    ended = (Keep.Status.OK, Keep.Status.FAILED)
    return list(Keep.objects.exclude(status__in=ended).filter(free).values_list("pk", flat=True)[:50])


def proceed(pk: int) -> None:
    """Go on where it stands: upload what is missing, or look how far the rule is."""
    unfinished = (Keep.Status.QUEUED, Keep.Status.UPLOADING, Keep.Status.REPLICATING, Keep.Status.STUCK)
    if not Keep.claim(pk, status__in=unfinished):
        return
    kept = Keep.objects.select_related("by", "run__project", "run__specification").get(pk=pk)
    try:
        with kept.held():
            _go_on(kept)
        pause = min((timezone.now() - kept.created_at).total_seconds() / 60, LONG_PAUSE)  # the older, the less there is to see
    except LeaseLost:
        logger.warning("keep %s was taken over by another worker", pk)
        return
    except SignInAgain:
        kept.moved(kept.status, error=f"It goes on when {kept.by} signs in again.")
        pause = LONG_PAUSE
    except UnknownService as error:
        kept.moved(Keep.Status.FAILED, error=str(error))
        pause = 0
    except RemoteRefused as error:
        pause = _refused(kept, error)
    except RemoteUnavailable as error:
        kept.moved(kept.status, error=f"{error} It is tried again.")
        pause = error.retry_after or PAUSE
    except (OperationalError, InterfaceError):
        raise  # the database is away: the lease runs out, and the sweep goes on
    except Exception:
        logger.exception("keep %s failed", pk)
        given_up = kept.status in BEFORE_THE_RULE and kept.attempt >= MOST_ATTEMPTS
        kept.moved(Keep.Status.FAILED if given_up else kept.status, error=PUZZLED)
        pause = LONG_PAUSE
    kept.rest(pause)


def _refused(kept: Keep, error: RemoteRefused) -> float:
    """A refused upload has failed; a rule that cannot be looked at is at work all the same, unless it is gone."""
    if kept.status in BEFORE_THE_RULE or error.status == 404:
        kept.moved(Keep.Status.FAILED, error=str(error))
        return 0
    kept.moved(kept.status, error=f"How far it is cannot be seen: {error}")
    return LONG_PAUSE


def _go_on(kept: Keep) -> None:
    # What is uploaded is the lake's: how far its copies are may be looked at by whoever may see the project.
    standing.require(kept.by, kept.run.project, Permission.KEEP if kept.status in BEFORE_THE_RULE else Permission.VIEW)
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
