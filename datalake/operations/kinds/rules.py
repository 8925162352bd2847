"""Requests about rules: create one, change its lifetime or priority, retry, delete, restore, approve, deny."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from datalake import rucio
from datalake.operations.kinds import OperationContext, kind
from vre_portal.http import RemoteError, RemoteRefused

DAY = 24 * 3600
SKEW = timedelta(seconds=5)  # between the portal's clock and the lake's
SLACK = timedelta(minutes=2)


def format_lifetime(seconds: int) -> str:
    """30 days, 36 hours: as people choose lifetimes."""
    if seconds % DAY == 0:
        return ngettext("%(n)s day", "%(n)s days", seconds // DAY) % {"n": seconds // DAY}
    hours = max(seconds // 3600, 1)
    return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}


def moment(value: datetime) -> str:
    """A time in the text of an answer: 5 Dec 2026, 10:00 UTC."""
    return f"{format_date(value, 'j M Y, H:i')} UTC"


@dataclass(frozen=True)
class MakeAvailable:
    """A rule on each of some DIDs, which are given as [scope, name]."""

    dids: list[list[str]]
    rse_expression: str
    copies: int = 1
    lifetime: int | None = None  # seconds
    grouping: str = "DATASET"
    comment: str = ""
    ask_approval: bool = False

    def __str__(self) -> str:
        values = {"n": self.copies, "where": self.rse_expression}
        if not self.lifetime:
            return ngettext("%(n)s copy at %(where)s", "%(n)s copies at %(where)s", self.copies) % values
        text = ngettext("%(n)s copy at %(where)s for %(lifetime)s", "%(n)s copies at %(where)s for %(lifetime)s", self.copies)
        return text % {**values, "lifetime": format_lifetime(self.lifetime)}

    @property
    def subjects(self) -> list[str]:
        return [f"{scope}:{name}" for scope, name in self.dids]

    @property
    def wish(self) -> rucio.RuleSpec:
        return rucio.RuleSpec(
            self.rse_expression,
            copies=self.copies,
            lifetime=self.lifetime,
            grouping=self.grouping,
            comment=self.comment,
            ask_approval=self.ask_approval,
        )


@kind("make-available", gettext_lazy("Replicate data"), MakeAvailable)
def make_available(context: OperationContext, arguments: MakeAvailable) -> str:
    """Create a rule on each DID; an identical rule of the person's own is kept, and extended where its lifetime is shorter."""
    for scope, name in arguments.dids:
        what = f"{scope}:{name}"
        if context.done(what):
            continue
        try:
            made = rucio.ensure_rule(context.lake, context.token, scope, name, arguments.wish)
        except RemoteError as error:
            context.missed(what, error)
            continue
        if made.existed and not (made.created and made.created >= context.operation.asked_at - SKEW):
            extended = _("You already had this rule; its lifetime was extended.")
            words = extended if made.prolonged else _("You already had this rule.")
            context.note(what, "already", words, rule=made.id)
        else:
            context.note(what, "done", rule=made.id)
    return context.summary(done=_("Waiting for approval.") if arguments.ask_approval else _("Copying has started."))


@dataclass(frozen=True)
class OnRule:
    """One rule, and the DID that it is on, so that both pages find the operation."""

    rule: str
    did: str = ""

    def __str__(self) -> str:
        return _("on %(did)s") % {"did": self.did} if self.did else ""

    @property
    def subjects(self) -> list[str]:
        return [self.rule, *([self.did] if self.did else [])]


@dataclass(frozen=True)
class Prolong(OnRule):
    """When a rule shall expire; empty for no expiry."""

    until: str = ""


@kind("prolong-rule", gettext_lazy("Change lifetime"), Prolong)
def prolong(context: OperationContext, arguments: Prolong) -> str:
    """Set the rule's end to the chosen time, however late the worker begins. Raises RemoteRefused where that time has passed."""
    end = datetime.fromisoformat(arguments.until) if arguments.until else None
    rule = rucio.get_rule(context.lake, context.token, arguments.rule)
    words = _("The rule expires on %(time)s.") % {"time": moment(end)} if end else _("The rule has no expiry.")
    same = rule.expires is None if end is None else rule.expires is not None and abs(rule.expires - end) < SLACK
    if same:
        return words
    if end is not None and end <= timezone.now():
        raise RemoteRefused(_("The chosen time has passed. Choose a later one."), service=context.lake)
    lifetime = None if end is None else int((end - timezone.now()).total_seconds())
    rucio.change_rule(context.lake, context.token, arguments.rule, {"lifetime": lifetime})
    return words


