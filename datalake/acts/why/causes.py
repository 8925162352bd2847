"""The single causes, each from some of the facts."""

from collections.abc import Iterator
from datetime import timedelta

from datalake.acts.why.errors import meaning
from datalake.acts.why.facts import LAKE, NOBODY, OWNER, SITE, YOU, Cause, Facts
from datalake.rucio.types import Rule
from vre_portal.text import size

HOUR = timedelta(hours=1)
SOON = timedelta(days=3)
RETRY = "retry-rule"
LOST = (
    "If you have the file, tell the data's owner: it has to be put back, or the copy declared bad so that Rucio takes another one. "
    "Trying again helps only after that."
)


def owned(facts: Facts) -> bool:
    return facts.rule is not None and facts.rule.account == facts.account != ""


def own_acts(facts: Facts, *names: str) -> tuple[str, ...]:
    """Buttons for the rule's owner only: Rucio would refuse them to others."""
    return names if owned(facts) else ()


def readable(facts: Facts, rse: str) -> bool:
    found = facts.rses.get(rse)
    return found is None or found.readable


def yours(facts: Facts) -> str:
    """You, where the rule is yours; else its owner."""
    return YOU if owned(facts) else OWNER


def of_ending(facts: Facts) -> Iterator[Cause]:
    """A rule whose time is short, or over."""
    rule = facts.rule
    if rule is None or rule.expires is None:
        return
    if rule.expires <= facts.now:
        yield Cause(
            "over",
            "Its time is over: Rucio takes it away with its next round.",
            yours(facts),
            since=rule.expires,
            acts=own_acts(facts, "prolong-rule"),
        )
    elif facts.deleted and rule.expires <= facts.now + HOUR:
        acts = own_acts(facts, "restore-rule")
        yield Cause("deleted", "It was deleted. Rucio keeps it for an hour; until then it can be brought back.", yours(facts), acts=acts)
    elif rule.expires <= facts.now + SOON:
        what = f"It ends on {rule.expires:%d %B %Y, %H:%M} UTC; what no other rule holds may then be removed."
        yield Cause(
            "ends-soon", what, yours(facts), todo="Give it a later end if the data are still needed.", acts=own_acts(facts, "prolong-rule")
        )


def of_state(facts: Facts) -> Iterator[Cause]:
    """States that are causes by themselves."""
    rule = facts.rule
    if rule is None:
        return
    if rule.state == "WAITING_APPROVAL":
        may = facts.account in facts.approvers and not owned(facts)
        names = ", ".join(facts.approvers)
        todo = "Say yes or no." if may else f"Ask {names} if it takes long." if names else "Ask the lake's operators if it takes long."
        acts = ("approve-rule", "deny-rule") if may else own_acts(facts, "delete-rule")
        yield Cause(
            "approval",
            "A rule that asks for approval begins when somebody says yes.",
            YOU if may else LAKE,
            todo=todo,
            since=rule.created,
            acts=acts,
        )
    if rule.state == "SUSPENDED":
        yield Cause(
            "suspended",
            "An administrator suspended it.",
            LAKE,
            todo="Ask why; it goes on only when they let it.",
            since=rule.updated,
            evidence=rule.error or "",
        )


def of_error(facts: Facts) -> Iterator[Cause]:
    """What Rucio wrote on the rule, and on the transfers that failed."""
    rule = facts.rule
    texts = [rule.error or ""] if rule is not None and rule.state == "STUCK" else []
    texts += [item.error for item in facts.requests if item.error]
    for text in dict.fromkeys(texts):
        said = meaning(text, set(facts.rses))
        if said.code:
            yield _error(facts, said.code, said.place, text)


