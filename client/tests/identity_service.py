"""An identity service of a test's own: discovery, codes, tokens, as the answers of a test server."""

from typing import Any
from urllib.parse import parse_qs

from client.tests.unkind_server import Request, Seen, UnkindServer

DEVICE = {"device_code": "dev", "user_code": "ABCD-1234", "interval": 1, "expires_in": 60}


def offer_login(portal: UnkindServer, iam: UnkindServer, **device: Any) -> None:
    """The portal names the service, and the service offers codes."""
    login = {"issuer": f"{iam.url}/", "device_client_id": "vre-client", "audience": "vre-portal", "scopes": ["openid", "profile"]}
    portal.says("/api/", {"name": "VRE", "version": "1", "login": login, "openapi": ""})
    portal.answers["/api/me/"] = me
    endpoints = {"token_endpoint": "token", "device_authorization_endpoint": "devicecode", "revocation_endpoint": "revoke"}
    document = {name: f"{iam.url}/{path}" for name, path in endpoints.items()}
    iam.says("/.well-known/openid-configuration", {"issuer": f"{iam.url}/", **document})
    iam.says("/devicecode", {**DEVICE, "verification_uri": f"{iam.url}/device", **device})
    iam.says("/revoke", {})


def me(request: Request) -> None:
    """The portal knows tokens that begin with `good`."""
    if (request.headers["Authorization"] or "").startswith("Bearer good"):
        request.give(200, {"username": "lead", "name": "Lena Lead", "scopes": ["basket:read"]})
    else:
        request.give(401, {"error": {"message": "Unknown token."}})


def error(code: str, status: int = 400) -> Any:
    """An answer that refuses."""
    return lambda request: request.give(status, {"error": code})


def tokens(access: str = "good", **more: Any) -> Any:
    """An answer with tokens."""
    return lambda request: request.give(200, {"access_token": access, "refresh_token": "refresh", "expires_in": 3600, **more})


def form(request: Seen) -> dict[str, str]:
    """What was sent."""
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
