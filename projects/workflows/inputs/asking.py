"""A run's person at its lakes: the groups that they have now, and their tokens."""

from django.utils.translation import gettext as _

from datalake.reads.credentials import RenewedCredentials
from projects.workflows.models import Run
from vre_portal.iam.models import User
from vre_portal.iam.vault import access_token
from vre_portal.iam.vault.group_refresh import refresh_user
from vre_portal.services import Service, ServiceKind, service


class Asker:
    """Who reads a run's inputs; asks the IAM when something is asked of a lake, and not before."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._credentials: dict[str, RenewedCredentials] = {}

    @property
    def person(self) -> User:
        """The person, with their groups as they are now."""
        return refresh_user(self.run.by)

    def lake(self, name: str) -> Service:
        """One of the lakes; raises UnknownService where it is no longer configured."""
        return service(ServiceKind.RUCIO, name)

    def credentials(self, lake: Service) -> RenewedCredentials:
        """Tokens of the person for as long as it takes."""
        if lake.name not in self._credentials:
            self._credentials[lake.name] = RenewedCredentials(self._token(lake), lambda: self._token(lake))
        return self._credentials[lake.name]

    def _token(self, lake: Service) -> str:
        return access_token(self.run.by, lake, purpose=_("inputs of %(run)s") % {"run": self.run.name})
