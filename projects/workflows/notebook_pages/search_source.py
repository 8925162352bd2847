"""Notebook pages as a source of the search."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from projects.search_source import PROJECT_CONTEXT, context_of, project_facets, project_filters
from projects.workflows.models import NotebookPage, Specification
from projects.workflows.search_source import words_of
from vre_portal.search import audiences
from vre_portal.search.sources import SearchItem, TypeLabel, WatchedTable


class NotebookPageSource:
    """The notebook pages of a project: public ones for everybody who sees it, the others for its members."""

    kind = "notebook_page"
    types: ClassVar[Mapping[str, TypeLabel]] = {"notebook_page": TypeLabel(_("Notebook pages"), "notebook", _("Notebook page"))}
    tables: ClassVar[Sequence[WatchedTable]] = (
        WatchedTable(NotebookPage, "notebook_page", columns=("description", "is_public")),
        WatchedTable(Specification, "workflow", columns=("title", "name")),
        PROJECT_CONTEXT,
    )

    def keys(self) -> Iterator[str]:
        """All pages."""
        return map(str, NotebookPage.objects.values_list("pk", flat=True).iterator())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """Those of them that there are."""
        rows = NotebookPage.objects.filter(pk__in=keys).select_related("specification__project").defer("specification__text")
        for page in rows:
            project = page.specification.project
            yield SearchItem(
                str(page.pk),
                self.kind,
                str(page),
                page.get_absolute_url(),
                audiences.rule(audiences.condition("project" if page.is_public else "members", project.pk)),
                subtitle=project.title,
                text=page.description,
                words=words_of(project),
                facets=project_facets(project),
                filters=project_filters(project),
                depends=[f"workflow:{page.specification_id}", context_of(project.pk)],
                created=page.added_at,
                changed=page.added_at,
                is_top=True,
            )
