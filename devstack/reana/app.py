"""The application: who may ask, how often, and how refusals look."""

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from devstack import address
from devstack.reana import face, rate
from devstack.reana.api.lists import lists
from devstack.reana.api.server import server
from devstack.reana.api.workflows import workflows
from devstack.reana.api.workspaces import workspaces
from devstack.reana.errors import Refusal
from devstack.reana.page import home

HOSTS = {f"{name}:{port}" for name in (address.HOST, "localhost") for port in (face.NEWER, face.OLDER)}


def check_host() -> None:
    """Only the address that the stack knows: keeps web pages of others out (DNS rebinding)."""
    if request.host not in HOSTS:
        raise Refusal(400, "This server does not answer under that name.")


def refuse(error: Refusal) -> ResponseReturnValue:
    """A refusal as REANA's JSON."""
    key = "detail" if error.own and not face.is_older() else "message"
    return {key: error.message}, error.status, error.headers


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
    may = "sandbox allow-forms; form-action 'self'" if request.path == "/" else "sandbox"
    response.headers["Content-Security-Policy"] = f"default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; {may}"
    response.headers["Cache-Control"] = "no-store"
    return response


app = Flask(__name__, static_folder=None)
app.before_request(check_host)
app.before_request(rate.limit)
app.after_request(rate.tell)
app.after_request(harden)
app.register_error_handler(Refusal, refuse)
app.register_error_handler(HTTPException, refuse_http)
app.register_error_handler(Exception, fail)
app.add_url_rule("/", view_func=home, methods=["GET", "POST"])
for part in (server, lists, workflows, workspaces):
    app.register_blueprint(part)
