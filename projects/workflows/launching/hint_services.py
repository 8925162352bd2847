"""What a project's editors say of parameters; two tabs never overwrite each other unseen."""

from typing import Any

from django.db import transaction

from projects.locking import open_project_locked
from projects.workflows.launching.hints import version_of
from projects.workflows.models import Specification
from vre_portal.audit import record
from vre_portal.iam.models import User


class ChangedMeanwhile(Exception):
    """Somebody saved other hints since this form was opened."""

    def __init__(self, specification: Specification) -> None:
        super().__init__()
        self.specification = specification


def save(*, by: User, specification: Specification, parameter: str, said: dict[str, Any], seen: str) -> bool:
    """Save what is said of one parameter; False where that is saved already. Raises ChangedMeanwhile where the hints are not those seen."""
    with transaction.atomic():
        open_project_locked(specification.project)
        now = Specification.objects.select_for_update(of=("self",)).defer("code").get(pk=specification.pk)
        if now.editor_hints.get(parameter, {}) == said:
            return False
        if version_of(now.editor_hints) != seen:
            raise ChangedMeanwhile(now)
        others = {name: hint for name, hint in now.editor_hints.items() if name != parameter}
        now.editor_hints = {**others, parameter: said} if said else others
        now.save(update_fields=["editor_hints", "changed_at"])
        subject = f"specification/{specification.project.slug}/{specification.name}"
        record("specification.hints", by=by, subject=subject, parameter=parameter)
    return True
