"""Environments for other features: which images are offered, and which environments have a package."""

from collections.abc import Iterable
from typing import Any

from catalog.environments.models import Environment, Package
from catalog.environments.models.packages import key_of
from vre_portal.pages import part_version

MAX_IMAGES = 200


_kept: list[tuple[Any, list[Environment]]] = []  # of this process, with the version of what it was read from


def offered() -> list[Environment]:
    """The environments that are offered, by name, with their current versions; read again only when one has changed."""
    version = part_version("environments").fragment_key()
    if not _kept or _kept[0][0] != version:
        _kept[:] = [(version, list(Environment.objects.offered().select_related("current").order_by("name", "pk")[:MAX_IMAGES]))]
    return _kept[0][1]


def images_for_workflows() -> list[str]:
    """The images that are offered for workflow steps, by the names of their environments."""
    return [environment.current.image for environment in offered() if environment.for_workflows and environment.current]


def environments_with(package: str) -> Iterable[tuple[Environment, str]]:
    """The environments whose current version has the package, each with its version; withdrawn ones are left out."""
    rows = Environment.objects.shown().exclude(status=Environment.Status.WITHDRAWN)
    found = Package.objects.filter(key=key_of(package))
    versions = dict(found.values_list("list", "version"))
    for row in rows.filter(current__packages__in=versions):
        if row.current and row.current.packages_id:
            yield row, versions[row.current.packages_id]


def package_names(images: Iterable[str]) -> set[str]:
    """The names of all packages, as they are compared, of the environments that have one of the images now."""
    lists = Environment.objects.filter(current__image__in=list(images)).values("current__packages")
    return set(Package.objects.filter(list__in=lists).values_list("key", flat=True))
