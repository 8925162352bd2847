"""Where pages show the lines in which the steps of a workflow are written."""

import posixpath
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from projects.workflows.models import Document, Run, Specification


@dataclass(frozen=True)
class VersionLines:
    """The page of a version, which has the lines of its specification, and the one that shows its files; empty where there is no version."""

    page: str = ""
    file_page: str = ""
    specification: str = ""  # its path in the repository
    root: str = ""

    def address(self, file: str, line: int | None) -> str:
        """The address of a line of a file that its engine names; empty where no page shows it."""
        if not self.page or not file:
            return ""
        if file == self.specification:
            return f"{self.page}#yaml-{line}" if line else self.page
        path = posixpath.relpath(file, self.root or ".")
        if path.startswith("../"):
            return ""
        return f"{self.file_page}?{urlencode({'path': path})}" + (f"#L{line}" if line else "")


NO_LINES = VersionLines()


def version_lines(document: Document) -> VersionLines:
    """Of the version that a workflow or a run has; what is not saved yet has none."""
    if isinstance(document, Run):
        specification, version = document.specification, document.version
    elif isinstance(document, Specification):
        specification, version = document, document.current
    else:
        return NO_LINES
    if specification is None or version is None:
        return NO_LINES
    place = (document.project.slug, specification.name, version.number)
    page, file_page = (reverse(f"workflows:{name}", args=place) for name in ("versions-show", "versions-file"))
    return VersionLines(page, file_page, version.path or "reana.yaml", version.root)
