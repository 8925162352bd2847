"""Unfinished requests delay the deletion of an account: they need its own token."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake.operations.models import Operation
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.iam.sessions import sign_out


def under_way(user: User) -> list[str]:
    """One sentence with the number of unfinished requests; empty where there are none."""
    count = Operation.objects.unended().filter(by=user).count()
    text = ngettext(
        "%(n)s Data Lake request of yours is not finished. Cancel it, or wait.",
        "%(n)s Data Lake requests of yours are not finished. Cancel them, or wait.",
        count,
    )
    return [text % {"n": count}] if count else []


data_export.register_erasure_check(under_way)


def waiting(user: User) -> list[sign_out.Waiting]:
    """The unfinished requests, which stop while their person is signed in nowhere."""
    return [
        sign_out.Waiting(
            _("Request to %(lake)s") % {"lake": operation.lake}, operation.get_absolute_url(), _("It resumes when you sign in again.")
        )
        for operation in Operation.objects.unended().filter(by=user)
    ]


sign_out.add_waiting(waiting)