def _error(facts: Facts, code: str, place: str, text: str) -> Cause:
    tried = [item.last_time for item in facts.trials or () if item.last_time]
    since, again = (min(tried) if tried else None), own_acts(facts, RETRY)
    where = f" at {place}" if place else ""
    kept: dict[str, tuple[str, str, str]] = {
        "source-lost": (f"The file is registered{where}, but the storage does not have it any more.", SITE, LOST),
        "checksum": (f"The bytes{where} are not those that were registered, so the copy was not kept.", SITE, LOST),
        "full": (f"The storage{where} is full.", SITE, "Choose another place, or wait until the site has made room."),
        "destination": (f"The storage{where} does not take the file.", SITE, "Tell the site, choose another place, or try again later."),
        "source-unreadable": (
            f"The copy{where} cannot be read.",
            SITE,
            "Tell the site; where there is another copy Rucio tries that one too.",
        ),
        "no-source": ("No copy is left from which it could be made.", OWNER, "Ask the data's owner whether the file can be put back."),
        "only-tape": ("The only copies are on tape: they have to be fetched first.", LAKE, "Ask the lake's operators to bring it to disk."),
        "credential": (
            "A storage did not accept the transfer service's right to copy.",
            LAKE,
            "Nothing that you can mend: tell the lake's operators.",
        ),
        "unreachable": (f"A storage{where} did not answer.", SITE, "It often mends itself: try again in a while."),
        "no-way": (
            "The lake has no way from the copies that there are to that place.",
            LAKE,
            "Choose another place, or ask the lake's operators.",
        ),
        "interrupted": ("The transfer was broken off.", NOBODY, "It is tried again by itself; you can hurry that."),
    }
    if code == "quota" and facts.rule is not None:
        return _quota(facts, facts.rule, text)
    if code in ("nothing-matches", "too-few-places") and facts.rule is not None:
        return _expression(facts, facts.rule, code, text)
    what, who, todo = kept.get(
        code,
        ("The last transfer failed, with a reason that this portal has no words for.", LAKE, "Show its words to the lake's operators."),
    )
    return Cause(code, what, who, rse=place, todo=todo, since=since, evidence=text, acts=again)


def _quota(facts: Facts, rule: Rule, text: str = "") -> Cause:
    places = [facts.usage[name] for name in facts.targets or () if facts.usage and name in facts.usage]
    told = "; ".join(f"{item.rse}: {size(item.used)} of {'any' if item.limit is None else size(item.limit)} used" for item in places)
    mine = "Your account" if owned(facts) else f"The account {rule.account}"
    needs = f" The data are {size(facts.size)}." if facts.size else ""
    what = f"{mine} may not have that much there{f' ({told})' if told else ''}.{needs}"
    todo = "Delete rules that you no longer need there, choose another place, or ask the lake's operators for more space."
    return Cause("quota", what, yours(facts), todo=todo, evidence=text, acts=own_acts(facts, RETRY))


def _expression(facts: Facts, rule: Rule, code: str, text: str = "") -> Cause:
    if code == "nothing-matches" or facts.targets == ():
        what = (
            f"No storage element fits \u201c{rule.rse_expression}\u201d that may be written to: it was renamed, taken away or switched off."
        )
    else:
        count = len(facts.targets) if facts.targets is not None else None
        now = f" {count} {'fits' if count == 1 else 'fit'} now" if count is not None else " Too few fit now"
        what = f"{rule.copies} copies are wanted at \u201c{rule.rse_expression}\u201d.{now}, and not all of them may be written to or have space for you."
    return Cause(
        code,
        what,
        yours(facts),
        todo="Make the data available somewhere else, then delete this rule.",
        evidence=text,
        acts=own_acts(facts, "delete-rule"),
    )


