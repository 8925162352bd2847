"""Acts as pages show them."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from datalake.acts import kinds
from datalake.acts.models import Act
from datalake.acts.why.facts import Cause
from datalake.addresses import did_address
from datalake.rucio.types import Rule

MOST = 500  # results that a page shows


@dataclass(frozen=True)
class Link:
    """A DID or a rule with its page."""

    text: str
    page: str


def link(lake: str, subject: str) -> Link:
    """Where a subject has its page: a DID has a colon in it, a rule's id has none."""
    scope, colon, name = subject.partition(":")
    return Link(subject, did_address("did", lake, scope, name) if colon else reverse("datalake:rule", args=[lake, subject]))


@dataclass(frozen=True)
class Shown:
    """One act with its words and links."""

    act: Act

    @property
    def title(self) -> str:
        return kinds.title(self.act.kind)

    @property
    def words(self) -> str:
        """What exactly is wanted; nothing where its kind is no longer there."""
        try:
            return str(kinds.known(self.act.kind).decode(self.act.arguments))
        except (LookupError, TypeError):
            return ""

    @property
    def subjects(self) -> list[Link]:
        return [link(self.act.lake, str(item)) for item in self.act.subjects[:MOST]]

    @property
    def first(self) -> Link | None:
        return next(iter(self.subjects), None)

    @property
    def others(self) -> int:
        return max(len(self.act.subjects) - 1, 0)

    @property
    def results(self) -> list[dict[str, Any]]:
        """What was done one by one, each with its page and the rule's."""
        found = []
        for item in self.act.results[:MOST]:
            rule = str(item.get("rule") or "")
            where = link(self.act.lake, rule).page if rule else ""
            found.append({**item, "link": link(self.act.lake, str(item["what"])), "rule_page": where})
        return found

    @property
    def can_again(self) -> bool:
        return self.act.state in Act.AGAIN

    @property
    def can_cancel(self) -> bool:
        return self.act.state == Act.State.QUEUED

    def row(self, **more: Any) -> dict[str, Any]:
        """For scripts."""
        return {
            "id": self.act.pk,
            "kind": self.act.kind,
            "subjects": self.act.subjects,
            "arguments": self.act.arguments,
            "state": self.act.state,
            "answer": self.act.answer,
            "attempts": self.act.attempt,
            "asked": self.act.asked_at,
            "ended": self.act.ended_at,
            "page": self.act.get_absolute_url(),
            **more,
        }


@dataclass(frozen=True)
class Button:
    """One act on a rule, ready to be posted, or a link to where it is chosen."""

    kind: str
    title: str
    url: str
    post: bool = True
    danger: bool = False
    until: str = ""


CHOSEN = {"prolong-rule": "#keep", "hurry-rule": "#priority", "deny-rule": "#approval"}  # these ask for something more on the rule's page


def buttons(lake: str, rule: Rule, cause: Cause) -> list[Button]:
    """What a cause offers."""
    page, made = reverse("datalake:rule", args=[lake, rule.id]), []
    for name in cause.acts:
        url = page + CHOSEN[name] if name in CHOSEN else reverse("lake_acts:rule-act", args=[lake, rule.id, name])
        until = rule.expires.isoformat() if rule.expires else ""
        made.append(Button(name, kinds.title(name), url, post=name not in CHOSEN, danger=name == "delete-rule", until=until))
    return made
