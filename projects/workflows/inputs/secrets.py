"""The tokens with which a run fetches its data: one for each copy, under the name of the copy, kept as a secret of the run's own at REANA."""

import hashlib
import logging
from collections.abc import Sequence

from django.utils.translation import gettext as _

from datalake.files.direct import SECONDS, Target
from projects.workflows import reana
from projects.workflows.inputs.asking import Asker
from projects.workflows.models import FetchSecret, RunInput
from vre_portal.http import RemoteRefused
from vre_portal.iam.vault import SignInAgain, storage_token
from vre_portal.services import Service

logger = logging.getLogger(__name__)


def token(asker: Asker, row: RunInput, target: Target) -> str:
    """A token of the person for one copy of one file; raises RemoteRefused where the IAM gives none that is restricted to it."""
    purpose = _("fetch %(file)s from %(rse)s in %(run)s") % {"file": row.did, "rse": target.rse, "run": asker.run.name}
    seconds = min(target.door.seconds, SECONDS)
    lake = asker.lake(row.lake)
    return storage_token.path_token(
        asker.run.by, lake, audience=target.door.audience, scope=target.scope, seconds=seconds, purpose=purpose[:200]
    )


def key(target: Target) -> str:
    """What names the token of a copy in the secret: its address alone, for which copies have one may change while the run waits."""
    return hashlib.sha256(target.address.encode()).hexdigest()[:16]


def put(
    secret: FetchSecret, server: Service, reana_token: str, asker: Asker, targets: Sequence[tuple[RunInput, Target]], *, needs_all: bool
) -> None:
    """Make the secret at REANA, or give it new tokens.

    A copy that the IAM opens no more is left out, and the step says so. Raises RemoteRefused where no token is left, or none of one file
    while all files are needed: before the start.
    """
    tokens, refusals = _tokens(asker, targets)
    if refusals and (needs_all or not tokens):
        raise next(iter(refusals.values()))
    secret.may_be_made()  # said first: whatever happens now, it is deleted in the end
    reana.add_secret(server, reana_token, secret.name, " ".join(f"{name}:{value}" for name, value in tokens.items()))
    secret.was_made()


def _tokens(asker: Asker, targets: Sequence[tuple[RunInput, Target]]) -> tuple[dict[str, str], dict[int, RemoteRefused]]:
    """By copy, and why there is none for the files of which no copy has one. Raises SignInAgain, RemoteUnavailable."""
    tokens: dict[str, str] = {}
    refusals: dict[int, RemoteRefused] = {}
    for row, target in targets:
        try:
            if key(target) not in tokens:
                tokens[key(target)] = token(asker, row, target)
        except SignInAgain:
            raise
        except RemoteRefused as error:
            logger.warning("no token for a copy of %s at %s: %s", row.did, target.rse, error)
            refusals.setdefault(row.pk, error)
    for row, target in targets:
        if key(target) in tokens:
            refusals.pop(row.pk, None)
    return tokens, refusals
