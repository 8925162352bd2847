"""A file on its way into a lake is a reason to wait with erasing somebody: nobody could finish it."""

from django.urls import reverse

from datalake.uploads.models import Upload
from vre_portal.iam import personal, sign_out
from vre_portal.iam.models import User


def still_open(user: User) -> list[str]:
    """Uploads that have not ended."""
    found = Upload.objects.filter(by=user, state__in=Upload.OPEN)[:5]
    return [f"Your upload of {item} has not ended: cancel it, or let it end, first." for item in found]


personal.hinder(still_open)


def waiting(user: User) -> list[sign_out.Waiting]:
    """Files that are not in the lake yet."""
    words = "It goes on when you sign in again."
    return [
        sign_out.Waiting(f"Upload of {item}", reverse("lake_uploads:upload", args=[item.lake]), words)
        for item in Upload.objects.filter(by=user, state__in=Upload.OPEN)
    ]


sign_out.add_waiting(waiting)
