"""What the palette offers: before something is typed what was used last and what can be done, then what goes with the words."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import OperationalError
from django.urls import reverse
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from vre_portal.folding import fold
from vre_portal.iam.models import User
from vre_portal.search import find, history, sources
from vre_portal.search.audiences import Reader
from vre_portal.search.facets import address
from vre_portal.search.find import SearchHit
from vre_portal.search.presentation import UNKNOWN
from vre_portal.search.query import ParsedQuery
from vre_portal.search.sources import PaletteAction

RECENT_SHOWN, SEEN_SHOWN = 5, 5


@dataclass(frozen=True)
class PaletteOption:
    """A line that is offered: where it leads, its icon, and what stands small beside it."""

    text: str
    url: str
    icon: str
    note: str = ""


@dataclass(frozen=True)
class OptionGroup:
    """Lines of one kind under their heading."""

    title: str
    options: Sequence[PaletteOption]


def opened(person: User | None) -> list[OptionGroup]:
    """Before something is typed: what the person used last, what they can do, and the pages of the portal."""
    groups = [OptionGroup(_("Pages"), [_of_action(item) for item in _pages(person)])]
    if person is not None:
        searches = [_of_search(text, "history") for text in history.recent(person, RECENT_SHOWN)]
        seen = [_of_action(item) for item in sources.recent_for(person)[:SEEN_SHOWN]]
        actions = [_of_action(item) for item in sources.actions_for(person, "")]
        groups = [
            OptionGroup(_("Recent searches"), searches), OptionGroup(_("Recently seen"), seen), OptionGroup(_("Actions"), actions), *groups
        ]  # fmt: skip
    return [group for group in groups if group.options]


def typed(query: ParsedQuery, person: User | None, reader: Reader) -> list[OptionGroup]:
    """What goes with the typed words: actions and pages of the portal, things with these words in their titles, searches."""
    findable = find.findable_by(reader)
    last = query.search_words[-1] if query.search_words else ""
    hits: list[SearchHit] = []
    offered: list[str] = []
    try:
        hits, offered = find.titles(query, findable), find.completions(last, findable)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
    actions = sources.actions_for(person, query.text) if person else []
    pages = sources.matching(_pages(person), query.text)
    start = query.text[: len(query.text) - len(query.text.split()[-1])]
    completed = [_of_search(f"{start}{word}", "search") for word in offered if fold(f"{start}{word}") != fold(query.text)]
    whole = PaletteOption(_("Search for “%(words)s”") % {"words": query.text[:80]}, _search(query.text), "search")
    groups = [
        OptionGroup(_("Actions"), [_of_action(item) for item in [*actions, *pages]]),
        OptionGroup(_("Found"), [_of_hit(hit) for hit in hits]),
        OptionGroup(_("Searches"), [*completed, whole]),
    ]
    return [group for group in groups if group.options]


def _pages(person: User | None) -> list[PaletteAction]:
    """The parts of the portal."""
    pages = [
        PaletteAction(_("Projects"), reverse("projects:index"), "layers"),
        PaletteAction(_("Data Lake"), reverse("datalake:index"), "database"),
        PaletteAction(_("Catalogue"), reverse("software:index"), "package"),
        PaletteAction(_("People"), reverse("profiles:directory"), "users"),
        PaletteAction(_("Help"), reverse("documentation:page", args=["help"]), "book-open"),
    ]
    own = [
        PaletteAction(_("Dashboard"), reverse("projects:dashboard"), "layers"),
        PaletteAction(_("Profile"), reverse("profiles:edit"), "user"),
    ]
    return [*own, *pages] if person is not None else pages


def _search(text: str) -> str:
    return reverse("search:index") + address(text)


def _of_search(text: str, icon: str) -> PaletteOption:
    return PaletteOption(text, _search(text), icon)


def _of_action(action: PaletteAction) -> PaletteOption:
    return PaletteOption(action.title, action.url, action.icon, action.note)


def _of_hit(hit: SearchHit) -> PaletteOption:
    label = sources.types().get(hit.type, UNKNOWN)
    return PaletteOption(hit.title, hit.url, label.icon, str(label.one))
