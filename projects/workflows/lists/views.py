"""Lists of runs, one act on several of them, and what people call a run."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, F, OuterRef, Prefetch
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.locking import ProjectClosed
from projects.page_context import project_context
from projects.permissions import Permission, project_for
from projects.workflows.entering.unsaved import unsaved
from projects.workflows.lists import services
from projects.workflows.lists.columns import columns_of
from projects.workflows.lists.facets import facets
from projects.workflows.lists.forms import DescriptionForm, ManyRunsForm, RunFilterForm
from projects.workflows.lists.query import NOT_SHOWN, filtered, of_facets, page_of
from projects.workflows.models import Run, RunQuerySet, SpecificationVersion
from projects.workflows.models.label import exported_result, tag_names
from projects.workflows.page_topics import topics_of_list
from projects.workflows.pages import TAB, list_notes, run_for, visible_runs
from projects.workflows.permissions import can_decide
from projects.workflows.presenting import as_row, described
from projects.workflows.publication import being_deleted
from projects.workflows.step_summaries import step_summary
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited
from vre_portal.pages import public_page
from vre_portal.tables import listing

MAX_REFUSALS, MAX_NAMED = 10, 10  # that are told of one act


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """The project's specifications and its runs, newest first, by keyset pages."""
    project = project_for(request.user, slug, Permission.VIEW)
    list_of, exported = runs_page(request, visible_runs(request, project), f"{slug}-runs")
    if exported:
        return exported
    first_page = not request.GET.get("after") and not list_of["is_filtered"]
    workflows = project.specifications.in_use().select_related("current").defer("code", "current__text") if first_page else []
    more = {"first_page": first_page, **list_of, **list_notes(request, project)}
    more["workflows"] = [(item, step_summary(item)) for item in workflows]
    if not request.user.is_authenticated and len(list_of["runs"]) > 1:
        more["compare_url"] = reverse("workflows:compare", args=[slug])
    more["unsaved"] = unsaved(request, project) if first_page else []
    return render(request, template_of(request, "workflows/list.html"), project_context(request, project, TAB, **more))


@never_cache
@require_safe
def everywhere(request: HttpRequest) -> HttpResponse:
    """The reader's own runs in all projects, or all runs that they may see."""
    is_all = request.GET.get("whose") == "all"
    runs = Run.objects.visible_to(request.user).select_related("specification", "by", "project")
    list_of, exported = runs_page(request, runs if is_all else runs.filter(by=current_user(request)), "runs", is_everywhere=True)
    return exported or render(request, template_of(request, "workflows/everywhere.html"), {"is_all": is_all, **list_of})


def template_of(request: HttpRequest, template: str) -> str:
    """The page, or of one that is open the part with the runs."""
    return f"{template}#runs" if request.headers.get("HX-Request") == "true" else template


def runs_page(
    request: HttpRequest, runs: RunQuerySet, filename: str, *, is_everywhere: bool = False
) -> tuple[dict[str, Any], HttpResponse | None]:
    """What a list of runs shows, or its rows in the form that the address asks for."""
    form = RunFilterForm(request.GET)
    chosen = form.chosen()
    wanted = request.GET.get("format")
    counted = filtered(runs, chosen)
    shown = of_facets(counted, chosen).annotate(
        tag_names=tag_names(), withdrawn_at=F("result__withdrawn_at"), is_being_deleted=Exists(being_deleted().filter(run=OuterRef("pk")))
    )
    as_rows = wanted == "csv" or hasattr(request, "is_export")
    if wanted == "json" and not as_rows:  # runs of one version share what was read of it
        shown = shown.prefetch_related(Prefetch("version", SpecificationVersion.objects.defer("text")))
    else:
        shown = shown.defer(*NOT_SHOWN)
    rows, following = page_of(request, shown)
    if wanted == "json" and not as_rows:
        return {}, listing(request, [described(run) for run in rows], following=following, filename=filename)
    columns = columns_of(request, rows)
    if not rows and request.headers.get("HX-Request") == "true":
        return {}, HttpResponse(status=204, headers={"HX-Refresh": "true"})  # the list is empty now, which only the whole page says
    if as_rows:
        items = [as_row(run) | values_of(columns.cells[run.pk]) for run in rows]
        return {}, listing(request, items, following=following, filename=filename)
    own = services.changeable(current_user(request), rows) if request.user.is_authenticated else frozenset()
    is_part = "after" in request.GET or request.headers.get("HX-Request") == "true"
    wants_counts = request.GET.get("counts", "1" if chosen.keys() & {"of", "by"} else "0") != "0"
    is_counted = not is_part and wants_counts
    may_count = not is_part and not is_counted and len(rows) > 1
    context = {
        "form": form,
        "facets": facets(request, counted, chosen, is_everywhere=is_everywhere) if is_counted else [],
        "counts_url": f"?{with_counts(request, '1').urlencode()}" if may_count else "",
        "no_counts_url": f"?{with_counts(request, '0').urlencode()}" if is_counted else "",
        "is_counted": is_counted,
        "runs": [(run, columns.cells[run.pk]) for run in rows],
        "columns": columns,
        "topics": topics_of_list(rows),
        "next_url": following,
        "is_filtered": any(name != "sort" for name in chosen),
        "acts": ManyRunsForm.ACTS if own else ManyRunsForm.COMPARE_ONLY if request.user.is_authenticated and len(rows) > 1 else (),
        "acted": ManyRunsForm.of_address(request.GET),
    }
    return context, None


