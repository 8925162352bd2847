"""What belongs to a person, over all applications: rows that refer to them, and what an application says besides."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import models

from vre_portal.audit import veils
from vre_portal.audit.models import Entry, Use
from vre_portal.iam.models import User

# Never shown to anybody, not even to the person: secrets, and keys that would let somebody in.
HIDDEN = frozenset({"access", "refresh", "sealed", "session", "password", "lease", "leased_until", "lease_until"})
SEALED = "gAAAA"  # how Fernet's texts begin: a new field that holds one is not told either
Speaker = Callable[[User], list[Any]]
_parts: dict[str, Speaker] = {}
Readable = Callable[[User, models.QuerySet[Any]], models.QuerySet[Any]]
_limits: dict[type[models.Model], tuple[Readable, tuple[str, ...]]] = {}
NO_LONGER_READABLE = "You may no longer read this."
_hindrances: list[Callable[[User], list[str]]] = []


def tell(name: str, speaker: Speaker) -> None:
    """An application knows more of a person than its rows say."""
    _parts[name] = speaker


def limit(model: type[models.Model], readable: Readable, *, always: tuple[str, ...]) -> None:
    """Of a person's own rows only those that `readable` leaves are told whole; of the others the fields named in `always`."""
    _limits[model] = (readable, always)


def hinder(reasons: Callable[[User], list[str]]) -> None:
    """An application may have reasons why somebody cannot be erased yet."""
    _hindrances.append(reasons)


def hindrances(user: User) -> list[str]:
    """What the person has to do first, in words for them."""
    return [reason for reasons in _hindrances for reason in reasons(user)]


def relations() -> Iterator[tuple[type[models.Model], str, bool]]:
    """Each model that refers to people, by which field, and whether its rows go when the person goes."""
    for relation in User._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.related_model is not None:
            yield relation.related_model, relation.field.name, relation.on_delete is models.CASCADE


def everything(user: User) -> dict[str, Any]:
    """All that the portal knows of somebody, save secrets."""
    own = row_of(user, "")
    rows: dict[str, Any] = {}
    for model, field, _ in relations():
        name = model._meta.label_lower
        rows[f"{name}.{field}" if name in rows else name] = rows_of(model, field, user)  # a model may refer to people by several fields
    parts = {name: speaker(user) for name, speaker in _parts.items()}
    return {"person": own, **rows, **parts, "token uses": uses_of(user), "audit record": entries_of(user)}


def rows_of(model: type[models.Model], name: str, user: User) -> list[dict[str, Any]]:
    linked = [field.name for field in model._meta.concrete_fields if field.is_relation and field.name not in HIDDEN]
    found = model._base_manager.filter(**{name: user}).select_related(*linked).order_by("pk")
    if model not in _limits:
        return [row_of(row, name) for row in found]
    readable, always = _limits[model]
    whole = set(readable(user, model._default_manager.filter(**{name: user})).values_list("pk", flat=True))
    return [row_of(row, name) if row.pk in whole else shortened(row, name, always) for row in found]


def shortened(row: models.Model, name: str, always: tuple[str, ...]) -> dict[str, Any]:
    """A row of which the person may only know that it is theirs."""
    facts = {key: value for key, value in row_of(row, name).items() if key in always}
    return {**facts, "left out": NO_LONGER_READABLE}


def row_of(row: models.Model, name: str) -> dict[str, Any]:
    """A row without what is hidden, and without the person themselves; a relation is told by its words."""
    told: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if field.name in HIDDEN or field.name == name:
            continue
        value = getattr(row, field.name)
        plain = not field.is_relation and not isinstance(field, models.FileField)
        told[field.name] = value if plain or value is None else str(value)
    return {key: value for key, value in told.items() if not (isinstance(value, str) and value.startswith(SEALED))}


def uses_of(user: User) -> list[dict[str, Any]]:
    return [row_of(row, "person") for row in Use.objects.filter(person=user.handle).order_by("pk")]


def entries_of(user: User) -> list[dict[str, Any]]:
    """What they did, and what was done to them, as far as they may know of it now."""
    about = models.Q(actor=user.handle) | models.Q(subject=f"person/{user.handle}") | models.Q(facts__person=str(user.handle))
    rows = Entry.objects.filter(about).order_by("number")
    return [{**row_of(row, "previous"), "facts": veils.shown(user, row.facts)} for row in rows]
