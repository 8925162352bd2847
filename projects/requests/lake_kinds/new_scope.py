"""A new scope for a person's account, made at Rucio with the approver's rights."""

import re
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datalake import rucio
from datalake.naming import Named, check_name, name_help
from datalake.naming.forms import NamedForm
from projects.models import Project
from projects.requests.kinds import ActResult, RequestKind, Scope, Values
from projects.requests.lake_kinds.lakes import (
    ACCOUNT,
    CHANGES,
    LakeAdministrators,
    LakeForm,
    account_of,
    cannot_ask,
    commands,
    has_lake,
    lake_of,
    lakes,
    text_of,
    token_of,
)
from projects.requests.models import Request
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, service

MAX_SCOPE_CHARS = 25  # of Rucio's generic schema
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class NewScopeForm(NamedForm, LakeForm):
    """Its name, which follows the naming conventions of the lake."""

    scope = forms.CharField(
        label=gettext_lazy("Scope"),
        max_length=MAX_SCOPE_CHARS,
        help_text=gettext_lazy("Letters, digits, dot, hyphen and underscore, at most 25 characters."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        known = [name_help(lake, "", Named.SCOPE) for lake in lakes()]
        if len(known) == 1 and known[0]:
            self.fields["scope"].help_text = f"{self.fields['scope'].help_text} {known[0]}"

    def clean_scope(self) -> str:
        text: str = self.cleaned_data["scope"]
        if not NAME.fullmatch(text):
            raise forms.ValidationError(
                _("A scope begins with a letter or a digit, and has letters, digits, dots, hyphens and underscores.")
            )
        if text.lower().startswith("user."):
            raise forms.ValidationError(_("Scopes that begin with “user.” belong to accounts and are made with them."))
        return text

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "lake" in values and "scope" in values:
            self.require_name(
                "scope", check_name(service(ServiceKind.RUCIO, values["lake"]), Named.SCOPE, values["scope"], values["scope"])
            )
        return values

    def values(self) -> dict[str, Any]:
        """Without the answer to whether the name is wanted as it is."""
        return {name: value for name, value in super().values().items() if name != "as_is"}


def title(values: Values, _project: Project | None) -> str:
    """What a list calls one."""
    return _("Scope %(scope)s") % {"scope": values["scope"]}


def subject(values: Values, _project: Project | None) -> str:
    """One request of a person for a scope at a time."""
    return f"{values['lake']}/{values['scope']}"


def make_scope(request: Request, approver: User) -> ActResult:
    """Add it to the requester's account; one that the account has already is enough."""
    lake, scope = lake_of(request), text_of(request, "scope")
    token = token_of(approver, lake, request)
    rucio.add_scope(lake, token, account_of(request.by, lake, token), scope)
    page = f"{reverse('datalake:lake', args=[lake.name])}?scope={scope}"
    return ActResult(_("The account has the scope %(scope)s.") % {"scope": scope}, page)


def instructions(request: Request) -> str:
    """The command that adds the scope."""
    return commands(request, ["rucio", "scope", "add", text_of(request, "scope"), "--account", ACCOUNT])


NEW_SCOPE = RequestKind(
    key="new-scope",
    title=gettext_lazy("New scope"),
    description=gettext_lazy("A namespace of your own in the Data Lake, for the data of an experiment or project."),
    icon="folder",
    section=gettext_lazy("Data Lake"),
    scope=Scope.OPTIONAL,
    form=NewScopeForm,
    approvers=LakeAdministrators(),
    title_of=title,
    subject_of=subject,
    may_open=cannot_ask,
    stoppable=CHANGES,
    result_link=gettext_lazy("Open scope"),
    act=make_scope,
    can_act=has_lake,
    instructions=instructions,
)
