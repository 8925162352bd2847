"""The index of the Data Lakes."""

from typing import override

from django.apps import AppConfig

from vre_portal.services import ServiceKind


class Config(AppConfig):
    """datalake.index."""

    name = "datalake.index"
    label = "lake_index"
    verbose_name = "Index of the Data Lakes"

    @override
    def ready(self) -> None:
        """Let the page of services say what is wrong with an index."""
        from datalake.index.status import trouble_of
        from vre_portal import health

        health.register_check(ServiceKind.RUCIO, trouble_of)
