"""What answers of the portal mean; nothing in them is taken on trust."""

import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from vre.display import visible
from vre.errors import AccessDenied, Interrupted, NotFound, NotPossible, NotSignedIn, PortalUnavailable, VreError

if TYPE_CHECKING:
    import requests

MAX_JSON_BYTES = 32 * 1024 * 1024
MAX_JSON_SECONDS = 120
MAX_WAIT_SECONDS = 60.0
PIECE = 64 * 1024
NO_API = {404, 405, 410}  # what another server says to the addresses of the API, in HTML
NOT_A_PORTAL = "Check the address of the portal."
KINDS: dict[int, type[VreError]] = {
    401: NotSignedIn,
    403: AccessDenied,
    404: NotFound,
    400: NotPossible,
    409: NotPossible,
    413: NotPossible,
    422: NotPossible,
}
NEXT_STEPS = {
    401: 'Call vre.login("https://…") with the address of your portal.',
    403: "Ask the owner of the data, or use a token with more scopes.",
    404: "Check the name. It may have been deleted, or you may not have access to it any more.",
    429: "Wait a minute, then try again.",
}


def read_json(reply: "requests.Response") -> dict[str, Any]:
    """The object of a good answer, empty for an answer without content; raises the VreError that another one stands for."""
    if reply.status_code == 204:
        return {}
    found = parse_object(bounded_body(reply))
    if reply.status_code >= 300 and (found is not None or reply.status_code not in NO_API):
        raise refusal(reply, found)
    if found is None:
        raise PortalUnavailable(f"{visible(reply.url)} did not answer as a VRE portal does.", NOT_A_PORTAL)
    return found


def parse_object(body: bytes) -> dict[str, Any] | None:
    """The object that a text in JSON holds; None where it holds none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def bounded_body(reply: "requests.Response", most: int = MAX_JSON_BYTES) -> bytes:
    """The body; raises PortalUnavailable where it breaks off, is too large or takes too long."""
    import requests

    pieces, size, end = [], 0, time.monotonic() + MAX_JSON_SECONDS
    try:
        for piece in reply.iter_content(PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > most or time.monotonic() > end:
                raise PortalUnavailable(f"The answer of {visible(reply.url)} is too long.", NOT_A_PORTAL)
    except (requests.RequestException, OSError) as error:
        raise Interrupted("The portal's answer broke off.", "Try again.") from error
    return b"".join(pieces)


def refusal(reply: "requests.Response", found: dict[str, Any] | None = None) -> VreError:
    """The error that an answer stands for, in the portal's own words where it has some."""
    error = (found or {}).get("error")
    told = error if isinstance(error, dict) else {}
    status = reply.status_code
    message = text_of(told.get("message")) or f"The portal answered with status {status}."
    step = text_of(told.get("next")) or NEXT_STEPS.get(status, "Try again later.")
    return KINDS.get(status, PortalUnavailable)(visible(message, 500), visible(step, 500))


def text_of(value: Any) -> str:
    """A text; empty for anything else."""
    return value if isinstance(value, str) else ""


def number_of(value: Any) -> int | None:
    """A whole number that is not negative; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def objects_of(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; what else is in it is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def seconds_to_wait(reply: "requests.Response", default: float) -> float:
    """What Retry-After says, in seconds or as a date; within bounds."""
    told = reply.headers.get("Retry-After", "").strip()
    seconds = default
    if told.isascii() and told.isdigit():
        seconds = float(told[:6])
    elif told:
        with suppress(ValueError, TypeError, OverflowError):
            seconds = parsedate_to_datetime(told).timestamp() - time.time()
    return min(max(seconds, 0.1), MAX_WAIT_SECONDS)


def checksum_of(headers: Mapping[str, str]) -> str | None:
    """The Adler-32 in the portal's header or in Digest (RFC 3230), as eight hexadecimal digits."""
    digest = re.search(r"(?:^|[,\s])adler32=([^,\s]*)", headers.get("Digest", ""), re.IGNORECASE)
    return adler32_text(headers.get("X-Checksum-Adler32") or (digest[1] if digest else ""))


def adler32_text(value: Any) -> str | None:
    """A checksum as eight hexadecimal digits; None for what is none."""
    text = text_of(value).strip().lower()
    return text.rjust(8, "0") if re.fullmatch(r"[0-9a-f]{1,8}", text) else None
