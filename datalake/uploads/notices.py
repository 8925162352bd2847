"""What people are told of their uploads: that a file arrived or failed, and that one is about to be deleted."""

from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datalake.uploads.models import Upload
from vre_portal.jobs import changes
from vre_portal.notices import kinds
from vre_portal.notices.batches import one_of_many
from vre_portal.notices.kinds import Delivery, NoticeKind
from vre_portal.notices.services import notify, unreported
from vre_portal.search import audiences

SECTION = gettext_lazy("Data Lake")
BEFORE_DELETION = timedelta(hours=6)
MAX_REPORTED = 500  # in one go; the next goes on
DONE = NoticeKind("uploads.done", gettext_lazy("An upload arrived in the Data Lake"), SECTION, icon="upload")
FAILED = NoticeKind("uploads.failed", gettext_lazy("An upload failed"), SECTION, Delivery.MAIL, "circle-x")
WAITING = NoticeKind("uploads.waiting", gettext_lazy("An unfinished upload is about to be deleted"), SECTION, Delivery.MAIL, "hourglass")


def register() -> None:
    """Make the kinds known, and watch the states of uploads."""
    for kind in (DONE, FAILED, WAITING):
        kinds.register(kind)
    changes.register(Upload, "state", upload_moved)


def upload_moved(upload: Upload) -> None:
    """A worker gave the upload another state; one that failed may be tried again and fail once more."""
    match upload.state:
        case Upload.State.DONE:
            _report(DONE, upload, f"upload:{upload.pk}", _("%(file)s is in the Data Lake"), upload.reason)
        case Upload.State.FAILED:
            _report(FAILED, upload, f"upload:{upload.pk}:{upload.attempt}", _("The upload of %(file)s failed"), upload.reason)


def report_waiting() -> None:
    """Tell people of uploads that they began and did not finish, some hours before these are deleted."""
    end = timezone.now() + min(BEFORE_DELETION, timedelta(hours=settings.UPLOAD_HOURS) / 2)
    soon = Upload.objects.filter(state=Upload.State.RECEIVING, expires_at__lt=end)
    keys = {_key_of_wait(item): item.pk for item in soon.order_by("expires_at").only("expires_at")[: 4 * MAX_REPORTED]}
    for key in sorted(unreported(WAITING.key, keys))[:MAX_REPORTED]:
        with one_of_many(f"upload {keys[key]}"):
            upload = soon.select_for_update(of=("self",), skip_locked=True).filter(pk=keys[key]).first()
            if upload is not None and _key_of_wait(upload) == key:  # else it goes on
                text = _("Choose the same file again to resume the upload. Otherwise the received part is deleted.")
                _report(WAITING, upload, key, _("Finish the upload of %(file)s, or it is deleted"), text)


def page_of(upload: Upload) -> str:
    """The place of a person's list of uploads where its state is shown."""
    return f"{reverse('lake_uploads:upload', args=[upload.lake])}#upload-{upload.pk}"


def _key_of_wait(upload: Upload) -> str:
    """Another one when bytes have come since, for then it expires later."""
    return f"upload:{upload.pk}:{upload.expires_at:%Y%m%dT%H%M%S.%f}"


def _report(kind: NoticeKind, upload: Upload, key: str, title: str, text: str) -> None:
    """Tell the person whose upload it is, while no restriction keeps them from its scope."""
    notify(
        kind.key,
        key,
        title=title % {"file": upload},
        text=text,
        url=page_of(upload),
        audience=audiences.rule([audiences.person(upload.by_id), audiences.condition("read", f"{upload.lake}:{upload.scope}")]),
        to=[upload.by_id],
        group=f"lake:{upload.lake}",
        data={"lake": upload.lake, "did": str(upload), "status": upload.state},
    )
