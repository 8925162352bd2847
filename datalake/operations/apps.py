"""Changes that people request in a Data Lake."""

from importlib import import_module
from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from vre_portal.services import ServiceKind

# Where the kinds of operations are: each module registers its own with `kinds.kind`.
KINDS = tuple(f"datalake.operations.kinds.{name}" for name in ("rules", "collections", "describing", "gathering"))


class Config(AppConfig):
    """datalake.operations."""

    name = "datalake.operations"
    label = "lake_acts"
    verbose_name = _("Data Lake requests")

    @override
    def ready(self) -> None:
        for module in (*KINDS, "datalake.operations.erasure_checks"):
            import_module(module)
        from datalake.operations import allowances, notices, overview, page_topics
        from datalake.operations.models import Operation
        from vre_portal import incidents
        from vre_portal.allowances import parts

        overview.register_sources()
        parts.register(allowances.parts)
        notices.register()
        page_topics.register()
        incidents.register_users(
            ServiceKind.RUCIO, lambda item: Operation.objects.unended().filter(lake=item.name).values_list("by", flat=True)
        )
