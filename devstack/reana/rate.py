"""How often version 0.9 answers: one allowance for each address and User-Agent, ping included. The newer line has none."""

import threading
import time

from flask import Response, g, request

from devstack.reana import face, limits
from devstack.reana.errors import Refusal

_counted: dict[tuple[str, str, int], int] = {}
_lock = threading.Lock()


def limit() -> None:
    """Count the request in this second; with 429 and REANA's words where there were too many."""
    if not (limits.REQUESTS_PER_SECOND and face.is_older() and request.path.startswith("/api")):
        return
    second = int(time.time())
    who = (request.remote_addr or "", request.headers.get("User-Agent", ""), second)
    with _lock:
        for old in [key for key in _counted if key[2] < second]:
            del _counted[old]
        _counted[who] = count = _counted.get(who, 0) + 1
    g.rate_headers = {
        "Retry-After": "1",
        "X-RateLimit-Limit": str(limits.REQUESTS_PER_SECOND),
        "X-RateLimit-Remaining": str(max(0, limits.REQUESTS_PER_SECOND - count)),
        "X-RateLimit-Reset": str(second + 1),
    }
    if count > limits.REQUESTS_PER_SECOND:
        allowed = f"{limits.REQUESTS_PER_SECOND} per 1 second"
        raise Refusal(429, f'Too many requests in a given amount of time. Only "{allowed}" allowed.')


def tell(response: Response) -> Response:
    """Every answer of version 0.9 says how much is left."""
    response.headers.update(g.get("rate_headers", {}))
    return response
