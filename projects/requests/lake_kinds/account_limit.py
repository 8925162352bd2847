"""A larger account limit: how much a person's account may keep at storage elements; set at Rucio with the approver's rights."""

from datetime import date

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datalake import rucio
from projects.models import Project
from projects.requests.kinds import ActResult, RequestKind, Values
from projects.requests.lake_kinds.lakes import (
    ACCOUNT,
    CHANGES,
    AmountsForm,
    LakeAdministrators,
    account_of,
    cannot_ask,
    commands,
    has_lake,
    lake_of,
    size_field,
    text_of,
    token_of,
    value_of,
)
from projects.requests.lake_kinds.present_facts import quota_facts
from projects.requests.lake_kinds.storage_form import StorageForm
from projects.requests.models import Request
from vre_portal.iam.models import User
from vre_portal.jobs.fates import Refused
from vre_portal.text import size


class AccountLimitForm(StorageForm):
    """Where, how much, and for how long."""

    bytes = size_field(gettext_lazy("Total limit"), gettext_lazy("All that you need there, not what is added. For example 500 GB or 2 TB."))
    until = forms.DateField(
        label=gettext_lazy("Needed until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("For the people who decide. Rucio's limits do not end by themselves."),
    )

    def clean_until(self) -> date | None:
        day: date | None = self.cleaned_data["until"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(_("This day is in the past. Choose today or a later day."))
        return day


class LimitDecisionForm(AmountsForm):
    """How much is granted."""

    bytes = size_field(gettext_lazy("Limit to set"), gettext_lazy("Leave empty for the limit that was asked for."), required=False)


def title(values: Values, _project: Project | None) -> str:
    """What a list calls one."""
    return _("%(size)s at %(rse)s") % {"size": size(values["bytes"]), "rse": values["rse"]}


def subject(values: Values, _project: Project | None) -> str:
    """One request of a person for a place at a time."""
    return f"{values['lake']}/{values['rse']}"


def wanted(request: Request) -> int:
    """The bytes that were granted, or else asked for. Raises Refused where stored values are odd."""
    value = request.decision.get("bytes") or value_of(request, "bytes")
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise Refused(_("The request says no amount."))
    return value


def set_limit(request: Request, approver: User) -> ActResult:
    """Raise the limit; one that is as high already stays."""
    lake, limit = lake_of(request), wanted(request)
    token = token_of(approver, lake, request)
    change = rucio.raise_account_limit(lake, token, account_of(request.by, lake, token), text_of(request, "rse"), limit)
    page = reverse("lake_acts:usage", args=[lake.name])
    if change.after is None:
        return ActResult(_("The account has no limit at %(rse)s.") % {"rse": change.place}, page)
    return ActResult(_("The limit at %(rse)s is %(size)s.") % {"rse": change.place, "size": size(change.after)}, page)


def instructions(request: Request) -> str:
    """The command that sets the limit."""
    rse, limit = text_of(request, "rse"), str(request.decision.get("bytes") or text_of(request, "bytes"))
    is_expression = any(character in rse for character in "=&|\\()*<>!~")
    extra = ["--locality", "global"] if is_expression else []
    return commands(request, ["rucio", "account", "limit", "set", ACCOUNT, "--rse", rse, "--bytes", limit, *extra])


ACCOUNT_LIMIT = RequestKind(
    key="account-limit",
    title=gettext_lazy("More storage quota"),
    description=gettext_lazy("Keep more data at a storage element of the Data Lake."),
    icon="database",
    section=gettext_lazy("Data Lake"),
    form=AccountLimitForm,
    decision_form=LimitDecisionForm,
    approvers=LakeAdministrators(),
    title_of=title,
    subject_of=subject,
    may_open=cannot_ask,
    stoppable=CHANGES,
    result_link=gettext_lazy("Open your limits"),
    act=set_limit,
    can_act=has_lake,
    instructions=instructions,
    present_facts=quota_facts,
)
