"""Bring science projects from a content file into the portal; what is there already is left as people made it."""

from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile

from projects import services
from projects.models import Project, Resource
from projects.people.services import begin
from vre_portal.audit import record
from vre_portal.iam.models import User

TEXTS = (
    "title", "summary", "description", "visibility", "embargo_until", "theme", "experiments", "institutes", "contact", "licence", "citation", "scope",
    "picture_description",
)  # fmt: skip


def load_project(entry: dict[str, Any], folder: Path, people: dict[str, User]) -> Project:
    """Make one project with its people, data, software and links, unless there is one with its slug; all of it is in the record."""
    existing = Project.objects.filter(slug=entry["slug"]).first()
    if existing:
        return existing
    project = Project(slug=entry["slug"], **{name: entry[name] for name in TEXTS if name in entry})
    if entry.get("picture"):
        path = folder / entry["picture"]
        project.picture.save(f"{project.slug}{path.suffix}", ContentFile(path.read_bytes()), save=False)
    project.save()
    for name, role in entry.get("people", {}).items():
        begin(project=project, user=people[name], role=role)
    for group, role in entry.get("groups", {}).items():
        begin(project=project, group=group, role=role)
    load_resources(project, entry)
    record("project.create", by=None, subject=f"project/{project.slug}", visibility=project.visibility, source="content file")
    return project


def load_resources(project: Project, entry: dict[str, Any]) -> None:
    """Bind what the entry lists: DIDs, software by DOI, links."""
    for item in entry.get("data", []):
        services.add_resource(
            by=None, project=project, kind=Resource.Kind.DID, service=item["service"], identifier=item["did"], title=item.get("title", "")
        )
    for item in entry.get("software", []):
        # Zenodo's concept DOIs end in the number by which the catalogue lists the entry; what has no DOI goes by its title.
        facts = {"entry": item["doi"].rsplit(".", 1)[-1], "why": item.get("why", "")}
        services.add_resource(
            by=None,
            project=project,
            kind=Resource.Kind.SOFTWARE,
            service="ossr",
            identifier=item["doi"] or item["title"],
            title=item["title"],
            facts=facts,
        )
    for item in entry.get("link", []):
        services.add_resource(by=None, project=project, kind=Resource.Kind.LINK, identifier=item["url"], title=item["title"])
