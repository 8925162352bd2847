"""What people are told of their requests to a lake, of their rules and of their quota."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from datalake.operations import kinds as operation_kinds
from datalake.operations.models import Operation
from vre_portal.jobs import changes
from vre_portal.notices import kinds
from vre_portal.notices.kinds import Delivery, NoticeKind
from vre_portal.notices.services import notify
from vre_portal.search import audiences

SECTION = gettext_lazy("Data Lake")
LONG = timedelta(seconds=60)  # a request that was quicker is done while its person still looks at its page
MAX_SCOPES = 5  # of a request that a rule of an audience names; a notice about more names none of its data
DONE = NoticeKind("lake.request_done", gettext_lazy("A request that took more than a minute was carried out"), SECTION, icon="circle-check")
FAILED = NoticeKind("lake.request_failed", gettext_lazy("A request was refused or failed"), SECTION, icon="circle-x")
STUCK = NoticeKind("lake.rule_stuck", gettext_lazy("One of your rules is stuck"), SECTION, Delivery.MAIL, "triangle-alert")
EXPIRES = NoticeKind("lake.rule_expires", gettext_lazy("One of your rules expires within three days"), SECTION, Delivery.MAIL, "hourglass")
QUOTA_NEAR = NoticeKind("lake.quota_80", gettext_lazy("80 % of a quota is used"), SECTION, icon="database")
QUOTA_FULL = NoticeKind("lake.quota_95", gettext_lazy("95 % of a quota is used"), SECTION, Delivery.MAIL, "triangle-alert")


def register() -> None:
    """Make the kinds known, and watch the states of requests."""
    for kind in (DONE, FAILED, STUCK, EXPIRES, QUOTA_NEAR, QUOTA_FULL):
        kinds.register(kind)
    changes.register(Operation, "state", operation_moved)


def operation_moved(operation: Operation) -> None:
    """A worker gave the request another state."""
    if operation.state == Operation.State.DONE and operation.ended_at and operation.ended_at - operation.asked_at > LONG:
        _report(DONE, operation, _("Request “%(request)s” was carried out"), _("Request “%(request)s” of %(did)s was carried out"))
    elif operation.state in Operation.AGAIN:
        _report(
            FAILED, operation, _("Request “%(request)s” was not carried out"), _("Request “%(request)s” of %(did)s was not carried out")
        )


def _report(kind: NoticeKind, operation: Operation, title: str, title_with_did: str) -> None:
    """Tell the person whose request it is, while no restriction keeps them from its data; once each time that it is requested."""
    dids = [str(subject) for subject in operation.subjects if ":" in str(subject)]
    scopes = {did.partition(":")[0] for did in dids}
    is_short = len(scopes) <= MAX_SCOPES
    facts = {"request": operation_kinds.title(operation.kind), "did": named(dids) if is_short else ""}
    read = [audiences.condition("read", f"{operation.lake}:{scope}") for scope in scopes] if is_short else []
    notify(
        kind.key,
        f"operation:{operation.pk}:{operation.asked_at:%Y%m%dT%H%M%S.%f}",
        title=(title_with_did if facts["did"] else title) % facts,
        text=operation.answer if is_short else "",
        url=operation.get_absolute_url(),
        audience=audiences.rule([audiences.person(operation.by_id), *read]),
        to=[operation.by_id],
        group=f"lake:{operation.lake}",
        data={"lake": operation.lake, "request": operation.pk, "status": operation.state},
    )


def named(dids: list[str]) -> str:
    """The first of them, and how many more there are; empty where there are none."""
    if len(dids) < 2:
        return "".join(dids)
    more = len(dids) - 1
    return ngettext("%(did)s and %(more)s more DID", "%(did)s and %(more)s more DIDs", more) % {"did": dids[0], "more": more}
