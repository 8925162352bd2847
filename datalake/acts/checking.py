"""What a wish for copies would mean, before it is made: what is there already, what is added where, and whether there is room."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from datalake import rucio
from datalake.reading import Asked, Reading
from datalake.rucio.types import COLLECTIONS
from datalake.scopes import may_see

LOOKED_AT = 40  # DIDs that are asked for one by one


@dataclass(frozen=True)
class Item:
    """One DID of the wish."""

    scope: str
    name: str
    did: rucio.Did | None = None
    missing: bool = False
    there: tuple[tuple[str, int], ...] = ()  # bytes that are at a storage element already
    rule: str = ""  # the same wish, made before

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}"

    def added(self, rse: str) -> int | None:
        """Bytes that would come to a storage element; None where the size is not known."""
        if self.did is None or self.did.bytes is None:
            return None
        return max(self.did.bytes - dict(self.there).get(rse, 0), 0)


@dataclass(frozen=True)
class Place:
    """One storage element that the wish may mean."""

    rse: str
    site: str
    writable: bool
    free: int | None
    usage: rucio.Usage | None
    added: int
    sure: bool = True  # whether all sizes are known

    @property
    def left(self) -> int | None:
        """What the account may still add."""
        return self.usage.left if self.usage else None

    @property
    def problem(self) -> str:
        """Why the lake would not take it, as far as can be seen."""
        if not self.writable:
            return "writing is switched off"
        if self.left is not None and self.added > self.left:
            return "beyond your limit"
        return "not enough free space" if self.free is not None and self.added > self.free else ""


def items(look: Reading, dids: list[list[str]], expression: str, copies: int) -> list[Item]:
    """What is known about each DID; of a long list, about the first."""
    account = look.ask(rucio.whoami)
    asked = [
        (scope, name, look.quietly(rucio.get_did, scope, name), look.quietly(rucio.list_rules, scope, name))
        for scope, name in dids[:LOOKED_AT]
    ]
    placed = [(scope, name, facts, rules, _copies(look, scope, name, facts)) for scope, name, facts, rules in asked]
    who = account.answer.value or ""
    found = [_item(scope, name, facts, rules, there, (who, expression, copies)) for scope, name, facts, rules, there in placed]
    found = [item if may_see(look.lake, item.scope, look.visitor) else Item(item.scope, item.name, missing=True) for item in found]
    return [*found, *(Item(scope, name) for scope, name in dids[LOOKED_AT:])]


def _copies(look: Reading, scope: str, name: str, facts: Asked[rucio.Did]) -> Asked[list[rucio.Replica]] | None:
    did = facts.answer.value
    return look.quietly(rucio.list_replicas, scope, name, type=did.type) if did is not None and did.type != "CONTAINER" else None


def _item(scope: str, name: str, facts: Asked[rucio.Did], rules: Asked[list[rucio.Rule]], there: Any, wish: tuple[str, str, int]) -> Item:
    answer = facts.answer
    missing = getattr(answer.error, "status", 0) == 404
    same = next((item.id for item in rules.answer.value or () if (item.account, item.rse_expression, item.copies) == wish), "")
    copies = there.answer.value or () if there is not None else ()
    return Item(scope, name, answer.value, missing, tuple((item.rse, _bytes(item)) for item in copies), same)


def _bytes(copy: rucio.Replica) -> int:
    """What of it is really there."""
    if copy.length is not None or copy.available_bytes is not None:
        return copy.available_bytes or 0
    return (copy.bytes or 0) if copy.state == "AVAILABLE" else 0


def places(targets: Iterable[str], rses: dict[str, rucio.Rse], usage: dict[str, rucio.Usage], wanted: list[Item]) -> list[Place]:
    """Each storage element with what would come to it if it were chosen."""
    found = []
    new = [item for item in wanted if not item.missing and not item.rule]
    for name in targets:
        rse, added = rses.get(name), [item.added(name) for item in new]
        free = max(rse.total - rse.used, 0) if rse and rse.total is not None and rse.used is not None else None
        mine = usage.get(name, rucio.Usage(name, limit=0)) if usage else None
        total = sum(item for item in added if item is not None)
        found.append(Place(name, rse.site if rse else "", rse.writable if rse else True, free, mine, total, sure=None not in added))
    return found


def nested(wanted: list[Item]) -> bool:
    """Whether sizes of containers are in it, of which it is not known how much is where."""
    return any(item.did is not None and item.did.type == COLLECTIONS[1] for item in wanted)
