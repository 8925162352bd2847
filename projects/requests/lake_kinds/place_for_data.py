"""A copy of data where the person's quota does not suffice: a rule of theirs that the approver makes and approves at Rucio."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from datalake import rucio
from datalake.index.did_facts import DidKey, facts_of, has_scope, is_indexed
from datalake.reads import scopes
from datalake.rucio.validation import validate_did
from projects.models import Project
from projects.requests.kinds import ActResult, RequestKind, Scope, Values
from projects.requests.lake_kinds.lakes import (
    ACCOUNT,
    CHANGES,
    LakeAdministrators,
    account_of,
    cannot_ask,
    commands,
    has_lake,
    lake_of,
    lakes,
    size_field,
    text_of,
    token_of,
    value_of,
)
from projects.requests.lake_kinds.present_facts import copy_facts
from projects.requests.lake_kinds.storage_form import StorageForm
from projects.requests.models import Request
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.jobs.fates import Refused
from vre_portal.portable_gettext import grouped
from vre_portal.services import ServiceKind, service
from vre_portal.text import size

DAY, MAX_DAYS, MAX_COPIES = 24 * 3600, 3653, 10
MAX_DID_CHARS = 600


class PlaceForDataForm(StorageForm):
    """Which data, where, and for how long."""

    field_order = ("lake", "did")

    did = forms.CharField(
        label=gettext_lazy("DID"), max_length=MAX_DID_CHARS, help_text=gettext_lazy("scope:name of a dataset, container or file")
    )
    copies = forms.IntegerField(label=gettext_lazy("Copies"), min_value=1, max_value=MAX_COPIES, initial=1)
    bytes = size_field(gettext_lazy("Size"), gettext_lazy("About how much it is, for example 500 GB."), required=False)
    days = forms.IntegerField(
        label=gettext_lazy("Lifetime in days"),
        min_value=1,
        max_value=MAX_DAYS,
        required=False,
        help_text=gettext_lazy("Leave empty for no end date."),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "lake" in values and "did" in values:
            lake = service(ServiceKind.RUCIO, values["lake"])
            scope, _colon, name = values["did"].partition(":")
            try:
                validate_did(lake, scope, name)
            except RemoteRefused:
                self.add_error("did", _("Enter a scope and a name with a colon between them."))
                return values
            # What a request says is read by people who may not see the data. Nobody learns here of a scope that is not announced to them.
            is_known = scopes.is_announced(lake, scope) or scopes.may_see(lake, scope, reader_of(self.user))
            if scopes.is_restricted(lake, scope) and is_known:
                self.add_error("did", _("Restricted data cannot be named in a request. Contact their owners for a copy."))
            elif missing := missing_words(DidKey(lake.name, scope, name), is_hidden=scopes.is_restricted(lake, scope)):
                self.add_error("did", missing)
        return values

    @classmethod
    def describe(cls, values: Any) -> list[tuple[str, str]]:
        """With what the index says of the data."""
        lines = super().describe(values)
        did = did_of(values)
        return [*lines, (_("In the Data Lake"), index_words(did))] if did is not None else lines


def did_of(values: Any) -> DidKey | None:
    """The DID of stored values that everybody with an account may know of."""
    if not isinstance(values, dict) or values.get("lake") not in {lake.name for lake in lakes()}:
        return None
    scope, _colon, name = str(values.get("did", "")).partition(":")
    return None if scopes.is_restricted(service(ServiceKind.RUCIO, values["lake"]), scope) else DidKey(values["lake"], scope, name)


def missing_words(did: DidKey, *, is_hidden: bool) -> str:
    """Why there are no such data; empty where the index cannot say. What a person may not know of is like what does not exist."""
    facts = {} if is_hidden else facts_of([did])
    if did in facts and facts[did].missing_at is None:
        return ""
    is_known = not is_hidden and bool(has_scope(did.lake, [did.scope]))
    if did not in facts and (is_known or not is_indexed(did.lake)):
        return ""
    return _("The Data Lake has no such data. Check the scope and the name. Data that are new are known within a few minutes.")


def index_words(did: DidKey) -> str:
    """What, how many files and how much; a dash where the index does not know."""
    facts = facts_of([did]).get(did)
    if facts is None:
        return "—"
    if facts.missing_at is not None:
        return _("not found")
    files = (
        ngettext("%(count)s file", "%(count)s files", facts.files or 0) % {"count": grouped(facts.files)} if facts.files is not None else ""
    )
    return ", ".join(filter(None, (facts.type.lower(), files, size(facts.bytes) if facts.bytes is not None else "", facts.title)))


def reader_of(user: User) -> scopes.Visitor:
    """Somebody with an account at the lake and these groups."""
    return scopes.Visitor(has_account=True, groups=frozenset(user.groups))


def title(values: Values, _project: Project | None) -> str:
    """What a list calls one."""
    return _("Copy of %(did)s at %(rse)s") % {"did": values["did"], "rse": values["rse"]}


def subject(values: Values, _project: Project | None) -> str:
    """One request of a person for a copy at a time."""
    text = f"{values['lake']}/{values['did']}@{values['rse']}"
    return text if len(text) <= 300 else ""


def make_rule(request: Request, approver: User) -> ActResult:
    """One rule of the requester's that asks for approval, so that it does not use their quota, approved at once."""
    lake = lake_of(request)
    scope, _colon, name = text_of(request, "did").partition(":")
    if scopes.is_restricted(lake, scope):
        raise Refused(_("Data not found. Check the DID."))
    comment = _("Request %(number)s of the portal") % {"number": request.pk}
    spec = rucio.RuleSpec(text_of(request, "rse"), copies_of(request), lifetime_of(request), comment=comment, ask_approval=True)
    token = token_of(approver, lake, request)
    made = rucio.ensure_rule(lake, token, scope, name, spec, account=account_of(request.by, lake, token))
    rucio.approve_rule(lake, token, made.id)
    page = reverse("datalake:rule", args=[lake.name, made.id])
    return ActResult(_("There is a rule for this copy. Copying begins within a few minutes."), page)


def copies_of(request: Request) -> int:
    value = value_of(request, "copies")
    return value if isinstance(value, int) and 1 <= value <= MAX_COPIES else 1


def lifetime_of(request: Request) -> int | None:
    """Seconds; None for no end."""
    days = value_of(request, "days")
    return days * DAY if isinstance(days, int) and days > 0 else None


def instructions(request: Request) -> str:
    """The command that makes the rule."""
    lifetime = lifetime_of(request)
    what = [text_of(request, "did"), "--copies", str(copies_of(request)), "--rses", text_of(request, "rse"), "--account", ACCOUNT]
    return commands(request, ["rucio", "rule", "add", *what, *(["--lifetime", str(lifetime)] if lifetime else [])])


PLACE_FOR_DATA = RequestKind(
    key="place-for-data",
    title=gettext_lazy("Copy of data beyond your quota"),
    description=gettext_lazy("Have data kept at a storage element where your quota is too small."),
    icon="copy",
    section=gettext_lazy("Data Lake"),
    scope=Scope.OPTIONAL,
    form=PlaceForDataForm,
    approvers=LakeAdministrators(),
    title_of=title,
    subject_of=subject,
    may_open=cannot_ask,
    stoppable=CHANGES,
    result_link=gettext_lazy("Open rule"),
    act=make_rule,
    can_act=has_lake,
    instructions=instructions,
    present_facts=copy_facts,
)
