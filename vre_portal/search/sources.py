"""What can be found: the features register their sources here, each with its documents and the tables that they are made of."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from django.contrib.auth.models import AnonymousUser
from django.db import models

from vre_portal import triggers
from vre_portal.folding import fold
from vre_portal.iam.models import User
from vre_portal.triggers import TableTriggers

PREFIX = "search_"
ONLY = "="  # before the name of a kind: the topic that this source alone watches
MAX_TITLE, MAX_TEXT = 300, 8_000  # characters that are kept; of the text the first count
MAX_MORE = 20_000  # of what a document is found by and does not show


class TypeLabel(NamedTuple):
    """What pages call a type of documents, several and one, translated when they are shown; and its icon."""

    label: Any
    icon: str
    one: Any


@dataclass(frozen=True)
class WatchedTable:
    """A table that documents are made of: a change of a row makes those old that depend on "topic:key".

    `key` is SQL over the row's columns. `columns` are those that count when a row is changed; any, where none are named.
    """

    model: type[models.Model]
    topic: str
    key: str = "id"
    columns: Sequence[str] = ()


@dataclass(frozen=True)
class SearchItem:
    """A document as its source gives it. The index cleans and cuts the texts; nothing in them is HTML or Markdown."""

    key: str
    type: str
    title: str
    url: str
    audience: str  # as `audiences.rule` writes it: who may know of the document
    subtitle: str = ""
    text: str = ""
    words: str = ""  # what else it is found by, and does not show: keywords, people, the project that it belongs to
    identifiers: Sequence[str] = ()  # typed as a whole, they lead straight to it
    facets: Mapping[str, Sequence[str]] = field(default_factory=dict)  # name -> values; only what everybody of the audience may know
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)  # more values that a filter finds and no list shows
    depends: Sequence[str] = ()  # "topic:key" of other rows that it was made of
    created: datetime | None = None
    changed: datetime | None = None
    boost: float = 1.0
    is_top: bool = False  # of a kind of which there are few: found first where too much matches
    is_last: bool = False  # after all others, however well it matches


@dataclass(frozen=True)
class DocumentContext:
    """What another app adds to documents of a source: words that they are found by, values of facets and filters, and what these depend on."""

    words: str = ""
    facets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    depends: Sequence[str] = ()
    title: str = ""  # what it is called there, where it has no title of its own


class SearchSource(Protocol):
    """One kind of things that can be found. Methods may raise: what fails costs only itself."""

    @property
    def kind(self) -> str:
        """The name of the kind, one of its own."""

    @property
    def types(self) -> Mapping[str, TypeLabel]:
        """What pages call the types of its documents."""

    @property
    def tables(self) -> Sequence[WatchedTable]:
        """The tables that its documents are made of."""

    def keys(self) -> Iterator[str]:
        """The keys of all documents that there are now."""

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """The documents with these keys; those that are gone are left out."""


@dataclass(frozen=True)
class PaletteAction:
    """Something that a person can do from anywhere."""

    title: str
    url: str
    icon: str = "arrow-right"
    note: str = ""  # what stands small beside it
    words: str = ""  # further words by which people look for it


Values = Callable[[Sequence[str]], Mapping[str, str]]
Contexts = Callable[[Sequence[str]], Mapping[str, DocumentContext]]
_sources: dict[str, SearchSource] = {}
_contexts: dict[str, list[tuple[Contexts, Sequence[WatchedTable]]]] = {}
_things: dict[str, Values] = {}
_actions: list[Callable[[User, str], list[PaletteAction]]] = []
_recent: list[Callable[[User], list[PaletteAction]]] = []
_names: dict[str, Callable[[User | AnonymousUser, Collection[str]], Mapping[str, str]]] = {}


def register(source: SearchSource) -> None:
    """From now on the source's documents are found."""
    _sources[source.kind] = source


def register_context(kind: str, contexts: Contexts, tables: Sequence[WatchedTable]) -> None:
    """Another app knows more of the documents of a kind: asked with names that the source documents, it says what by name.

    It says only what everybody may know who may know of such a document.
    """
    _contexts.setdefault(kind, []).append((contexts, tables))


def register_things(kind: str, name: str, values: Values | None = None) -> None:
    """Documents of a kind are things that people collect, of this name: of their keys, `values` gives the things' values, where others."""
    _things[kind] = lambda keys: {key: f"{name}:{value}" for key, value in (values(keys) if values else {key: key for key in keys}).items()}


