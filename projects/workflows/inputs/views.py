"""The page that chooses the data of one input, and the upload of a file for it; what was typed in the launch form goes along and comes back."""

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from projects.models import Project
from projects.page_context import project_context
from projects.permissions import Permission, project_for
from projects.workflows.inputs import choices, uploads
from projects.workflows.inputs.accepting import takes_collection
from projects.workflows.inputs.choices import Choices, Question
from projects.workflows.inputs.opened import Opened, choices_in
from projects.workflows.launching.version_part import at_version
from projects.workflows.models import Specification
from projects.workflows.pages import TAB
from vre_portal import things
from vre_portal.iam.current_user import current_user
from vre_portal.limits import READING, UPLOAD, WRITING, RateLimit, rate_limited
from vre_portal.services import ServiceKind, services

PICK = RateLimit("search", READING | WRITING)
OWN = frozenset(
    {"csrfmiddlewaretoken", "words", "after", "copies", "open", "use", "use-path", "do", "file", "path", "tab", "from", "template"}
)
MAX_WORDS = 200


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(PICK)
def pick(request: HttpRequest, slug: str) -> HttpResponse:
    """The choices of one tab. It changes nothing: a POST carries what stands in the launch form."""
    project = project_for(request.user, slug, Permission.LAUNCH)
    return page(request, project)


@require_POST
@rate_limited(UPLOAD)
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Store a file from the person's computer, and show it among the choices."""
    project = project_for(request.user, slug, Permission.LAUNCH)
    try:
        stored = uploads.store(by=current_user(request), project=project, file=request.FILES.get("file"))
    except uploads.NotStored as error:
        return page(request, project, tab="upload", wrong=str(error), status=422)
    return page(request, project, tab="upload", added=stored)


def page(request: HttpRequest, project: Project, *, tab: str = "", status: int = 200, **more: Any) -> HttpResponse:
    """The picker with the rows of a tab."""
    specification, path = input_of(request, project)
    sent = request.POST if request.method == "POST" else request.GET
    tabs = tabs_of()
    tab = tab or request.GET.get("tab", "")
    tab = tab if tab in tabs else next(iter(tabs))
    question = Question(
        person=current_user(request),
        project=project,
        takes_collection=takes_collection(specification.reana_yaml, path),
        words=" ".join(sent.get("words", "").replace("\0", "").split())[:MAX_WORDS],
        after=sent.get("after", "")[:4000],
        with_copies=bool(sent.get("copies")),
    )
    is_late = False
    opened = Opened.of(sent.get("open") or request.GET.get("open", "")) if not question.takes_collection else None
    try:
        found = choices_in(opened, question) if opened else tabs[tab][1](request, question)
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        found, is_late, status = Choices(), True, 503
    query = {name: request.GET[name] for name in ("specification", "from", "template", "version") if name in request.GET}
    context = {
        "specification": specification, "path": path, "tabs": [(key, title) for key, (title, _rows) in tabs.items()], "chosen_tab": tab,
        "found": found, "opened": opened, "question": question, "is_late": is_late, "carried": carried(sent), "max_bytes": uploads.max_bytes(),
        "query": urlencode({"specification": specification.name} | query),
        "pick_query": urlencode(place := {"specification": specification.name} | query | {"path": path}),
        "own_query": urlencode(place | {"tab": tab} | ({"open": str(opened)} if opened else {})),
        **more,
    }  # fmt: skip
    return render(request, "workflows/inputs/pick.html", project_context(request, project, TAB, **context), status=status)


def tabs_of() -> dict[str, tuple[str, Callable[[HttpRequest, Question], Choices]]]:
    """The tabs by their name in the address, each with its title and its rows; one for each lake."""
    lakes = services(ServiceKind.RUCIO)
    tabs: dict[str, tuple[str, Callable[[HttpRequest, Question], Choices]]] = {
        "project": (_("Data of this project"), lambda _request, question: choices.of_project(question))
    }
    if things.has_collection():
        tabs["basket"] = (_("Basket"), lambda _request, question: choices.of_basket(question))
    for lake in lakes:
        tabs[f"lake-{lake.name}"] = (lake.title, lambda request, question, lake=lake: choices.of_lake(request, question, lake))  # type: ignore[misc]
    tabs["runs"] = (_("Files of runs"), lambda _request, question: choices.of_runs(question))
    tabs["upload"] = (_("Upload"), lambda _request, question: choices.of_uploads(question))
    return tabs


def input_of(request: HttpRequest, project: Project) -> tuple[Specification, str]:
    """The workflow and the input that the address names; raises Http404 where there is no such input."""
    rows = Specification.objects.filter(project=project).in_use().select_related("current").defer("code")
    found = rows.filter(name=request.GET.get("specification", "")).first()
    specification = at_version(found, request.GET.get("version", "")) if found else None
    path = request.GET.get("path", "")
    if specification is None or path not in specification.data:
        raise Http404(_("This workflow has no such input."))
    return specification, path


def carried(sent: QueryDict) -> list[tuple[str, str]]:
    """What stands in the launch form, to be sent back to it."""
    pairs = [(name, value) for name, values in sent.lists() if name not in OWN for value in values]
    return pairs if sent.get("key") else [*pairs, ("key", str(uuid.uuid4()))]
