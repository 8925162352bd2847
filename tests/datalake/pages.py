"""Addresses of the demonstration's data, and a page as words or bytes."""

import re
from html import unescape

KM3NET, IRF = "KM3NET_ECAP_SP", "DM.PointSourceIRF.km3irf"
LAKE = "/datalake/escape/"
LIVE = f"{LAKE}live/"
DID = f"{LAKE}did/{KM3NET}/{IRF}"
FILE = f"{LAKE}did/{KM3NET}/aeff.fits"
DOWNLOAD = f"{LAKE}download/{KM3NET}/aeff.fits"


def text_of(page: bytes) -> str:
    """The words of a page, without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.decode())))


def bytes_of(reply: object) -> bytes:
    return b"".join(reply.streaming_content)  # type: ignore[attr-defined]
