"""What people do with notebook pages: add one, change it, remove it, and have a result computed."""

import uuid
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from projects import audience
from projects.audience import Origin
from projects.locking import ProjectClosed, open_project_locked
from projects.workflows import new_runs
from projects.workflows import services as runs
from projects.workflows.models import NotebookPage, NotebookRendering, Specification
from projects.workflows.notebook_pages.values import digest_of
from projects.workflows.refusals import NotNow
from vre_portal.audit import record
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, services

REMOVED = "notebook-page.remove"  # as the audit record has it
MAX_RESULTS = 300  # of one page; the oldest go


def add_page(*, by: User, specification: Specification, is_public: bool, **values: Any) -> NotebookPage:
    """Give a workflow its page; one that it has is returned as it is. Raises ProjectClosed."""
    with transaction.atomic():
        project = open_project_locked(specification.project)
        page, is_new = NotebookPage.objects.get_or_create(specification=specification, defaults={"is_public": is_public, **values})
        if is_new:
            record("notebook-page.add", by=by, subject=subject_of(page), public=is_public, project=project.slug)
    return page


def change_page(*, by: User, page: NotebookPage, is_public: bool, description: str) -> None:
    """Change who sees it and what stands above it. Raises ProjectClosed."""
    with transaction.atomic():
        open_project_locked(page.specification.project)
        NotebookPage.objects.filter(pk=page.pk).update(is_public=is_public, description=description)
        record("notebook-page.change", by=by, subject=subject_of(page), public=is_public)


def remove_page(*, by: User, page: NotebookPage) -> None:
    """Remove the page with its results; the workflow and its runs stay. Raises ProjectClosed."""
    with transaction.atomic():
        open_project_locked(page.specification.project)
        subject = subject_of(page)
        page.delete()
        record(REMOVED, by=by, subject=subject)


def compute(*, by: User, page: NotebookPage, parameters: dict[str, Any], again: bool = False) -> NotebookRendering:
    """The result for these values, computed in the name of the person unless it is there or being computed; one run for all who ask.

    Raises NotNow, and SignInAgain where the person's token is needed anew.
    """
    specification, digest = page.specification, digest_of(parameters)
    if reason := why_not_computed(specification):
        raise NotNow(reason)
    if not audience.can_read_all(by, _origins(specification)):
        raise NotNow(_("Nothing was computed. You do not have access to the restricted data that this workflow reads."))
    server = services(ServiceKind.REANA)[0].name
    key = {"page": page, "version": specification.current, "digest": digest}
    known = NotebookRendering.objects.select_related("run", "made_by").filter(**key)
    if (found := known.first()) and not _is_wanted(found, again=again):
        return found
    runs.require_launchable(by, server, _("compute a notebook page"))
    try:
        with transaction.atomic():
            new_runs.take_turn(by, specification.project, server)  # from here on nobody else begins a run in the project
            if not NotebookPage.objects.filter(pk=page.pk).exists():
                raise NotNow(_("This page was removed meanwhile, so nothing was computed."))
            found = known.first()
            if found and not _is_wanted(found, again=again):
                return found
            run = runs.create_run(
                by=by,
                project=specification.project,
                specification=specification,
                parameters=parameters,
                inputs=specification.data,
                key=uuid.uuid4(),
                server=server,
            )
            state = {"run": run, "state": NotebookRendering.State.COMPUTING, "reason": ""}
            if found is None:
                found = NotebookRendering.objects.create(**key, **state, parameters=parameters)
            else:
                NotebookRendering.objects.filter(pk=found.pk).update(**state, **NotebookRendering.ANEW)
                found = known.get()
            _forget_oldest(page)
    except ProjectClosed as closed:
        raise NotNow(str(closed)) from closed
    return found


def why_not_computed(specification: Specification) -> str:
    """Why nothing can be computed with the workflow as it is; empty where it can."""
    if specification.current is None:
        return _("This workflow has no stored version. Save it again, then compute the page.")
    if specification.archived_at:
        return _("This workflow is archived. Restore it to compute results.")
    if specification.faults:
        return _("The workflow of this page has an error: %(fault)s") % {"fault": specification.faults[0]}
    if not services(ServiceKind.REANA):
        return _("This portal has no REANA to compute results.")
    if not all(bound.get("did") for bound in specification.data.values()):
        return _("Not all inputs of the workflow have data. Choose the data on the page of the workflow.")
    return ""


def _origins(specification: Specification) -> list[Origin]:
    return [Origin.of_did(bound["lake"], bound["did"]) for bound in specification.data.values()]


def _is_wanted(rendering: NotebookRendering, *, again: bool) -> bool:
    """Whether another run is begun for it."""
    return not rendering.is_computing and (again or rendering.state != NotebookRendering.State.READY)


def _forget_oldest(page: NotebookPage) -> None:
    kept = page.renderings.order_by(F("run").desc(nulls_last=True), "-pk").values("pk")[:MAX_RESULTS]
    page.renderings.exclude(pk__in=kept).delete()


def subject_of(page: NotebookPage) -> str:
    """The page as the audit record calls it."""
    return f"notebook-page/{page.specification.project.slug}/{page.specification.name}"
