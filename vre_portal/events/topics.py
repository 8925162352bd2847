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
# Called with the person and the number of a topic; asks no remote service.
type MaySee = Callable[[User, int], bool]
_prefixes: dict[str, MaySee] = {}


def register_topic(prefix: str, may_see: MaySee) -> None:
    """Let pages listen to topics of a prefix, for those who may see them now; it is asked again while they listen."""
    _prefixes[prefix] = may_see


def visible(user: "User", topics: Iterable[str]) -> list[str]:
    """Those of the topics that the person may see; what is unknown, or cannot be decided, is left out like what is forbidden."""
    return [topic for topic in dict.fromkeys(topics) if _may_see(user, topic)]


def _may_see(user: "User", topic: str) -> bool:
    prefix, _, number = topic.partition("-")
    if not _FORM.fullmatch(topic) or prefix not in _prefixes:
        return False
    try:
        return _prefixes[prefix](user, int(number))
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # one topic that cannot be decided costs only itself
        logger.exception("who may see topics of %s could not be decided", prefix)
        return False
