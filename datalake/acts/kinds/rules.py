"""Acts on rules: make data available somewhere."""

from dataclasses import dataclass
from datetime import timedelta

from datalake import rucio
from datalake.acts.kinds import Doing, kind
from vre_portal.http import RemoteRefused

DAY = 24 * 3600
SKEW = timedelta(seconds=5)  # between the portal's clock and the lake's


def lasting(seconds: int) -> str:
    """30 days, 36 hours: as people choose lifetimes."""
    count, unit = (seconds // DAY, "day") if seconds % DAY == 0 else (max(seconds // 3600, 1), "hour")
    return f"{count} {unit}{'' if count == 1 else 's'}"


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
        except RemoteRefused as error:
            doing.note(what, "refused", str(error))
            continue
        if made.there and not (made.created and made.created >= doing.act.asked_at - SKEW):
            words = "There was such a rule already; it is now kept longer." if made.prolonged else "There was such a rule already."
            doing.note(what, "already", words, rule=made.id)
        else:
            doing.note(what, "done", rule=made.id)
    return doing.summary(done="The lake brings the copies now.")
