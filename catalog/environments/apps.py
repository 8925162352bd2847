"""Environments."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """catalog.environments."""

    name = "catalog.environments"
    label = "environments"
    verbose_name = _("Environments")

    @override
    def ready(self) -> None:
        from catalog.environments import linked_data, listed, things
        from catalog.environments.models import Environment, EnvironmentTest, EnvironmentVersion, Package, PackageList
        from catalog.environments.search_source import EnvironmentSource
        from vre_portal import listed_images, pages, sitemap
        from vre_portal.search import sources

        pages.watch("environments", Environment)
        pages.watch("environments", EnvironmentVersion, columns=("registry_state", "registry_words", "digest", "size", "built_at"))
        pages.watch("environments", PackageList)
        pages.watch("environments", Package)
        pages.watch("environments", EnvironmentTest, columns=("state", "words", "results"))
        sitemap.register(linked_data.source)
        sources.register(EnvironmentSource())
        things.register()
        listed_images.register(listed.images)
