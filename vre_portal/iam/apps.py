"""People, their groups and their tokens."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IamConfig(AppConfig):
    """vre_portal.iam."""

    name = "vre_portal.iam"
    label = "iam"
    verbose_name = _("Identity")

    @override
    def ready(self) -> None:
        from vre_portal import pages
        from vre_portal.iam import overview
        from vre_portal.iam.models import User
        from vre_portal.iam.sessions import session_end  # noqa: F401 -- register themselves

        overview.register_sources()
        pages.watch("people", User, columns=("name", "preferred_username"))
