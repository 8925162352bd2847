"""Large files come by a step of the portal's own, put before the first one, from their storages: their bytes do not pass the portal."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from datalake.files import direct
from datalake.reads import scopes
from datalake.rucio import Replica
from projects.workflows import reana
from projects.workflows.inputs import own_step, secrets
from projects.workflows.inputs.asking import Asker
from projects.workflows.inputs.own_step import FOLDER
from projects.workflows.models import FetchSecret, Run, RunInput
from vre_portal.http import RemoteRefused
from vre_portal.iam.vault import SignInAgain
from vre_portal.services import Service

MEGABYTE, GIGABYTE = 10**6, 10**9
SCRIPT = Path(__file__).with_name("step") / "fetch.py"
MAX_COPIES = 2  # of one file that the step may try: each needs a token


def choose(run: Run, server: Service, rows: Sequence[RunInput], asker: Asker) -> None:
    """Decide, once, which files the run fetches itself; why a large one does not is remembered with it."""
    if not any(row.how == RunInput.How.UNDECIDED for row in rows):
        return
    wanted = _too_large(rows)
    general = own_step.why_none(run, server) if wanted else ""
    fetched: dict[int, list[direct.Target]] = {}
    for row in wanted:
        row.why = general or _why_not_this(row, asker, len(fetched))
        if not row.why:
            fetched[row.pk] = _targets(row, asker)[:MAX_COPIES]
    if fetched and (refusal := _refused_token(rows, fetched, asker)):
        for row in rows:
            row.why = refusal if row.pk in fetched else row.why
        fetched = {}
    for row in rows:
        row.how = RunInput.How.FETCHED if row.pk in fetched else RunInput.How.STREAMED
        if row.pk in fetched:
            row.copies = [[target.rse, target.address] for target in fetched[row.pk]]
    with transaction.atomic():
        own = [own_step.command(number) for number in range(len(fetched))]
        run.write(fetch_commands=[*own, *run.fetch_commands])  # of which the archive of the workflow's files is one
        RunInput.objects.bulk_update(rows, ["how", "why", "copies"], batch_size=500)
        if fetched:
            FetchSecret.objects.get_or_create(run=run)


def _too_large(rows: Sequence[RunInput]) -> list[RunInput]:
    """The files that the portal would rather not carry: each large one, and then the largest until the others are little enough together."""
    left = sum(row.bytes for row in rows)
    found = []
    for row in sorted(rows, key=lambda row: (-row.bytes, row.pk)):
        if row.bytes <= settings.STREAMED_MEGABYTES * MEGABYTE and left <= settings.STREAMED_GIGABYTES * GIGABYTE:
            break
        found.append(row)
        left -= row.bytes
    return found


def _why_not_this(row: RunInput, asker: Asker, number: int) -> str:
    """Why this file cannot be fetched by a step; empty where it can."""
    if number >= settings.FETCHED_FILES:
        return _("A run fetches at most %(limit)s files itself.") % {"limit": settings.FETCHED_FILES}
    if scopes.is_restricted(asker.lake(row.lake), row.scope):
        return _("Restricted data are not opened by tokens for single files.")
    if not (row.adler32 or row.md5):
        return _("The Data Lake has no checksum of it.")
    if not _targets(row, asker):
        return _("No storage that has a copy opens single files by tokens.")
    return ""


def _targets(row: RunInput, asker: Asker) -> list[direct.Target]:
    replicas = [Replica(row.scope, row.name, rse, "AVAILABLE", pfns=(address,)) for rse, address in row.copies]
    return direct.targets(asker.lake(row.lake), replicas)


def _refused_token(rows: Sequence[RunInput], fetched: dict[int, list[direct.Target]], asker: Asker) -> str:
    """Ask for one token before anything depends on it; why there is none, or nothing. Raises SignInAgain, RemoteUnavailable."""
    row = next(row for row in rows if row.pk in fetched)
    try:
        secrets.token(asker, row, fetched[row.pk][0])
    except SignInAgain:
        raise
    except RemoteRefused as error:
        return str(error)
    return ""


def bring(run: Run, server: Service, token: str, rows: Sequence[RunInput]) -> None:
    """Put into the workspace what the step needs, and the tokens into the secret; the last thing before the start."""
    if not rows:
        return
    asker, secret = Asker(run), FetchSecret.objects.select_related("run__by").get(run=run)
    targets = targets_of(run, asker)
    copies: dict[int, list[dict[str, Any]]] = {row.pk: [] for row in rows}  # a copy that no token opens any more is not among them
    for row, target in targets:
        copies[row.pk].append({"rse": target.rse, "address": target.address, "token": secrets.key(target)})
    files = [
        {
            "path": row.path,
            "bytes": row.bytes,
            "adler32": row.adler32,
            "md5": row.md5,
            "copies": copies[row.pk],
        }
        for row in rows
    ]
    contents = {"fetch.py": SCRIPT.read_bytes(), "files.json": json.dumps({"secret": secret.name, "files": files}).encode()}
    if authorities := b"\n".join(_authorities(asker, rows)):
        contents["ca.pem"] = authorities
    for name, content in contents.items():
        run.hold()
        reana.upload(server, token, run.remote_id, f"{FOLDER}/{name}", content)
    run.hold()
    secrets.put(secret, server, token, asker, targets, needs_all=True)


def targets_of(run: Run, asker: Asker) -> list[tuple[RunInput, direct.Target]]:
    """What the tokens of a run's secret open now."""
    rows = run.input_files.filter(how=RunInput.How.FETCHED)
    return [(row, target) for row in rows for target in _targets(row, asker)]


def _authorities(asker: Asker, rows: Sequence[RunInput]) -> Iterator[bytes]:
    """The certificates of authorities that the portal itself trusts for these lakes, where they have their own."""
    for name in sorted({row.lake for row in rows}):
        if path := asker.lake(name).options.get("ca"):
            yield Path(str(path)).read_bytes()
