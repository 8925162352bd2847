"""The causes that Rucio names itself: what it wrote on the rule, and on the transfers that failed."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake.operations.diagnosis.advice import RETRY, lost_file_advice, own_acts, owned, restore_advice, yours
from datalake.operations.diagnosis.errors import meaning
from datalake.operations.diagnosis.facts import LAKE, NOBODY, OWNER, SITE, Cause, DiagnosisFacts
from datalake.rucio.quota import AccountUsage
from datalake.rucio.types import Rule
from vre_portal.text import size


def of_error(facts: DiagnosisFacts) -> Iterator[Cause]:
    """What Rucio wrote on the rule, and on the transfers that failed."""
    rule = facts.rule
    texts = [rule.error or ""] if rule is not None and rule.state == "STUCK" else []
    texts += [item.error for item in facts.requests if item.error]
    for text in dict.fromkeys(texts):
        said = meaning(text, set(facts.rses))
        if said.code:
            yield _error(facts, said.code, said.place, text)


def in_words(rule: Rule) -> str:
    """Why a stuck rule is stuck and what can be done, for pages that show no diagnosis; empty where Rucio gave no reason."""
    cause = next(of_error(DiagnosisFacts(now=timezone.now(), rule=rule)), None)
    return f"{cause.what} {cause.todo}".strip() if cause else ""


def _error(facts: DiagnosisFacts, code: str, place: str, text: str) -> Cause:
    tried = [item.last_time for item in facts.trials or () if item.last_time]
    since, again = (min(tried) if tried else None), own_acts(facts, RETRY)
    explanations: dict[str, tuple[str, str, str]] = {
        "source-lost": (
            _located(
                place,
                _("The file is registered at %(rse)s, but the storage no longer has it."),
                _("The file is registered, but the storage no longer has it."),
            ),
            SITE,
            lost_file_advice(),
        ),
        "checksum": (
            _located(
                place,
                _("The file at %(rse)s does not match its checksum, so the copy was discarded."),
                _("The file does not match its checksum, so the copy was discarded."),
            ),
            SITE,
            lost_file_advice(),
        ),
        "full": (
            _located(place, _("The storage at %(rse)s is full."), _("The storage is full.")),
            SITE,
            _("Choose another storage element, or wait until the site has freed space."),
        ),
        "destination": (
            _located(place, _("The storage at %(rse)s does not accept the file."), _("The storage does not accept the file.")),
            SITE,
            _("Tell the site, choose another storage element, or retry later."),
        ),
        "source-unreadable": (
            _located(place, _("The copy at %(rse)s cannot be read."), _("The copy cannot be read.")),
            SITE,
            _("Tell the site. If there is another copy, Rucio tries that one, too."),
        ),
        "no-source": (_("There is no copy left to copy from."), OWNER, restore_advice()),
        "only-tape": (
            _("The only copies are on tape and must be staged to disk first."),
            LAKE,
            _("Ask the Data Lake operators to stage the file."),
        ),
        "credential": (
            _("A storage rejected the credentials of the transfer service."),
            LAKE,
            _("You cannot fix this yourself. Tell the Data Lake operators."),
        ),
        "unreachable": (
            _located(place, _("The storage at %(rse)s did not respond."), _("A storage did not respond.")),
            SITE,
            _("This is often temporary. Retry in a while."),
        ),
        "no-way": (
            _("The Data Lake has no connection from the existing copies to this storage element."),
            LAKE,
            _("Choose another storage element, or ask the Data Lake operators."),
        ),
        "interrupted": (_("The transfer was interrupted."), NOBODY, _("It is retried automatically. You can retry it at once.")),
    }
    if code == "quota" and facts.rule is not None:
        return _quota(facts, facts.rule, text)
    if code in ("nothing-matches", "too-few-places") and facts.rule is not None:
        return unmatched_expression(facts, facts.rule, code, text)
    other = _("The last transfer failed for an unknown reason."), LAKE, _("Show the message from Rucio to the Data Lake operators.")
    what, who, todo = explanations.get(code, other)
    return Cause(code, what, who, rse=place, todo=todo, since=since, evidence=text, acts=again)


def _located(rse: str, at: str, somewhere: str) -> str:
    """The text that names the storage element, or the one for where none is known."""
    return at % {"rse": rse} if rse else somewhere


def _quota(facts: DiagnosisFacts, rule: Rule, text: str = "") -> Cause:
    usages = [facts.usage[name] for name in facts.targets or () if facts.usage and name in facts.usage]
    sentences = [
        _("Your quota is not sufficient for this rule.")
        if owned(facts)
        else _("The quota of the account %(account)s is not sufficient for this rule.") % {"account": rule.account}
    ]
    if usages:
        sentences.append(f"{'; '.join(_used(item) for item in usages)}.")
    if facts.size:
        sentences.append(_("Size of the data: %(size)s.") % {"size": size(facts.size)})
    what = " ".join(sentences)
    todo = _("Delete rules that you no longer need there, choose another storage element, or ask the Data Lake operators for more quota.")
    return Cause("quota", what, yours(facts), todo=todo, evidence=text, acts=own_acts(facts, RETRY))


def _used(usage: AccountUsage) -> str:
    values = {"rse": usage.rse, "used": size(usage.used)}
    if usage.limit is None:
        return _("%(rse)s: %(used)s used, no limit") % values
    return _("%(rse)s: %(used)s of %(limit)s used") % {**values, "limit": size(usage.limit)}


def unmatched_expression(facts: DiagnosisFacts, rule: Rule, code: str, text: str = "") -> Cause:
    expression = rule.rse_expression
    if code == "nothing-matches" or facts.targets == ():
        what = _("No writable storage element matches “%(expression)s”. It may have been renamed, removed or disabled.") % {
            "expression": expression
        }
    else:
        wanted = ngettext(
            "The rule needs %(n)s copy at “%(expression)s”.",
            "The rule needs %(n)s copies at “%(expression)s”.",
            rule.copies,
        ) % {"n": rule.copies, "expression": expression}
        if facts.targets is None:
            now = _("Too few storage elements match, are writable and have space for you.")
        else:
            now = ngettext(
                "%(n)s storage element matches now, but it may not be writable or may have no space for you.",
                "%(n)s storage elements match now, but not all of them are writable or have space for you.",
                len(facts.targets),
            ) % {"n": len(facts.targets)}
        what = f"{wanted} {now}"
    return Cause(
        code,
        what,
        yours(facts),
        todo=_("Replicate the data to another storage element, then delete this rule."),
        evidence=text,
        acts=own_acts(facts, "delete-rule"),
    )
