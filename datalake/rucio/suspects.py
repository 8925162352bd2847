"""Tell the lake of a copy that is not what it should be."""

from datalake.rucio.client import speaking
from vre_portal.http import RemoteRefused
from vre_portal.services import Service


def declare_suspicious(lake: Service, token: str, pfn: str, reason: str) -> None:
    """Note one copy as suspicious. Rucio answers 201 also where it does not know the address, and names those that it did not take."""
    with speaking(lake, token) as client:
        left = client.declare_suspicious_file_replicas([pfn], reason or "Its bytes do not agree with its checksum.")
        missed = [str(item) for items in (left or {}).values() for item in items]
    if missed:
        raise RemoteRefused(f"{lake.title} did not take the report: {missed[0]}"[:300], service=lake, status=409, code="UnknownReplica")
