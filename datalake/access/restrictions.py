"""What services.toml says about restricted data: what may be known of them, which group opens them, and who decides about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from vre_portal.iam.groups import prefix_of
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, UnknownService, service


@dataclass(frozen=True)
class Restriction:
    """One entry of a lake's option `access`. What stands here is told to everybody who signed in; nothing else is."""

    lake: Service
    scope: str  # one of `restricted_scopes`
    group: str  # as this portal names it: its members read
    owners: tuple[str, ...]  # groups whose members decide
    title: str
    about: str = ""
    contact: str = ""
    until: date | None = None  # the day from which it is foreseen to be open
    iam: str | None = None  # where the group lives; the first IAM where nothing is said

    # Groups count to the letter, as in `restricted_scopes`: who has a role in a group is not thereby in the group.

    @property
    def home(self) -> Service:
        """The IAM that has the group."""
        return service(ServiceKind.IAM, self.iam)

    @property
    def group_at_home(self) -> str:
        """The group's name there."""
        return self.group.removeprefix(prefix_of(self.home))

    def opens_to(self, user: User) -> bool:
        """Whether somebody may read already."""
        return self.group in user.groups or self.decided_by(user)

    def decided_by(self, user: User) -> bool:
        """Whether somebody grants and declines."""
        return not set(self.owners).isdisjoint(user.groups)


def restrictions(lake: Service) -> Iterator[Restriction]:
    """All entries of a lake, in the file's order."""
    for entry in lake.options.get("access") or ():
        yield Restriction(lake, **{**entry, "owners": tuple(entry.get("owners") or ())})


def restriction(lake: Service, scope: str) -> Restriction | None:
    """The entry of one scope."""
    return next((item for item in restrictions(lake) if item.scope == scope), None)


def of_row(lake: str, scope: str) -> Restriction | None:
    """The entry that a row is about; None where it was taken out of services.toml since."""
    try:
        return restriction(service(ServiceKind.RUCIO, lake), scope)
    except UnknownService:
        return None
