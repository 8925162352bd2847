"""Change the lake: datasets, content, metadata, rules. Each may be done again after an answer was lost."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import batched
from typing import Any

from datalake.rucio.client import MOST, named, sendable, speaking
from datalake.rucio.dids import get_did, list_content, whoami
from datalake.rucio.rules import identified, list_rules
from datalake.rucio.types import Rule
from vre_portal.http import RemoteRefused
from vre_portal.services import Service

BATCH = 500
LONGEST_METADATA = 10_000


@contextmanager
def unless(*codes: str) -> Iterator[None]:
    """Go on where Rucio says that it is so already."""
    try:
        yield
    except RemoteRefused as error:
        if error.code not in codes:
            raise


def add_dataset(lake: Service, token: str, scope: str, name: str, metadata: Mapping[str, Any] | None = None) -> None:
    """A dataset with metadata; one that is there gets the metadata."""
    named(lake, scope, name)
    with unless("DataIdentifierAlreadyExists"), speaking(lake, token) as client:
        client.add_dataset(scope, name)
    found = get_did(lake, token, scope, name)
    if found.type != "DATASET":
        raise RemoteRefused(f"{found} is a {found.type.lower()} already.", service=lake, status=409, code="DataIdentifierAlreadyExists")
    if metadata:
        set_metadata(lake, token, scope, name, metadata)


def set_metadata(lake: Service, token: str, scope: str, name: str, metadata: Mapping[str, Any]) -> None:
    """Say things about a DID; what is said of other keys stays."""
    named(lake, scope, name)
    sendable(lake, "Metadata", metadata, longest=LONGEST_METADATA)
    with speaking(lake, token) as client:
        client.set_metadata_bulk(scope, name, dict(metadata))


def attach(lake: Service, token: str, scope: str, name: str, dids: Iterable[tuple[str, str]]) -> None:
    """Put DIDs into a collection; those that are in it stay in it."""
    named(lake, scope, name)
    inside = {(item.scope, item.name) for item in list_content(lake, token, scope, name, limit=MOST)}
    missing = [pair for pair in dict.fromkeys(dids) if pair not in inside]
    for some in batched(missing, BATCH):
        with unless("DuplicateContent"), speaking(lake, token) as client:
            client.attach_dids(scope, name, [{"scope": item_scope, "name": item} for item_scope, item in some])


def close(lake: Service, token: str, scope: str, name: str) -> None:
    """Promise that nothing more comes into a collection."""
    if get_did(lake, token, scope, name).open is False:
        return
    with unless("UnsupportedStatus"), speaking(lake, token) as client:
        client.close(scope, name)


def add_rule(
    lake: Service,
    token: str,
    scope: str,
    name: str,
    *,
    rse_expression: str,
    copies: int = 1,
    lifetime: int | None = None,
    activity: str = "User Subscriptions",
    comment: str | None = None,
) -> str:
    """Ask for copies; the rule's id. The same wish again gives the same rule, also where it was about to go."""
    named(lake, scope, name)
    sendable(lake, "An RSE expression", rse_expression)
    account = whoami(lake, token)
    try:
        with speaking(lake, token) as client:
            made = client.add_replication_rule(
                [{"scope": scope, "name": name}],
                copies,
                rse_expression,
                lifetime=lifetime,
                grouping="DATASET",
                account=account,
                activity=activity,
                comment=comment,
            )
            return str(made[0])
    except RemoteRefused as error:
        if error.code != "DuplicateRule":
            raise
        found = _same(list_rules(lake, token, scope, name), account, rse_expression, copies)
        if found is None:
            raise
    if found.expires is not None:
        with speaking(lake, token) as client:
            client.update_replication_rule(found.id, {"lifetime": lifetime})
    return found.id


def _same(rules: list[Rule], account: str, rse_expression: str, copies: int) -> Rule | None:
    """The rule that Rucio takes for the same one."""
    wanted = (account, rse_expression, copies)
    return next((item for item in rules if (item.account, item.rse_expression, item.copies) == wanted), None)


def delete_rule(lake: Service, token: str, rule_id: str) -> None:
    """Let a rule end. Rucio keeps it for an hour, in which the same wish brings it back."""
    identified(lake, rule_id)
    with unless("RuleNotFound"), speaking(lake, token) as client:
        client.delete_replication_rule(rule_id)
