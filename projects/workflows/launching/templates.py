"""Saved values of the launch form: one's own, or shared with the members of the project."""

from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.locking import ProjectClosed, open_project_locked
from projects.workflows.launching.overrides import Overrides
from projects.workflows.models import LaunchTemplate, Specification
from vre_portal.audit import record
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.text import storable

MAX_TEMPLATES = 100  # of one person in one project
MAX_NAME = 100


class NotSaved(Exception):
    """The template is not changed; the text is for the person."""


@dataclass(frozen=True)
class Values:
    """What a template holds."""

    parameters: dict[str, Any]
    inputs: dict[str, dict[str, str]]
    overrides: Overrides
    attached: dict[str, dict[str, Any]] = field(default_factory=dict)  # files of runs
    server: str = ""


def save(*, by: User, specification: Specification, name: str, shared: bool, values: Values) -> LaunchTemplate:
    """Save the values under a name, over one's own of the same name. Raises NotSaved."""
    name = _named(name)
    content = {
        "parameters": values.parameters,
        "inputs": values.inputs,
        "attached": values.attached,
        "overrides": values.overrides,
        "server": values.server,
        "shared": shared,
    }
    try:
        with transaction.atomic():
            project = open_project_locked(specification.project)
            own = LaunchTemplate.objects.filter(project=project, by=by)
            if own.count() >= MAX_TEMPLATES and not own.filter(specification=specification, name=name).exists():
                raise NotSaved(_("Not saved: you have %(limit)s templates in this project. Delete some first.") % {"limit": MAX_TEMPLATES})
            saved, _made = LaunchTemplate.objects.update_or_create(
                specification=specification, by=by, name=name, defaults={**content, "project": project, "changed_at": timezone.now()}
            )
            record("launch_template.save", by=by, subject=subject_of(saved), shared=shared)
    except ProjectClosed as closed:
        raise NotSaved(str(closed)) from closed
    return saved


def rename(*, by: User, template: LaunchTemplate, name: str) -> None:
    """Give it another name; raises NotSaved where one's own has it already, ProjectClosed."""
    name = _named(name)
    try:
        with transaction.atomic():
            open_project_locked(template.project)
            LaunchTemplate.objects.filter(pk=template.pk).update(name=name, changed_at=timezone.now())
            record("launch_template.rename", by=by, subject=subject_of(template))
    except IntegrityError:
        raise NotSaved(_("You already have a template with this name.")) from None


@transaction.atomic
def share(*, by: User, template: LaunchTemplate, shared: bool) -> None:
    """Show it to the members of the project, or no longer. Raises ProjectClosed."""
    open_project_locked(template.project)
    LaunchTemplate.objects.filter(pk=template.pk).update(shared=shared, changed_at=timezone.now())
    record("launch_template.share", by=by, subject=subject_of(template), shared=shared)


@transaction.atomic
def delete(*, by: User, template: LaunchTemplate) -> None:
    """Delete it; runs that were launched with it stay as they are. Raises ProjectClosed."""
    open_project_locked(template.project)
    record("launch_template.delete", by=by, subject=subject_of(template))
    LaunchTemplate.objects.filter(pk=template.pk).delete()


def _named(name: str) -> str:
    name = " ".join(storable(name).split())
    if not name:
        raise NotSaved(_("Enter a name for the template."))
    if len(name) > MAX_NAME:
        raise NotSaved(_("The name has more than %(limit)s characters.") % {"limit": MAX_NAME})
    return name


def subject_of(template: LaunchTemplate) -> str:
    """The template as the audit record calls it."""
    return f"launch-template/{template.project.slug}/{template.pk}"


def erase(user: User, _pseudonym: str) -> None:
    """One's own go with the person; shared ones stay with the project, under the pseudonym."""
    LaunchTemplate.objects.filter(by=user, shared=False).delete()


data_export.register_eraser(erase)