@dataclass(frozen=True)
class Hurry(OnRule):
    """The priority of a rule's transfers: 1 is last, 5 is first."""

    priority: int = 4


@kind("hurry-rule", gettext_lazy("Change priority"), Hurry)
def hurry(context: OperationContext, arguments: Hurry) -> str:
    """Set the priority of the rule's pending transfers."""
    if rucio.get_rule(context.lake, context.token, arguments.rule).priority != arguments.priority:
        rucio.change_rule(context.lake, context.token, arguments.rule, {"priority": arguments.priority})
    return _("The transfers have priority %(n)s of 5.") % {"n": arguments.priority}


@kind("retry-rule", gettext_lazy("Retry transfers"), OnRule)
def retry(context: OperationContext, arguments: OnRule) -> str:
    """Have Rucio retry a stuck rule in its next cycle instead of after its own long pause."""
    state = rucio.get_rule(context.lake, context.token, arguments.rule).state
    if state != "STUCK":
        return _("The rule is no longer stuck. Its status is %(state)s.") % {"state": state}
    rucio.boost_rule(context.lake, context.token, arguments.rule)
    return _("Rucio retries the transfers in its next cycle.")


@dataclass(frozen=True)
class LetGo(OnRule):
    """When the rule would have expired, so that it can be restored as it was."""

    until: str = ""


@kind("delete-rule", gettext_lazy("Delete rule"), LetGo)
def let_go(context: OperationContext, arguments: LetGo) -> str:
    """Delete the rule; Rucio keeps it for an hour, in which it can be restored."""
    try:
        rule = rucio.get_rule(context.lake, context.token, arguments.rule)
    except RemoteRefused as error:
        if error.status != 404:
            raise
        return _("The rule is deleted.")
    if not about_to_go(rule.expires):
        rucio.delete_rule(context.lake, context.token, arguments.rule)
        rule = rucio.get_rule(context.lake, context.token, arguments.rule)
    if rule.expires is None:
        return _("Rucio kept the rule.")
    return _("The rule is deleted on %(time)s; you can restore it until then.") % {"time": moment(rule.expires)}


def about_to_go(expires: datetime | None) -> bool:
    """Whether a rule ends within the hour that Rucio gives to those that were deleted."""
    return expires is not None and expires <= timezone.now() + timedelta(hours=1)


@kind("restore-rule", gettext_lazy("Restore rule"), LetGo)
def restore(context: OperationContext, arguments: LetGo) -> str:
    """Give a deleted rule the end that it had before. Raises RemoteRefused where it is gone or that end has passed."""
    try:
        rule = rucio.get_rule(context.lake, context.token, arguments.rule)
    except RemoteRefused as error:
        if error.status != 404:
            raise
        raise RemoteRefused(_("The rule is already deleted. Replicate the data again; existing copies are reused.")) from None
    end = datetime.fromisoformat(arguments.until) if arguments.until else None
    if end is not None and end <= timezone.now():
        raise RemoteRefused(_("The rule would have expired by now. Change its lifetime instead."), service=context.lake)
    if about_to_go(rule.expires):
        lifetime = None if end is None else int((end - timezone.now()).total_seconds())
        rucio.change_rule(context.lake, context.token, arguments.rule, {"lifetime": lifetime})
    if end is None:
        return _("The rule is restored. It has no expiry, as before.")
    return _("The rule is restored. It expires on %(time)s, as before.") % {"time": moment(end)}


@kind("approve-rule", gettext_lazy("Approve rule"), OnRule)
def approve(context: OperationContext, arguments: OnRule) -> str:
    """Approve the rule, which then does not use its owner's quota."""
    if rucio.approve_rule(context.lake, context.token, arguments.rule):
        return _("The rule is approved. Copying starts now.")
    return _("The rule was no longer waiting for approval.")


@dataclass(frozen=True)
class Deny(OnRule):
    """The reason for the denial, shown to the rule's owner."""

    reason: str = ""


@kind("deny-rule", gettext_lazy("Deny rule"), Deny)
def deny(context: OperationContext, arguments: Deny) -> str:
    """Deny the rule, which deletes it. Raises RemoteRefused where it does not wait for approval."""
    try:
        state = rucio.get_rule(context.lake, context.token, arguments.rule).state
    except RemoteRefused as error:
        if error.status != 404:
            raise
        return _("The rule is denied and deleted.")
    if state != "WAITING_APPROVAL":
        raise RemoteRefused(_("The rule is no longer waiting for approval."), service=context.lake)
    rucio.deny_rule(context.lake, context.token, arguments.rule, arguments.reason)
    return _("The rule is denied and deleted.")
