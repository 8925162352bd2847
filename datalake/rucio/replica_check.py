"""Whether a lake answers, and whether a storage has what Rucio says."""

from datalake.rucio.content import WEB, as_https
from vre_portal import http
from vre_portal.services import Service

PING_SECONDS, HEAD_SECONDS = 6.0, 1.5


def is_lake_up(lake: Service) -> bool:
    """Whether Rucio answers at all; no token is sent."""
    try:
        return http.request(lake, "GET", "/ping", deadline=PING_SECONDS).status == 200
    except http.RemoteError:
        return False


def replica_exists(lake: Service, token: str, pfn: str) -> bool | None:
    """Whether the storage has the file; None where it cannot be asked over https or does not say. Raises RemoteUnavailable."""
    if not pfn.startswith(WEB):
        return None
    reply = http.request(lake, "HEAD", as_https(pfn), token=token, timeout=(HEAD_SECONDS, HEAD_SECONDS), deadline=HEAD_SECONDS)
    return {200: True, 404: False, 410: False}.get(reply.status)
