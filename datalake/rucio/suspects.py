"""Tell the lake of a copy that is not what it should be."""

from urllib.parse import urlsplit

from datalake.rucio.client import named, plain, speaking
from datalake.rucio.replicas import list_replicas
from vre_portal.http import RemoteRefused
from vre_portal.services import Service

REASON = "Its bytes do not agree with its checksum."
FOLDERS = (
    "{lake} takes no report on it: Rucio reads a file's name from the end of an address alone, and this name has folders in it. "
    "Tell the lake's operators."
)


def declare_suspicious(lake: Service, token: str, scope: str, name: str, pfn: str, reason: str) -> None:
    """Note one copy as suspicious.

    Plain accounts report by address, and Rucio reads an address where files lie by rule as if its first folder were the scope and its
    last part the name. That is another file, or none, where a scope has dots (user.lead lies in user/lead) or a name has folders: the
    former is written in a way that Rucio reads rightly, the latter is not sent. Rucio answers 201 also where it takes nothing.
    """
    named(lake, scope, name)
    place = next((copy.rse for copy in list_replicas(lake, token, scope, name, type="FILE") if pfn in copy.pfns), "")
    if not place:
        raise RemoteRefused(f"{lake.title} knows no copy of this file there.", service=lake, status=409, code="UnknownReplica")
    plain(lake, place)
    with speaking(lake, token) as client:
        facts = client.get_rse(place)
        by_rule = bool(facts.get("deterministic", True))
        if by_rule and "/" in name:
            raise RemoteRefused(FOLDERS.format(lake=lake.title), service=lake, status=409, code="UnreadableAddress")
        prefixes = [str(item.get("prefix") or "") for item in facts.get("protocols") or ()]
        for address in dict.fromkeys([readable(scope, name, pfn, prefixes), pfn] if by_rule else [pfn]):
            left = client.declare_suspicious_file_replicas([address], reason or REASON)
            missed = [str(item) for items in (left or {}).values() for item in items]
            if not missed:
                return
    raise RemoteRefused(f"{lake.title} did not take the report: {missed[0]}"[:300], service=lake, status=409, code="UnknownReplica")


def readable(scope: str, name: str, pfn: str, prefixes: list[str]) -> str:
    """An address that Rucio reads as this file: the scope is its first folder after the storage's own part, and the name its last."""
    path = urlsplit(pfn).path
    prefix = max((item for item in prefixes if item and path.startswith(item)), key=len, default="")
    folders = path.removeprefix(prefix).strip("/")
    if not prefix or folders.startswith(f"{scope}/"):
        return pfn
    return f"{pfn[: len(pfn) - len(path)]}{prefix.rstrip('/')}/{scope}/{name}"
