"""What pages of other features show of an image: the environment that has it, with its status."""

from collections.abc import Iterable, Mapping

from catalog.environments.models import EnvironmentVersion
from vre_portal.listed_images import ListedImage


def images(names: Iterable[str]) -> Mapping[str, ListedImage]:
    """The environments by image, the one that has it now before one that had it; a digest has to be the version's own, as far as it is known."""
    bare = {name: name.removeprefix("docker://").partition("@") for name in names}
    wanted = {text for name, parts in bare.items() for text in (name.removeprefix("docker://"), parts[0])}
    rows = EnvironmentVersion.objects.filter(image__in=wanted).select_related("environment").order_by("environment__name", "-number")
    versions = sorted(rows, key=lambda row: row.environment.current_id != row.pk)  # stable: current ones first
    found: dict[str, ListedImage] = {}
    for name, (image, _at, digest) in bare.items():
        for row in versions:
            is_it = row.image == name.removeprefix("docker://") or (row.image == image and digest in ("", row.digest))
            if is_it and name not in found:
                found[name] = _listed(row)
    return found


def _listed(row: EnvironmentVersion) -> ListedImage:
    environment = row.environment
    is_current = environment.current_id == row.pk
    return ListedImage(
        environment.name, environment.get_absolute_url(), environment.status_look, environment.get_status_display(), is_current
    )
