"""The name of a project in addresses: made from its title, free, and never one that a deleted project had."""

import re
import unicodedata
import uuid
from collections.abc import Iterator

from django.utils.translation import gettext as _

from projects.models import Project, Tombstone

LONGEST = 60
FORM = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# First parts of addresses below /projects/, now or later.
RESERVED = frozenset(
    [
        "new",
        "choose",
        "resources",
        "copy",
        "import",
        "export",
        "templates",
        "api",
        "admin",
        "search",
        "feed",
        "all",
        "mine",
        "public",
        "private",
        "tags",
        "themes",
        "keywords",
        "settings",
        "help",
    ]
)
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_APOSTROPHES = re.compile("['’‘ʼ`´′]")  # within a word, which they do not end
FALLBACK = "project"


def slug_of(title: str) -> str:
    """The title in small letters without accents, with hyphens between its words; `project` where nothing is left of it."""
    folded = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", title.lower()).translate(_LETTERS)).encode("ascii", "ignore").decode()
    slug = "-".join(re.findall("[a-z0-9]+", folded))
    return slug[:LONGEST].strip("-") or FALLBACK


def is_taken(slug: str) -> bool:
    """Whether a project has the slug, or had it before it was deleted."""
    return Project.objects.filter(slug=slug).exists() or Tombstone.objects.filter(slug=slug).exists()


def problem(slug: str) -> str:
    """Why a project cannot have this slug; empty where it can."""
    if len(slug) > LONGEST:
        return _("At most %(limit)s characters are allowed.") % {"limit": LONGEST}
    if not FORM.fullmatch(slug):
        return _("Use small letters a-z, digits and hyphens, such as dark-photons.")
    if slug in RESERVED:
        return _("“%(slug)s” is reserved for the portal. Choose another name.") % {"slug": slug}
    if is_taken(slug):
        return _("“%(slug)s” is taken. “%(free)s” is free.") % {"slug": slug, "free": first_free(slug)}
    return ""


def candidates(slug: str) -> Iterator[str]:
    """The slug, then the same with 2, 3 ... at its end."""
    if slug not in RESERVED:
        yield slug
    for number in range(2, 1000):
        ending = f"-{number}"
        yield f"{slug[: LONGEST - len(ending)].rstrip('-')}{ending}"


def first_free(slug: str) -> str:
    """The first of the candidates that no project has."""
    stem = slug[: LONGEST - 4].rstrip("-")
    taken = {*Project.objects.filter(slug__startswith=stem).values_list("slug", flat=True)}
    taken |= {*Tombstone.objects.filter(slug__startswith=stem).values_list("slug", flat=True)}
    free = (candidate for candidate in candidates(slug) if candidate not in taken)
    return next(free, f"{stem[: LONGEST - 9]}-{uuid.uuid4().hex[:8]}")  # the numbers have run out
