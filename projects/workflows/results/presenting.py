"""A result as its page, its citation and programs show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString

from projects.workflows.data_use import runs as runs_reading
from projects.workflows.data_use import runs_with_files_of
from projects.workflows.kept_files import names_of
from projects.workflows.models import Keep, Result, Run, RunFile, RunValue
from projects.workflows.models.label import exact_number
from projects.workflows.provenance import provenance_of
from vre_portal import markdown
from vre_portal.citation_formats import Author, Reference, ReferenceType
from vre_portal.usage import EARLIEST, Thing, Use
from vre_portal.vocabularies import orcid, spdx

MAX_FILES = 200  # of one dataset on a page
MAX_USES = 50


@dataclass(frozen=True)
class KeptFile:
    """A file of a result in a lake: SHA-256 where the portal has its bytes, and what the lake had when it was kept."""

    did: str
    path: str
    size: int | None
    sha256: str
    adler32: str = ""


def reference_of(result: Result) -> Reference:
    """How to cite it."""
    run = result.run
    return Reference(
        type=ReferenceType.DATASET,
        title=result.title,
        authors=tuple(Author.person(row["name"], orcid=row["orcid"]) for row in result.people_list if row["name"]),
        date=f"{run.finished_at or run.created_at:%Y-%m-%d}",
        version=str(result.version),
        url=address_of(result),
        publisher=str(settings.SITE["name"]),
        licence=spdx.canonical(result.licence),
        abstract=result.description[:1000],
        fallback_key=f"{run.project.slug}-{run.number}",
    )


def address_of(result: Result) -> str:
    """Its page, with the portal's name."""
    return f"{settings.PORTAL_URL}{result.get_absolute_url()}"


def people_of(result: Result) -> list[tuple[str, str]]:
    """Name and page at ORCID of each person; without a page where there is no iD."""
    return [(row["name"], orcid.address(row["orcid"]) if orcid.is_valid(row["orcid"]) else "") for row in result.people_list]


def description_of(result: Result) -> SafeString:
    """The description as HTML that has been through the sanitiser; a picture is a link."""
    return markdown.render(result.description, prefix="about")


def kept_files(keep: Keep, files: dict[str, RunFile]) -> list[KeptFile]:
    """The files of a dataset that was kept."""
    names = names_of(keep.dataset, keep.paths)
    return [_kept_file(keep, path, names[path], files.get(path)) for path in keep.uploaded if path in names]


def _kept_file(keep: Keep, path: str, name: str, file: RunFile | None) -> KeptFile:
    found = keep.in_lake.get(path) if isinstance(keep.in_lake, dict) else None
    facts = found if isinstance(found, dict) else {}
    size = facts.get("bytes") if file is None or file.size is None else file.size
    return KeptFile(f"{keep.scope}:{name}", path, size, file.sha256 if file else "", str(facts.get("adler32") or ""))


def files_by_path(run: Run, keeps: Iterable[Keep]) -> dict[str, RunFile]:
    """The files of the run that were kept, by one question."""
    paths = {path for keep in keeps for path in keep.uploaded[:MAX_FILES]}
    return {file.path: file for file in run.outputs.filter(path__in=paths)} if paths else {}


def used_by(user: Any, run: Run, keeps: Iterable[Keep]) -> list[Use]:
    """Other runs that took files of the run, or read what was kept of them, as far as the person may see them; the newest first."""
    found = {use.url: use for use in runs_with_files_of(user, run)}
    for keep in keeps:
        names = names_of(keep.dataset, keep.paths)
        dids = tuple(f"{keep.scope}:{names[path]}" for path in keep.uploaded[:MAX_FILES] if path in names)
        for use in runs_reading(user, Thing("did", keep.lake, str(keep), dids)):
            if use.url != run.get_absolute_url():
                found.setdefault(use.url, use)
    return sorted(found.values(), key=lambda use: use.when or EARLIEST, reverse=True)[:MAX_USES]


def described(result: Result, figures: list[RunValue], kept: list[tuple[Keep, list[KeptFile]]]) -> dict[str, Any]:
    """The result for `?format=json`."""
    run, made = result.run, provenance_of(result.run)
    return {
        "title": result.title,
        "url": address_of(result),
        "description": result.description,
        "people": result.people_list,
        "licence": result.licence or None,
        "numbers": [{"label": item.name, "value": exact_number(item.number, item.text), "shown": item.text} for item in figures],
        "parameters": run.parameters,
        "run": f"{settings.PORTAL_URL}{run.get_absolute_url()}",
        "workflow": run.specification.name,
        "workflow_url": f"{settings.PORTAL_URL}{made.workflow_url}",
        "workflow_version": made.version,
        "commit": run.commit or None,
        "engine": made.engine or None,
        "images": [{"step": step, "image": image, "digest": digest or None} for step, image, digest in made.images],
        "finished_at": run.finished_at,
        "published_at": run.published_at if run.__dict__.get("is_published") else None,
        "withdrawn_at": result.withdrawn_at,
        "data": [
            {
                "lake": keep.lake,
                "did": str(keep),
                "files": [
                    {"did": file.did, "bytes": file.size, "sha256": file.sha256 or None, "adler32": file.adler32 or None} for file in files
                ],
            }
            for keep, files in kept
        ],
    }
