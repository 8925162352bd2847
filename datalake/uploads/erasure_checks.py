"""An account is not deleted while it has unfinished uploads: nobody could finish them."""

from django.urls import reverse
from django.utils.translation import gettext as _

from datalake.uploads.models import Upload
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.iam.sessions import sign_out


def still_open(user: User) -> list[str]:
    """Uploads that have not ended."""
    uploads = Upload.objects.filter(by=user, state__in=Upload.OPEN)[:5]
    text = _("Your upload of %(file)s has not finished. Cancel it, or wait until it has finished.")
    return [text % {"file": item} for item in uploads]


data_export.register_erasure_check(still_open)


def waiting(user: User) -> list[sign_out.Waiting]:
    """Files that are not in the lake yet."""
    words = _("Resumes when you sign in again.")
    return [
        sign_out.Waiting(_("Upload of %(file)s") % {"file": item}, reverse("lake_uploads:upload", args=[item.lake]), words)
        for item in Upload.objects.filter(by=user, state__in=Upload.OPEN)
    ]


sign_out.add_waiting(waiting)
