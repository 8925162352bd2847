"""The notebook page of a workflow of a content file."""

from typing import Any

from projects.content import BadEntry, mapping, text
from projects.workflows.models import NotebookPage, Specification
from projects.workflows.notebook_pages.services import REMOVED, subject_of
from projects.workflows.reana_yaml import workspace_path
from vre_portal.audit.models import AuditEntry


def add_notebook_page(specification: Specification, entry: dict[str, Any]) -> None:
    """Give the workflow the page that its entry describes, if it has none and nobody removed it; what people changed since stays. Raises BadEntry."""
    facts = mapping(entry, "notebook_page")
    if not facts:
        return
    is_public = facts.get("public", False)
    if not isinstance(is_public, bool):
        raise BadEntry("notebook_page: public must be true or false")
    output = workspace_path(text(facts, "output", 600))
    if output is None:
        raise BadEntry("notebook_page: output must be a path in the workspace")
    values = {"output": output, "description": text(facts, "description", 2000, default=""), "is_public": is_public}
    subject = subject_of(NotebookPage(specification=specification))
    if AuditEntry.objects.filter(subject=subject, action=REMOVED, outcome="ok").exists():
        return
    NotebookPage.objects.get_or_create(specification=specification, defaults=values)
