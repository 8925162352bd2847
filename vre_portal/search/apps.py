"""The one search as a Django application: its tables, its triggers and the documentation as a source."""

from typing import override

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """vre_portal.search."""

    name = "vre_portal.search"
    label = "search"
    verbose_name = _("Search")

    @override
    def ready(self) -> None:
        """Register the documentation and people, and put the triggers on the watched tables whenever tables may have changed."""
        from vre_portal import pages, staff_overview
        from vre_portal.search import audiences, people_source, sources, staff_views
        from vre_portal.search.documentation_source import DocumentationSource
        from vre_portal.search.models import SourceComparison

        sources.register(DocumentationSource())
        audiences.register_condition("signed-in", people_source.signed_in)
        sources.register(people_source.PeopleSource())
        staff_overview.register(staff_overview.StaffSection.PROBLEMS, staff_views.problems)
        pages.watch("search", SourceComparison, columns=("kind",))
        post_migrate.connect(sources.install, sender=self)
