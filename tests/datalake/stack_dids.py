"""Addresses of the demonstration's data, and a page as words or bytes."""

KM3NET, IRF = "KM3NET_ECAP_SP", "DM.PointSourceIRF.km3irf"
LAKE = "/datalake/escape/"
LIVE = f"{LAKE}live/"
DID = f"{LAKE}did/{KM3NET}/{IRF}"
FILE = f"{LAKE}did/{KM3NET}/aeff.fits"
EVERYTHING = "?everything=1"  # a DID's page with all its sections at once
DOWNLOAD = f"{LAKE}download/{KM3NET}/aeff.fits"


def bytes_of(reply: object) -> bytes:
    return b"".join(reply.streaming_content)  # type: ignore[attr-defined]
