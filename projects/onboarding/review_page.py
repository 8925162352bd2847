"""What the review shows: the needs by step, the requests that can be sent, and the projects that can get the plan."""

import uuid
from collections import Counter
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from projects.models import Project
from projects.onboarding import sending, services
from projects.onboarding.contacts import people_to_ask
from projects.onboarding.forms.review import NEW, ReviewForm
from projects.onboarding.forms.step_form import STEP_KINDS
from projects.onboarding.matching import Need
from projects.onboarding.models import STEPS, Onboarding
from projects.permissions import can_create_projects
from projects.requests import services as requests
from vre_portal.iam.models import User


def review_context(user: User, onboarding: Onboarding, projects: list[Project], data: Any = None) -> dict[str, Any]:
    """The context of the page; what was chosen in `data` stays chosen."""
    needs = services.needs_of(onboarding, user)
    may_create = can_create_projects(user)
    offered = [(need.suggestion.key, need.suggestion.title) for need in needs if need.suggestion is not None]
    preselected = [need.suggestion.key for need in needs if need.suggestion is not None and need.is_to_request]
    first = NEW if may_create else next((str(project.pk) for project in projects), "")
    initial = {"fingerprint": onboarding.fingerprint, "requests": preselected, "into": first}
    form = ReviewForm(data, initial=initial, suggestions=offered, projects=projects, may_create=may_create)
    chosen = set(data.getlist("requests")) if data is not None else set(preselected)
    asked = [need.suggestion for need in needs if need.suggestion is not None and need.suggestion.key in chosen]
    return {
        "request_count": len(sending.joined(asked)),
        "room": max(requests.MAX_OPEN - onboarding.open_requests, 0),
        "max_requests": requests.MAX_OPEN,
        "onboarding": onboarding,
        "groups": _by_step(needs, chosen),
        "form": form,
        "into": data.get("into", first) if data is not None else first,
        "projects": projects,
        "may_create": may_create,
        "new_project_url": new_project_url(onboarding),
        "has_requests": bool(offered),
        "to_ask": people_to_ask(user),
        "unsaved": [kind.title for name, kind in STEP_KINDS.items() if not onboarding.version_of(name)],
        "met_count": sum(need.is_met for need in needs),
        "undecided_count": sum(need.is_undecided for need in needs),
        "open_count": sum(need.is_missing for need in needs),
    }


def new_project_url(onboarding: Onboarding) -> str:
    """The form that asks for a new project, filled in from the answers."""
    summary = onboarding.values_of("people").get("summary")
    query = {"title": onboarding.title, "summary": summary if isinstance(summary, str) else ""}
    return f"{reverse('requests:new', args=['new-project'])}?{urlencode(query)}"


def _by_step(needs: list[Need], chosen: set[str]) -> list[dict[str, Any]]:
    """The needs of each step that has any, each with whether its request is chosen, and whether others of its group can be asked for with it."""
    groups = []
    offered = Counter(need.suggestion.group for need in needs if need.suggestion is not None)
    for name, kind in STEP_KINDS.items():
        rows = [
            (need, need.suggestion.key in chosen, need.suggestion.group is not None and offered[need.suggestion.group] > 1)
            if need.suggestion
            else (need, False, False)
            for need in needs
            if need.step == name
        ]
        groups.append({"name": name, "title": kind.title, "needs": rows})
    return groups


def steps_of(onboarding: Onboarding | None, current: str) -> list[dict[str, Any]]:
    """All steps for the list above the form: where they are, and whether they were saved."""
    saved = {name: bool(onboarding and onboarding.version_of(name)) for name in STEPS}
    return [
        {"name": kind.name, "title": kind.title, "is_saved": saved[kind.name], "is_current": kind.name == current}
        for kind in STEP_KINDS.values()
    ]


def form_key(request: HttpRequest) -> uuid.UUID:
    """The key of the form that was sent; a new one where it has none."""
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()
