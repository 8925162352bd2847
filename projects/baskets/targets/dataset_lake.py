"""What a lake says for a new dataset: where somebody may make one, near which compute it can lie, and whether there is space."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from datalake import rucio
from datalake.operations import preflight
from datalake.operations.preflight import PreflightItem, PreflightSite
from datalake.reads.reader import LakeReader
from datalake.uploads.names import writable
from projects.baskets.targets.collected import Data
from projects.baskets.targets.dataset_plan import Plan
from vre_portal.http import RemoteError
from vre_portal.iam.errors import SignInAgain
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, services

COMPUTE = (ServiceKind.REANA, ServiceKind.JUPYTERHUB)


@dataclass(frozen=True)
class Compute:
    """A service that computes, with the storage elements near it."""

    service: Service
    rses: tuple[str, ...]

    @property
    def expression(self) -> str:
        """As Rucio takes it."""
        return "|".join(self.rses)

    @property
    def label(self) -> str:
        """The service and the storage elements."""
        return f"{self.service.title} ({', '.join(self.rses)})"


def computes(known: Collection[str] | None) -> list[Compute]:
    """Those that services.toml says something is near, of the lake's storage elements where these are known."""
    found = []
    for item in (item for kind in COMPUTE for item in services(kind)):
        near = item.options.get("near")
        rses = tuple(name for name in map(str, near if isinstance(near, list) else []) if known is None or name in known)
        if rses:
            found.append(Compute(item, rses))
    return found


def matching(reader: LakeReader, expression: str) -> tuple[list[str], str]:
    """The storage elements that an expression names now; else why it names none."""
    answer = reader.fetch_optional(rucio.list_matching_rses, expression).result
    if answer.error is not None:
        return [], str(answer.error)
    return answer.value or [], "" if answer.value else _("No storage element matches this expression.")


def places_of(reader: LakeReader, targets: Sequence[str], wanted: Plan, rses: Mapping[str, rucio.Rse]) -> list[PreflightSite]:
    """Storage elements with what is known of space and quota; what is there already is not known."""
    usage = reader.fetch_optional(rucio.list_usage).result.value
    items = [PreflightItem(row.did.scope, row.did.name, _did(row)) for row in wanted.data]
    return preflight.check_sites(targets, dict(rses), {item.rse: item for item in usage or ()}, items)


def _did(row: Data) -> rucio.Did:
    return rucio.Did(row.did.scope, row.did.name, row.type, bytes=row.facts.bytes if row.facts else None)


@dataclass(frozen=True)
class LakeFacts:
    """The storage elements of a lake and the scopes that a person may write to; or why it does not say."""

    reader: LakeReader
    rses: Mapping[str, rucio.Rse]
    scopes: Sequence[str]
    error: RemoteError | None = None

    @property
    def computes(self) -> list[Compute]:
        """Of a lake that does not answer, with all storage elements that services.toml names."""
        return computes(self.rses if self.error is None else None)


def facts_for(user: User, lake: Service, *, is_required: bool = True) -> LakeFacts:
    """Both, with one token. Raises RemoteError where the lake does not answer and it is required."""
    reader = LakeReader(user, lake, purpose=_("make a dataset of a basket"))
    asked = reader.fetch_recent(rucio.list_rses), reader.fetch_recent(rucio.whoami), reader.fetch_recent(rucio.list_scopes)
    try:
        rses, account, scopes = (asked[0].result.required(), asked[1].result.required(), asked[2].result.required())
    except SignInAgain:
        raise
    except RemoteError as error:
        if is_required:
            raise
        return LakeFacts(reader, {}, (), error)
    return LakeFacts(reader, {item.name: item for item in rses}, writable(lake, user, account, scopes))
