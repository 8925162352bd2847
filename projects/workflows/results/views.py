"""Pages of results: reading one, presenting a run as one, writing about it, citing it, withdrawing it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.locking import ProjectClosed
from projects.page_context import project_context
from projects.permissions import Permission, project_for
from projects.workflows.headline import figures_of
from projects.workflows.inputs.lineage import input_rows
from projects.workflows.models import Result, Run
from projects.workflows.models.result import first_words
from projects.workflows.pages import kept_of, run_for, visible_runs
from projects.workflows.permissions import can_decide, can_see_run, can_unpublish, is_shown_to_all
from projects.workflows.presenting import count_outputs, outputs_of
from projects.workflows.provenance import provenance_of
from projects.workflows.results import presenting, services
from projects.workflows.results.cards import best_key
from projects.workflows.results.forms import BestNumberForm, ResultForm, WithdrawForm
from projects.workflows.results.numbers import best_of, by_workflow
from vre_portal.citation_formats import citation_response, written
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited
from vre_portal.pages import public_page

TAB = "results"


def result_for(request: HttpRequest, slug: str, number: int) -> Result:
    """A result for somebody who sees its run, or its tombstone for those who could see it before it was withdrawn. Raises Http404."""
    project = project_for(request.user, slug, Permission.VIEW)
    rows = Result.objects.select_related("run__specification", "run__by", "run__version", "withdrawn_by")
    rows = rows.defer("run__version__text").prefetch_related("run__origins")
    result = get_object_or_404(rows, run__project=project, run__number=number)
    result.run.project = project
    result.run.__dict__["is_published"] = is_shown_to_all(result.run)
    if not can_see_run(request.user, result.run) and not (result.is_withdrawn and result.was_published):
        raise Http404("No Result matches the given query.")  # untranslated: as Django says it where there is none
    return result


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def show(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What was found: words, numbers, pictures, people, data and where it comes from."""
    result = result_for(request, slug, number)
    run = result.run
    if result.is_withdrawn:
        sees_run = can_see_run(request.user, run)
        page = project_context(request, run.project, TAB, result=result, run=run, sees_run=sees_run)
        return render(request, "results/withdrawn.html", page, status=410)
    keeps = kept_of(request, run)
    files = presenting.files_by_path(run, keeps)
    kept = [(keep, presenting.kept_files(keep, files)) for keep in keeps]
    figures = figures_of(run)
    if request.GET.get("format") == "json":
        return JsonResponse(presenting.described(result, figures, kept))
    context: dict[str, Any] = {
        "result": result,
        "run": run,
        "figures": figures,
        "provenance": provenance_of(run),
        "inputs": input_rows(request.user, run),
        "people": presenting.people_of(result),
        "description": presenting.description_of(result),
        "kept": [(keep, rows[: presenting.MAX_FILES]) for keep, rows in kept],
        "outputs": outputs_of(run, count_outputs(run)),
        "citations": written(presenting.reference_of(result)),
        "can_edit_result": can_decide(request.user, run),
        "can_withdraw": can_unpublish(request.user, run),
        "can_delete": can_decide(request.user, run) and result.can_be_deleted,
    }
    return render(request, "results/show.html", project_context(request, run.project, TAB, **context))


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def uses(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A fragment of the result's page: other runs that took its files or read its data."""
    result = result_for(request, slug, number)
    if result.is_withdrawn:
        raise Http404(_("This result was withdrawn."))
    keeps = kept_of(request, result.run)
    return render(request, "results/uses.html", {"uses": presenting.used_by(request.user, result.run, keeps)})


@require_safe
@login_not_required
def cite_file(request: HttpRequest, slug: str, number: int, style: str) -> HttpResponse:
    """The citation in one style, as a file."""
    result = result_for(request, slug, number)
    if result.is_withdrawn:
        raise Http404(_("This result was withdrawn."))
    return citation_response(presenting.reference_of(result), style)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def best(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose the headline number by which the results of a workflow are compared, for each workflow that has some."""
    project = project_for(request.user, slug, Permission.EDIT)
    runs = visible_runs(request, project).filter(result__withdrawn_at=None, result__isnull=False)
    workflows, chosen = by_workflow(runs), {item.specification_id: item for item in best_of(runs)}
    posted = request.POST.get("workflow") or (workflows[0].name if len(workflows) == 1 else "")
    best_forms = [
        BestNumberForm(request.POST if request.method == "POST" and item.name == posted else None, item, chosen.get(item.specification))
        for item in workflows
    ]
    sent = next((form for form in best_forms if form.is_bound), None)
    if sent and sent.is_valid():
        name, is_larger_better = sent.cleaned_data["name"], sent.cleaned_data["direction"] == "larger"
        specification = project.specifications.select_related("project").get(pk=sent.of.specification)
        try:
            services.choose_best(by=current_user(request), specification=specification, name=name, is_larger_better=is_larger_better)
        except ProjectClosed as closed:
            sent.add_error(None, str(closed))
        else:
            query = urlencode({"sort": best_key(sent.of.name, len({*chosen, sent.of.specification}))}) if name else ""
            return redirect(f"{reverse('projects:results', args=[slug])}{'?' if query else ''}{query}")
    status = 422 if request.method == "POST" else 200
    return render(request, "results/best.html", project_context(request, project, TAB, forms=best_forms), status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def present(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Give a finished run a page as a result: once its words are saved."""
    run = run_for(request, slug, number, Permission.LAUNCH)
    if not can_decide(request.user, run):
        text = _("Only %(person)s, who launched the run, and the project leads can present it as a result.")
        raise PermissionDenied(text % {"person": run.by})
    if run.status != Run.Status.FINISHED:
        raise PermissionDenied(_("Only a finished run can be presented as a result."))
    result: Result | None = getattr(run, "result", None)
    if result and (request.method != "POST" or result.is_withdrawn):
        return redirect(result if result.is_withdrawn else reverse("results:edit", args=[slug, number]))
    return _write(request, result or Result(run=run, **first_words(run)))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def edit(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The words, people and licence of a result."""
    return _write(request, editable(request, slug, number))


def _write(request: HttpRequest, result: Result) -> HttpResponse:
    """The form for the words of a result, also of one that is not saved yet."""
    form, status = ResultForm.of(result, request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            texts = {name: value for name, value in form.cleaned_data.items() if name != "version"}
            try:
                if result.pk:
                    services.edit(by=current_user(request), result=result, version=form.cleaned_data["version"], **texts)
                else:
                    services.present(by=current_user(request), run=result.run, **texts)
                return redirect(result)
            except services.ChangedMeanwhile:
                result = get_object_or_404(Result.objects.select_related("run__project"), run=result.run)
                form = ResultForm.of(result, {**request.POST.dict(), "version": result.version})
                form.add_error(None, _("Somebody else changed this meanwhile. Save again to replace their text with yours."))
                status = 409
            except ProjectClosed as closed:
                form.add_error(None, str(closed))
    page = project_context(request, result.run.project, TAB, result=result, form=form, is_conflict=status == 409)
    return render(request, "results/edit.html", page, status=status)


def editable(request: HttpRequest, slug: str, number: int) -> Result:
    """A result for somebody who may write about it; raises PermissionDenied."""
    project_for(request.user, slug, Permission.LAUNCH)
    result = result_for(request, slug, number)
    if result.is_withdrawn:
        raise PermissionDenied(_("This result was withdrawn."))
    if not can_decide(request.user, result.run):
        text = _("Only %(person)s, who launched the run, and the project leads can change this result.")
        raise PermissionDenied(text % {"person": result.run.by})
    return result


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def withdraw(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take a result back, with a reason that its page shows."""
    result = result_for(request, slug, number)
    if result.is_withdrawn:
        return redirect(result)
    if not can_unpublish(request.user, result.run):
        text = _("Only %(person)s, who launched the run, the project leads and the owners of its data can withdraw this result.")
        raise PermissionDenied(text % {"person": result.run.by})
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.withdraw(by=current_user(request), result=result, reason=form.cleaned_data["reason"])
        messages.success(request, _("The result was withdrawn. Its page stays, with the reason."))
        return redirect(result)
    page = project_context(request, result.run.project, TAB, result=result, form=form, keeps=kept_of(request, result.run))
    return render(request, "results/withdraw.html", page, status=422 if form.errors else 200)


@require_POST
@rate_limited(ACT)
def delete(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Delete a result that nobody outside the project could see."""
    result = editable(request, slug, number)
    try:
        services.delete(by=current_user(request), result=result)
    except services.NotDeletable:
        text = _("The result was published or its files were kept, so it cannot be deleted. You can withdraw it instead.")
        raise PermissionDenied(text) from None
    messages.success(request, _("The result was deleted. Its run stays."))
    return redirect(result.run)
