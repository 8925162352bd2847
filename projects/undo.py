"""What a reader changed in a project a moment ago and can take back: noted in their session, for a while."""

import time
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from projects.models import Project

UNDO_SECONDS = 600


@dataclass(frozen=True)
class Undo:
    """The last change of one sort."""

    key: str  # in the session

    def note(self, request: HttpRequest, project: Project, **facts: Any) -> None:
        """Remember what it takes to undo the change, in place of an earlier one."""
        request.session[self.key] = {"project": project.pk, "at": time.time(), **facts}

    def last(self, request: HttpRequest, project: Project) -> dict[str, Any] | None:
        """The facts of the reader's last change in this project; None where there is none or it is too long ago."""
        noted = request.session.get(self.key)
        if not noted or noted["project"] != project.pk or time.time() - noted["at"] > UNDO_SECONDS:
            return None
        return dict(noted)

    def forget(self, request: HttpRequest) -> None:
        """It is undone, or cannot be any more."""
        request.session.pop(self.key, None)
