"""An account is not deleted while the portal has given it access: without it nobody would know whom to remove from the group."""

from django.utils.translation import gettext as _

from datalake.access.models import AccessGrant
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export


def still_open(user: User) -> list[str]:
    """Granted access that has not ended."""
    grants = AccessGrant.objects.active().filter(user=user)
    text = _("You have access to the restricted data of %(scope)s. Give up this access first, and wait until it has ended.")
    return [text % {"scope": item.scope} for item in grants]


data_export.register_erasure_check(still_open)
