"""What a person's page shows of features above: each registers what it may tell a reader of a person."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from vre_portal.iam.models import User
from vre_portal.sources import Sources


@dataclass(frozen=True)
class RelatedLink:
    """Something that a person takes part in, and where it is."""

    title: str
    url: str
    detail: str = ""


type RelatedSource = Callable[[User | AnonymousUser, User], Iterable[RelatedLink]]
_sources = Sources[[User | AnonymousUser, User], RelatedLink]("a person's page")


def register(source: RelatedSource) -> None:
    """Let a feature add links: the source gets the reader and the person, and returns only what that reader may see."""
    _sources.register(source)


def related_links(reader: User | AnonymousUser, person: User) -> list[RelatedLink]:
    """All of them; a source that fails costs its own part."""
    return _sources.collect(reader, person)[0]
