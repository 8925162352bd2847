"""What the page of one request shows to its reader."""

import uuid
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import QueryDict

from projects.models import Project, Role
from projects.people import data_access
from projects.people.data_access import MissingAccess, Newcomer
from projects.people.former_roles import former_role
from projects.people.views import home_of
from projects.permissions import Permission, can, role_of
from projects.requests import answers, services
from projects.requests.forms import AnswerForm, CommentForm, DoneForm, DueForm, TemplateForm
from projects.requests.handling import MAX_ASSIGNEES
from projects.requests.kinds import RequestKind, UnknownKind, kind_of
from projects.requests.listing import heading
from projects.requests.models import Request
from projects.requests.permissions import can_answer, shown_title
from projects.requests.timeline import Formatter, own_files, timeline
from projects.requests.values import RequestValuesForm
from vre_portal.http import RemoteError
from vre_portal.iam.models import User
from vre_portal.iam.profiles.models import Profile
from vre_portal.jobs.fates import Refused
from vre_portal.stop_switches.present import stop_of

MAX_CANDIDATES = 50  # people in the list from which one is assigned


def context_of(user: User, item: Request, template: str = "", *, shows_people: bool = False) -> dict[str, Any]:
    """The request for its reader: what they may see of the project, and the forms of what they can do."""
    kind, project, formatter = kind_or_none(item), item.project, Formatter()
    visible = project if project is not None and can(user, project, Permission.VIEW) else None
    answers_it = bool(item.reader_answers) if hasattr(item, "reader_answers") else can_answer(user, item)
    files = list(item.attachments.all())
    context: dict[str, Any] = {
        "item": item,
        "kind": kind,
        "is_join": item.kind == services.JOIN,
        "heading": heading(user, item),
        "values": kind.form.describe(item.values) if kind and item.kind != services.JOIN else [],
        "reason": formatter.html(item.text, "reason-") if item.text else "",
        "own_files": own_files(files),
        "timeline": timeline(item, files, formatter),
        "title": shown_title(user, item),
        "project": visible,
        "is_own": item.by_id == user.pk,
        "may_answer": answers_it,
        "closed": services.closed_words(item) if item.is_unfinished else "",
        "home": home_of(item.by),
        "profile": profile_of(item.by),
        "result": item.result if isinstance(item.result, dict) else {},
        "can_comment": not services.closed_words(item),
        "can_withdraw": item.by_id == user.pk and (item.is_open or item.can_be_ended),
        **(_of_act(item, kind) if item.is_unfinished else {}),
        "comment_form": CommentForm(auto_id="comment_%s", initial={"key": uuid.uuid4()}),
        **_of_role(user, item, visible),
    }
    if answers_it and item.is_unfinished:
        context |= _for_answerer(user, item, kind, formatter, template, shows_people)
    return context


def _of_role(user: User, item: Request, visible: Project | None) -> dict[str, Any]:
    """For a request to join: the person's role, and what they cannot open with it."""
    if item.kind != services.JOIN:
        return {}
    person_role = role_of(item.by, item.project) if item.project is not None else None
    was_granted = item.state == Request.State.GRANTED
    return {
        "person_role": person_role,
        "former": former_role(item.by, visible) if visible and was_granted and person_role is None else None,
        "missing": missing_access(user, item, visible, person_role),
    }


def _of_act(item: Request, kind: RequestKind | None) -> dict[str, Any]:
    """Why an approved request is not carried out yet, for everybody who reads it, and what staff have stopped of it."""
    act = item.act if hasattr(item, "act") else None
    action = kind.stoppable_action(item) if kind else None
    stop = stop_of(*action) if action else None
    return {
        "act": act,
        "waits_for_sign_in": bool(act and act.waits_since),
        "stop": stop,
        "can_be_ended": item.waits_for_hand or (item.can_be_ended and bool(stop or (act and act.problem))),
    }


def missing_access(reader: User, item: Request, project: Project | None, role: Role | None) -> list[MissingAccess]:
    """What the person cannot open of the project's data with the role that they have, or have asked for."""
    expected = role or (item.asked_role if item.is_open else "")
    if project is None or not expected:
        return []
    return data_access.missing_access(reader, project, [Newcomer(frozenset(item.by.groups), expected, str(item.by))])


def profile_of(person: User) -> Profile | None:
    """The profile of somebody who shows it to people who are signed in."""
    profile = getattr(person, "profile", None)
    return profile if profile and person.is_active and profile.audience != Profile.Audience.NOBODY else None


def _for_answerer(
    user: User, item: Request, kind: RequestKind | None, formatter: Formatter, template: str, shows_people: bool
) -> dict[str, Any]:
    """The panel and the forms of those who answer."""
    words = answers.templates_for(kind, has_stored=getattr(item, "has_stored_answers", True)) if kind else []
    chosen = int(template) if template.isdecimal() and len(template) < 4 else -1
    text = words[chosen].text if 0 <= chosen < len(words) else ""
    by_hand = item.waits_for_hand or (item.is_open and kind is not None and (kind.act is None or not kind.can_act(item)))
    instructions = kind.instructions(item) if kind and by_hand else ""
    people = kind.approvers.people(item) if kind else User.objects.filter(is_staff=True, is_active=True)
    assignees = list(item.assignees.annotate(answers_no_more=~Exists(people.filter(pk=OuterRef("pk")))))
    assigned = {person.pk for person in assignees}
    candidates: list[User] = []
    if kind and shows_people and len(assignees) < MAX_ASSIGNEES:
        others = people.exclude(pk__in={item.by_id, user.pk, *assigned}).order_by("name", "pk")
        candidates = list(others[:MAX_CANDIDATES])
    return {
        "assignees": assignees,
        "is_assigned": user.pk in assigned,
        "candidates": candidates,
        "shows_people": shows_people,
        "shows_present": kind is not None and kind.present_facts is not None,
        "due_form": DueForm(initial={"due_at": item.due_at}),
        "can_retry": hasattr(item, "act") and item.waits_for_hand and kind is not None and kind.act is not None and kind.can_act(item),
        "instructions": formatter.html(instructions, "steps-") if instructions else "",
        "done_form": DoneForm(auto_id="done_%s"),
        "decision_form": AnswerForm(auto_id="decision_%s", initial={"text": text}),
        "decision_values": decision_form_of(item, None),
        "template_form": TemplateForm(templates=words, auto_id="template_%s", initial={"template": template}) if words else None,
    }


def present_of(user: User, item: Request) -> dict[str, Any] | None:
    """How things are now at a remote service, for somebody who decides, or why that is not known; None where a kind has nothing of the sort."""
    kind = kind_or_none(item)
    if kind is None or kind.present_facts is None or not item.is_open or not can_answer(user, item):
        return None
    try:
        return {"facts": kind.present_facts(user, item)}
    except (RemoteError, Refused) as error:
        return {"problem": str(error)}


def decision_form_of(item: Request, sent: QueryDict | None) -> RequestValuesForm | None:
    """The fields that the answer of this kind has; they begin with what was asked for."""
    kind = kind_or_none(item)
    if kind is None or kind.decision_form is None:
        return None
    initial = {"role": item.asked_role} if item.asked_role else dict(item.values) if isinstance(item.values, dict) else {}
    return kind.decision_form(sent, user=item.by, project=item.project, initial=initial, auto_id="decision_%s")


def kind_or_none(item: Request) -> RequestKind | None:
    """The kind of a request, if the portal still has it."""
    try:
        return kind_of(item.kind)
    except UnknownKind:
        return None
