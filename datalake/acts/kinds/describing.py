"""Acts on what is said of a DID, and on copies that are not what they should be."""

import json
from dataclasses import dataclass
from typing import Any

from datalake.acts.kinds import Doing, Unfinished, kind
from datalake.rucio import describing, suspects


def written(value: Any) -> str:
    """A value as JSON: the only spelling in which true and "True" are two things."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class Describe:
    """One key of a DID's metadata: its new value, or that it goes; and what it was when the person looked."""

    scope: str
    name: str
    key: str
    value: Any = None
    remove: bool = False
    had: bool = False
    before: Any = None

    def __str__(self) -> str:
        return f"take away {self.key}" if self.remove else f"{self.key} = {written(self.value)}"

    @property
    def subjects(self) -> list[str]:
        return [f"{self.scope}:{self.name}"]


@kind("describe", "Describe", Describe)
def describe(doing: Doing, wanted: Describe) -> str:
    """Change it, unless somebody else has meanwhile: two people never overwrite each other unseen."""
    said = describing.describe(doing.lake, doing.token, wanted.scope, wanted.name).metadata
    there, now = wanted.key in said, written(said.get(wanted.key))
    if wanted.remove and not there:
        return "It was gone already."
    if not wanted.remove and there and now == written(wanted.value):
        return "It says so."
    if there != wanted.had or (there and now != written(wanted.before)):
        raise Unfinished(f"Somebody else changed it meanwhile: it is now {now if there else 'not said at all'}. Look at it again.")
    if wanted.remove:
        describing.unsay(doing.lake, doing.token, wanted.scope, wanted.name, wanted.key)
        return "It is taken away."
    describing.say(doing.lake, doing.token, wanted.scope, wanted.name, wanted.key, wanted.value)
    return "It says so now."


@dataclass(frozen=True)
class Suspect:
    """A copy whose bytes are not those that were registered."""

    scope: str
    name: str
    pfn: str
    reason: str = ""

    def __str__(self) -> str:
        return f"the copy at {self.pfn}"

    @property
    def subjects(self) -> list[str]:
        return [f"{self.scope}:{self.name}"]


@kind("report-suspicious", "Report a copy", Suspect)
def report(doing: Doing, wanted: Suspect) -> str:
    """Tell the lake; its operators decide, and a copy that is reported often is declared bad by itself."""
    suspects.declare_suspicious(doing.lake, doing.token, wanted.scope, wanted.name, wanted.pfn, wanted.reason)
    return "The lake notes the copy as suspicious; its operators look at such copies."
