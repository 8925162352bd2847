"""The server itself and the person who calls: ping, info, config, status, you, token, secrets."""

import base64
import json
from importlib.metadata import version
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from devstack.reana import bundles, face, facts, limits, people, quotas, store
from devstack.reana.errors import Refusal

server = Blueprint("server", __name__, url_prefix="/api")
VERSION = "0.9.4"
SECRET_TYPES = ("env", "file")


@server.get("/ping")
def ping() -> ResponseReturnValue:
    """That the server is up, and what it takes besides; nothing in it tells the dialects apart."""
    more = {"api_capabilities": [bundles.CAPABILITY]} if face.takes_bundles() else {}
    return {"message": "OK", "status": "200", **more}


@server.get("/info")
def info() -> ResponseReturnValue:
    """What a workflow may use here."""
    people.current()
    return dict(facts.told())


@server.get("/config")
def config() -> ResponseReturnValue:
    """What REANA's own web pages would show."""
    return {
        "announcement": "Demonstration on one machine",
        "polling_secs": 15,
        "docs_url": "https://docs.reana.io/",
        "forum_url": "",
        "chat_url": "",
        "client_pyvenv": "",
        "hide_signup": True,
        "local_users": False,
        "quota_enabled": True,
        "reana_commons_version": version("reana-commons"),
    }


@server.get("/status")
def status() -> ResponseReturnValue:
    """How busy the machine is."""
    people.current()
    counts = {found["status"]: found["n"] for found in store.rows("select status, count(*) as n from workflow group by status")}
    running, queued, pending = (counts.get(name, 0) for name in ("running", "queued", "pending"))
    free = max(0, limits.WORKFLOWS_AT_ONCE - running)
    slots = limits.WORKFLOWS_AT_ONCE
    percentage = round(100 * free / slots)
    health = "healthy" if free else "warning"
    return {
        "job": {"available": free, "health": health, "pending": 0, "percentage": percentage, "running": running, "sort": 1, "total": slots},
        "node": {"available": 1, "health": "healthy", "percentage": 100, "sort": 0, "total": 1, "unschedulable": 0},
        "session": {"active": 0, "sort": 3},
        "workflow": {
            "available": free, "health": health, "pending": pending, "percentage": percentage,
            "queued": queued, "running": running, "sort": 2, "total": slots,
        },
    }  # fmt: skip


@server.get("/you")
def you() -> ResponseReturnValue:
    """The person and what they have used."""
    person = people.current()
    if not face.is_older():
        identity = {"issuer": person["issuer"], "subject": person["subject"]}
        facts = {key: person[key] for key in ("id", "email", "full_name")}
        return {**facts, "username": None, "roles": [], "identity": identity}
    return {
        "email": person["email"],
        "full_name": person["full_name"],
        "quota": {"cpu": quotas.cpu(person), "disk": quotas.disk(person)},
        "reana_server_version": VERSION,
        "reana_token": _token(person),
        "username": None,
    }


def _token(person: store.Row) -> dict[str, Any]:
    """The opaque token of version 0.9."""
    return {"requested_at": person["created"], "status": "active", "value": person["token"]}


@server.route("/token", methods=["GET", "PUT"])
def token() -> ResponseReturnValue:
    """The opaque token of the person, for reana-client; they have shown who they are by a token of the IAM."""
    return {"reana_token": _token(people.current())}


@server.get("/users/you-shared-with")
def shared_with() -> ResponseReturnValue:
    """Sharing is not part of this server, so nobody."""
    people.current()
    return {"users_you_shared_with": []}


@server.get("/users/shared-with-you")
def shared_by() -> ResponseReturnValue:
    """Sharing is not part of this server, so nobody."""
    people.current()
    return {"users_shared_with_you": []}


@server.get("/quota")
def quota() -> ResponseReturnValue:
    """As a REANA without the quota secret answers."""
    raise Refusal(403, "Quota management endpoint is not configured.")


@server.post("/launch")
def launch() -> ResponseReturnValue:
    """Fetching a specification from elsewhere is not part of this server."""
    people.current()
    message = "The request was well-formed but was unable to be followed due to semantic errors."
    return {"message": message, "status": 422}, 422


@server.route("/secrets", methods=["GET"], strict_slashes=False)
def secrets() -> ResponseReturnValue:
    """Names only: a value is never read back."""
    found = store.rows("select name, type from secret where owner = ? order by name", people.current()["id"])
    return jsonify([dict(item) for item in found])


@server.post("/secrets/")
def add_secrets() -> ResponseReturnValue:
    """Keep secrets: {name: {"value": base64, "type": "env" or "file"}}."""
    person = people.current()
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict) or not all(isinstance(item, dict) and item.get("type") in SECRET_TYPES for item in given.values()):
        raise Refusal(400, "Secrets are given as {name: {value, type}}.")
    overwrite = request.args.get("overwrite", "false").lower() == "true"
    for name in given:
        if not overwrite and store.row("select 1 from secret where owner = ? and name = ?", person["id"], name):
            raise Refusal(409, f"Operation cancelled. Secret {name} already exists. If you want change it use overwrite")
    for name, item in given.items():
        value = _decoded(str(item.get("value", "")))
        store.change(
            "insert or replace into secret (owner, name, type, value) values (?, ?, ?, ?)", person["id"], name, item["type"], value
        )
    return {"message": "Secret(s) successfully added."}, 201


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (ValueError, UnicodeDecodeError):
        raise Refusal(400, "A secret's value is text in base64.") from None


@server.delete("/secrets/")
def delete_secrets() -> ResponseReturnValue:
    """Forget secrets by name; those that do not exist are answered with 404."""
    person = people.current()
    names = json.loads(request.get_data() or b"[]")
    missing = [name for name in names if not store.row("select 1 from secret where owner = ? and name = ?", person["id"], name)]
    if missing:
        return jsonify(missing), 404
    for name in names:
        store.change("delete from secret where owner = ? and name = ?", person["id"], name)
    return jsonify(names)
