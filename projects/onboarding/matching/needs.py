"""A need, what exists here for it, how sure that is, and the request that can be made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Certainty(StrEnum):
    """How sure it is that a match serves a need."""

    CONFIRMED = "confirmed"
    UNSTATED = "unstated"  # nothing is known against it, and something that is needed is not stated
    MENTION = "mention"  # it only says the words
    HELP = "help"  # it does not serve by itself, and shows the way


class NeedState(Enum):
    """What is known of a need: the state word whose look it has on pages, and its words."""

    word: str
    label: Promise

    def __init__(self, word: str, label: Promise) -> None:
        self.word, self.label = word, label

    EXISTS = "available", _("exists here")
    LISTED = "public", _("listed in the catalogue")
    WITH_SOFTWARE = "open", _("with software listed here")
    UNCLEAR = "not checked", _("to be clarified")
    AWAITED = "waiting", _("being looked up")
    ON_REQUEST = "submitted", _("can be set up on request")
    MISSING = "missing", _("nothing found")
    INFORMATION = "idle", _("for information")
    FAILED = "failed", _("not looked up")


UNDECIDED = (NeedState.LISTED, NeedState.WITH_SOFTWARE, NeedState.UNCLEAR, NeedState.AWAITED)
TO_REQUEST = (NeedState.UNCLEAR, NeedState.ON_REQUEST, NeedState.MISSING)


class Group(StrEnum):
    """Things that people ask for together: the programs of one environment, for example."""

    SOFTWARE = "software"
    ENVIRONMENTS = "environment"
    ARCHIVES = "archive"
    TRAINING = "training"


@dataclass(frozen=True)
class Match:
    """Something that exists and may serve: what, why, and what to do next."""

    title: str
    why: str
    url: str = ""
    next_text: str = ""
    next_url: str = ""
    certainty: Certainty = Certainty.CONFIRMED
    is_reference: bool = False  # it is the software that the answer names
    audience: str = ""  # who may know of it, as a rule of the search; empty: everybody who reads the plan
    document: tuple[str, str] | None = None  # kind and key in the index of the search, which knows who may know of it


@dataclass(frozen=True)
class Suggestion:
    """A request that can be sent for a need, by itself or with those of its group."""

    key: str  # the same for the same answers, whatever exists by then
    kinds: tuple[str, ...]  # of requests, the best first; a general one is used where the portal has none of them
    title: str
    details: Mapping[str, Any] = field(default_factory=dict)  # values for the form of the kind
    group: Group | None = None  # all that is chosen of a group is one request


@dataclass(frozen=True)
class Need:
    """One need with its matches; `notes` say plainly what is known and what is not."""

    key: str
    step: str
    title: str
    matches: tuple[Match, ...] = ()
    notes: tuple[str, ...] = ()
    suggestion: Suggestion | None = None
    given: NeedState | None = None  # where the matches alone do not say it

    @property
    def state(self) -> NeedState:
        """What is known of it: only what is confirmed exists here."""
        certainties = {match.certainty for match in self.matches}
        if self.given is not None:
            return self.given
        if Certainty.CONFIRMED in certainties:
            return NeedState.EXISTS
        return NeedState.UNCLEAR if Certainty.UNSTATED in certainties else NeedState.MISSING

    @property
    def is_failed(self) -> bool:
        """Whether the look itself failed: what exists is not known."""
        return self.state is NeedState.FAILED

    @property
    def is_met(self) -> bool:
        """Whether it is confirmed that something here serves."""
        return self.state is NeedState.EXISTS

    @property
    def is_undecided(self) -> bool:
        """Whether something may serve, and somebody has to find out."""
        return self.state in UNDECIDED

    @property
    def is_missing(self) -> bool:
        """Whether nothing here serves as it is."""
        return self.state in (NeedState.ON_REQUEST, NeedState.MISSING)

    @property
    def is_to_request(self) -> bool:
        """Whether its request is selected at first."""
        return self.suggestion is not None and self.state in TO_REQUEST

    @property
    def is_open(self) -> bool:
        """Whether something is left to do for it, by a request or without one."""
        return self.state in TO_REQUEST
