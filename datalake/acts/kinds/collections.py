"""Acts on datasets and containers: make one, put DIDs in, take them out, close it."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import batched

from datalake import rucio
from datalake.acts.kinds import Doing, Unfinished, kind
from vre_portal.http import RemoteError

BATCH = 100
Pair = tuple[str, str]


@dataclass(frozen=True)
class Create:
    """A new collection, what shall be in it, and its title."""

    scope: str
    name: str
    type: str = "DATASET"
    title: str = ""
    dids: list[list[str]] | None = None

    def __str__(self) -> str:
        return f"a {self.type.lower()}" + (f" with {len(self.dids)} DIDs" if self.dids else "")

    @property
    def subjects(self) -> list[str]:
        return [f"{self.scope}:{self.name}"]


@kind("create-collection", "Create", Create)
def create(doing: Doing, wanted: Create) -> str:
    """The collection, then its title, then its content; what an earlier attempt did is found and kept."""
    what = wanted.subjects[0]
    made = rucio.add_collection(doing.lake, doing.token, wanted.scope, wanted.name, wanted.type)
    if made:
        doing.note(what, "done", "Made.")
    elif not doing.done(what):
        found = rucio.get_metadata(doing.lake, doing.token, wanted.scope, wanted.name)
        fresh = doing.act.attempt > 1 and not found.get("title")
        doing.note(what, "done" if fresh else "already", "" if fresh else "There was one of that name already; nothing was changed in it.")
    if doing.act.results[0]["state"] != "done":
        raise Unfinished("There is one of that name already. Nothing was changed in it; choose another name, or add to it on its page.")
    if wanted.title:
        rucio.set_metadata(doing.lake, doing.token, wanted.scope, wanted.name, {"title": wanted.title})
    if wanted.dids:
        put_in(doing, wanted.scope, wanted.name, [(scope, name) for scope, name in wanted.dids])
    return doing.summary(done=f"The {wanted.type.lower()} is there.")


@dataclass(frozen=True)
class Content:
    """A collection, and the DIDs to put in or take out."""

    scope: str
    name: str
    dids: list[list[str]]

    def __str__(self) -> str:
        return f"{len(self.dids)} DID{'' if len(self.dids) == 1 else 's'}"

    @property
    def subjects(self) -> list[str]:
        return [f"{self.scope}:{self.name}", *(f"{scope}:{name}" for scope, name in self.dids)]

    @property
    def pairs(self) -> list[Pair]:
        return list(dict.fromkeys((scope, name) for scope, name in self.dids))


@kind("attach", "Put into", Content)
def attach(doing: Doing, wanted: Content) -> str:
    """Each DID is in it afterwards, or is told why not."""
    put_in(doing, wanted.scope, wanted.name, wanted.pairs)
    return doing.summary(done="They are in it.")


@kind("detach", "Take out of", Content)
def detach(doing: Doing, wanted: Content) -> str:
    """None of the DIDs is in it afterwards; the DIDs themselves stay."""
    there = rucio.inside(doing.lake, doing.token, wanted.scope, wanted.name)
    todo = _left(doing, wanted.pairs, already=lambda pair: pair not in there, words="It was not in it.")
    for some in batched(todo, BATCH):
        try:
            rucio.detach_some(doing.lake, doing.token, wanted.scope, wanted.name, some)
        except RemoteError:
            for pair in some:
                _take_one(doing, wanted.scope, wanted.name, pair)
        else:
            doing.note_all(map(text, some), "done", "Taken out.")
    return doing.summary(done="They are out of it, and still in the lake.")


def put_in(doing: Doing, scope: str, name: str, pairs: list[Pair]) -> None:
    """Many at once; where Rucio refuses or fails at a batch, one by one, so that one bad DID does not keep the others out."""
    there = rucio.inside(doing.lake, doing.token, scope, name)
    todo = _left(doing, pairs, already=lambda pair: pair in there, words="It was in it already.")
    for pair in (item for item in todo if not text(item).isascii()):  # of these Rucio could not say why it refuses a whole batch
        _put_one(doing, scope, name, pair)
    for some in batched((item for item in todo if text(item).isascii()), BATCH):
        try:
            rucio.attach_some(doing.lake, doing.token, scope, name, some)
        except RemoteError:
            for pair in some:
                _put_one(doing, scope, name, pair)
        else:
            doing.note_all(map(text, some), "done", "Put in.")


def _put_one(doing: Doing, scope: str, name: str, pair: Pair) -> None:
    what = text(pair)
    try:
        rucio.tellable(doing.lake, doing.token, *pair)
        fresh = rucio.attach_one(doing.lake, doing.token, scope, name, pair)
        doing.note(what, "done" if fresh else "already", "Put in." if fresh else "It was in it already.")
    except RemoteError as error:
        doing.missed(what, error)


def _take_one(doing: Doing, scope: str, name: str, pair: Pair) -> None:
    try:
        rucio.detach_some(doing.lake, doing.token, scope, name, [pair])
        doing.note(text(pair), "done", "Taken out.")
    except RemoteError as error:
        doing.missed(text(pair), error)


def text(pair: Pair) -> str:
    """As people write it."""
    return f"{pair[0]}:{pair[1]}"


def _left(doing: Doing, pairs: list[Pair], *, already: Callable[[Pair], bool], words: str) -> list[Pair]:
    """What is still to do; what is so already is noted, unless this act did it."""
    new = [pair for pair in pairs if not doing.done(text(pair))]
    so = [pair for pair in new if already(pair)]
    if so:
        doing.note_all(map(text, so), "already", words)
    return [pair for pair in new if pair not in set(so)]


@dataclass(frozen=True)
class Close:
    """A collection that is complete."""

    scope: str
    name: str

    def __str__(self) -> str:
        return "nothing more comes into it"

    @property
    def subjects(self) -> list[str]:
        return [f"{self.scope}:{self.name}"]


@kind("close", "Close", Close)
def close(doing: Doing, wanted: Close) -> str:
    """A promise to those who use it."""
    rucio.close(doing.lake, doing.token, wanted.scope, wanted.name)
    return "It is closed: its content stays as it is."
