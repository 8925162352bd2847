"""What the four engines understand of a specification, read apart from the portal."""

from typing import Any

from projects.workflows.engines.reading import Node, Reading

__all__ = ["Node", "Reading", "read"]


def read(*args: Any, **options: Any) -> Reading:
    """As `engines.reader.read`, whose libraries are large: they are loaded where something is read."""
    from projects.workflows.engines import reader

    return reader.read(*args, **options)
