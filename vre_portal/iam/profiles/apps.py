"""Profiles of people, as a Django application."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProfilesConfig(AppConfig):
    """vre_portal.iam.profiles."""

    name = "vre_portal.iam.profiles"
    label = "profiles"
    verbose_name = _("Profiles")

    @override
    def ready(self) -> None:
        from vre_portal import pages
        from vre_portal.iam.models import User
        from vre_portal.iam.profiles.models import Profile

        pages.watch("profiles", Profile)
        pages.watch("profiles", User, columns=("name", "preferred_username", "orcid", "is_active"))
