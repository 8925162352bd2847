"""What an explanation is made of, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from datalake.rucio.limits import Usage
from datalake.rucio.requests import Request, Trial
from datalake.rucio.types import Lock, Replica, Rse, Rule


@dataclass(frozen=True)
class Facts:
    """All that is known about one rule, or about one file and the rules that hold it. What could not be asked is None."""

    now: datetime
    account: str = ""  # who asks
    rule: Rule | None = None
    size: int | None = None
    locks: tuple[Lock, ...] | None = None  # some of them, where there are very many
    trials: tuple[Trial, ...] | None = None
    requests: tuple[Request, ...] = ()
    replicas: tuple[Replica, ...] | None = None  # of a file, or of one file that is stuck
    rses: Mapping[str, Rse] = field(default_factory=dict)
    targets: tuple[str, ...] | None = None  # what the rule's expression describes now
    usage: Mapping[str, Usage] | None = None  # of the rule's owner, where that is who asks
    approvers: tuple[str, ...] = ()
    deleted: bool = False  # somebody deleted the rule through this portal, and it was not brought back
    absent: tuple[str, ...] = ()  # where the storage, asked just now, does not have the file that Rucio lists
    silent: tuple[str, ...] = ()  # where the storage, asked just now, does not answer
    suspicious: tuple[str, ...] = ()  # where somebody found the file damaged


YOU, OWNER, SITE, LAKE, NOBODY = "you", "the owner", "the site", "the lake's operators", "nobody"


@dataclass(frozen=True)
class Cause:
    """One thing that holds it up."""

    code: str
    what: str  # what happened
    who: str = NOBODY  # who can mend it: one of the words above
    rse: str = ""  # of which site
    contact: str = ""  # of that site
    todo: str = ""  # what you can do now
    since: datetime | None = None
    evidence: str = ""  # Rucio's own words
    acts: tuple[str, ...] = ()  # names of kinds of acts, as buttons


@dataclass(frozen=True)
class Explanation:
    """A state in one sentence, and its causes, the most serious first. Tone: ok, busy, warn or bad."""

    tone: str
    headline: str
    causes: tuple[Cause, ...] = ()

    @property
    def listed(self) -> list[tuple[Cause, list[object]]]:
        """The causes where there is no rule to act on."""
        return [(cause, []) for cause in self.causes]

    @property
    def stuck(self) -> bool:
        return self.tone in ("warn", "bad")
