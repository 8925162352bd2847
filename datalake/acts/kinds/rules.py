"""Acts on rules: make data available, keep longer, hurry, try again, let go and bring back, approve and deny."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from datalake import rucio
from datalake.acts.kinds import Doing, kind
from vre_portal.http import RemoteError, RemoteRefused

DAY = 24 * 3600
SKEW = timedelta(seconds=5)  # between the portal's clock and the lake's
SLACK = timedelta(minutes=2)


def lasting(seconds: int) -> str:
    """30 days, 36 hours: as people choose lifetimes."""
    count, unit = (seconds // DAY, "day") if seconds % DAY == 0 else (max(seconds // 3600, 1), "hour")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def moment(value: datetime) -> str:
    """A time as answers name it."""
    return f"{value:%d %B %Y, %H:%M} UTC"


@dataclass(frozen=True)
class MakeAvailable:
    """A rule on each of some DIDs, which are given as [scope, name]."""

    dids: list[list[str]]
    rse_expression: str
    copies: int = 1
    lifetime: int | None = None  # seconds
    grouping: str = "DATASET"
    comment: str = ""
    ask_approval: bool = False

    def __str__(self) -> str:
        until = f" for {lasting(self.lifetime)}" if self.lifetime else ""
        return f"{self.copies} cop{'y' if self.copies == 1 else 'ies'} at {self.rse_expression}{until}"

    @property
    def subjects(self) -> list[str]:
        return [f"{scope}:{name}" for scope, name in self.dids]

    @property
    def wish(self) -> rucio.Wish:
        return rucio.Wish(
            self.rse_expression,
            copies=self.copies,
            lifetime=self.lifetime,
            grouping=self.grouping,
            comment=self.comment,
            ask_approval=self.ask_approval,
        )


@kind("make-available", "Make available", MakeAvailable)
def make_available(doing: Doing, wanted: MakeAvailable) -> str:
    """Each DID gets its rule, or is told why not; one that has it keeps it."""
    for scope, name in wanted.dids:
        what = f"{scope}:{name}"
        if doing.done(what):
            continue
        try:
            made = rucio.ask_rule(doing.lake, doing.token, scope, name, wanted.wish)
        except RemoteError as error:
            doing.missed(what, error)
            continue
        if made.there and not (made.created and made.created >= doing.act.asked_at - SKEW):
            words = "There was such a rule already; it is now kept longer." if made.prolonged else "There was such a rule already."
            doing.note(what, "already", words, rule=made.id)
        else:
            doing.note(what, "done", rule=made.id)
    return doing.summary(done="It waits for approval." if wanted.ask_approval else "The lake brings the copies now.")


@dataclass(frozen=True)
class OnRule:
    """One rule, and the DID that it is on, so that both pages find the act."""

    rule: str
    did: str = ""

    def __str__(self) -> str:
        return f"on {self.did}" if self.did else ""

    @property
    def subjects(self) -> list[str]:
        return [self.rule, *([self.did] if self.did else [])]


@dataclass(frozen=True)
class Prolong(OnRule):
    """Until when a rule shall last; empty is for good."""

    until: str = ""


@kind("prolong-rule", "Keep until", Prolong)
def prolong(doing: Doing, wanted: Prolong) -> str:
    """The end as it was chosen, however late a worker comes to it."""
    end = datetime.fromisoformat(wanted.until) if wanted.until else None
    found = rucio.get_rule(doing.lake, doing.token, wanted.rule)
    words = f"It is kept until {moment(end)}." if end else "It is kept for good."
    same = found.expires is None if end is None else found.expires is not None and abs(found.expires - end) < SLACK
    if same:
        return words
    if end is not None and end <= timezone.now():
        raise RemoteRefused("That time is past already.", service=doing.lake)
    lifetime = None if end is None else int((end - timezone.now()).total_seconds())
    rucio.change_rule(doing.lake, doing.token, wanted.rule, {"lifetime": lifetime})
    return words


@dataclass(frozen=True)
class Hurry(OnRule):
    """How much earlier than others: 1 is last, 5 is first."""

    priority: int = 4


@kind("hurry-rule", "Change the priority", Hurry)
def hurry(doing: Doing, wanted: Hurry) -> str:
    """The transfers that still wait go before others."""
    if rucio.get_rule(doing.lake, doing.token, wanted.rule).priority != wanted.priority:
        rucio.change_rule(doing.lake, doing.token, wanted.rule, {"priority": wanted.priority})
    return f"Its transfers have priority {wanted.priority} of 5."


@kind("retry-rule", "Try the transfers again", OnRule)
def retry(doing: Doing, wanted: OnRule) -> str:
    """A stuck rule is looked at by Rucio at its next round, not after its own long pause."""
    state = rucio.get_rule(doing.lake, doing.token, wanted.rule).state
    if state != "STUCK":
        return f"It is not stuck any more: {state}."
    rucio.try_again(doing.lake, doing.token, wanted.rule)
    return "Rucio tries it again with its next round."


@dataclass(frozen=True)
class LetGo(OnRule):
    """Until when the rule would have lasted, for bringing it back as it was."""

    until: str = ""


@kind("delete-rule", "Delete the rule", LetGo)
def let_go(doing: Doing, wanted: LetGo) -> str:
    """Rucio keeps it for an hour, in which it can be brought back."""
    try:
        found = rucio.get_rule(doing.lake, doing.token, wanted.rule)
    except RemoteRefused as error:
        if error.status != 404:
            raise
        return "It is gone."
    if not about_to_go(found.expires):
        rucio.delete_rule(doing.lake, doing.token, wanted.rule)
        found = rucio.get_rule(doing.lake, doing.token, wanted.rule)
    return f"It ends on {moment(found.expires)}; until then it can be brought back." if found.expires else "Rucio keeps it."


def about_to_go(expires: datetime | None) -> bool:
    """Whether a rule ends within the hour that Rucio gives to those that were deleted."""
    return expires is not None and expires <= timezone.now() + timedelta(hours=1)


@kind("restore-rule", "Bring the rule back", LetGo)
def restore(doing: Doing, wanted: LetGo) -> str:
    """The rule lasts as it did before it was deleted."""
    try:
        found = rucio.get_rule(doing.lake, doing.token, wanted.rule)
    except RemoteRefused as error:
        if error.status != 404:
            raise
        raise RemoteRefused("It is gone already. Make the data available anew; what is still there is not copied twice.") from None
    end = datetime.fromisoformat(wanted.until) if wanted.until else None
    if end is not None and end <= timezone.now():
        raise RemoteRefused("It would have ended by now in any case. Give it a new end instead.", service=doing.lake)
    if about_to_go(found.expires):
        lifetime = None if end is None else int((end - timezone.now()).total_seconds())
        rucio.change_rule(doing.lake, doing.token, wanted.rule, {"lifetime": lifetime})
    return f"It lasts until {moment(end)}, as before." if end else "It lasts for good, as before."


@kind("approve-rule", "Approve the rule", OnRule)
def approve(doing: Doing, wanted: OnRule) -> str:
    """The rule goes on without counting against its owner's limit."""
    if rucio.approve(doing.lake, doing.token, wanted.rule):
        return "It is approved; the lake begins with it."
    return "It did not wait for approval any more."


@dataclass(frozen=True)
class Deny(OnRule):
    """Why not, in words for the rule's owner."""

    reason: str = ""


@kind("deny-rule", "Deny the rule", Deny)
def deny(doing: Doing, wanted: Deny) -> str:
    """Rucio deletes the rule."""
    try:
        state = rucio.get_rule(doing.lake, doing.token, wanted.rule).state
    except RemoteRefused as error:
        if error.status != 404:
            raise
        return "It is denied and gone."
    if state != "WAITING_APPROVAL":
        raise RemoteRefused("It does not wait for approval any more.", service=doing.lake)
    rucio.deny(doing.lake, doing.token, wanted.rule, wanted.reason)
    return "It is denied and gone."