def with_counts(request: HttpRequest, wanted: str) -> QueryDict:
    """The address of the list with the numbers of runs by workflow and person, which cost two questions more, or without them."""
    query = request.GET.copy()
    query["counts"] = wanted
    return query


def values_of(cells: list[Any]) -> dict[str, Any]:
    """The results that a list shows, for its rows in a file."""
    found: dict[str, Any] = {}
    for cell in cells:
        if cell and cell.kind == cell.Kind.RESULT:
            found |= exported_result(cell.name, cell.number, cell.text)
    return found


@require_POST
@rate_limited(ACT)
def many(request: HttpRequest) -> HttpResponse:
    """One act on the runs that were chosen in a list."""
    form = ManyRunsForm(request.POST)
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = reverse("workflows-runs")
    if not form.is_valid():
        return redirect(with_choice(back, form))
    values = form.cleaned_data
    runs = Run.objects.visible_to(request.user).filter(pk__in=values["run"]).select_related("by", "project", "specification")
    chosen = list(runs.prefetch_related("origins").defer(*NOT_SHOWN))
    if values["act"] == "compare":
        return compared(request, chosen, back)
    by = current_user(request)
    if values["act"] == "stop" and not values["confirmed"] and any(not services.why_not(by, run, "stop") for run in chosen):
        stoppable = [run for run in chosen if not services.why_not(by, run, "stop")]
        return render(request, "workflows/stop_runs.html", {"runs": stoppable, "chosen": values["run"], "back": back})
    outcome = services.act_on(by=by, runs=chosen, act=values["act"], tag=values["tag"])
    if missing := len(values["run"]) - len(chosen):
        outcome.refused.append(
            ngettext("%(n)s run that you cannot see was left out.", "%(n)s runs that you cannot see were left out.", missing)
            % {"n": missing}
        )
    if outcome.done:
        messages.success(request, done_text(values["act"], outcome.done))
    for words in outcome.refused[:MAX_REFUSALS]:
        messages.warning(request, words)
    if (more := len(outcome.refused) - MAX_REFUSALS) > 0:
        messages.warning(request, ngettext("%(n)s more run was left out.", "%(n)s more runs were left out.", more) % {"n": more})
    return redirect(back)


def compared(request: HttpRequest, runs: list[Run], back: str) -> HttpResponse:
    """The page with these runs side by side; the list again where they are not several of one project."""
    if len({run.project_id for run in runs}) != 1 or len(runs) < 2:
        messages.error(request, _("Choose runs of one project to compare."))
        return redirect(back)
    query = urlencode([("run", number) for number in sorted(run.number for run in runs)])
    return redirect(f"{reverse('workflows:compare', args=[runs[0].project.slug])}?{query}")


def with_choice(address: str, form: ManyRunsForm) -> str:
    """The list again, at the form, with what was chosen there: nothing is chosen twice for what was missing."""
    parts = urlsplit(address)
    others = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in ("act", "act-tag", "chosen")]
    return urlunsplit(parts._replace(query=urlencode([*others, *form.as_address()]), fragment="run-acts"))


def done_text(act: str, labels: list[str]) -> str:
    """What was done with which runs."""
    texts = {
        "stop": _("Stopping: %(runs)s."),
        "tag": _("Tag added: %(runs)s."),
        "untag": _("Tag removed: %(runs)s."),
        "archive": _("Archived: %(runs)s."),
        "unarchive": _("Restored: %(runs)s."),
    }
    shown = ", ".join(labels[:MAX_NAMED])
    if (more := len(labels) - MAX_NAMED) > 0:
        shown = _("%(runs)s and %(n)s more") % {"runs": shown, "n": more}
    return texts[act] % {"runs": shown}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def describe(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The form for the name, the tags and the note of a run."""
    run = run_for(request, slug, number, Permission.LAUNCH)
    if not can_decide(request.user, run):
        text = _("Only %(person)s, who launched the run, and the project leads can change it.")
        raise PermissionDenied(text % {"person": run.by})
    now = {"title": run.title, "note": run.note, "tags": services.tags_text(run), "version": services.version_of(run)}
    form, status = DescriptionForm(request.POST or None, initial=now), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.describe(by=current_user(request), run=run, **form.cleaned_data)
                return redirect(run)
            except services.ChangedMeanwhile:
                form = DescriptionForm({**request.POST.dict(), "version": now["version"]})
                form.add_error(None, _("Somebody else changed this meanwhile. Save again to replace their text with yours."))
                status = 409
            except ProjectClosed as closed:
                form.add_error(None, str(closed))
    context = project_context(request, run.project, TAB, run=run, form=form, now=now, is_conflict=status == 409)
    return render(request, "workflows/describe.html", context, status=status)


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """A fragment for the dashboard: the reader's own latest runs, as far as they still may see them."""
    own = Run.objects.filter(by=current_user(request), archived_at=None).visible_to(request.user)
    runs = own.select_related("specification", "project").defer(*NOT_SHOWN)
    return render(request, "workflows/mine.html", {"runs": runs.order_by("-pk")[:8]})
