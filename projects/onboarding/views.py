"""Pages of the wizard: what it is, its steps with what exists for each need, and the review that sends what was chosen."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.models import Membership, Project, Role
from projects.onboarding import services
from projects.onboarding.forms.review import NEW, ReviewForm
from projects.onboarding.forms.step_form import MORE_ROWS, STEP_KINDS, StepForm, StepKind
from projects.onboarding.matching import Answers, matched
from projects.onboarding.models import STEPS, Onboarding, onboardings_of
from projects.onboarding.permissions import onboarding_for
from projects.onboarding.review_page import review_context
from projects.permissions import can_create_projects
from projects.start.services import SlugTaken
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.limits import ACT, SEARCH, RateLimit, rate_limited
from vre_portal.tables import listing, page_size

PAGE, MAX_PROJECTS = 20, 100
MATCH = RateLimit("search", frozenset({"POST"}))  # asked while somebody types


@require_safe
@login_not_required
@rate_limited(SEARCH)
def index(request: HttpRequest) -> HttpResponse:
    """What onboarding is, for everybody; and the reader's own onboardings, the last changed first."""
    if not isinstance(request.user, User):
        return render(request, "onboarding/index.html", {"steps": STEP_KINDS.values()})
    rows, following = page_of(request, request.user)
    made = listing(request, [row_of(row) for row in rows], following=following, filename="onboardings")
    if made is not None:
        return made
    context = {"steps": STEP_KINDS.values(), "rows": rows, "next_url": following, "can_create": can_create_projects(request.user)}
    response = render(request, "onboarding/index.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def page_of(request: HttpRequest, user: User) -> tuple[list[Onboarding], str | None]:
    """One page of the person's onboardings, and the address of the next."""
    size, before = page_size(request, PAGE), request.GET.get("before", "")
    rows = onboardings_of(user).select_related("project").order_by("-pk")
    if before.isascii() and before.isdecimal() and len(before) <= 18:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: size + 1])
    return found[:size], f"{request.path}?before={found[size - 1].pk}" if len(found) > size else None


