"""A new version of a specification: its row, its files, and the columns of the specification that follow it."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext as _

from projects.models import Project
from projects.workflows.models import Specification, SpecificationVersion, StoredFile
from vre_portal.iam.models import User
from vre_portal.text import size

READ = ("input_parameters", "parameter_schema", "notes", "file_faults", "reading")  # what reading once more may tell otherwise


class NoRoom(Exception):
    """The project's stored files would take more than they may; the text says how much."""


def add_version(
    specification: Specification,
    *,
    by: User | None,
    text: str,
    files: Mapping[str, StoredFile],
    data: dict[str, Any],
    **facts: Any,
) -> SpecificationVersion:
    """Give the specification its next version, which is current from then on; called in a transaction with the project's row locked.

    Where nothing differs from the current one there is no new version, and that one is returned; another commit, branch or repository differs.
    """
    current = specification.current
    if (
        current is not None
        and facts.get("commit", "") in ("", current.commit)
        and not _is_elsewhere(current, facts)
        and current.same_as(text, {path: stored.sha256 for path, stored in files.items()}, data)
    ):
        _update_reading(current, facts)
    else:
        if specification.pk is None:
            specification.text = text
            specification.save()
        last = specification.versions.first()
        current = SpecificationVersion(
            specification=specification, number=last.number + 1 if last else 1, added_by=by, text=text, data=data, **facts
        )
        current.save()
        current.take(files.items())
    _follow(specification, current)
    return current


def _is_elsewhere(current: SpecificationVersion, facts: Mapping[str, Any]) -> bool:
    """Whether the same comes from another branch or repository, which is followed from then on."""
    source = facts.get("address", ""), facts.get("ref", "")
    return bool(current.commit and facts.get("commit")) and source != (current.address, current.ref)


def _update_reading(version: SpecificationVersion, facts: dict[str, Any]) -> None:
    """What is understood of it may have changed, although it is the same; where it came from has not."""
    known = {name: value for name, value in facts.items() if name in READ}
    for name, value in known.items():
        setattr(version, name, value)
    version.save(update_fields=list(known))


def _follow(specification: Specification, version: SpecificationVersion) -> None:
    specification.follow(version)
    if version.commit:
        specification.newer_commit, specification.newer_since, specification.lost = "", None, ""
    specification.save()


def used_bytes(project: Project) -> int:
    """What the stored files of a project's workflows take, each content once."""
    return int(StoredFile.objects.of_project(project).aggregate(total=Sum("size"))["total"] or 0)


def require_room(project: Project, files: Mapping[str, StoredFile]) -> None:
    """Raise NoRoom where the project's files would become too many."""
    limit = settings.SPECIFICATION_MEGABYTES * 1000 * 1000
    here = set(StoredFile.objects.of_project(project).values_list("pk", flat=True))
    wanted = {stored.pk: stored.size for stored in files.values() if stored.pk not in here}
    used = used_bytes(project)
    if used + sum(wanted.values()) > limit:
        text = _(
            "Nothing was saved. The workflows of this project use %(used)s of %(limit)s; this one needs %(new)s more. "
            "Put large files into the Data Lake, or delete a workflow without runs."
        )
        raise NoRoom(text % {"used": size(used), "limit": size(limit), "new": size(sum(wanted.values()))})
