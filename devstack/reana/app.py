"""The application: who may ask, how often, and how refusals look."""

import threading
import time
from collections import deque

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from devstack import address
from devstack.reana import limits
from devstack.reana.api.server import server
from devstack.reana.api.workflows import workflows
from devstack.reana.api.workspaces import workspaces
from devstack.reana.errors import Refusal
from devstack.reana.page import PAGE

HOSTS = {f"{name}:{address.PORTS['reana']}" for name in (address.HOST, "localhost")}
_asked: dict[str, deque[float]] = {}
_lock = threading.Lock()


def check_host() -> None:
    """Only the address that the stack knows: keeps web pages of others out (DNS rebinding)."""
    if request.host not in HOSTS:
        raise Refusal(400, "This server does not answer under that name.")


def limit_rate() -> None:
    """REANA answers the person who asks too often with 429."""
    if not limits.REQUESTS_PER_SECOND or not request.path.startswith("/api") or request.path == "/api/ping":
        return
    who = request.headers.get("Authorization") or request.args.get("access_token") or request.remote_addr or ""
    now = time.monotonic()
    with _lock:
        if len(_asked) > 10_000:
            _asked.clear()
        times = _asked.setdefault(who, deque())
        while times and now - times[0] > 1:
            times.popleft()
        if len(times) >= limits.REQUESTS_PER_SECOND:
            raise Refusal(429, f"429 Too Many Requests: {limits.REQUESTS_PER_SECOND} per 1 second")
        times.append(now)


def refuse(error: Refusal) -> ResponseReturnValue:
    """A refusal as REANA's JSON."""
    headers = {"Retry-After": "1"} if error.status == 429 else {}
    return {"message": error.message}, error.status, headers


def refuse_http(error: HTTPException) -> ResponseReturnValue:
    """What Flask refuses by itself, in the same shape."""
    return {"message": error.description or error.name}, error.code or 500


def fail(error: Exception) -> ResponseReturnValue:
    """A mistake of this server: logged whole, said short."""
    app.logger.exception("A request failed", exc_info=error)
    return {"message": "The server failed; its log says why."}, 500


def harden(response: Response) -> Response:
    """Nothing that this server sends is a page of its own, save the one that says what it is."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


def home() -> ResponseReturnValue:
    """The page for a person who opens the address in a browser."""
    return Response(PAGE, mimetype="text/html")


app = Flask(__name__, static_folder=None)
app.before_request(check_host)
app.before_request(limit_rate)
app.after_request(harden)
app.register_error_handler(Refusal, refuse)
app.register_error_handler(HTTPException, refuse_http)
app.register_error_handler(Exception, fail)
app.add_url_rule("/", view_func=home)
for part in (server, workflows, workspaces):
    app.register_blueprint(part)
