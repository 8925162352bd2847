"""What the four engines understand of a specification, read apart from the portal."""

from typing import Any

from projects.workflows.engines.reading import Node, Reading
from projects.workflows.validation_results import Check

__all__ = ["Node", "Reading", "checks_of_text", "read"]


def checks_of_text(text: str, path: str) -> tuple[Check, ...]:
    """As `engines.reader.checks_of_text`, loaded where it is asked."""
    from projects.workflows.engines import reader

    return reader.checks_of_text(text, path)


def read(*args: Any, **options: Any) -> Reading:
    """As `engines.reader.read`, whose libraries are large: they are loaded where something is read."""
    from projects.workflows.engines import reader

    return reader.read(*args, **options)
