"""Data Lake."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """datalake."""

    name = "datalake"
    label = "datalake"
    verbose_name = _("Data Lake")

    @override
    def ready(self) -> None:
        from datalake.files import api
        from datalake.naming import checks  # noqa: F401 -- says before the start what is wrong in services.toml
        from datalake.reads import audit_redaction  # noqa: F401 -- says what of the audit record its readers may know
        from datalake.reads.scopes import recent_items
        from vre_portal.api import routes
        from vre_portal.recent import services as recent

        recent.register_filter("did", recent_items)
        routes.add(api.router)
