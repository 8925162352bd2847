"""People, their groups and their tokens."""

from typing import override

from django.apps import AppConfig


class IamConfig(AppConfig):
    """vre_portal.iam."""

    name = "vre_portal.iam"
    label = "iam"
    verbose_name = "Identity"

    @override
    def ready(self) -> None:
        from vre_portal.iam import checks, session_end  # noqa: F401 -- register themselves
