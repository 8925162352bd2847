"""The items of a new plan: what exists, what was asked for, and what is still missing."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.software.lookup import entry_by_number
from projects.models import Resource
from projects.onboarding import sending
from projects.onboarding.matching import Answers, Certainty, Match, Need, NeedState, Suggestion
from projects.onboarding.matching.index import rules_of
from projects.onboarding.models import Plan, PlanItem, PlanMatch
from projects.onboarding.plan_titles import title_of
from projects.requests.models import Request
from projects.requests.services import RequestRefused
from projects.services import bind
from vre_portal.iam.models import User
from vre_portal.search import audiences

Source = PlanItem.Source
MAX_PEOPLE = 20
INVITING = "people"
MAX_ITEMS = 300  # of one plan


def fill(*, by: User, plan: Plan, needs: Collection[Need], chosen: Collection[str], answers: Answers, key: uuid.UUID) -> int:
    """Write one item for each need, and send the chosen requests; returns how many were sent. One that is refused is said in its items."""
    outcomes = _send(by, plan, [need.suggestion for need in needs if need.suggestion is not None and need.suggestion.key in chosen], key)
    items: list[tuple[PlanItem, list[Match]]] = []
    own = plan.project.get_absolute_url()  # a project that was made for the plan is found by its title, but it is no help to itself
    for need in needs:
        if need.key == INVITING:
            continue  # each of the people is an item
        matches = [match for match in need.matches if match.certainty is not Certainty.MENTION and not match.url.startswith(own)]
        outcome = outcomes.get(need.suggestion.key) if need.suggestion is not None else None
        if outcome is not None:
            items.append((_requested(plan, need, matches, answers, outcome), matches))
        elif need.key == "deadline" or need.state is not NeedState.INFORMATION:  # for information: nothing has to be done
            items.append((_item(plan, need, matches, answers), matches))
    items += [(item, []) for item in _people(plan, answers)]
    items = items[:MAX_ITEMS]
    for position, (item, _matches) in enumerate(items, 1):
        item.position, item.added_by = position, by
    PlanItem.objects.bulk_create(item for item, _matches in items)
    _write_matches(items)
    _refer(by, plan, needs)
    return len({item.request_id for item, _matches in items if item.request_id is not None})


def _item(plan: Plan, need: Need, matches: Sequence[Match], answers: Answers) -> PlanItem:
    """What to do for a need, with what is known of it."""
    source = Source.MATCH if matches and not need.is_missing else Source.GAP
    item = PlanItem(
        plan=plan,
        source=source,
        step=need.step,
        need=need.title[:300],
        title=title_of(need, matches, answers)[:300],
        why=" ".join(need.notes)[:600],
    )
    if need.key == "deadline":
        item.source, item.due = Source.OWN, answers.deadline
    return item


@dataclass(frozen=True)
class Outcome:
    """The result of the request for a need; the needs of a group share it."""

    title: str
    request: Request | None
    refusal: str = ""
    is_shared: bool = False


def _send(by: User, plan: Plan, chosen: Sequence[Suggestion], key: uuid.UUID) -> dict[str, Outcome]:
    """Send what was chosen; the outcome of each suggestion by its key."""
    outcomes: dict[str, Outcome] = {}
    for suggestion, keys in sending.joined(chosen):
        try:
            request = sending.send(by=by, plan=plan, suggestion=suggestion, key=sending.request_key(key, suggestion))
            outcome = Outcome(suggestion.title, request, is_shared=len(keys) > 1)
        except RequestRefused as refused:
            outcome = Outcome(suggestion.title, None, str(refused))
        outcomes |= dict.fromkeys(keys, outcome)
    return outcomes


def _requested(plan: Plan, need: Need, matches: Sequence[Match], answers: Answers, outcome: Outcome) -> PlanItem:
    """The item of a need whose request was sent now; where it was refused, what is to be done without it."""
    item = _item(plan, need, matches, answers)
    if outcome.request is None:
        item.source = Source.GAP
        item.why = (_("The request was not sent: %(reason)s") % {"reason": outcome.refusal})[:600]
        return item
    item.request, item.source = outcome.request, Source.REQUEST
    if not outcome.is_shared:  # else each keeps what is its own: the same words for all would not say which is which
        item.title = (_("Follow the request: %(title)s") % {"title": outcome.title})[:300]
    return item


def _write_matches(items: Sequence[tuple[PlanItem, Sequence[Match]]]) -> None:
    """What exists for each item. What left the index meanwhile is for nobody: who may know of it is not known any more."""
    rules = rules_of(match.document for _item, matches in items for match in matches if match.document)
    PlanMatch.objects.bulk_create(
        PlanMatch(
            item=item,
            position=position,
            title=match.title[:300],
            why=match.why[:600],
            url=match.url[:600],
            audience=rules.get(match.document, audiences.person(0)) if match.document else match.audience,
        )
        for item, matches in items
        for position, match in enumerate(matches, 1)
    )


def _people(plan: Plan, answers: Answers) -> Iterator[PlanItem]:
    """Each person as something to do, for the people of the project alone: nobody was invited, and a shared plan names nobody."""
    for_members = audiences.rule(audiences.condition("members", plan.project_id))
    for row in list(answers.people)[:MAX_PEOPLE]:
        facts = [str(row.get(name) or "") for name in ("name", "email", "institute", "part")]
        name = next(filter(None, facts), "")
        if name:
            why = ", ".join(filter(None, (fact for fact in facts if fact != name)))
            yield PlanItem(
                plan=plan, source=Source.OWN, step="people", title=(_("Invite %(name)s") % {"name": name})[:300], why=why[:600],
                url=reverse("projects:people", args=[plan.project.slug]), audience=for_members,
            )  # fmt: skip


def _refer(by: User, plan: Plan, needs: Collection[Need]) -> None:
    """Software whose entry is called as the answer says becomes a reference of the project."""
    for need in needs:
        match = next((item for item in need.matches if item.is_reference), None)
        concept = match.url.rstrip("/").rpartition("/")[2] if match is not None else ""
        entry = entry_by_number(concept) if concept and need.key.startswith("software-") else None
        if entry is not None:
            bind(
                by=by, project=plan.project, kind=Resource.Kind.SOFTWARE, identifier=entry.identifier, service=entry.service,
                title=entry.title[:300], facts={"entry": entry.concept},
            )  # fmt: skip
