"""What the catalogue of environments says of container images: it registers here, and pages that name an image show it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class ListedImage:
    """An environment that has the image, or had it in an earlier version; all environments are public."""

    name: str
    url: str
    look: str  # the state whose colour and icon its status has
    status: str | Promise
    is_current: bool

    def fragment_key(self) -> tuple[str, ...]:
        return (self.name, self.url, self.look, str(self.is_current))


Catalogue = Callable[[Iterable[str]], Mapping[str, ListedImage]]
_catalogues: list[Catalogue] = []


def register(catalogue: Catalogue) -> None:
    """Add a function that gives what it knows of images, by their names as they were given."""
    _catalogues.append(catalogue)


def listed(images: Iterable[str]) -> dict[str, ListedImage]:
    """What is known of each image; those that no catalogue has are left out."""
    names = list(dict.fromkeys(images))
    found: dict[str, ListedImage] = {}
    for catalogue in _catalogues if names else ():
        found = {**catalogue(names), **found}
    return found
