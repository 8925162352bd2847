"""Where a workflow comes from: its repository, or the version whose files a new one begins with."""

from typing import Any

from projects.workflows.models import Entry, Specification, SpecificationVersion

REPOSITORIES = (Entry.Origin.GIT, Entry.Origin.LINK, Entry.Origin.SOFTWARE)


def repository_of(specification: Specification) -> SpecificationVersion | None:
    """The newest version that came from a git repository."""
    return specification.versions.filter(origin__in=REPOSITORIES).exclude(address="").first()


def beside(specification: Specification) -> dict[str, Any]:
    """What an entry begins with that changes some files of the current version; nothing where there is no version."""
    base = specification.current
    if base is None:
        return {}
    return {
        "base": base,
        "text": base.text,
        "path": base.path or "reana.yaml",
        "root": base.root,
        "parameter_schema": base.parameter_schema,
    }
