"""What the dashboard tells staff of people."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal import staff_overview
from vre_portal.iam.models import User
from vre_portal.staff_overview import StaffFigure, StaffSection

PERIOD = timedelta(days=30)


def staff_figures() -> Iterator[StaffFigure]:
    """Accounts, and how many of them signed in during the last 30 days."""
    recent = Q(last_login__gte=timezone.now() - PERIOD)
    row = User.objects.filter(is_active=True).aggregate(all=Count("pk"), recent=Count("pk", filter=recent))
    detail = _("%(n)s signed in within 30 days") % {"n": row["recent"]}
    yield StaffFigure(_("People"), row["all"], f"/{settings.ADMIN_PATH}iam/user/", detail)


def register_sources() -> None:
    """Tell the dashboard whom to ask."""
    staff_overview.register(StaffSection.FIGURES, staff_figures)
