"""Whose scopes of a Data Lake are: projects say which are theirs, and a page shows those owners that its reader may see."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from vre_portal.drawing import Drawing
from vre_portal.iam.models import User
from vre_portal.services import Service

logger = logging.getLogger(__name__)


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
_sources: list[Source] = []


def register(source: Source) -> None:
    """Add a source of pairs of a scope's name and its owner; it gives only owners that the person may see."""
    _sources.append(source)


def owners(person: User | AnonymousUser, lake: Service) -> dict[str, list[ScopeOwner]]:
    """The owners of the lake's scopes that a person may see, by the name of the scope; a source that fails leaves its scopes without one."""
    by_scope: dict[str, list[ScopeOwner]] = {}
    for source in _sources:
        try:
            with transaction.atomic():
                pairs = list(source(person, lake))
        except Exception:
            logger.exception("A source of the owners of scopes failed.")
            continue
        for scope, owner in pairs:
            by_scope.setdefault(scope, []).append(owner)
    return by_scope
