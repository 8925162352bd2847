"""Who may read a request, and who may answer it: each kind of request says who decides about it."""

from collections import defaultdict

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.http import Http404
from django.utils.translation import gettext

from projects.models import Membership, Role
from projects.models.membership import known_roles
from projects.permissions import Permission, can
from projects.requests.approvers import NONE, Approvers, either
from projects.requests.kinds import all_kinds
from projects.requests.models import Request, StoredAnswer
from vre_portal.iam.models import User


def answerable_by(user: User) -> Q:
    """Those of others that the person decides about now; nobody answers their own request."""
    if not user.is_active:
        return NONE
    return _decided_by(user) & ~Q(by=user)


def readable_by(user: User) -> Q:
    """One's own, those that one decides about, and for administrators those of kinds that they may read."""
    if not user.is_active:
        return NONE
    private = [kind.key for kind in all_kinds() if not kind.staff_may_read]
    return either([Q(by=user), _decided_by(user), ~Q(kind__in=private) if user.is_staff else NONE])


def _decided_by(user: User) -> Q:
    """By kind; requests of a kind that is no longer known are the administrators'."""
    by_rule: dict[Approvers, list[str]] = defaultdict(list)
    for kind in all_kinds():
        by_rule[kind.approvers].append(kind.key)
    known = [key for keys in by_rule.values() for key in keys]
    rules = [Q(kind__in=keys) & rule.requests_of(user) for rule, keys in by_rule.items()]
    return either([*rules, ~Q(kind__in=known) if user.is_staff else NONE])


def can_answer(user: User, request: Request) -> bool:
    """Whether the person decides about this request at this moment."""
    return Request.objects.filter(answerable_by(user), pk=request.pk).exists()


def can_read(user: User, request: Request) -> bool:
    """Whether the person may read the request and its thread at this moment."""
    return Request.objects.filter(readable_by(user), pk=request.pk).exists()


def not_handled_by_others(user: User, requests: QuerySet[Request]) -> QuerySet[Request]:
    """Of requests that the person can answer, those assigned to them, or to nobody who can answer them now; two queries."""
    assignments = Request.assignees.through.objects
    others = User.objects.filter(pk__in=assignments.filter(request__in=requests).values("user"), is_active=True).exclude(pk=user.pk)
    handled = either(Q(pk__in=assignments.filter(user=other).values("request")) & answerable_by(other) for other in others)
    return requests.filter(Q(pk__in=assignments.filter(user=user).values("request")) | ~handled)


def request_for(user: User, pk: int, **columns: Exists) -> Request:
    """A request that the person may read, with further columns that its page needs; raises Http404 for everybody else."""
    roles = Membership.objects.of(user).filter(project=OuterRef("project")).values("role")
    found = Request.objects.filter(readable_by(user), pk=pk).select_related("project", "by__profile", "decided_by", "act")
    item = found.annotate(
        reader_answers=Case(When(answerable_by(user), then=Value(True)), default=Value(False), output_field=BooleanField()),
        reader_roles=ArraySubquery(roles),
        has_stored_answers=Exists(StoredAnswer.objects.filter(Q(kind="") | Q(kind=OuterRef("kind")))),
        **columns,
    ).first()
    if item is None:
        raise Http404(gettext("Request not found."))
    if item.project_id is not None:  # what the page asks of the project is known with it
        known_roles(user)[item.project_id] = next((role for role in Role if role in item.reader_roles), None)  # type: ignore[attr-defined]
    return item


def shown_title(user: User, request: Request) -> str:
    """The project's title, for those who may not see the project as they knew it when they asked."""
    project = request.project
    return project.title if project is not None and can(user, project, Permission.VIEW) else request.project_title
