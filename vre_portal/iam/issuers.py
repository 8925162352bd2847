"""Which configured IAM a person comes from."""

from vre_portal.iam.errors import sign_in_again
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, services


def iam_of(user: User) -> Service:
    """The IAM by which the person last signed in; raises SignInAgain where it is no longer configured, for it can renew nothing."""
    return iam_at(user.issuer)


def iam_at(issuer: str) -> Service:
    """The IAM with this issuer; raises SignInAgain where none is configured."""
    for iam in services(ServiceKind.IAM):
        if iam.url == issuer:
            return iam
    raise sign_in_again()
