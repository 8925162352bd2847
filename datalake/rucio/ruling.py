"""Make and change rules. Each may be done again after an answer was lost: it looks first whether it is so already."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from datalake.rucio.client import named, sendable, speaking
from datalake.rucio.dids import list_dids, whoami
from datalake.rucio.rules import get_rule, identified, list_rules
from datalake.rucio.types import Rule
from datalake.rucio.writing import unless
from vre_portal.http import RemoteRefused
from vre_portal.services import Service

LONGEST_COMMENT = 255  # characters that Rucio's column holds
SLACK = timedelta(minutes=2)  # an end that is this little later is the same end


@dataclass(frozen=True)
class Wish:
    """What shall be where: the words of one rule."""

    rse_expression: str
    copies: int = 1
    lifetime: int | None = None  # seconds; None is for good
    grouping: str = "DATASET"
    comment: str = ""
    activity: str = "User Subscriptions"
    ask_approval: bool = False


@dataclass(frozen=True)
class Made:
    """A rule's id, and whether it was there before or only kept longer."""

    id: str
    there: bool = False
    prolonged: bool = False
    created: datetime | None = None


def ask_rule(lake: Service, token: str, scope: str, name: str, wish: Wish) -> Made:
    """One rule on one DID. The same wish again gives the same rule, kept as long as is wished now, also where it was about to go."""
    sendable(lake, "An RSE expression", wish.rse_expression)
    sendable(lake, "A comment", wish.comment, longest=LONGEST_COMMENT)
    tellable(lake, token, scope, name)
    account = whoami(lake, token)
    if there := _same(list_rules(lake, token, scope, name), account, wish):
        return _kept(lake, token, there, wish)
    try:
        with speaking(lake, token) as client:
            made = client.add_replication_rule(
                [{"scope": scope, "name": name}],
                wish.copies,
                wish.rse_expression,
                lifetime=wish.lifetime,
                grouping=wish.grouping,
                account=account,
                activity=wish.activity,
                comment=wish.comment or None,
                ask_approval=wish.ask_approval,
            )
            return Made(str(made[0]))
    except RemoteRefused as error:
        there = _same(list_rules(lake, token, scope, name), account, wish) if error.code == "DuplicateRule" else None
        if there is None:
            raise
        return _kept(lake, token, there, wish)


def tellable(lake: Service, token: str, scope: str, name: str) -> None:
    """Refuse a name that no DID has and whose refusal Rucio could not tell: its errors travel in a header, which holds Latin letters."""
    named(lake, scope, name)
    if not (scope + name).isascii() and all(item.name != name for item in list_dids(lake, token, scope, name, limit=2)):
        raise RemoteRefused("There is no such DID in the lake.", service=lake, status=404, code="DataIdentifierNotFound")


def _same(rules: list[Rule], account: str, wish: Wish) -> Rule | None:
    """The rule that Rucio takes for the same one."""
    wanted = (account, wish.rse_expression, wish.copies)
    return next((item for item in rules if (item.account, item.rse_expression, item.copies) == wanted), None)


def _kept(lake: Service, token: str, there: Rule, wish: Wish) -> Made:
    """A rule that ends sooner than is wished is given the later end; never an earlier one."""
    end = None if wish.lifetime is None else timezone.now() + timedelta(seconds=wish.lifetime)
    if there.expires is None or (end is not None and end <= there.expires + SLACK):
        return Made(there.id, there=True, created=there.created)
    change_rule(lake, token, there.id, {"lifetime": wish.lifetime})
    return Made(there.id, there=True, prolonged=True, created=there.created)


def change_rule(lake: Service, token: str, rule_id: str, options: Mapping[str, Any]) -> None:
    """Give a rule another lifetime (from now, in seconds), priority or comment."""
    identified(lake, rule_id)
    sendable(lake, "A value", options)
    with speaking(lake, token) as client:
        client.update_replication_rule(rule_id, dict(options))


def try_again(lake: Service, token: str, rule_id: str) -> None:
    """Let a stuck rule be looked at now: Rucio's own pause between two attempts grows to hours."""
    change_rule(lake, token, rule_id, {"boost_rule": True})


def approve(lake: Service, token: str, rule_id: str) -> bool:
    """Let a rule that waits for it go on; False where it does not wait any more."""
    if get_rule(lake, token, rule_id).state != "WAITING_APPROVAL":
        return False
    with speaking(lake, token) as client:
        client.approve_replication_rule(rule_id)
    return True


def deny(lake: Service, token: str, rule_id: str, reason: str) -> bool:
    """Refuse a rule that waits for approval: Rucio deletes it and tells its owner why. False where it is gone already."""
    identified(lake, rule_id)
    sendable(lake, "A reason", reason, longest=LONGEST_COMMENT)
    with unless("RuleNotFound"), speaking(lake, token) as client:
        client.deny_replication_rule(rule_id, reason=reason or None)
        return True
    return False
