"""The tokens with which a run fetches its data: one for each copy, under the name of the copy, kept as a secret of the run's own at REANA."""

import hashlib
from collections.abc import Sequence

from django.utils.translation import gettext as _

from datalake.files.direct import SECONDS, Target
from projects.workflows import reana
from projects.workflows.inputs.asking import Asker
from projects.workflows.models import FetchSecret, RunInput
from vre_portal.iam.vault import storage_token
from vre_portal.services import Service


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


def put(secret: FetchSecret, server: Service, reana_token: str, asker: Asker, targets: Sequence[tuple[RunInput, Target]]) -> None:
    """Make the secret at REANA, or give it new tokens."""
    of_copies = {key(target): (row, target) for row, target in targets}
    value = " ".join(f"{name}:{token(asker, row, target)}" for name, (row, target) in of_copies.items())
    secret.may_be_made()  # said first: whatever happens now, it is deleted in the end
    reana.add_secret(server, reana_token, secret.name, value)
    secret.was_made()
