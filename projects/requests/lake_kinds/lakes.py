"""What all requests about a lake share: its administrators, the requester's account there, and fields of forms."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Exists, Q, QuerySet
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datalake import rucio
from datalake.reads import accounts
from projects.requests.approvers import NONE, either, in_groups
from projects.requests.models import Request
from projects.requests.values import RequestValuesForm
from vre_portal.amounts import parse_size
from vre_portal.iam.models import Identity, User
from vre_portal.iam.vault import access_token
from vre_portal.jobs.fates import Refused
from vre_portal.jobs.holds import Stoppable
from vre_portal.services import Service, ServiceKind, UnknownService, service, services
from vre_portal.text import size

UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
ACCOUNT = "ACCOUNT"  # stands in a command for a name that the portal does not know
CHANGES = Stoppable(ServiceKind.RUCIO, "changes", "lake")  # what the acts of these kinds are to a lake


def lakes() -> tuple[Service, ...]:
    """All configured lakes."""
    return services(ServiceKind.RUCIO)


def value_of(request: Request, name: str) -> Any:
    """A stored value; None where there is none, also where what is stored is odd."""
    return request.values.get(name) if isinstance(request.values, dict) else None


def text_of(request: Request, name: str) -> str:
    """The same as text."""
    value = value_of(request, name)
    return "" if value is None else str(value)


def lake_of(request: Request) -> Service:
    """The lake that a request is about. Raises Refused where it is no longer configured."""
    try:
        return service(ServiceKind.RUCIO, text_of(request, "lake"))
    except UnknownService:
        raise Refused(_("This Data Lake is no longer in the portal's configuration.")) from None


def has_lake(request: Request) -> bool:
    """Whether the portal can carry out anything there."""
    return any(lake.name == value_of(request, "lake") for lake in lakes())


def administrators(lake: Service) -> tuple[str, ...]:
    """The groups whose members decide about limits, scopes and copies: the option `administrators` of the lake."""
    return tuple(str(group) for group in lake.options.get("administrators") or ())


@dataclass(frozen=True)
class LakeAdministrators:
    """Those who run the lake of a request; the administrators of the portal where the lake names nobody whom the portal knows."""

    def people(self, request: Request) -> QuerySet[User]:
        groups = [group for lake in lakes() if lake.name == value_of(request, "lake") for group in administrators(lake)]
        named = User.objects.filter(in_groups(groups), is_active=True)
        return named if groups and named.exists() else User.objects.filter(is_staff=True, is_active=True)

    def requests_of(self, user: User) -> Q:
        own = [lake.name for lake in lakes() if set(administrators(lake)) & set(user.groups)]
        if user.is_staff:
            elsewhere = [lake for lake in lakes() if administrators(lake) and lake.name not in own]
            theirs = (
                Q(Exists(User.objects.filter(in_groups(administrators(lake)), is_active=True)), values__lake=lake.name)
                for lake in elsewhere
            )
            return ~either(theirs) if elsewhere else Q()
        return Q(values__lake__in=own) if own else NONE

    def words(self) -> str:
        groups = sorted({group for lake in lakes() for group in administrators(lake)})
        if not groups:
            return _("the administrators of the portal")
        return _("the administrators of the Data Lake, members of %(groups)s") % {"groups": get_text_list(groups, _("or"))}


def token_of(approver: User, lake: Service, request: Request) -> str:
    """The approver's token for the lake. Raises SignInAgain, RemoteRefused, RemoteUnavailable."""
    return access_token(approver, lake, purpose=_("carry out request %(number)s") % {"number": request.pk})


def account_of(person: User, lake: Service, token: str) -> str:
    """The requester's account, by their identities, as the lake tells the approver. Raises Refused where there is not exactly one."""
    names = rucio.find_accounts(lake, token, list(Identity.objects.filter(user=person).values_list("issuer", "subject")))
    known = accounts.name_of(person, lake)
    if known in names:
        return known
    if not names:
        raise Refused(_("The requester has no account in %(lake)s yet.") % {"lake": lake.title})
    if len(names) > 1:
        raise Refused(_("The requester has several accounts in %(lake)s. Do it by hand for the right one.") % {"lake": lake.title})
    return names[0]


