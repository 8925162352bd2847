"""What the registry of an image says of it: its digest, how large it is to pull, and when it was built."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal.container_images import registry
from vre_portal.container_images.names import ImageName
from vre_portal.http.guarded import AddressRefused, GuardedAnswer, NoAnswer, ask
from vre_portal.text import moment

SECONDS = 20.0  # for all questions about one image
LAYERS, LARGEST = 500, 2**62
EARLIEST = datetime(1991, 1, 1, tzinfo=UTC)  # reproducible builds say 1970 or 1980
ONE_DAY = timedelta(days=1)  # for clocks that are fast


class NotTold(Exception):
    """The registry does not say it; the message says why. `is_final` where asking again soon is of no use."""

    def __init__(self, words: str, *, is_final: bool) -> None:
        super().__init__(words)
        self.is_final = is_final


@dataclass(frozen=True)
class ImageFacts:
    """The digest, and for Linux on x86-64 the compressed size in bytes and when it was built; None where that is not said."""

    digest: str
    size: int | None = None
    built_at: datetime | None = None


def read(name: ImageName, known_digest: str = "") -> ImageFacts:
    """Ask the registry; raises NotTold. Where the name still stands for the image with the known digest, that alone is said: registries count
    each further question as a pull."""
    if not registry.is_asked(name):
        raise NotTold(_("This portal does not ask %(registry)s.") % {"registry": name.host}, is_final=True)
    end = time.monotonic() + SECONDS
    try:
        if known_digest and _stands_for(name, end) == known_digest:
            return ImageFacts(known_digest)
        answer = registry.ask_about(name, "GET", f"manifests/{name.reference}", registry.MANIFESTS, end)
        _require(answer, name)
        digest = name.reference if name.is_digest else registry.digest_of(answer)
        manifest = _for_linux(name, _content(answer), end)
        return ImageFacts(digest, _size(manifest), _built_at(name, manifest, end))
    except AddressRefused as error:
        raise NotTold(str(error), is_final=True) from None
    except NoAnswer as error:
        raise NotTold(_("%(registry)s did not answer: %(reason)s") % {"registry": name.host, "reason": error}, is_final=False) from None


def _stands_for(name: ImageName, end: float) -> str:
    """The digest that the name has now; empty where the registry does not say it so."""
    answer = registry.ask_about(name, "HEAD", f"manifests/{name.reference}", registry.MANIFESTS, end)
    return registry.digest_of(answer) if answer.status == 200 else ""


def _require(answer: GuardedAnswer, name: ImageName) -> None:
    """Raise NotTold unless there is an answer."""
    if answer.status == 200:
        return
    values = {"registry": name.host, "status": answer.status}
    if answer.status == 404:
        raise NotTold(_("%(registry)s has no such image.") % values, is_final=True)
    if answer.status in (401, 403):
        raise NotTold(_("%(registry)s shows this image to nobody without an account.") % values, is_final=True)
    raise NotTold(_("%(registry)s answered with status %(status)s.") % values, is_final=False)


def _content(answer: GuardedAnswer) -> dict[str, Any]:
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _for_linux(name: ImageName, content: dict[str, Any], end: float) -> dict[str, Any]:
    """The manifest of the image for Linux on x86-64, where the name stands for several; empty where there is none."""
    entries = content.get("manifests")
    if not isinstance(entries, list):
        return content
    for entry in entries[:LAYERS]:
        platform = entry.get("platform") if isinstance(entry, dict) else None
        digest = str(entry.get("digest")) if isinstance(entry, dict) else ""
        if not isinstance(platform, dict) or (platform.get("os"), platform.get("architecture")) != ("linux", "amd64"):
            continue
        if registry.DIGEST.fullmatch(digest):
            answer = registry.ask_about(name, "GET", f"manifests/{digest}", registry.MANIFESTS, end)
            return _content(answer) if answer.status == 200 else {}
    return {}


def _size(manifest: dict[str, Any]) -> int | None:
    """All layers together; None where one of them has no size."""
    layers = manifest.get("layers")
    if not isinstance(layers, list) or not layers:
        return None
    sizes = [layer.get("size") if isinstance(layer, dict) else None for layer in layers]
    known = [size for size in sizes if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < LARGEST]
    return sum(known) if len(known) == len(sizes) and sum(known) < LARGEST else None


def _built_at(name: ImageName, manifest: dict[str, Any], end: float) -> datetime | None:
    """When it was built, as its configuration says; registries keep that elsewhere and lead there once. None where it cannot be read."""
    config = manifest.get("config")
    digest = str(config.get("digest")) if isinstance(config, dict) else ""
    if not registry.DIGEST.fullmatch(digest):
        return None
    try:
        answer = registry.ask_about(name, "GET", f"blobs/{digest}", "*/*", end)
        location = registry.header_of(answer, "location")
        if answer.status in (301, 302, 303, 307, 308) and location.startswith("https://"):
            answer = ask("GET", location, {"Accept": "*/*"}, seconds=end - time.monotonic())  # without the token, and guarded
    except (AddressRefused, NoAnswer):
        return None
    created = _content(answer).get("created") if answer.status == 200 else None
    built = moment(created) if isinstance(created, str) else None
    return built if built and EARLIEST < built <= timezone.now() + ONE_DAY else None
