"""What a person's page shows of features above: each registers what it may tell a reader of a person."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from vre_portal.iam.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RelatedLink:
    """Something that a person takes part in, and where it is."""

    title: str
    url: str
    detail: str = ""


type RelatedSource = Callable[[User | AnonymousUser, User], Iterable[RelatedLink]]
_sources: list[RelatedSource] = []


def register(source: RelatedSource) -> None:
    """Let a feature add links: the source gets the reader and the person, and returns only what that reader may see."""
    if source not in _sources:
        _sources.append(source)


def related_links(reader: User | AnonymousUser, person: User) -> list[RelatedLink]:
    """All of them; a source that fails costs its own part."""
    links: list[RelatedLink] = []
    for source in _sources:
        try:
            links += list(source(reader, person))
        except Exception:
            logger.exception("a source of a person's page failed")
    return links
