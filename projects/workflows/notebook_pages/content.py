"""The notebook page of a workflow of a content file."""

from typing import Any

from projects.content import BadEntry, mapping, text
from projects.workflows.models import NotebookPage, Specification


def add_notebook_page(specification: Specification, entry: dict[str, Any]) -> None:
    """Give the workflow the page that its entry describes, if it has none; what people changed since stays. Raises BadEntry."""
    facts = mapping(entry, "notebook_page")
    if not facts:
        return
    is_public = facts.get("public", False)
    if not isinstance(is_public, bool):
        raise BadEntry("notebook_page: public must be true or false")
    values = {"output": text(facts, "output", 600), "description": text(facts, "description", 2000, default=""), "is_public": is_public}
    NotebookPage.objects.get_or_create(specification=specification, defaults=values)
