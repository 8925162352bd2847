"""The steps of the wizard: shown with what exists for each need, saved, and matched while somebody types."""

import uuid
from datetime import date
from typing import Any

from django.contrib import messages
from django.forms import DateField, Field
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from projects.onboarding import services
from projects.onboarding.contacts import people_to_ask
from projects.onboarding.forms.fields import AmountField
from projects.onboarding.forms.step_form import MORE_ROWS, STEP_KINDS, StepForm, StepKind
from projects.onboarding.matching import Answers, matched
from projects.onboarding.models import STEPS, Onboarding
from projects.onboarding.permissions import onboarding_for
from projects.onboarding.review_page import form_key, steps_of
from projects.requests.values import shown
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, RateLimit, rate_limited
from vre_portal.text import named_values

MATCH = RateLimit("search", frozenset({"POST"}))  # asked while somebody types


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
    found = [(str(field.label), words(field, values.get(name))) for name, field in kind.form.base_fields.items()]
    rows = values.get("rows")
    fields = kind.row.base_fields if kind.row else {}
    for row in rows if isinstance(rows, list) else ():
        texts = {str(field.label): words(field, row.get(name)) for name, field in fields.items()} if isinstance(row, dict) else {}
        found.append((str(kind.rows_title), named_values(texts)))
    return [(label, text) for label, text in found if text]


def words(field: Field, value: Any) -> str:
    """A stored value as text: the label of a choice, a size with its unit, a date as people write it."""
    if isinstance(value, list):
        return ", ".join(words(field, item) for item in value)
    if isinstance(value, dict):
        return " | ".join(map(str, value.values()))
    if value in (None, ""):
        return ""
    if isinstance(field, AmountField):
        return str(field.prepare_value(value))
    if isinstance(field, DateField):
        return date_text(str(value))
    return shown(field, value)


def date_text(value: str) -> str:
    """1 Jun 2028, from a stored date."""
    try:
        return date_format(date.fromisoformat(value), "j M Y")
    except ValueError:
        return value


def show_step(
    request: HttpRequest, onboarding: Onboarding | None, kind: StepKind, form: StepForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The page of a step; a form that was refused is shown as it was typed."""
    named = Answers.of(onboarding.answers).experiments if onboarding and kind.name == STEPS[0] else ()
    context = {
        "answers": saved_words(kind, onboarding) if onboarding and onboarding.is_finished else [],
        "again_key": uuid.uuid4(),
        "to_ask": people_to_ask(request.user, named),
        "onboarding": onboarding,
        "kind": kind,
        "form": form.form,
        "rows": form.rows,
        "version": onboarding.version_of(kind.name) if onboarding else 0,
        "steps": steps_of(onboarding, kind.name),
        "needs": services.needs_of(onboarding, current_user(request), kind.name) if onboarding and not onboarding.is_finished else [],
        "is_bad": status == 400,
        **more,
    }
    return render(request, "onboarding/step.html", context, status=status)


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
