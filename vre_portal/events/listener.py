"""The one connection of this process that hears all events, however many pages listen."""

import asyncio
import logging
import time
from typing import Any

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from vre_portal.events.bus import KEPT_SECONDS, MAX_EVENTS, STREAM
from vre_portal.events.hub import Hub
from vre_portal.events.window import EventId, Window

logger = logging.getLogger(__name__)
BLOCK_SECONDS = 5
AT_ONCE = 500
RETRY_SECONDS = 0.5


async def listen(hub: Hub) -> None:
    """Hand on what comes, for ever; what came while Redis was away is read afterwards, or all pages are told that they may have missed it."""
    heard: EventId | None = None
    while True:
        try:
            async with redis.asyncio.Redis.from_url(
                settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=BLOCK_SECONDS + 2, decode_responses=True
            ) as client:
                if heard is None:
                    hub.window = Window(await _complete_from(client))
                elif not await client.xrange(STREAM, str(heard), str(heard)):
                    hub.lost(await _now(client))
                    heard = None
                hub.away_since = None
                while True:
                    found: Any = await client.xread({STREAM: str(hub.window.last)}, count=AT_ONCE, block=BLOCK_SECONDS * 1000)
                    for place, fields in (entry for _, entries in found or () for entry in entries):
                        heard = EventId.parse(place) or hub.window.last
                        _take(hub, heard, fields)
        except (RedisError, OSError) as error:
            logger.warning("no events are heard: %s", error)
            hub.away_since = hub.away_since or time.monotonic()
            await asyncio.sleep(RETRY_SECONDS)


def _take(hub: Hub, place: EventId, fields: dict[str, str]) -> None:
    try:
        hub.take(place, fields)
    except ValueError:  # nothing that `publish` wrote
        logger.warning("event %s cannot be read", place)
        hub.window.last = place


async def _complete_from(client: "redis.asyncio.Redis") -> EventId:
    """The place after which the stream has everything: it is cut at its length, and where that is not reached by time alone."""
    now = await _now(client)
    first: Any = await client.xrange(STREAM, count=1)
    if first and await client.xlen(STREAM) >= MAX_EVENTS:
        return EventId.parse(first[0][0]) or now
    return EventId(now.milliseconds - KEPT_SECONDS * 1000)


async def _now(client: "redis.asyncio.Redis") -> EventId:
    seconds, microseconds = await client.time()
    return EventId(int(seconds) * 1000 + int(microseconds) // 1000)
