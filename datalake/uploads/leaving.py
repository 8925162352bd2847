"""A file on its way into a lake is a reason to wait with erasing somebody: nobody could finish it."""

from datalake.uploads.models import Upload
from vre_portal.iam import personal
from vre_portal.iam.models import User


def still_open(user: User) -> list[str]:
    """Uploads that have not ended."""
    found = Upload.objects.filter(by=user, state__in=Upload.OPEN)[:5]
    return [f"Your upload of {item} has not ended: cancel it, or let it end, first." for item in found]


personal.hinder(still_open)
