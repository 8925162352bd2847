"""Operations as pages show them."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from datalake.operations import kinds
from datalake.operations.diagnosis.facts import Cause
from datalake.operations.models import Operation
from datalake.pages.addresses import did_address
from datalake.rucio.types import Rule

MAX_RESULTS = 500  # results that a page shows


@dataclass(frozen=True)
class SubjectLink:
    """A DID or a rule with its page."""

    text: str
    page: str


def link_subject(lake: str, subject: str) -> SubjectLink:
    """A subject with the address of its page: a DID has a colon in it, a rule's id has none."""
    scope, colon, name = subject.partition(":")
    return SubjectLink(subject, did_address("did", lake, scope, name) if colon else reverse("datalake:rule", args=[lake, subject]))


@dataclass(frozen=True)
class OperationDisplay:
    """One operation with its words and links."""

    operation: Operation

    @property
    def title(self) -> str:
        return kinds.title(self.operation.kind)

    @property
    def words(self) -> str:
        """The arguments in words; empty where the kind is no longer registered."""
        try:
            return str(kinds.kind_named(self.operation.kind).decode(self.operation.arguments))
        except (LookupError, TypeError):
            return ""

    @property
    def subjects(self) -> list[SubjectLink]:
        return [link_subject(self.operation.lake, str(item)) for item in self.operation.subjects[:MAX_RESULTS]]

    @property
    def first(self) -> SubjectLink | None:
        return next(iter(self.subjects), None)

    @property
    def others(self) -> int:
        return max(len(self.operation.subjects) - 1, 0)

    @property
    def results(self) -> list[dict[str, Any]]:
        """The results of the single DIDs, each with its page and its rule's page."""
        results = []
        for item in self.operation.results[:MAX_RESULTS]:
            rule = str(item.get("rule") or "")
            link = link_subject(self.operation.lake, str(item["what"]))
            rule_page = link_subject(self.operation.lake, rule).page if rule else ""
            results.append({**item, "link": link, "rule_page": rule_page})
        return results

    @property
    def can_again(self) -> bool:
        return self.operation.state in Operation.AGAIN

    @property
    def can_cancel(self) -> bool:
        return self.operation.state == Operation.State.QUEUED

    def row(self, **more: Any) -> dict[str, Any]:
        """For scripts."""
        return {
            "id": self.operation.pk,
            "kind": self.operation.kind,
            "subjects": self.operation.subjects,
            "arguments": self.operation.arguments,
            "state": self.operation.state,
            "answer": self.operation.answer,
            "attempts": self.operation.attempt,
            "asked": self.operation.asked_at,
            "ended": self.operation.ended_at,
            "page": self.operation.get_absolute_url(),
            **more,
        }


@dataclass(frozen=True)
class Button:
    """One operation on a rule, ready to be posted, or a link to where it is chosen."""

    kind: str
    title: str
    url: str
    post: bool = True
    danger: bool = False
    until: str = ""


CHOSEN = {"prolong-rule": "#keep", "hurry-rule": "#priority", "deny-rule": "#approval"}  # these ask for something more on the rule's page


def buttons(lake: str, rule: Rule, cause: Cause) -> list[Button]:
    """The buttons for the operations that help against a cause."""
    page, made = reverse("datalake:rule", args=[lake, rule.id]), []
    for name in cause.acts:
        url = page + CHOSEN[name] if name in CHOSEN else reverse("lake_acts:rule-act", args=[lake, rule.id, name])
        until = rule.expires.isoformat() if rule.expires else ""
        made.append(Button(name, kinds.title(name), url, post=name not in CHOSEN, danger=name == "delete-rule", until=until))
    return made
