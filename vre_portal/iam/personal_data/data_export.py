"""What belongs to a person, over all applications: rows that refer to them, and what an application says besides."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from vre_portal.audit import veils
from vre_portal.audit.models import AuditEntry, Use
from vre_portal.iam.models import User

# Never shown to anybody, not even to the person: secrets, and keys that would let somebody in.
HIDDEN = frozenset(
    {
        "access",
        "refresh",
        "sealed",
        "session",
        "password",
        "secret",
        "previous_secret",
        "secret_digest",
        "lease",
        "leased_until",
        "lease_until",
    }
)
SEALED = "gAAAA"  # how Fernet's texts begin: a new field that holds one is not told either
Exporter = Callable[[User], list[Any]]
_exporters: dict[str, Exporter] = {}
Readable = Callable[[User, models.QuerySet[Any]], models.QuerySet[Any]]


@dataclass(frozen=True)
class Limit:
    """Which rows of a model are exported whole, and what of the others: `always`, and by relation what a person said themselves."""

    readable: Readable
    always: tuple[str, ...]
    own: Mapping[str, tuple[str, ...]]


_limits: dict[type[models.Model], Limit] = {}
NO_LONGER_READABLE = _("You no longer have access to this.")
_erasure_checks: list[Callable[[User], list[str]]] = []
_erasure_locks: list[Callable[[User], None]] = []
_erasers: list[Callable[[User, str], None]] = []


def register_exporter(name: str, exporter: Exporter) -> None:
    """Let an application add a part to the export: `exporter` gives what it knows of a person beyond its rows."""
    _exporters[name] = exporter


def register_limit(
    model: type[models.Model], readable: Readable, *, always: tuple[str, ...], own: Mapping[str, tuple[str, ...]] | None = None
) -> None:
    """Export whole only those of a person's own rows that `readable` leaves; of the others the fields named in `always`.

    `own` has, by relation, the fields that the person whom the row names there has filled in: they get them whatever they may read now.
    """
    _limits[model] = Limit(readable, always, own or {})


def register_erasure_check(check: Callable[[User], list[str]]) -> None:
    """Let an application refuse to have somebody erased: `check` gives the reasons, in words for the person, or none."""
    _erasure_checks.append(check)


def register_erasure_lock(lock: Callable[[User], None]) -> None:
    """Let an application keep what its check looks at as it is: `lock` is called in the transaction of an erasure, before the checks."""
    _erasure_locks.append(lock)


def register_eraser(eraser: Callable[[User, str], None]) -> None:
    """Let an application erase what it stored of a person in rows that stay: called with the person, named still, and their pseudonym."""
    _erasers.append(eraser)


def erase_words(user: User, pseudonym: str) -> None:
    """Erase the person's name and words from rows that stay."""
    for eraser in _erasers:
        eraser(user, pseudonym)


def lock_for_erasure(user: User) -> None:
    """Nobody changes, until the transaction ends, what the checks look at and what goes with the person."""
    for lock in _erasure_locks:
        lock(user)


def erasure_obstacles(user: User) -> list[str]:
    """All reasons why the person cannot be erased yet, in words for them; empty where they can."""
    return [reason for check in _erasure_checks for reason in check(user)]


def relations() -> Iterator[tuple[type[models.Model], str, bool]]:
    """Each model that refers to people, by which field, and whether its rows go when the person goes."""
    for relation in User._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.related_model is not None:
            yield relation.related_model, relation.field.name, relation.on_delete is models.CASCADE


def export_person(user: User) -> dict[str, Any]:
    """All that the portal knows of somebody, save secrets: by model, and by the names of the registered exporters."""
    own = row_of(user, "")
    rows: dict[str, Any] = {}
    for model, field, _owned in relations():
        name = model._meta.label_lower
        rows[f"{name}.{field}" if name in rows else name] = rows_of(model, field, user)  # a model may refer to people by several fields
    parts = {name: exporter(user) for name, exporter in _exporters.items()}
    return {"person": own, **rows, **parts, "token uses": uses_of(user), "audit log": entries_of(user)}


def rows_of(model: type[models.Model], name: str, user: User) -> list[dict[str, Any]]:
    linked = [field.name for field in model._meta.concrete_fields if field.is_relation and field.name not in HIDDEN]
    found = model._base_manager.filter(**{name: user}).select_related(*linked).order_by("pk")
    if model not in _limits:
        return [row_of(row, name) for row in found]
    limit = _limits[model]
    always = (*limit.always, *limit.own.get(name, ()))
    whole = set(limit.readable(user, model._default_manager.filter(**{name: user})).values_list("pk", flat=True))
    return [row_of(row, name) if row.pk in whole else shorten(row, name, always) for row in found]


def shorten(row: models.Model, name: str, always: tuple[str, ...]) -> dict[str, Any]:
    """A row of which the person may only know that it is theirs."""
    facts = {key: value for key, value in row_of(row, name).items() if key in always}
    return {**facts, "left out": str(NO_LONGER_READABLE)}


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
    rows = AuditEntry.objects.filter(about).order_by("number")
    return [{**row_of(row, "previous"), "facts": veils.shown(user, row.facts)} for row in rows]
