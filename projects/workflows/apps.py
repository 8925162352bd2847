"""Workflow runs on REANA."""

from functools import partial
from typing import Any, override

from django.apps import AppConfig
from django.db import transaction
from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _

from vre_portal.services import ServiceKind


class Config(AppConfig):
    """projects.workflows."""

    name = "projects.workflows"
    label = "workflows"
    verbose_name = _("Workflows")

    @override
    def ready(self) -> None:
        from projects import checklist, deletion, exposure, latest_result, result_cards
        from projects.workflows import (  # noqa: F401 -- also what is looked at before a start, and before being erased
            allowances,
            checks,
            data_use,
            environment_test_runs,
            environment_use,
            erasure_checks,
            notices,
            overview,
            page_topics,
            project_end,
            publication,
            reana,
            search_source,
            things,
        )
        from projects.workflows.latest_result import latest_result as newest_result
        from projects.workflows.launching import from_things, offers
        from projects.workflows.models import (
            BestNumber,
            Entry,
            Keep,
            NotebookPage,
            NotebookRendering,
            ReanaOffer,
            Result,
            Run,
            RunDeletion,
            RunFile,
            RunInput,
            RunOrigin,
            RunTag,
            RunValue,
            Specification,
            SpecificationVersion,
            StoredFile,
            VersionFile,
            WholeLog,
        )
        from projects.workflows.notebook_pages.exposing import exposure as notebook_pages_exposure
        from projects.workflows.notebook_pages.search_source import NotebookPageSource
        from projects.workflows.results import personal_data  # noqa: F401 -- who is named in results
        from projects.workflows.results.cards import cards
        from vre_portal import environment_tests, health, incidents, pages, usage
        from vre_portal.allowances import parts
        from vre_portal.search import sources

        pages.watch("runs", Run, only="{row}.published_at IS NOT NULL")
        for model in (
            BestNumber,
            RunFile,
            RunInput,
            RunOrigin,
            RunTag,
            Keep,
            NotebookPage,
            Result,
            Specification,
            SpecificationVersion,
            StoredFile,
            VersionFile,
        ):
            pages.watch("runs", model)
        for job in (RunDeletion, WholeLog):
            pages.watch("runs", job, columns=("state", "error"))
        pages.watch("runs", NotebookRendering, columns=NotebookRendering.CHANGED)
        pages.watch("runs", RunValue, only="{row}.kind = 'result'")  # parameters come with the run and do not change
        pages.watch(offers.TOPIC, ReanaOffer)
        for owner, column in ((Entry, "upload"), (StoredFile, "file"), (WholeLog, "file")):
            post_delete.connect(partial(delete_file, column), sender=owner, weak=False)
        health.register_probe(ServiceKind.REANA, reana.problem)
        exposure.register(publication.exposure)
        exposure.register(notebook_pages_exposure)
        latest_result.register(newest_result)
        result_cards.register(cards)
        deletion.register(project_end.feature)
        checklist.register_content(
            lambda projects: Specification.objects.filter(project__in=projects).order_by().values_list("project", flat=True)
        )
        usage.register(data_use.runs, title=_("Runs"))
        usage.register(data_use.results, title=_("Results"))
        usage.register(environment_use.workflows, title=_("Workflows"))
        usage.register(environment_use.runs, title=_("Runs"))
        environment_tests.register(environment_test_runs.ReanaTests())
        sources.register(search_source.SpecificationSource())
        sources.register(NotebookPageSource())
        sources.register(search_source.RunSource())
        sources.register(search_source.RunResultSource())
        sources.register_actions(search_source.actions)
        overview.register_sources()
        parts.register(allowances.parts)
        notices.register()
        page_topics.register()
        things.register()
        from_things.register()
        incidents.register_users(ServiceKind.REANA, lambda item: Run.objects.people_at(item.name))


def delete_file(column: str, instance: Any, **_options: Any) -> None:
    """The file of a row goes with it, once that is certain; one that can't be deleted keeps no other."""
    if file := getattr(instance, column):
        transaction.on_commit(partial(file.storage.delete, str(file.name)), robust=True)
