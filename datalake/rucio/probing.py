"""Ask a storage itself whether it has what Rucio lists."""

from datalake.rucio.content import WEB
from vre_portal import http
from vre_portal.http import RemoteUnavailable
from vre_portal.services import Service

SECONDS = 1.5


def is_there(lake: Service, token: str, pfn: str) -> bool | None:
    """Whether the storage has the file; None where it cannot be asked over https or does not say."""
    if not pfn.startswith(WEB):
        return None
    address = "https" + pfn.removeprefix("davs") if pfn.startswith("davs") else pfn
    try:
        answer = http.request(lake, "HEAD", address, token=token, timeout=(SECONDS, SECONDS), deadline=SECONDS)
    except RemoteUnavailable:
        return None
    return {200: True, 404: False, 410: False}.get(answer.status)
