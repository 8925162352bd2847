"""Whether a copy is what Rucio says: asked of the storage itself, and of those who had doubts."""

from datalake.rucio.client import MOST, page, speaking
from datalake.rucio.content import WEB
from datalake.rucio.unreadable import each
from vre_portal import http
from vre_portal.services import Service

SECONDS = 1.5


def is_up(lake: Service) -> bool:
    """Whether Rucio answers at all; no token is sent."""
    try:
        return http.request(lake, "GET", "/ping", deadline=6.0).status == 200
    except http.RemoteError:
        return False


def is_there(lake: Service, token: str, pfn: str) -> bool | None:
    """Whether the storage has the file; None where it cannot be asked over https or does not say. No answer is an outage."""
    if not pfn.startswith(WEB):
        return None
    address = "https" + pfn.removeprefix("davs") if pfn.startswith("davs") else pfn
    answer = http.request(lake, "HEAD", address, token=token, timeout=(SECONDS, SECONDS), deadline=SECONDS)
    return {200: True, 404: False, 410: False}.get(answer.status)


def suspicious_at(lake: Service, token: str, scope: str, name: str) -> list[str]:
    """Where somebody declared a file's copy suspicious in the last ten days; Rucio tells them all or none."""
    with speaking(lake, token) as client:
        answers = page(iter(client.list_suspicious_replicas()), 0, MOST)
        rows = [row for answer in answers for row in (answer if isinstance(answer, list) else [answer])]  # one line holds them all
        found = each(rows, lambda row: (str(row["scope"]), str(row["name"]), str(row["rse"])))
        return sorted({rse for *did, rse in found if did == [scope, name]})
