"""What the four engines understand of a specification, read apart from the portal."""

from projects.workflows.engines.reader import read
from projects.workflows.engines.reading import Node, Reading

__all__ = ["Node", "Reading", "read"]
