"""What the dashboard says of uploads: to their person, and to staff."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake.uploads.models import Upload
from vre_portal import attention, staff_overview
from vre_portal.attention import AttentionItem
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, services
from vre_portal.staff_overview import StaffFigure, StaffSection
from vre_portal.text import distance

INTERRUPTED_AFTER = timedelta(minutes=10)  # without a byte
LISTED_FOR = timedelta(days=7)
DAY = timedelta(hours=24)


def waiting_uploads(user: User) -> Iterator[AttentionItem]:
    """One line for each lake: the uploads that were interrupted, and one for those that failed."""
    now = timezone.now()
    interrupted = Q(state=Upload.State.RECEIVING, changed_at__lt=now - INTERRUPTED_AFTER)
    failed = Q(state=Upload.State.FAILED, changed_at__gte=now - LISTED_FOR)
    uploads = list(Upload.objects.filter(interrupted | failed, by=user).defer("metadata"))
    for lake in services(ServiceKind.RUCIO):
        here, page = [item for item in uploads if item.lake == lake.name], reverse("lake_uploads:upload", args=[lake.name])
        if stopped := [item for item in here if item.is_open]:
            title = ngettext("%(n)s upload was interrupted", "%(n)s uploads were interrupted", len(stopped)) % {"n": len(stopped)}
            expires = distance(min(item.expires_at for item in stopped), now)
            detail = _("Choose the same files again to resume: %(name)s. The first expires %(when)s.")
            words = detail % {"name": _names(stopped), "when": expires}
            yield AttentionItem(title, page, words, max(item.changed_at for item in stopped), "upload", "upload")
        if broken := [item for item in here if not item.is_open]:
            title = ngettext("%(n)s upload failed", "%(n)s uploads failed", len(broken)) % {"n": len(broken)}
            detail = broken[0].reason if len(broken) == 1 else _names(broken)
            yield AttentionItem(title, page, detail, max(item.changed_at for item in broken), "upload", "upload")


def _names(uploads: list[Upload]) -> str:
    """The first three names."""
    return ", ".join(item.name for item in uploads[:3]) + (", …" if len(uploads) > 3 else "")


def staff_figures() -> Iterator[StaffFigure]:
    """Uploads that are under way."""
    yield StaffFigure(_("Open uploads"), Upload.objects.filter(state__in=Upload.OPEN).count())


def staff_problems() -> Iterator[StaffFigure]:
    """Uploads that failed in the last day."""
    failed = Upload.objects.filter(state=Upload.State.FAILED, changed_at__gte=timezone.now() - DAY)
    yield StaffFigure(_("Failed uploads"), failed.count())


def register_sources() -> None:
    """Tell the dashboard whom to ask."""
    attention.register(waiting_uploads)
    staff_overview.register(StaffSection.FIGURES, staff_figures)
    staff_overview.register(StaffSection.PROBLEMS, staff_problems)
