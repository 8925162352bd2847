"""Bring science projects from a content file into the portal; what is there already is left as people made it."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import DataError, transaction

from projects import exposure, services
from projects.editing.pictures import LARGEST, NotAPicture, redrawn
from projects.exposure import Exposure
from projects.models import Project, Resource, Role, Tombstone, spelt
from projects.people.services import begin
from vre_portal.audit import record
from vre_portal.files_below import CannotRead, read_below
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, service
from vre_portal.text import storable
from vre_portal.vocabularies import ror

TEXTS = (
    "title", "summary", "description", "visibility", "embargo_until", "theme", "further_themes", "keywords", "stage", "experiments", "institutes",
    "institute_rors", "contact", "contacts", "repository", "website", "licence", "citation", "funding", "scope", "picture_description",
)  # fmt: skip
LISTS = ("experiments", "institutes", "further_themes", "keywords", "contacts", "funding")
TABLES = ("institute_rors",)


class BadEntry(ValueError):
    """An entry of a content file that cannot be taken; the words say what is wrong with it."""


def text(entry: dict[str, Any], name: str, longest: int, *, default: str | None = None) -> str:
    """A text of the entry. Raises BadEntry where it is missing and has no default, is no text, is too long, or cannot be stored."""
    value = entry.get(name, default)
    if value is None:
        raise BadEntry(f"{name} is missing")
    if not isinstance(value, str) or storable(value) != value:
        raise BadEntry(f"{name} must be a text")
    if len(value) > longest or (not value and default is None):
        raise BadEntry(f"{name} must have 1 to {longest} characters")
    return value


def mapping(entry: dict[str, Any], name: str) -> dict[str, Any]:
    """A table of the entry, empty where there is none. Raises BadEntry where it is something else."""
    value = entry.get(name, {})
    if not isinstance(value, dict):
        raise BadEntry(f"{name} must be a table")
    return value


def tables(entry: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The tables of an array of the entry. Raises BadEntry where it is something else."""
    value = entry.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadEntry(f"{name} must be an array of tables")
    return value


def load_project(
    entry: dict[str, Any], folder: Path, people: dict[str, User], note: Callable[[str], object] = lambda words: None
) -> tuple[Project, list[str]]:
    """The project with the entry's slug, made where there is none yet, and what of it could not be taken; all of it is in the record.

    `note` is told what a new project shows to everybody, and what of it stays closed.

    A project that is there already is left as it is, unless nobody leads it: then it gets the people of the entry who have no role in it.
    Raises BadEntry where there can be no such project.
    """
    problems: list[str] = []
    existing = Project.objects.filter(slug=text(entry, "slug", 60)).first()
    if Tombstone.objects.filter(slug=entry["slug"]).exists():
        raise BadEntry("a project of this slug was deleted; choose another slug")
    if existing:
        if not existing.memberships.filter(role=Role.LEAD).exists():
            _add_people(existing, entry, people, problems)
        return existing, problems
    with transaction.atomic():
        project = _new_project(entry, folder)
        _add_people(project, entry, people, problems)
        for group, role in mapping(entry, "groups").items():
            _attempt(problems, f"groups.{group}", lambda: begin(project=project, group=group, role=_role(role)))  # noqa: B023
        load_resources(project, entry, problems)
        shown = exposure.own_exposures(AnonymousUser(), project) if project.is_public or project.embargo else []
        facts: dict[str, Any] = exposure.counts(shown) if shown else {}
        record("project.create", by=None, subject=f"project/{project.slug}", visibility=project.visibility, source="content file", **facts)
    for words in openings(project, shown):
        note(words)
    return project, problems


def openings(project: Project, shown: list[Exposure]) -> Iterator[str]:
    """What everybody sees of a project, and what stays closed, in a line for each kind."""
    when = f"from {spelt(project.embargo)} on" if project.embargo else "now"
    for item in shown:
        if item.count or item.closed:
            closed = f"; {item.closed} not shown: {item.stays_closed or 'restricted data.'}" if item.closed else ""
            yield f"public {when}: {item.count} {item.what}{closed}"


