"""Uploads into a Data Lake."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """datalake.uploads."""

    name = "datalake.uploads"
    label = "lake_uploads"
    verbose_name = _("Uploads to a Data Lake")

    @override
    def ready(self) -> None:
        from datalake.uploads import allowances, erasure_checks, overview  # noqa: F401 -- says what a person has to do before being erased
        from vre_portal.allowances import parts

        overview.register_sources()
        parts.register(allowances.parts)
