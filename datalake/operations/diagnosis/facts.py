"""The facts that a diagnosis is made from, and the diagnosis."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from datalake.rucio.quota import AccountUsage
from datalake.rucio.transfers import TransferAttempts, TransferRequest
from datalake.rucio.types import Lock, Replica, Rse, Rule


@dataclass(frozen=True)
class DiagnosisFacts:
    """All that is known about one rule, or about one file and its rules. What could not be loaded is None."""

    now: datetime
    account: str = ""  # who asks
    rule: Rule | None = None
    size: int | None = None
    locks: tuple[Lock, ...] | None = None  # some of them, where there are very many
    trials: tuple[TransferAttempts, ...] | None = None
    requests: tuple[TransferRequest, ...] = ()
    replicas: tuple[Replica, ...] | None = None  # of a file, or of one file that is stuck
    rses: Mapping[str, Rse] = field(default_factory=dict)
    targets: tuple[str, ...] | None = None  # what the rule's expression describes now
    usage: Mapping[str, AccountUsage] | None = None  # of the rule's owner, where that is who asks
    approvers: tuple[str, ...] = ()
    deleted: bool = False  # somebody deleted the rule through this portal, and it was not brought back
    absent: tuple[str, ...] = ()  # where the storage, asked just now, does not have the file that Rucio lists
    silent: tuple[str, ...] = ()  # where the storage, asked just now, does not answer
    suspicious: tuple[str, ...] = ()  # where somebody found the file damaged


# Codes, also in JSON: pages translate them.
YOU, OWNER, SITE, LAKE, NOBODY = "you", "the owner", "the site", "the lake's operators", "nobody"


@dataclass(frozen=True)
class Cause:
    """One reason why a rule or a file has a problem."""

    code: str
    what: str  # what happened
    who: str = NOBODY  # who can fix it: one of the codes above
    rse: str = ""  # of which site
    contact: str = ""  # of that site
    todo: str = ""  # what you can do now
    since: datetime | None = None
    evidence: str = ""  # Rucio's own words
    acts: tuple[str, ...] = ()  # names of kinds of operations, as buttons


@dataclass(frozen=True)
class Diagnosis:
    """A state in one sentence, and its causes, the most serious first. Tone: ok, busy, warn or bad."""

    tone: str
    headline: str
    causes: tuple[Cause, ...] = ()

    @property
    def listed(self) -> list[tuple[Cause, list[object]]]:
        """The causes without buttons, where there is no rule."""
        return [(cause, []) for cause in self.causes]

    @property
    def stuck(self) -> bool:
        return self.tone in ("warn", "bad")
