"""Searches that are questions: "who can help me with gammapy?" asks for gammapy, and for people first."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext

from vre_portal.folding import fold
from vre_portal.iam.profiles.search_words import question_words
from vre_portal.search.query import ParsedQuery, QueryTerm

PERSON = QueryTerm("person", "type")


@dataclass(frozen=True)
class Question:
    """What is searched for, and whether the answer is a person."""

    query: ParsedQuery
    is_about_people: bool
    left_out: tuple[str, ...] = ()

    @property
    def people(self) -> ParsedQuery:
        """The same for people only."""
        return replace(self.query, groups=(*self.query.groups, (PERSON,)))


def read(query: ParsedQuery) -> Question:
    """The search without the words that only make it a question; unchanged where it is none, or where nothing would be left."""
    first = fold(query.groups[0][0].text).strip("?") if query.groups and _is_word(query.groups[0]) else ""
    # Translators: words with which a question for people begins, separated by spaces.
    people = set(fold(gettext("who whom whose anybody anyone somebody someone")).split())
    # Translators: words with which other questions begin, separated by spaces.
    starts = set(fold(gettext("what which where when how why can could do does is are has have show")).split())
    if first not in people | starts and not query.text.endswith("?"):
        return Question(query, is_about_people=False)
    ignored = question_words() | people | starts
    kept = tuple(group for group in query.groups if not _is_word(group) or fold(group[0].text).strip("?!.,") not in ignored)
    if not any(not term.name and not term.is_excluded for group in kept for term in group):
        return Question(query, is_about_people=False)
    left_out = tuple(group[0].text.strip("?!.,") for group in query.groups if group not in kept)
    return Question(replace(query, groups=kept), first in people, left_out)


def _is_word(group: tuple[QueryTerm, ...]) -> bool:
    """Whether it is one plain word, which somebody may have typed only to ask."""
    return len(group) == 1 and not (group[0].name or group[0].is_phrase or group[0].is_excluded)
