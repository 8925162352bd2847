"""What a person may have on its way into Data Lakes, for the page of what they may use."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext as _

from datalake.uploads.models import Upload
from vre_portal.allowances.parts import Allowance, AllowancePart, PartAnswer, Unit
from vre_portal.iam.models import User

MORE = ("limit", {"what": "uploads"})


def parts(user: User) -> Iterator[AllowancePart]:
    """One part."""
    yield AllowancePart("uploads", _("Uploads"), _read)


def _read(user: User) -> PartAnswer:
    used = Upload.objects.filter(by=user, state__in=Upload.OPEN).aggregate(bytes=Sum("size"))["bytes"] or 0
    return PartAnswer(
        [
            Allowance(
                _("Unfinished uploads"),
                used,
                settings.UPLOAD_PERSON_BYTES,
                Unit.BYTES,
                renews=_("when an upload completes, or %(hours)s h after its last activity") % {"hours": settings.UPLOAD_HOURS},
                request=MORE,
            ),
            Allowance(_("Size of one file"), None, settings.UPLOAD_FILE_BYTES, Unit.BYTES, request=MORE),
        ]
    )