def things_of(documents: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The things that some documents are, by kind and key; those of other kinds are left out. Each kind is asked once."""
    keys: dict[str, list[str]] = {}
    for kind, key in documents:
        if kind in _things:
            keys.setdefault(kind, []).append(key)
    return {(kind, key): thing for kind, its in keys.items() for key, thing in _things[kind](its).items()}


def contexts_of(kind: str, names: Sequence[str]) -> dict[str, list[DocumentContext]]:
    """What other apps say of documents with these names."""
    said: dict[str, list[DocumentContext]] = {}
    for contexts, _ in _contexts.get(kind, ()):
        for name, context in contexts(names).items():
            said.setdefault(name, []).append(context)
    return said


def tables_of(source: SearchSource) -> list[WatchedTable]:
    """All tables that documents of a source are made of."""
    return [*source.tables, *(table for _, tables in _contexts.get(source.kind, ()) for table in tables)]


def register_actions(function: Callable[[User, str], list[PaletteAction]]) -> None:
    """A feature says what a person can do; it is told the typed words, and gives only what that person may do."""
    _actions.append(function)


def matching(actions: Iterable[PaletteAction], text: str) -> list[PaletteAction]:
    """Those of which, for each typed word, a word begins so."""
    typed = fold(text).split()
    return [
        item for item in actions if all(any(own.startswith(word) for own in fold(f"{item.title} {item.words}").split()) for word in typed)
    ]


def register_recent(function: Callable[[User], list[PaletteAction]]) -> None:
    """A feature says what a person used last, the latest first, as far as they may still see it."""
    _recent.append(function)


def recent_for(user: User) -> list[PaletteAction]:
    """What the person used last."""
    return [item for function in _recent for item in function(user)]


def register_names(filter_name: str, names: Callable[[User | AnonymousUser, Collection[str]], Mapping[str, str]]) -> None:
    """A feature says what pages call the values of a filter; it names only what the reader may see."""
    _names[filter_name] = names


def names_of(filter_name: str, values: Collection[str], reader: User | AnonymousUser) -> Mapping[str, str]:
    """What pages call the values of a filter, for those that have a name of their own."""
    return _names[filter_name](reader, values) if filter_name in _names and values else {}


def sources() -> list[SearchSource]:
    """All sources, in the order of their registration."""
    return list(_sources.values())


def source_of(kind: str) -> SearchSource | None:
    """The source of a kind; None where nobody registered one."""
    return _sources.get(kind)


def actions_for(user: User, text: str) -> list[PaletteAction]:
    """What the person can do, as far as it goes with the typed words."""
    return [action for function in _actions for action in function(user, text)]


def types() -> dict[str, TypeLabel]:
    """All types of documents."""
    return {name: label for source in sources() for name, label in source.types.items()}


def only(source: SearchSource) -> str:
    """The topic of a change that concerns documents of this source, and of no other that watches the same tables."""
    return f"{ONLY}{source.kind}"


def watching(topic: str) -> list[SearchSource]:
    """The sources whose documents may depend on rows of the topic."""
    return [source for source in sources() if topic in (only(source), *topics_of(source))]


def topics_of(source: SearchSource) -> Collection[str]:
    """What the documents of a source depend on."""
    return {source.kind, *(table.topic for table in tables_of(source))}


def declared() -> dict[str, str]:
    """All triggers that the sources need, by name."""
    made = {(table.topic, table.model._meta.db_table, table.key): _triggers(table) for source in sources() for table in tables_of(source)}
    return triggers.statements_of(made.values())


def _triggers(table: WatchedTable) -> TableTriggers:
    key = table.key.replace("'", "''")
    call = f"search_changed('{table.topic}', '{key}')"
    return TableTriggers(
        f"{PREFIX}{table.topic}", table.model._meta.db_table, call, update_when=triggers.changed(table.columns), each_row=True
    )


def missing(using: str = "default") -> set[str]:
    """Names of triggers that are declared and not at work."""
    return triggers.missing(PREFIX, declared(), using)


def install(using: str = "default", **_: Any) -> None:
    """Put the triggers of all sources on their tables."""
    triggers.install(PREFIX, declared(), needs="search_change", using=using)
