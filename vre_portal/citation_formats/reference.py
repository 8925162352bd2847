"""What a citation says of a thing, before any style."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date as Day
from enum import StrEnum
from unicodedata import normalize

from vre_portal.citation_formats import names
from vre_portal.text import plain
from vre_portal.vocabularies import doi

DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)


class ReferenceType(StrEnum):
    """What sort of thing is cited."""

    SOFTWARE = "software"
    DATASET = "dataset"
    PROJECT = "project"
    OTHER = "other"


@dataclass(frozen=True)
class Author:
    """A person or an organisation; `family` and `given` are those of a person, `orcid` is empty or valid."""

    name: str
    family: str = ""
    given: str = ""
    orcid: str = ""
    affiliation: str = ""
    is_organisation: bool = False

    @classmethod
    def person(cls, name: str, *, orcid: str = "", affiliation: str = "") -> "Author":
        """A person by the name as it is written: "Family, Given" or "Given Family"."""
        line = one_line(name)
        family, given = names.parts(line)
        return cls(line, family, given, orcid, one_line(affiliation))

    @classmethod
    def organisation(cls, name: str) -> "Author":
        """An institute, an experiment or a collaboration."""
        return cls(one_line(name), is_organisation=True)

    @property
    def inverted(self) -> str:
        """Family, Given; the whole name of an organisation."""
        return ", ".join(part for part in (self.family, self.given) if part) or self.name


@dataclass(frozen=True)
class Reference:
    """A thing to cite. Texts are brought into one line without control characters; what is not known is empty."""

    type: ReferenceType
    title: str
    authors: tuple[Author, ...] = ()
    date: str = ""  # a year, a month or a day in ISO form
    version: str = ""
    doi: str = ""
    url: str = ""
    repository: str = ""
    publisher: str = ""
    licence: str = ""
    keywords: tuple[str, ...] = ()
    abstract: str = ""
    publication: str = ""  # BibTeX that somebody gave as what is to be cited besides, as it was typed
    fallback_key: str = "reference"
    key_suffix: str = ""  # letters and digits that tell it from others of the same key in one file

    def __post_init__(self) -> None:
        """No text may end its line in a file, whatever it holds."""
        for name in ("title", "date", "version", "doi", "url", "repository", "publisher", "licence", "abstract"):
            object.__setattr__(self, name, one_line(getattr(self, name)))
        words = (one_line(word) for word in self.keywords)
        object.__setattr__(self, "keywords", tuple(dict.fromkeys(word for word in words if word)))

    @property
    def year(self) -> str:
        match = DATE.match(self.date)
        return match[1] if match else ""

    @property
    def date_parts(self) -> list[int]:
        """Year, and month and day where they are known and there is such a day."""
        match = DATE.match(self.date)
        parts = [int(part) for part in match.groups() if part] if match else []
        for length in range(len(parts), 1, -1):
            with suppress(ValueError):
                Day(*[*parts[:length], 1, 1][:3])
                return parts[:length]
        return parts[:1]

    @property
    def address(self) -> str:
        """Where the thing is found: its DOI if it has one."""
        return doi.address(self.doi) if self.doi else self.url

    @property
    def key(self) -> str:
        """family_title_year, in plain letters."""
        family = next((author.family for author in self.authors if author.family), "")
        words = (ascii_word(word) for word in (family, self.title.partition(":")[0], self.year))
        key = "_".join(word for word in words if word)[:60] or ascii_word(self.fallback_key) or "reference"
        return f"{key}_{self.key_suffix}" if self.key_suffix else key


def ascii_word(text: str) -> str:
    """The letters and digits of a text, in lower case and without accents."""
    return re.sub(r"[^a-z0-9]+", "", normalize("NFKD", text).encode("ascii", "ignore").decode().lower())


def one_line(text: str) -> str:
    """The text in one line, with control characters shown as marks."""
    return " ".join(plain(text).split())
