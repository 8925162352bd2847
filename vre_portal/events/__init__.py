"""Events: open pages learn at once that something changed, by server-sent events from a process of their own."""

from vre_portal.events.bus import are_open, publish, recheck
from vre_portal.events.topics import register_topic

__all__ = ["are_open", "publish", "recheck", "register_topic"]