def row_of(row: Onboarding) -> dict[str, Any]:
    """An onboarding as a row of a table."""
    return {
        "number": row.pk,
        "title": row.title,
        "state": "finished" if row.is_finished else "open",
        "project": row.project.slug if row.project else None,
        "created_at": row.created_at,
        "changed_at": row.changed_at,
        "page": row.get_absolute_url(),
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def new(request: HttpRequest) -> HttpResponse:
    """The first step; an onboarding begins when it is saved."""
    user, kind = current_user(request), STEP_KINDS[STEPS[0]]
    if request.method != "POST":
        return show_step(request, None, kind, StepForm(kind), key=uuid.uuid4())
    form, key = StepForm(kind, request.POST), form_key(request)
    if not form.is_valid:
        return show_step(request, None, kind, form, key=key, status=400)
    try:
        onboarding = services.begin(by=user, key=key, values=form.values())
    except services.OnboardingRefused as refused:
        return show_step(request, None, kind, form, key=key, status=409, refused=str(refused))
    return after_saving(request, onboarding, kind, form)


def form_key(request: HttpRequest) -> uuid.UUID:
    """The key of the form that was sent; a new one where it has none."""
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()


@never_cache
@require_safe
def go_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead to where the onboarding goes on: its project, the first step that was not saved, or the review."""
    onboarding = onboarding_for(current_user(request), pk)
    if onboarding.is_finished and onboarding.project is not None:
        return redirect("plan:plan", slug=onboarding.project.slug)
    if onboarding.next_step == "review":
        return redirect("onboarding:review", pk=pk)
    return redirect("onboarding:step", pk=pk, step=onboarding.next_step)


def kind_named(name: str) -> StepKind:
    """The step of this name; raises Http404."""
    if name not in STEP_KINDS:
        raise Http404(_("There is no such step."))
    return STEP_KINDS[name]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """One step: shown with its matches, and saved over the version that its reader saw."""
    user, kind = current_user(request), kind_named(step)
    onboarding = onboarding_for(user, pk)
    if request.method != "POST":
        rows = request.GET.get("rows", "")
        wanted = int(rows) if rows.isascii() and rows.isdecimal() and len(rows) < 3 else 0
        return show_step(request, onboarding, kind, StepForm(kind, values=onboarding.values_of(step), rows=wanted))
    form = StepForm(kind, request.POST)
    if not form.is_valid:
        return show_step(request, onboarding, kind, form, status=400)
    seen = request.POST.get("version", "")
    version = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else -1
    try:
        onboarding = services.save_step(by=user, onboarding=onboarding, step=step, seen=version, values=form.values())
    except services.StepChanged as changed:
        theirs = saved_words(kind, changed.onboarding)
        return show_step(request, changed.onboarding, kind, form, status=409, refused=str(changed), theirs=theirs)
    except services.OnboardingRefused as refused:
        return show_step(request, onboarding, kind, form, status=409, refused=str(refused))
    return after_saving(request, onboarding, kind, form)


def after_saving(request: HttpRequest, onboarding: Onboarding, kind: StepKind, form: StepForm) -> HttpResponse:
    """Where the pressed button leads: the same step, more rows of it, or the next one."""
    here = redirect("onboarding:step", pk=onboarding.pk, step=kind.name)
    if "more" in request.POST:
        here["Location"] += f"?rows={form.shown_rows + MORE_ROWS}#rows"
        return here
    if "stay" in request.POST:
        messages.success(request, _("Saved."))
        return here
    following = STEPS.index(kind.name) + 1
    if following == len(STEPS):
        return redirect("onboarding:review", pk=onboarding.pk)
    return redirect("onboarding:step", pk=onboarding.pk, step=STEPS[following])


def saved_words(kind: StepKind, onboarding: Onboarding) -> list[tuple[str, str]]:
    """What is saved of a step: label and text, to be compared with what was typed."""
    values = onboarding.values_of(kind.name)
    found = [(str(field.label), words(values.get(name))) for name, field in kind.form.base_fields.items()]
    rows = values.get("rows")
    for row in rows if isinstance(rows, list) else ():
        found.append((str(kind.rows_title), ", ".join(filter(None, map(words, row.values()))) if isinstance(row, dict) else ""))
    return [(label, text) for label, text in found if text]


def words(value: Any) -> str:
    """A stored value as text."""
    if isinstance(value, list):
        return ", ".join(words(item) for item in value)
    if isinstance(value, dict):
        return " | ".join(map(str, value.values()))
    return "" if value in (None, "") else str(value)


def show_step(
    request: HttpRequest, onboarding: Onboarding | None, kind: StepKind, form: StepForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The page of a step; a form that was refused is shown as it was typed."""
    context = {
        "onboarding": onboarding,
        "kind": kind,
        "form": form.form,
        "rows": form.rows,
        "version": onboarding.version_of(kind.name) if onboarding else 0,
        "steps": steps_of(onboarding, kind.name),
        "needs": services.needs_of(onboarding, current_user(request), kind.name) if onboarding else [],
        "is_bad": status == 400,
        **more,
    }
    return render(request, "onboarding/step.html", context, status=status)


def steps_of(onboarding: Onboarding | None, current: str) -> list[dict[str, Any]]:
    """All steps for the list above the form: where they are, and whether they were saved."""
    saved = {name: bool(onboarding and onboarding.version_of(name)) for name in STEPS}
    return [
        {"name": kind.name, "title": kind.title, "is_saved": saved[kind.name], "is_current": kind.name == current}
        for kind in STEP_KINDS.values()
    ]


@never_cache
@require_POST
@rate_limited(MATCH)
def matches(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """A fragment: what exists for the values that stand in the form now; nothing is saved."""
    user, kind = current_user(request), kind_named(step)
    onboarding = onboarding_for(user, pk)
    typed = StepForm(kind, request.POST).partial()
    needs = matched(Answers.of({**onboarding.answers, step: typed}), user, step)
    return render(request, "onboarding/matches.html", {"needs": needs, "onboarding": onboarding, "kind": kind})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """All needs with their matches; confirmed, a project with a plan, and the chosen requests."""
    user = current_user(request)
    onboarding = onboarding_for(user, pk)
    if request.method != "POST":
        if onboarding.is_finished and onboarding.project is not None:
            return redirect("plan:plan", slug=onboarding.project.slug)
        return show_review(request, onboarding)
    page = review_context(user, onboarding, projects_of(user), request.POST)
    form: ReviewForm = page["form"]
    if not form.is_valid() and not onboarding.is_finished:
        return show_review(request, onboarding, 400, data=request.POST)
    into = form.cleaned_data.get("into")
    project = next((item for item in page["projects"] if str(item.pk) == into), None) if into != NEW else None
    try:
        made = services.finish(
            by=user,
            onboarding=onboarding,
            fingerprint=request.POST.get("fingerprint", ""),
            chosen=form.cleaned_data.get("requests", ()),
            into=project,
        )
    except (services.OnboardingRefused, SlugTaken) as refused:
        return show_review(request, onboarding_for(user, pk), 409, data=request.POST, refused=str(refused))
    tell(request, made)
    return redirect("plan:plan", slug=made.slug)


def tell(request: HttpRequest, project: Project) -> None:
    """Say what was made."""
    sent = project.plan.items.exclude(request=None).count()
    messages.success(request, _("The plan was made."))
    if sent:
        text = ngettext(
            "%(n)s request was sent. Its state is shown in the plan.", "%(n)s requests were sent. Their states are shown in the plan.", sent
        )
        messages.success(request, text % {"n": sent})


def show_review(request: HttpRequest, onboarding: Onboarding, status: int = 200, *, data: Any = None, **more: Any) -> HttpResponse:
    """The page; a form that was refused keeps what was chosen, and confirms the answers as they are shown now."""
    user = current_user(request)
    context = review_context(user, onboarding, projects_of(user), data)
    return render(request, "onboarding/review.html", {**context, "steps": steps_of(onboarding, "review"), **more}, status=status)


def projects_of(user: User) -> list[Project]:
    """Projects that the person edits, that take changes and have no plan yet."""
    edited = Membership.objects.of(user).filter(role__in=(Role.LEAD, Role.EDITOR)).values("project")
    rows = Project.objects.filter(pk__in=edited, deleted_at=None, archived_at=None, plan=None)
    return list(rows.order_by("title", "slug")[:MAX_PROJECTS])


@never_cache
@require_POST
@rate_limited(ACT)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one's own onboarding."""
    user = current_user(request)
    onboarding = onboarding_for(user, pk)
    services.delete(by=user, onboarding=onboarding)
    messages.success(request, _("“%(title)s” was deleted.") % {"title": onboarding.title})
    return redirect("onboarding:index")
