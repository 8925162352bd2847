"""Who may know of a document: a rule that is one of few, and which of the rules hold for somebody at this moment.

A rule is a text of alternatives, each of which is a set of conditions: `project:5+read:escape:KM3NET | members:5`. What a condition
says of a person the features know; they are asked with each search, so that a role or a scope that was taken away counts at once.
Documents refer to their rule by its number, of which none is ever used again.
"""

from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser

from vre_portal.iam.models import User
from vre_portal.search.models import SearchAudience

Reader = User | AnonymousUser
Conditions = frozenset[tuple[str, str]]
PUBLIC = "public"
_holding: dict[str, Callable[[Reader, Collection[str]], Collection[str]]] = {}


class AudienceCondition(NamedTuple):
    """One condition: `project:5` has the name project and the value 5."""

    name: str
    value: str


def register_condition(name: str, holding: Callable[[Reader, Collection[str]], Collection[str]]) -> None:
    """A feature says for which of some values its condition holds for a reader."""
    _holding[name] = holding


def rule(*alternatives: str | Collection[str]) -> str:
    """The rule that holds where all conditions of one of the alternatives do."""
    sets = [[item] if isinstance(item, str) else item for item in alternatives]
    return " | ".join(sorted({"+".join(sorted(set(conditions))) for conditions in sets}))


def condition(name: str, value: object) -> str:
    """A condition as text; what could be taken for a sign of the rule's own is replaced in the value."""
    return f"{name}:{str(value).replace('%', '%25').replace('+', '%2B').replace('|', '%7C').replace(' ', '%20')}"


def person(user_id: int) -> str:
    """The condition of being this person."""
    return condition("person", user_id)


@lru_cache(maxsize=4096)
def alternatives_of(text: str) -> tuple[frozenset[AudienceCondition], ...]:
    """A rule as it was given to `rule`."""
    return tuple(frozenset(map(_condition, part.split("+"))) for part in text.split(" | "))


def _condition(text: str) -> AudienceCondition:
    name, _, value = text.partition(":")
    return AudienceCondition(name, value.replace("%20", " ").replace("%7C", "|").replace("%2B", "+").replace("%25", "%"))


def audiences_of(user: Reader) -> list[int]:
    """The numbers of all rules of documents that hold for somebody now."""
    numbers = dict(SearchAudience.objects.values_list("rule", "pk"))
    return [numbers[text] for text in rules_that_hold(user, numbers)]


def rules_that_hold(user: Reader, texts: Iterable[str]) -> list[str]:
    """Those of some rules that hold for somebody now."""
    rules = [(text, alternatives_of(text)) for text in texts]
    asked: dict[str, set[str]] = {}
    for _, alternatives in rules:
        for item in frozenset().union(*alternatives):
            asked.setdefault(item.name, set()).add(item.value)
    holds = {AudienceCondition(name, value) for name, values in asked.items() for value in _true_of(user, name, values)}
    return [text for text, alternatives in rules if any(conditions <= holds for conditions in alternatives)]


def _true_of(user: Reader, name: str, values: set[str]) -> Collection[str]:
    """For which values a condition holds; for none where nobody knows the condition."""
    if name == PUBLIC:
        return values
    if name == "person":
        return values & {str(user.pk)} if isinstance(user, User) and user.is_active else ()
    known = _holding.get(name)
    return set(known(user, values)) & values if known else ()
