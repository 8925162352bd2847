"""What the server keeps: records, their versions and their files."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import md5
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

COMMUNITY = "escape2020"
Access = Literal["open", "restricted", "embargoed", "metadata-only"]


@dataclass(frozen=True)
class Creator:
    """A person or an organisation, as far as known."""

    name: str
    type: str = "personal"
    orcid: str | None = None
    affiliation: str | None = None


@dataclass(frozen=True)
class File:
    """One file of a record; its content is small and held in memory."""

    key: str
    content: bytes
    mimetype: str

    @property
    def id(self) -> str:
        return str(uuid5(NAMESPACE_URL, self.checksum))

    @cached_property
    def checksum(self) -> str:
        return "md5:" + md5(self.content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Record:
    """One version of one thing; all versions share the concept."""

    id: int
    concept: int
    title: str
    description: str
    created: datetime
    updated: datetime
    published: str | None = None  # a date, or only its year
    doi: str | None = None
    concept_doi: str | None = None
    version: str | None = None
    licence: str | None = None
    creators: tuple[Creator, ...] = ()
    keywords: tuple[str, ...] = ()
    repository: str | None = None
    programming_language: tuple[str, ...] = ()
    notes: str = ""
    resource_type: str = "software"
    communities: tuple[str, ...] = (COMMUNITY,)
    access: Access = "open"
    deleted: bool = False
    index: int = 1
    latest: bool = True
    files: tuple[File, ...] = field(default=(), repr=False)

    @property
    def oai(self) -> str:
        """Zenodo's identifier for what is Zenodo's; a number of our own must not look like one."""
        return f"oai:{'zenodo.org' if self.doi else 'records.vre.example'}:{self.id}"

    @property
    def sets(self) -> tuple[str, ...]:
        kind = ("software",) if self.resource_type == "software" else ()
        return kind + tuple(f"user-{name}" for name in self.communities)

    @cached_property
    def words(self) -> str:
        """All that a search without a field looks at."""
        people = " ".join(creator.name for creator in self.creators)
        return " ".join((self.title, self.description, *self.keywords, people, self.doi or "")).casefold()
