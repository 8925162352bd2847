"""The pages of the documentation: files of Markdown in one folder, as `settings.DOCS_DIR` names it."""

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString

from vre_portal.documentation import markdown

INDEX = "index"
_NAME = re.compile(r"(?:[a-z0-9][a-z0-9-]*/)*[a-z0-9][a-z0-9-]*")
_LINKED = re.compile(r"\]\(([a-z0-9/-]+)\.md\)")


class NoSuchPage(LookupError):
    """There is no page of this name; the text is the name."""


@dataclass(frozen=True)
class DocumentationPage:
    """One page: its name (`decisions/jobs`), title, address, words without marks, HTML, and the headings below the title."""

    name: str
    title: str
    address: str
    text: str
    html: SafeString
    headings: tuple[markdown.Heading, ...]


def folder() -> Path:
    """Where the files are."""
    return Path(settings.DOCS_DIR)


def is_shipped() -> bool:
    """Whether this installation has the documentation."""
    return (folder() / f"{INDEX}.md").is_file()


def address_of(name: str) -> str:
    """The address of a page or of a folder of pages."""
    return reverse("documentation:index") if name == INDEX else reverse("documentation:page", args=[name])


def page(name: str) -> DocumentationPage:
    """The page of that name, as its file is now; raises NoSuchPage."""
    file = folder() / f"{name}.md"
    if not _NAME.fullmatch(name) or not os.path.isfile(file):  # noqa: PTH113 -- also False for a name that no file can have
        raise NoSuchPage(name)
    return _rendered(name, file, file.stat().st_mtime_ns, settings.SITE.get("source", ""))


@lru_cache(maxsize=200)
def _rendered(name: str, file: Path, changed: int, source: str) -> DocumentationPage:
    """The page, rendered once for each state of its file."""
    made = markdown.render(file.read_text(encoding="utf-8"), lambda target: _address(name, target, source))
    return DocumentationPage(name, made.title or name, address_of(name), made.text, made.html, made.headings)


def _address(name: str, target: str, source: str) -> str | None:
    """Where a link of a page leads; None where that is a file that nobody can be led to."""
    path, mark, fragment = target.partition("#")
    place = (folder() / name).parent / path
    try:
        inside = place.resolve().relative_to(folder().resolve())
    except ValueError:
        outside = _in_the_repository(place)
        return f"{source.rstrip('/')}/{outside}{mark}{fragment}" if source and outside else None
    if (folder() / inside).is_dir():
        return address_of(inside.as_posix() if inside.parts else INDEX)
    if inside.suffix == ".md":
        found = inside.with_suffix("").as_posix()
        return f"{address_of(found)}{mark}{fragment}" if _NAME.fullmatch(found) else None
    return reverse("documentation:picture", args=[inside.as_posix()])


def _in_the_repository(place: Path) -> str:
    """The path of a file beside the documentation; empty for what lies outside of the repository."""
    try:
        return place.resolve().relative_to(folder().resolve().parent).as_posix()
    except ValueError:
        return ""


def names(under: str = "") -> list[str]:
    """The names of the pages of one folder: as the index links to them, the others by name after these."""
    if under and not _NAME.fullmatch(under):
        return []
    found = {file.relative_to(folder()).with_suffix("").as_posix() for file in (folder() / under).glob("*.md")}
    found = {name for name in found if _NAME.fullmatch(name)}
    linked = _LINKED.findall((folder() / f"{INDEX}.md").read_text(encoding="utf-8")) if is_shipped() else []
    order = {name: place for place, name in enumerate(dict.fromkeys([INDEX, *linked]))}
    return sorted(found, key=lambda name: (order.get(name, len(order)), name))


def pages(under: str = "") -> list[DocumentationPage]:
    """The pages of one folder, in the order of the list beside them."""
    return [page(name) for name in names(under)]


def all_pages() -> list[DocumentationPage]:
    """Every page with its title, address and text: what a search reads. None where the documentation is not shipped."""
    folders = sorted({file.parent.relative_to(folder()).as_posix() for file in folder().rglob("*.md")}) if is_shipped() else []
    return [found for under in folders for found in pages("" if under == "." else under)]