def commands(request: Request, *lines: list[str]) -> str:
    """Markdown: what to type, with values that a shell takes as they are; the account is told where the portal knows it."""
    try:
        name = accounts.name_of(request.by, lake_of(request))
    except Refused:
        name = ""
    own = [shlex.join([name or ACCOUNT if part == ACCOUNT else " ".join(part.split()) for part in line]) for line in lines]
    who = Identity.objects.filter(user=request.by).values_list("issuer", "subject").first()
    text = _("With an account that may do this in the Data Lake:") + "\n\n" + "\n".join(f"    {line}" for line in own)
    if name or who is None:
        return text
    hint = _("Replace ACCOUNT by the account of this identity:")
    return f"{text}\n\n{hint}\n\n    SUB={who[1]}, ISS={who[0]}"


def exact_size(count: int) -> str:
    """50 GB: in the largest unit that loses nothing, for a form that is sent back."""
    for power in range(len(UNITS) - 1, 0, -1):
        if count and count % 1000**power == 0:
            return f"{count // 1000**power} {UNITS[power]}"
    return f"{count} B"


class SizeField(forms.CharField):
    """An amount of data with a unit; a bare number counts bytes, as in links of other pages."""

    def prepare_value(self, value: Any) -> Any:
        text = str(value) if value is not None else ""
        return exact_size(int(text)) if re.fullmatch("[0-9]{1,18}", text) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            return parse_size(text) if text else None
        except ValueError:
            raise forms.ValidationError(_("Enter an amount with a unit, for example 500 GB or 2 TB."), code="invalid") from None

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if value is not None and value <= 0:
            raise forms.ValidationError(_("Enter more than 0 bytes."), code="min_value")

    def run_validators(self, value: Any) -> None:
        """Those of texts do not fit a number."""


def size_field(label: Any, hint: Any, *, required: bool = True) -> SizeField:
    return SizeField(label=label, help_text=hint, required=required, max_length=40)


class AmountsForm(RequestValuesForm):
    """The base of forms with amounts of data, which are read with their units."""

    @classmethod
    def describe(cls, values: Any) -> list[tuple[str, str]]:
        if not isinstance(values, dict):
            return []
        sized = {name for name, field in cls.base_fields.items() if isinstance(field, SizeField)}
        return super().describe({name: size(value) if name in sized and _is_count(value) else value for name, value in values.items()})


class LakeForm(AmountsForm):
    """The base of forms about a lake; a single lake is not asked for."""

    lake = forms.ChoiceField(label=gettext_lazy("Data Lake"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["lake"]
        choices = list(self.lake_choices())
        field.choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            field.widget, field.initial = forms.HiddenInput(), choices[0][0]
            self.initial.pop("lake", None)

    def lake_choices(self) -> Iterator[tuple[str, str]]:
        """The lakes that can be chosen."""
        yield from ((lake.name, lake.title) for lake in lakes())

    @classmethod
    def describe(cls, values: Any) -> list[tuple[str, str]]:
        """With lakes by their titles."""
        if not isinstance(values, dict):
            return []
        titles = {lake.name: lake.title for lake in lakes()}
        name = values.get("lake")
        return super().describe({**values, "lake": titles[name]} if isinstance(name, str) and name in titles else values)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def cannot_ask(user: User, _project: Any = None) -> str:
    """Why the person can ask for nothing of a lake: none is configured, or none knows them; no lake is asked."""
    if not lakes():
        return _("No Data Lake is configured.")
    if all(lacks_account(user, lake) for lake in lakes()):
        return _(
            "You don't have a Data Lake account yet. One is created automatically, within a minute, once you join an experiment's group."
        )
    return ""


def lacks_account(user: User, lake: Service) -> bool:
    """Whether the lake said so a short while ago, or makes no accounts for people who are in none of the groups that it names."""
    groups = [str(group) for group in lake.options.get("account_groups") or ()]
    is_member = any(held == group or held.startswith(f"{group}/") for held in user.groups for group in groups)
    recent = accounts.recent_answer(user, lake)
    return not recent if recent is not None else bool(groups) and not is_member