def _new_project(entry: dict[str, Any], folder: Path) -> Project:
    for name in TEXTS:
        known = entry.get(name, "")
        kind, word = (list, "list") if name in LISTS else (dict, "table") if name in TABLES else (str, "text")
        is_fit = name == "embargo_until" or isinstance(known, kind)
        if name in entry and not (is_fit and storable(known) == str(known)):
            raise BadEntry(f"{name} must be a {word}")
    project = Project(slug=entry["slug"], **{name: entry[name] for name in TEXTS if name in entry})
    if "institute_rors" not in entry:
        project.institute_rors = {name: item.identifier for name in map(str, project.institutes) if (item := ror.by_name(name))}
    try:
        project.full_clean()
    except ValidationError as error:
        raise BadEntry("; ".join(f"{name}: {' '.join(words)}" for name, words in error.message_dict.items())) from None
    if entry.get("picture"):
        name = text(entry, "picture", 300)
        try:
            body = read_below(folder, name, LARGEST)
            redrawn(BytesIO(body))  # what is no picture is never shown to everybody; one that is stays as it was drawn
        except (CannotRead, NotAPicture) as error:
            raise BadEntry(f"picture: {error}") from None
        project.picture.save(f"{project.slug}{Path(name).suffix}", ContentFile(body), save=False)
    project.save()
    return project


def _attempt(problems: list[str], place: str, add: Callable[[], Any]) -> None:
    """Do it for itself: what goes wrong is a problem with its place, and undoes nothing else."""
    try:
        with transaction.atomic():
            add()
    except (BadEntry, ValidationError, DataError, KeyError) as error:
        words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error).splitlines()[0]
        problems.append(f"{place}: {f'{error.args[0]} is missing' if isinstance(error, KeyError) else words}")


def _add_people(project: Project, entry: dict[str, Any], people: dict[str, User], problems: list[str]) -> None:
    for name, role in mapping(entry, "people").items():
        _attempt(problems, f"people.{name}", lambda: _add_person(project, people, name, role))  # noqa: B023 -- called at once


def _add_person(project: Project, people: dict[str, User], name: str, role: Any) -> None:
    if name not in people:
        raise BadEntry(f"unknown person: add --person={name}=SUBJECT")
    if not project.memberships.filter(user=people[name]).exists():
        begin(project=project, user=people[name], role=_role(role))


def _role(value: Any) -> str:
    if value not in Role.values:
        raise BadEntry(f"the role must be one of {', '.join(Role.values)}")
    return str(value)


def load_resources(project: Project, entry: dict[str, Any], problems: list[str]) -> None:
    """Bind what the entry lists: DIDs, software by DOI, links; what cannot be taken is added to the problems."""
    kinds = {"data": _add_data, "software": _add_software, "link": _add_link}
    for kind, add in kinds.items():
        for number, item in enumerate(tables(entry, kind), 1):
            _attempt(problems, f"{kind} {number}", lambda: add(project, item))  # noqa: B023 -- called at once


def _add_data(project: Project, item: dict[str, Any]) -> None:
    did, title = text(item, "did", 600), text(item, "title", 300, default="")
    services.add_resource(by=None, project=project, kind=Resource.Kind.DID, service=text(item, "service", 60), identifier=did, title=title)


def _add_software(project: Project, item: dict[str, Any]) -> None:
    title, doi = text(item, "title", 300), text(item, "doi", 300, default="")
    # Zenodo's concept DOIs end in the number by which the catalogue lists the entry; what has no DOI goes by its title.
    facts = {"entry": doi.rsplit(".", 1)[-1], "why": text(item, "why", 2000, default="")}
    services.add_resource(
        by=None,
        project=project,
        kind=Resource.Kind.SOFTWARE,
        service=service(ServiceKind.ZENODO).name,
        identifier=doi or title,
        title=title,
        facts=facts,
    )


def _add_link(project: Project, item: dict[str, Any]) -> None:
    services.add_resource(
        by=None, project=project, kind=Resource.Kind.LINK, identifier=text(item, "url", 600), title=text(item, "title", 300)
    )
