"""Pages of a project's workflow runs."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from projects import audience
from projects.audience import Origin
from projects.models import Project
from projects.page_context import project_context
from projects.permissions import Permission, can, know_roles, project_for
from projects.workflows import services, viewers
from projects.workflows.comparing import Comparison, compare
from projects.workflows.deletion.facts import can_delete
from projects.workflows.deletion.gone import way_on
from projects.workflows.headline import figures_of
from projects.workflows.inputs import archive
from projects.workflows.inputs.lineage import input_rows
from projects.workflows.inputs.presenting import data_of
from projects.workflows.models import Run, RunDeletion, Specification
from projects.workflows.pages import TAB, UNREAD, keeping, kept_of, list_notes, run_for, visible_runs
from projects.workflows.permissions import can_decide, can_list_files, can_publish, can_see_run, can_unpublish, may_copy, origins_of
from projects.workflows.placing import forgotten
from projects.workflows.presenting import count_outputs, described_with_files, outputs_of, pictures_of
from projects.workflows.resources import hints_of, resources_of
from projects.workflows.restarting.facts import continuation_of
from projects.workflows.step_pages import MAX_ALL_ROWS, MAX_ROWS, WIDE, chosen_step, failure_of, not_expanded, steps_of
from projects.workflows.suggestions import place_for
from projects.workflows.waiting import waiting_of
from vre_portal.iam.current_user import current_user
from vre_portal.pages import expires_in, part_version, public_page, unknown_version
from vre_portal.services import ServiceKind
from vre_portal.stop_switches.models import StopSwitch
from vre_portal.stop_switches.present import stop_of
from vre_portal.text import number_of


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def latest(request: HttpRequest, slug: str) -> HttpResponse:
    """A fragment for the project's page: the last finished run's pictures, and what runs now."""
    project = project_for(request.user, slug, Permission.VIEW)
    runs = visible_runs(request, project).defer("code", "text", "steps", "files")
    finished = runs.filter(status=Run.Status.FINISHED).order_by("-number").first()
    return render(
        request,
        "workflows/latest.html",
        project_context(
            request,
            project,
            TAB,
            finished=finished,
            pictures=pictures_of(finished, 2) if finished else [],
            running=runs.exclude(status__in=Run.ENDED)[:5],
            **list_notes(request, project),
        ),
    )


@require_safe
def use(request: HttpRequest) -> HttpResponse:
    """The reader's workflows that could take a file of a lake as an input; each leads to its launch form with the file filled in."""
    lake, did = (request.GET.get(name, "")[:600] for name in ("lake", "did"))
    # Who may not read the file learns nothing of it, not even that a workflow takes it.
    readable = audience.can_read(request.user, Origin.of_did(lake, did))
    mine = list(Project.objects.mine(current_user(request))) if readable else []
    know_roles(request.user, mine)
    launchable = [item for item in mine if can(request.user, item, Permission.LAUNCH)]
    query = urlencode({"lake": lake, "did": did})
    places = [
        {
            "specification": item,
            "path": path,
            "page": f"{reverse('workflows:launch', args=[item.project.slug])}?specification={item.name}&{query}",
        }
        for item in Specification.objects.filter(project__in=launchable).in_use().select_related("project").defer("code", "text")
        if (path := place_for(item, lake, did))
    ]
    return render(request, "workflows/use.html", {"did": did, "places": places})


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def run(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A run: states, steps, logs, then what came out. The part that changes asks for itself again until the run has ended."""
    try:
        run = run_for(request, slug, number)
    except Http404:
        if answer := way_on(request, slug, number):
            return answer
        raise
    if request.GET.get("format") == "json":
        return JsonResponse(described_with_files(run, request.user))
    if run.by_id == request.user.pk and run.status == Run.Status.FAILED and run.failure_seen_at is None:
        run.failure_was_seen()
    if not run.ended:
        viewers.watch(run)
        expires_in(0)  # each visit counts: while nobody looks, REANA is asked less often
    elif run.awaits_list:
        expires_in(5)
    is_fragment = request.headers.get("HX-Request") == "true"
    if is_fragment and request.GET.get("seen") == digest_of(run):
        return HttpResponse(status=204)  # nothing new: the browser keeps what it shows
    version = part_version("projects", "people", "runs") if run.ended else unknown_version()
    step, all_steps = number_of(request.GET.get("step", "")), request.GET.get("steps") == "all"
    body = partial(run_context, request, run, step, all_steps=all_steps)
    choice = "".join((f"&step={step}" if step else "", "&steps=all" if all_steps else ""))  # as in the address
    page = project_context(request, run.project, TAB, run=run, version=version, choice=choice, body=body)
    return render(request, "workflows/run.html#status" if is_fragment else "workflows/run.html", page)


def holding_stop(run: Run) -> StopSwitch | None:
    """The switch for which the run waits; None where it does not wait for one."""
    return stop_of(ServiceKind.REANA, run.server, "runs") if run.status in Run.UNSUBMITTED and not run.stopping else None


def deletion_of(run: Run) -> RunDeletion | None:
    """What is to be deleted of the run, or was not; None where nobody asked for it."""
    return getattr(run, "deletion", None)


def digest_of(run: Run) -> str:
    """What tells a page of the run from a later one: also whether it waits because runs are stopped, and how far its deletion is."""
    stop, deletion = holding_stop(run), deletion_of(run)
    parts = [run.digest, f"{stop.pk}-{stop.version}" if stop else "", deletion.digest if deletion else ""]
    return "-".join(filter(None, parts))


def run_context(request: HttpRequest, run: Run, step: int, *, all_steps: bool) -> dict[str, Any]:
    """What the page of a run shows of it, with the chosen step, and what the reader may do with it."""
    counts, keeps, holding = count_outputs(run), kept_of(request, run), holding_stop(run)
    shown = steps_of(run, link="?step=%s#log", most=MAX_ALL_ROWS if all_steps else MAX_ROWS, box=WIDE)
    resources = resources_of(shown.steps)
    return {
        "digest": digest_of(run),
        "stop": holding,
        "waiting": waiting_of(run, holding),
        "shown": shown,
        "failure": failure_of(run, shown.steps),
        "not_expanded": not_expanded(run),
        "continuation": continuation_of(request.user, run, shown.reading, shown.steps),
        "continued_by": continued_by(request, run),
        "continues": run.continues if run.continues and can_see_run(request.user, run.continues) else None,
        "comparison": comparison_of(request, run),
        "changes_query": query_of_changes(run),
        "chosen": chosen_step(run, shown, step),
        "all_steps": all_steps,
        "resources": resources,
        "resource_hints": hints_of(resources) if run.status == Run.Status.FINISHED else [],
        "forgotten": forgotten(run.steps),
        "outputs": outputs_of(run, counts),
        "figures": figures_of(run) if run.status == Run.Status.FINISHED else [],
        "data": data_of(run),
        "archived": archive.is_chosen(run),
        "inputs": input_rows(request.user, run),
        "keeps": keeps,
        "newest_keep": next((item for item in keeps if item.status != item.Status.FAILED), None),
        "keeping": any(not item.ended for item in keeps),
        "can_stop": can(request.user, run.project, Permission.LAUNCH) and run.by_id == request.user.pk,
        "can_open": can(request.user, run.project, Permission.NOTEBOOK),
        "can_copy": may_copy(request.user, run),
        "can_list": can_list_files(request.user, run),
        "can_delete": can_delete(request.user, run),
        "result": getattr(run, "result", None),
        "can_describe": can_decide(request.user, run),
        "can_publish": can_publish(request.user, run),
        "can_unpublish": can_unpublish(request.user, run),
        "closed": [audience.title_of(origin) for origin in audience.restricted(origins_of(run))],
        "can_read_inputs": audience.can_read_all(request.user, origins_of(run)),
        **keeping(request, run),
    }


def query_of_changes(run: Run) -> str:
    """What opens the launch form with the values of a run, for the version that it used."""
    version = {"version": run.version.number} if run.version else {}
    return urlencode({"specification": run.specification.name, "from": run.number, **version})


def continued_by(request: HttpRequest, run: Run) -> Run | None:
    """The run that continues a failed one, for those who see it."""
    if run.status != Run.Status.FAILED:
        return None
    continuations = Run.objects.begun_or_waiting().filter(continues=run)
    found = continuations.select_related("project").defer(*UNREAD).prefetch_related("origins").first()
    return found if found and can_see_run(request.user, found) else None


def comparison_of(request: HttpRequest, run: Run) -> Comparison | None:
    """What differs from the run that the launch form began with, for those who see it."""
    earlier = run.made_from
    return compare(earlier, run) if earlier and can_see_run(request.user, earlier) else None


@require_POST
def stop(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ask for the run to end."""
    run = run_for(request, slug, number, Permission.LAUNCH)
    if run.by_id != current_user(request).pk:
        raise PermissionDenied(_("Only %(person)s, who launched the run, can stop it.") % {"person": run.by})
    services.stop(by=current_user(request), run=run)
    return redirect(run)
