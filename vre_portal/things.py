"""Things of the portal that people can follow or collect, as `kind:value`: applications register what each kind is called, where the page of
one of its things is, and who may see it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from vre_portal.citation_formats import Reference
from vre_portal.iam.models import User

MAX_THING = 900  # characters
FACTS = ("lake", "scope", "name", "type", "bytes", "doi")
Reader = User | AnonymousUser


@dataclass(frozen=True)
class ThingPage:
    """A thing, as its page calls it. `label` and `icon` tell it from others of its kind, such as a dataset from a file."""

    title: str
    url: str
    label: Any = ""
    icon: str = ""
    note: Any = ""  # what is to be known of it besides, such as that it was withdrawn
    known: Any = None  # what its application has read of it, such as the size of data
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)  # for programs: those of FACTS that its kind has


ThingPages = Mapping[str, ThingPage]
Pages = Callable[[Any, Sequence[str]], Mapping[str, ThingPage]]  # of a Reader; some kinds are for people who signed in
References = Callable[[Sequence[str]], Mapping[str, Reference]]


@dataclass(frozen=True)
class RemoteAccess:
    """For kinds of which a remote service says who may see them: `pages` goes by what it said before and never waits for it.

    `ask` asks the service, where it has not said it about a reader lately; `unknown` gives those of some values about which it has said
    nothing yet, so that they may become visible.
    """

    ask: Callable[[Reader, Sequence[str]], None]
    unknown: Callable[[Reader, Sequence[str]], Collection[str]]


@dataclass(frozen=True)
class ThingKind:
    """The things of one kind: what lists call one of them, its icon, and which of some values a person may see."""

    name: str
    label: Any
    icon: str
    pages: Pages
    can_be_followed: bool
    remote: RemoteAccess | None = None
    references: References | None = None


_kinds: dict[str, ThingKind] = {}


def register(
    name: str,
    *,
    label: Any,
    icon: str,
    pages: Pages,
    can_be_followed: bool = False,
    remote: RemoteAccess | None = None,
    references: References | None = None,
) -> None:
    """An application says what `name:value` is; `pages` gives only what the reader may see, for all values at once.

    `references` says how to cite those of some values that can be cited; it is asked only about what the reader may see.
    """
    _kinds[name] = ThingKind(name, label, icon, pages, can_be_followed, remote, references)


def kinds() -> Sequence[ThingKind]:
    """All kinds."""
    return list(_kinds.values())


def kind_of(thing: str) -> ThingKind | None:
    """The kind of a thing, also where only its name is given; None where there is no such kind."""
    return _kinds.get(thing.partition(":")[0])


def pages_of(reader: Reader, things: Iterable[str]) -> dict[str, ThingPage]:
    """Those of some things that the reader may see now, with their pages; each application is asked once."""
    return {f"{kind.name}:{value}": page for kind, its in _by_kind(things) for value, page in kind.pages(reader, its).items()}


def _by_kind(things: Iterable[str]) -> Iterator[tuple[ThingKind, list[str]]]:
    values: dict[str, list[str]] = {}
    for thing in things:
        name, _, value = thing.partition(":")
        if name in _kinds and value and len(thing) <= MAX_THING:
            values.setdefault(name, []).append(value)
    return ((_kinds[name], its) for name, its in values.items())


def page_of(reader: Reader, thing: str) -> ThingPage | None:
    """The page of a thing; None where there is no such thing, or none that the reader may see."""
    return pages_of(reader, [thing]).get(thing)


def ask_access(reader: Reader, things: Iterable[str]) -> None:
    """Have remote services say whether the reader may see some things, where they have not said it lately; for what people do, not for pages."""
    for kind, its in _by_kind(things):
        if kind.remote is not None:
            kind.remote.ask(reader, its)


def of_unknown_access(reader: Reader, things: Iterable[str]) -> set[str]:
    """Those of some things of which nobody has said yet whether the reader may see them."""
    asked = [(kind, kind.remote, its) for kind, its in _by_kind(things)]
    return {f"{kind.name}:{value}" for kind, remote, its in asked if remote for value in remote.unknown(reader, its)}


def references_of(reader: Reader, things: Iterable[str]) -> dict[str, Reference]:
    """How to cite those of some things that the reader may see now and that can be cited."""
    asked = [(kind, kind.references, its) for kind, its in _by_kind(pages_of(reader, things))]
    return {f"{kind.name}:{value}": item for kind, references, its in asked if references for value, item in references(its).items()}


@dataclass(frozen=True)
class BasketCollection:
    """What the feature that collects things tells others: how many are in the basket of who asks, and those of a kind in a person's basket.

    `values` gives, in the person's order, those whose titles contain some words, from a place on and at most so many; `names` the names of
    the person's baskets by their numbers, the current one first.
    """

    count: Callable[[HttpRequest], int]
    values: Callable[[User, str, str, int, int], Sequence[str]]
    names: Callable[[User], Mapping[int, str]]


_collections: list[BasketCollection] = []


def register_collection(collection: BasketCollection) -> None:
    """There is one feature that collects."""
    _collections[:] = [collection]


def has_collection() -> bool:
    """Whether anything collects."""
    return bool(_collections)


def count_in_basket(request: HttpRequest) -> int:
    """How many things are in the basket of who asks; 0 where nothing collects any."""
    return sum(collection.count(request) for collection in _collections)


def in_basket(person: User, kind: str, words: str, begin: int, most: int) -> list[str]:
    """The values of things of a kind in the person's current basket; none where nothing collects any."""
    return [value for collection in _collections for value in collection.values(person, kind, words, begin, most)]


def basket_names(person: User) -> dict[int, str]:
    """The names of the person's baskets by their numbers, the current one first; none where nothing collects."""
    return {number: name for collection in _collections for number, name in collection.names(person).items()}
