"""Bring chosen outputs of a run into the Data Lake as a dataset, and follow its rule until the second copy is there."""

import json
import logging
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from datalake import rucio
from projects.models import Resource
from projects.services import add_resource
from projects.workflows.models import Keep
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.vault import access_token
from vre_portal.services import Service, ServiceKind, service

logger = logging.getLogger(__name__)


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
    lake = service(ServiceKind.RUCIO, kept.lake)
    try:
        token = access_token(kept.by, lake, purpose=f"keep {kept}")
        if kept.status in (Keep.Status.QUEUED, Keep.Status.UPLOADING):
            upload(kept, lake, token)
        look(kept, lake, token)
    except RemoteRefused as error:
        kept.moved(Keep.Status.FAILED, error=str(error))
    except RemoteUnavailable as error:
        kept.moved(kept.status, error=f"{error} It is tried again.")
    finally:
        kept.release()


def upload(kept: Keep, lake: Service, token: str) -> None:
    """Every step finds what an interrupted attempt did before, so that nothing is there twice."""
    kept.moved(Keep.Status.UPLOADING)
    rucio.add_dataset(lake, token, kept.scope, kept.dataset, metadata(kept))
    names = []
    for output in kept.run.outputs.filter(path__in=kept.paths):
        name = f"{kept.dataset}.{PurePosixPath(output.path).name}"
        names.append(name)
        if output.path not in kept.uploaded:
            kept.renew()
            with output.file.open("rb") as handle:
                rucio.upload_file(lake, token, kept.rse, kept.scope, name, handle)
            kept.moved(Keep.Status.UPLOADING, uploaded=[*kept.uploaded, output.path])
    rucio.attach(lake, token, kept.scope, kept.dataset, [(kept.scope, name) for name in names])
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
        facts={"run": kept.run.number, "commit": kept.run.commit, "parameters": kept.run.parameters, "files": len(names)},
    )
    kept.moved(Keep.Status.REPLICATING, rule=rule)


def metadata(kept: Keep) -> dict[str, Any]:
    """What made the dataset. Rucio takes True and False for something else, so truth values are words."""
    parameters = {name: ("yes" if value else "no") if isinstance(value, bool) else value for name, value in kept.run.parameters.items()}
    return {
        "vre_run": f"{settings.PORTAL_URL}{kept.run.get_absolute_url()}",
        "vre_specification": kept.run.specification.name,
        "vre_commit": kept.run.commit,
        "vre_parameters": json.dumps(parameters, sort_keys=True),
        **{f"parameter_{name}": value for name, value in parameters.items()},
    }


def look(kept: Keep, lake: Service, token: str) -> None:
    """Note how far the second copy is."""
    rule = rucio.get_rule(lake, token, kept.rule)
    locks = {"ok": rule.locks_ok, "replicating": rule.locks_replicating, "stuck": rule.locks_stuck}
    state = rule.state if rule.state in Keep.Status.values else Keep.Status.REPLICATING
    kept.moved(state, error=rule.error or "", locks=locks)
