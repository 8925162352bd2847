"""Uploads into a Data Lake."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from vre_portal.services import ServiceKind


class Config(AppConfig):
    """datalake.uploads."""

    name = "datalake.uploads"
    label = "lake_uploads"
    verbose_name = _("Uploads to a Data Lake")

    @override
    def ready(self) -> None:
        from datalake.uploads import (  # noqa: F401 -- says what a person has to do before being erased
            allowances,
            erasure_checks,
            notices,
            overview,
        )
        from datalake.uploads.models import Upload
        from vre_portal import incidents
        from vre_portal.allowances import parts

        overview.register_sources()
        parts.register(allowances.parts)
        notices.register()
        open_uploads = Upload.objects.filter(state__in=Upload.OPEN)
        incidents.register_users(ServiceKind.RUCIO, lambda item: open_uploads.filter(lake=item.name).values_list("by", flat=True))
