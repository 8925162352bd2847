"""What pages of other features show of an image: the environment that has it, with its status."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalog.environments.models import Environment, EnvironmentVersion
from vre_portal.listed_images import ListedImage
from vre_portal.pages import part_version

Known = Mapping[str, Sequence[tuple[str, ListedImage]]]  # by image without digest: the digest and the environment, current ones first
_kept: list[tuple[Any, Known]] = []  # of this process, with the version of what it was read from


def images(names: Iterable[str]) -> Mapping[str, ListedImage]:
    """The environments by image, the one that has it now before one that had it; a digest has to be the version's own."""
    known, found = _known(), {}
    for name in names:
        image, _at, digest = name.removeprefix("docker://").partition("@")
        if fitting := next((listed for own, listed in known.get(image, ()) if digest in ("", own)), None):
            found[name] = fitting
    return found


def _known() -> Known:
    """All that there are, read again only when one has changed."""
    version = part_version("environments").fragment_key()
    if not _kept or _kept[0][0] != version:
        _kept[:] = [(version, _read())]
    return _kept[0][1]


def _read() -> Known:
    found: dict[str, list[tuple[str, ListedImage]]] = defaultdict(list)
    rows = EnvironmentVersion.objects.select_related("environment").order_by("environment__name", "-number")
    for row in sorted(rows.only("image", "digest", "environment"), key=lambda row: row.environment.current_id != row.pk):
        environment, (image, _at, digest) = row.environment, row.image.partition("@")
        status, is_current = Environment.Status(environment.status).label, environment.current_id == row.pk
        listed = ListedImage(environment.name, environment.get_absolute_url(), environment.status_look, status, is_current)
        found[image].append((digest or row.digest, listed))
    return found
