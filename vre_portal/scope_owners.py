"""Whose scopes of a Data Lake are: projects say which are theirs, and a page shows those owners that its reader may see."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from vre_portal.drawing import Drawing
from vre_portal.iam.models import User
from vre_portal.services import Service
from vre_portal.sources import Sources


@dataclass(frozen=True)
class ScopeOwner:
    """A project as the owner of a scope. Made for one reader: never part of what is kept for others."""

    key: str
    title: str
    url: str
    summary: str = ""
    picture: str = ""  # its address; empty where a drawing stands for it
    picture_alt: str = ""
    drawing: Drawing | None = None
    theme: str = ""
    experiments: tuple[str, ...] = ()
    is_public: bool = False


Source = Callable[[User | AnonymousUser, Service], Iterable[tuple[str, ScopeOwner]]]
_sources = Sources[[User | AnonymousUser, Service], tuple[str, ScopeOwner]]("the owners of scopes", is_atomic=True)


def register(source: Source) -> None:
    """Add a source of pairs of a scope's name and its owner; it gives only owners that the person may see."""
    _sources.register(source)


def owners(person: User | AnonymousUser, lake: Service) -> dict[str, list[ScopeOwner]]:
    """The owners of the lake's scopes that a person may see, by the name of the scope; a source that fails leaves its scopes without one."""
    by_scope: dict[str, list[ScopeOwner]] = {}
    for scope, owner in _sources.collect(person, lake)[0]:
        by_scope.setdefault(scope, []).append(owner)
    return by_scope
