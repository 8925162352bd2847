"""What pages can listen to: applications register who may see the topics of a prefix, such as "run" for "run-17"."""

import logging
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError

if TYPE_CHECKING:  # applications are not loaded yet when this is imported
    from vre_portal.iam.models import User

logger = logging.getLogger(__name__)
MAX_TOPICS = 20  # of one open page
_FORM = re.compile(r"[a-z]{1,20}-[0-9]{1,18}", re.ASCII)
# Called with the person and the numbers of topics, gives those that they may see; asks no remote service, and the database once for all.
type MaySee = Callable[[User, list[int]], Iterable[int]]
_prefixes: dict[str, MaySee] = {}


def register_topic(prefix: str, may_see: MaySee) -> None:
    """Let pages listen to topics of a prefix, for those who may see them now; it is asked again while they listen."""
    _prefixes[prefix] = may_see


def visible(user: "User", topics: Iterable[str]) -> list[str]:
    """Those of the topics that the person may see; what is unknown, or cannot be decided, is left out like what is forbidden."""
    numbers: dict[str, list[int]] = {}
    for topic in (known := [topic for topic in dict.fromkeys(topics) if _FORM.fullmatch(topic) and _parts(topic)[0] in _prefixes]):
        prefix, number = _parts(topic)
        numbers.setdefault(prefix, []).append(number)
    seen = {(prefix, number) for prefix, asked in numbers.items() for number in _may_see(user, prefix, asked)}
    return [topic for topic in known if _parts(topic) in seen]


def _parts(topic: str) -> tuple[str, int]:
    prefix, _, number = topic.partition("-")
    return prefix, int(number)


def _may_see(user: "User", prefix: str, numbers: list[int]) -> frozenset[int]:
    try:
        return frozenset(_prefixes[prefix](user, numbers))
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # one topic that cannot be decided costs only itself
        logger.exception("who may see topics of %s could not be decided", prefix)
        return frozenset().union(*(_may_see(user, prefix, [number]) for number in numbers)) if len(numbers) > 1 else frozenset()
