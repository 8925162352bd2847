"""The items of a new plan: what exists, what was asked for, and what is still missing."""

import uuid
from collections.abc import Collection, Iterator, Mapping

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.software.lookup import entry_by_number
from projects.models import Resource
from projects.onboarding import sending
from projects.onboarding.matching import Answers, Certainty, Match, Need, NeedState
from projects.onboarding.matching.index import rules_of
from projects.onboarding.models import Plan, PlanItem
from projects.requests.services import RequestRefused
from projects.services import bind
from vre_portal.iam.models import User
from vre_portal.search import audiences

Source = PlanItem.Source
MAX_PEOPLE = 20
INVITING = "people"
MAX_ITEMS = 300  # of one plan


def fill(*, by: User, plan: Plan, needs: Collection[Need], chosen: Collection[str], answers: Answers, key: uuid.UUID) -> int:
    """Write the items and send the chosen requests; returns how many were sent. A request that is refused is an item that says why."""
    items: list[PlanItem] = []
    sent = 0
    seen: set[tuple[str, str]] = set()
    own = plan.project.get_absolute_url()  # a project that was made for the plan is found by its title, but it is no help to itself
    rules = rules_of(match.document for need in needs for match in need.matches if match.document)
    for need in needs:
        if need.key == INVITING:
            continue  # each of the people is an item
        serving = [match for match in need.matches if match.certainty is not Certainty.MENTION and not match.url.startswith(own)]
        fresh = [match for match in serving if (match.title, match.url) not in seen]
        seen |= {(match.title, match.url) for match in fresh}  # one thing may serve several needs
        items += [_match(plan, need, match, rules) for match in fresh]
        is_chosen = need.suggestion is not None and need.suggestion.key in chosen
        if is_chosen:
            item = _request(by, plan, need, key)
            sent += item.request_id is not None
            items.append(item)
        elif need.is_open or not need.matches:
            items += _gap(plan, need, answers)
    items += _people(plan, answers)
    for position, item in enumerate(items[:MAX_ITEMS], 1):
        item.position, item.added_by = position, by
    PlanItem.objects.bulk_create(items[:MAX_ITEMS])
    _refer(by, plan, needs)
    return sent


def _match(plan: Plan, need: Need, match: Match, rules: Mapping[tuple[str, str], str]) -> PlanItem:
    """Something that exists. What left the index meanwhile is for nobody: who may know of it is not known any more."""
    audience = rules.get(match.document, audiences.person(0)) if match.document else match.audience
    return PlanItem(
        plan=plan,
        source=Source.MATCH,
        step=need.step,
        need=need.title[:300],
        title=match.title[:300],
        why=match.why[:600],
        url=match.url[:600],
        audience=audience,
    )


def _request(by: User, plan: Plan, need: Need, key: uuid.UUID) -> PlanItem:
    suggestion = need.suggestion
    assert suggestion is not None  # noqa: S101 -- asked by the caller
    item = PlanItem(plan=plan, source=Source.REQUEST, step=need.step, need=need.title[:300], title=suggestion.title[:300])
    try:
        item.request = sending.send(
            by=by, project=plan.project, suggestion=suggestion, text=sending.reason(suggestion, plan.project),
            key=sending.request_key(key, suggestion),
        )  # fmt: skip
    except RequestRefused as refused:
        item.source = Source.GAP
        item.why = (_("The request was not sent: %(reason)s") % {"reason": refused})[:600]
    return item


def _gap(plan: Plan, need: Need, answers: Answers) -> Iterator[PlanItem]:
    """What nothing was found for and nobody was asked for."""
    item = PlanItem(plan=plan, source=Source.GAP, step=need.step, title=need.title[:300], why=" ".join(need.notes)[:600])
    if need.key == "deadline":
        item.source, item.due = Source.OWN, answers.deadline
    if need.state is NeedState.INFORMATION and need.key != "deadline":
        return  # said for information: nothing has to be done
    yield item


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
