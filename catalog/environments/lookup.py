"""Environments for other features: which images are offered, and which environments have a package."""

from collections.abc import Iterable

from catalog.environments.models import Environment, Package
from catalog.environments.models.packages import key_of

MAX_IMAGES = 200


def offered() -> list[Environment]:
    """The environments that are offered, by name, with their current versions."""
    return list(Environment.objects.offered().select_related("current").order_by("name", "pk")[:MAX_IMAGES])


def images_for_workflows() -> list[str]:
    """The images that are offered for workflow steps, by the names of their environments."""
    rows = Environment.objects.offered().filter(for_workflows=True).order_by("name", "pk")
    return list(rows.values_list("current__image", flat=True)[:MAX_IMAGES])


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
