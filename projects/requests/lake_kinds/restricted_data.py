"""Access to restricted data: the owners of the scope decide, and the access itself is given by `datalake.access`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datalake.access import services as access
from datalake.access.restrictions import Restriction, of_row, restrictions
from projects.models import Project
from projects.requests.approvers import NONE, in_groups
from projects.requests.kinds import ActResult, RequestKind, Values
from projects.requests.lake_kinds.lakes import LakeForm, lakes
from projects.requests.models import Request
from projects.requests.values import RequestValuesForm
from vre_portal.iam.models import User
from vre_portal.jobs.fates import Refused

KEY = "restricted-data"


def announced() -> Iterator[Restriction]:
    """The restricted data of all lakes that people are told of; nobody learns of others."""
    for lake in lakes():
        yield from restrictions(lake)


def about(values: Values) -> Restriction | None:
    """What stored values are about; None where the configuration no longer has it."""
    lake, scope = values.get("lake"), values.get("scope")
    return of_row(lake, scope) if isinstance(lake, str) and isinstance(scope, str) else None


@dataclass(frozen=True)
class ScopeOwners:
    """Members of the groups that own the restricted scope."""

    @staticmethod
    def owners_of(restricted: Restriction | None) -> QuerySet[User]:
        """Those whom the portal knows."""
        return User.objects.filter(in_groups(restricted.owners) if restricted is not None else NONE, is_active=True)

    def people(self, request: Request) -> QuerySet[User]:
        return self.owners_of(about(request.values))

    def requests_of(self, user: User) -> Q:
        owned = [_subject(item.lake.name, item.scope) for item in announced() if item.decided_by(user)]
        return Q(subject__in=owned) if owned else NONE

    def words(self) -> str:
        return _("the owners of the data")


class RestrictedDataForm(LakeForm):
    """Which data."""

    scope = forms.ChoiceField(label=gettext_lazy("Data"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        closed = [item for item in announced() if not item.opens_to(self.user)]
        choices = {item.scope: f"{item.title} ({item.scope})" for item in closed}
        field = self.fields["scope"]
        field.choices = list(choices.items())  # type: ignore[attr-defined]
        lake = closed[0].lake.name if closed else ""
        if lake:
            page = reverse("lake_access:index", args=[lake])
            field.help_text = format_html(_('<a href="{}">About these data and their owners</a>'), page)

    def lake_choices(self) -> Iterator[tuple[str, str]]:
        return iter({item.lake.name: item.lake.title for item in announced()}.items())

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "lake" not in values or "scope" not in values:
            return values
        restricted = about(values)
        if restricted is None:
            raise forms.ValidationError(_("This Data Lake has no such restricted data."))
        if restricted.opens_to(self.user):
            raise forms.ValidationError(_("You already have access to these data."))
        if not ScopeOwners.owners_of(restricted).exists():
            text = _("None of the owners of these data has used this portal yet, so nobody could answer. Contact the owners directly.")
            raise forms.ValidationError(text)
        try:
            access.subject_of(self.user, restricted)
        except access.GrantNotPossible:
            text = _("Access needs an identity at %(iam)s. Link it to your account, then request access again.")
            raise forms.ValidationError(text % {"iam": restricted.home.title}) from None
        return values

    @classmethod
    def describe(cls, values: Any) -> list[tuple[str, str]]:
        """With the title of the data, and where to read about them."""
        restricted = about(values) if isinstance(values, dict) else None
        title = [(_("Title"), restricted.title)] if restricted is not None else []
        return [*super().describe(values), *title]


class AccessDecisionForm(RequestValuesForm):
    """Until when."""

    until = forms.DateField(
        label=gettext_lazy("Access ends on"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("At the end of this day (UTC). Leave empty for no end date."),
    )

    def clean_until(self) -> date | None:
        day: date | None = self.cleaned_data["until"]
        if day is not None and day < timezone.now().astimezone(UTC).date():
            raise forms.ValidationError(_("This day is in the past. Choose today or a later day."))
        return day


def may_open(user: User, _project: Project | None) -> str:
    """Somebody who may read all that is announced has nothing to ask for."""
    known = list(announced())
    if not known:
        return _("There are no restricted data for which you have to request access.")
    return _("You already have access to all restricted data that are listed.") if all(item.opens_to(user) for item in known) else ""


def title(values: Values, _project: Project | None) -> str:
    """What a list calls one."""
    restricted = about(values)
    return _("Access to %(title)s") % {"title": restricted.title if restricted is not None else values.get("scope", "")}


def _subject(lake: str, scope: str) -> str:
    return f"{lake}/{scope}"


def people_waiting(lake: str, scope: str) -> QuerySet[Any]:
    """Keys of the people whose request for a scope is under way."""
    return Request.objects.unfinished().filter(kind=KEY, subject=_subject(lake, scope)).order_by("by").values_list("by", flat=True)


def subject(values: Values, _project: Project | None) -> str:
    """One request of a person for a scope at a time."""
    return _subject(values["lake"], values["scope"])


def give_access(request: Request, approver: User) -> ActResult:
    """Record the access, which a worker brings to the IAM."""
    restricted = about(request.values)
    if restricted is None:
        raise Refused(_("This scope is no longer in the portal's configuration."))
    until = end_of(request.decision.get("until"))
    try:
        access.grant(by=approver, restriction=restricted, user=request.by, until=until)
    except access.GrantNotPossible as refused:
        raise Refused(str(refused)) from refused
    text = _("The data can be read within a few minutes.")
    if until is not None:
        last_day = date_format(until - timedelta(days=1), "j M Y")
        text = _("The data can be read within a few minutes, and until the end of %(day)s (UTC).") % {"day": last_day}
    return ActResult(text, reverse("lake_access:scope", args=[restricted.lake.name, restricted.scope]))


def end_of(day: object) -> datetime | None:
    """The first moment after a stored day; None without one. Raises Refused for a day that has passed meanwhile."""
    if not isinstance(day, str):
        return None
    end = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), tzinfo=UTC)
    if end <= timezone.now():
        raise Refused(_("This day is in the past. Choose today or a later day."))
    return end


def form_page(lake: str, scope: str) -> str:
    """The address of the form with these data chosen."""
    return f"{reverse('requests:new', args=[KEY])}?{urlencode({'lake': lake, 'scope': scope})}"


def open_page(user: User, lake: str, scope: str) -> str:
    """The person's open request for a scope; empty where there is none."""
    row = Request.objects.open().filter(kind=KEY, by=user, subject=_subject(lake, scope)).first()
    return row.get_absolute_url() if row is not None else ""


RESTRICTED_DATA = RequestKind(
    key=KEY,
    title=gettext_lazy("Access to restricted data"),
    description=gettext_lazy("Read embargoed or group-restricted data of a Data Lake. Their owners decide."),
    icon="lock",
    section=gettext_lazy("Data Lake"),
    form=RestrictedDataForm,
    decision_form=AccessDecisionForm,
    approvers=ScopeOwners(),
    title_of=title,
    subject_of=subject,
    may_open=may_open,
    result_link=gettext_lazy("Open data"),
    act=give_access,
    is_local=True,
    staff_may_read=False,
)
