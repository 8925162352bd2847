"""Whether the images of all steps exist, and which ones their tags name, as far as their registries can be asked."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.workflows.preflight.items import Item, Remedy
from vre_portal.container_images import registry
from vre_portal.container_images.names import ImageName, parsed
from vre_portal.container_images.registry import Image
from vre_portal.text import plain

MAX_ASKED, MAX_NAMED = 30, 10
AT_ONCE = 4
SECONDS = 5.0  # for all images of one launch together
PAGES, WAIT_SECONDS = 4, 0.5  # of one process that ask registries at the same time: those that hang take no more threads
_places = threading.BoundedSemaphore(PAGES)


def known(images: Sequence[str]) -> list[Item]:
    """What the registries said a while ago; nothing is asked."""
    return _items(images, registry.known, _("Not checked yet:"))


def look_up(images: Sequence[str], seconds: float = SECONDS) -> list[Item]:
    """What the registries say, several at a time; those that do not answer in time are not known."""

    def ask(names: Sequence[ImageName]) -> dict[ImageName, Image]:
        return _together(names, registry.known(names), registry.look_up, seconds)

    return _items(images, ask, _("The registry did not answer in time:"))


def known_digests(images: Iterable[str]) -> dict[str, str]:
    """Image -> digest, as the registries said it a moment ago or the names say it themselves; nothing is asked."""
    names = {text: name for text in images if (name := parsed(text))}
    found = registry.known_digests(names.values())
    return {text: found[name] for text, name in names.items() if name in found}


def look_up_digests(images: Iterable[str], seconds: float = SECONDS) -> dict[str, str]:
    """The same, asked of the registries; without those that do not say in time."""
    names = {text: name for text in images if (name := parsed(text))}
    to_ask = [name for name in dict.fromkeys(names.values()) if name.is_digest or registry.is_asked(name)]
    found = _together(to_ask, registry.known_digests(to_ask), registry.look_up_digest, seconds)
    return {text: digest for text, name in names.items() if (digest := found.get(name))}


def moved(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """A sentence for each image whose name stood for another one in a run than it does now; `before` and `now` as digests by image."""
    text = _("The tag now points to another image: %(name)s was %(before)s in the run and is now %(now)s.")
    return [
        text % {"name": plain(name)[:200], "before": was, "now": now[name]}
        for name, was in list(before.items())[:MAX_ASKED]
        if now.get(name, was) != was
    ]


def since(before: Mapping[str, str], images: Sequence[str]) -> list[Item]:
    """A line where tags point to other images than in an earlier run; the registries are asked."""
    words = moved(before, look_up_digests(image for image in images if image in before)) if before else []
    return [Item("images-since", _("Changed container images"), "warning", tuple(words))] if words else []


def _together[Said](
    names: Sequence[ImageName], found: dict[ImageName, Said], ask: Callable[[ImageName, float], Said], seconds: float
) -> dict[ImageName, Said]:
    """What was found already and what the others are asked for, several at a time; those for which there is no time are left out."""
    missing, end = [name for name in names if name not in found][:MAX_ASKED], time.monotonic() + seconds
    if not missing or not _places.acquire(timeout=WAIT_SECONDS):
        return found
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            asked = {name: pool.submit(copy_context().run, ask, name, end) for name in missing}
            return {**found, **{name: future.result() for name, future in asked.items()}}
    finally:
        _places.release()


Answers = Callable[[list[ImageName]], dict[ImageName, Image]]


def _items(images: Sequence[str], answers: Answers, not_known: str) -> list[Item]:
    """A line for each state that there is: missing, not readable for everybody, not known, there."""
    names = {text: parsed(text) for text in images}
    found = answers([name for name in dict.fromkeys(names.values()) if name and registry.is_asked(name)])
    by_state: dict[Image, list[str]] = {}
    for text, name in names.items():
        by_state.setdefault(found.get(name, Image.UNKNOWN) if name else Image.UNKNOWN, []).append(text)
    return [
        *_line(by_state.get(Image.MISSING), "error", _("Does not exist: %(names)s."), _remedy()),
        *_line(by_state.get(Image.CLOSED), "warning", _("Private, or does not exist: %(names)s. The server must be able to pull it.")),
        *_unknown(by_state.get(Image.UNKNOWN, ()), names, not_known),
        *_there(len(by_state.get(Image.THERE, ()))),
    ]


def _remedy() -> Remedy:
    return Remedy(_("Correct the name or tag under “Settings of steps”, or ask the workflow’s author"), "#step-settings")


def _line(images: Sequence[str] | None, state: str, words: str, *remedies: Remedy) -> list[Item]:
    if not images:
        return []
    return [Item("images", _("Container images"), state, (words % {"names": _named(images)},), remedies)]  # type: ignore[arg-type]


def _there(count: int) -> list[Item]:
    text = ngettext("%(n)s image exists.", "%(n)s images exist.", count) % {"n": count}
    return [Item("images", _("Container images"), "ok", (text,))] if count else []


def _unknown(images: Sequence[str], names: dict[str, ImageName | None], not_known: str) -> list[Item]:
    """Each reason with the images that it holds for."""
    reasons: dict[str, list[str]] = {}
    for text in images:
        name = names[text]
        if name is None:
            reason = _("Not an image of a registry:")
        elif not registry.is_asked(name):
            reason = _("This portal does not ask %(registry)s:") % {"registry": name.host}
        else:
            reason = not_known
        reasons.setdefault(reason, []).append(text)
    messages = tuple(f"{reason} {_named(named)}" for reason, named in reasons.items())
    return [Item("images", _("Container images"), "not checked", messages)] if messages else []


def _named(images: Sequence[str]) -> str:
    shown = [plain(image)[:200] for image in images[:MAX_NAMED]]
    return ", ".join(shown) + (", …" if len(images) > len(shown) else "")