def of_places(facts: Facts) -> Iterator[Cause]:
    """Storage elements that are switched off, and limits that are reached."""
    rule = facts.rule
    if rule is None:
        return
    if facts.targets == () and rule.state == "STUCK":
        yield _expression(facts, rule, "nothing-matches", rule.error or "")
    waiting = {lock.rse for lock in facts.locks or () if lock.state != "OK"}
    for name in sorted(waiting or set(facts.targets or ())):
        found = facts.rses.get(name)
        if found is not None and not found.writable:
            todo = "Wait, or make the data available somewhere else meanwhile."
            yield Cause("write-off", f"Writing to {name} is switched off.", SITE, rse=name, todo=todo)
    sources = {rse: can for trial in facts.trials or () for rse, can in trial.sources}
    if sources and not any(sources.values()):
        names = ", ".join(sorted(sources))
        yield Cause(
            "read-off",
            f"The only copies are at {names}, where reading is switched off.",
            SITE,
            rse=sorted(sources)[0],
            todo="Wait until it is switched on again.",
        )
    if facts.trials and any(trial.attempts and not trial.sources for trial in facts.trials):
        yield Cause(
            "no-source",
            "No good copy is left from which it could be made.",
            OWNER,
            todo="Ask the data's owner whether the file can be put back.",
        )


def of_requests(facts: Facts) -> Iterator[Cause]:
    """Transfers that wait for something."""
    for state, what in (
        ("NO_SOURCES", "The transfer found no copy that it could read."),
        ("LOST", "The transfer service lost sight of the transfer; Rucio asks for it again."),
        ("WAITING", "The transfers wait: the lake lets only so many run at once."),
    ):
        some = [item for item in facts.requests if item.state == state]
        if some:
            since = min((item.created for item in some if item.created), default=None)
            yield Cause(f"request-{state.lower()}", what, LAKE, since=since, evidence=f"{len(some)} in state {state}")


def of_copies(facts: Facts) -> Iterator[Cause]:
    """Of one file: copies that are bad, hidden, or not there at all."""
    if facts.replicas is None:
        return
    good = [copy.rse for copy in facts.replicas if copy.state == "AVAILABLE" and copy.rse not in facts.absent]
    for copy in facts.replicas:
        if copy.state == "BAD":
            yield Cause(
                "bad-copy",
                f"The copy at {copy.rse} was declared bad.",
                LAKE,
                rse=copy.rse,
                todo="Rucio makes it anew from a good one, where there is one.",
            )
    for name in facts.absent:
        yield Cause(
            "source-lost",
            f"The file is registered at {name}, but the storage does not have it: it was asked just now.",
            SITE,
            rse=name,
            todo=LOST,
        )
    for name in facts.silent:
        todo = "It often mends itself: try again in a while, or use another copy."
        yield Cause("silent", f"The storage at {name} does not answer, or fails: it was asked just now.", SITE, rse=name, todo=todo)
    for name in facts.suspicious:
        yield Cause(
            "suspicious", f"Somebody found the copy at {name} damaged.", LAKE, rse=name, todo="It is looked at; use another copy meanwhile."
        )
    if not good:
        coming = any(copy.state in ("COPYING", "UNAVAILABLE") for copy in facts.replicas)
        what = (
            "No copy is there: those that are registered are still to come, or were lost."
            if coming
            else "No copy of it is registered anywhere."
        )
        yield Cause("no-copy", what, OWNER, todo="Ask the data's owner whether the file can be put back.")
    elif not any(readable(facts, rse) for rse in good):
        yield Cause(
            "read-off",
            f"Its copies are at {', '.join(good)}, where reading is switched off.",
            SITE,
            rse=good[0],
            todo="Wait until it is switched on again.",
        )


def unknown(facts: Facts) -> Cause:
    """Stuck without a word: say so."""
    rule: Rule | None = facts.rule
    tried = sum(item.attempts for item in facts.trials or ())
    what = f"Rucio gives no reason. {tried} transfers were tried." if tried else "Rucio gives no reason."
    return Cause(
        "unknown",
        what,
        LAKE,
        todo="Try it again; if it is stuck once more, show this page to the lake's operators.",
        since=rule.stuck if rule else None,
        acts=own_acts(facts, RETRY),
    )


def slow(facts: Facts, rule: Rule) -> Cause:
    """Nothing is wrong that can be seen."""
    return Cause(
        "slow",
        "Nothing is wrong that Rucio would tell: the transfers wait for their turn.",
        LAKE,
        since=rule.created,
        todo="A higher priority brings it forward.",
        acts=own_acts(facts, "hurry-rule"),
    )
