"""In which version what a part of a person's page shows is: with the person and the address it makes the key by which the part is kept."""

from typing import Any

from vre_portal import services
from vre_portal.pages import triggers, versions

_watched: list[bool] = []  # filled once the database makes the versions


class TopicsVersion:
    """The version of some topics, and the services as they are configured; like no other where it cannot be told."""

    def __init__(self, found: versions.Versions | None, topics: tuple[str, ...]) -> None:
        self._key: Any = object() if found is None else tuple(found.get(topic.encode(), b"") for topic in topics)
        self._services = tuple(map(_Same, services.services()))

    def fragment_key(self) -> tuple[Any, ...]:
        return self._key, self._services


class _Same:
    """One object and no other, for as long as it is part of a key."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value


def part_version(*topics: str) -> TopicsVersion:
    """The version of these topics now, read before anything that they are about; nothing is kept while the database makes no versions."""
    if not _watched and not triggers.missing():
        _watched.append(True)
    return TopicsVersion(versions.read() if _watched else None, topics)


def unknown_version() -> TopicsVersion:
    """The version of a part whose content no topic covers: no two are equal, so the part is rendered each time."""
    return TopicsVersion(None, ())
