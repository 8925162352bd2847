"""References of a public project that its visitors do not see: its leads are told which, by name where they may see the name."""

from collections.abc import Iterable
from dataclasses import dataclass

from projects import audience
from projects.models import FromScope, Project, Resource
from projects.resource_access import can_see
from vre_portal.iam.models import User

MAX_NAMED = 20


@dataclass(frozen=True)
class HiddenReferences:
    """Data that stay closed to visitors; `named` are the first of them that the reader may see."""

    count: int
    named: list[Resource]

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.count - len(self.named)


def hidden_from_visitors(
    reader: User, project: Project, origins: Iterable[FromScope] | None = None, *, with_names: bool = True
) -> HiddenReferences | None:
    """What visitors of the project do not see, or would not if it were public; None where there is nothing that the reader may know of.

    One question where nothing is hidden, none where `origins` says it; and one for the names.
    """
    counted = project.resources.origins() if origins is None else origins
    hidden = [item for item in counted if not audience.is_public(item.origin) and can_see(reader, project, item.origin)]
    if not hidden:
        return None
    named = project.resources.filter(kind__in=Resource.IN_LAKES).visible_to(reader, hidden)
    return HiddenReferences(sum(item.count for item in hidden), list(named[:MAX_NAMED]) if with_names else [])
