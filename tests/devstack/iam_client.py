"""A browser and an OIDC client in a few functions, for tests against the running demonstration IAM."""

import base64
import hashlib
import re
import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from devstack.address import HUB_URL, IAM_ISSUER, PORTAL_URL, secret

REDIRECTS = {
    "portal": f"{PORTAL_URL}/accounts/oidc/iam/login/callback/",
    "jupyterhub": f"{HUB_URL}/hub/oauth_callback",
}
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
LOGIN_SCOPE = "openid profile email offline_access wlcg.groups"


def sign_in(name: str, password: str | None = None) -> requests.Session:
    """A browser signed in at the IAM, by its form."""
    browser = requests.Session()
    page = browser.get(f"{IAM_ISSUER}login", timeout=10)
    token = re.search(r'name="csrfmiddlewaretoken"\s+value="([^"]+)"', page.text)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "username": name, "password": password or name, "next": "/"}
    browser.post(f"{IAM_ISSUER}login", data=form, timeout=10, headers={"Origin": IAM_ISSUER.rstrip("/")})
    return browser


def code(browser: requests.Session, client: str = "portal", **extra: str) -> dict[str, str]:
    """The parameters of the redirect that answers an authorization request, and the PKCE verifier used."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "client_id": client,
        "response_type": "code",
        "redirect_uri": REDIRECTS[client],
        "scope": LOGIN_SCOPE,
        "state": "s",
        "nonce": "n",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    } | extra
    reply = browser.get(f"{IAM_ISSUER}authorize", params=query, allow_redirects=False, timeout=10)
    assert reply.status_code == 302, reply.text
    answer = parse_qs(urlsplit(reply.headers["Location"]).query)
    return {name: values[0] for name, values in answer.items()} | {"verifier": verifier}


def token(client: str, **form: str) -> requests.Response:
    """One call of the token endpoint as `client`."""
    return requests.post(f"{IAM_ISSUER}token", data=form, auth=(client, secret(f"client-{client}")), timeout=10)


def login(name: str, client: str = "portal", **extra: str) -> dict[str, Any]:
    """The whole code flow; the token endpoint's answer."""
    answer = code(sign_in(name), client, **extra)
    reply = token(
        client,
        grant_type="authorization_code",
        code=answer["code"],
        redirect_uri=REDIRECTS[client],
        code_verifier=answer["verifier"],
    )
    assert reply.status_code == 200, reply.text
    result: dict[str, Any] = reply.json()
    return result


def exchange(subject: str, client: str = "portal", **form: str) -> requests.Response:
    """One token exchange as `client`."""
    return token(client, grant_type=EXCHANGE, subject_token=subject, subject_token_type=ACCESS, **form)


def userinfo(access: str) -> requests.Response:
    """What the IAM tells about the token's person."""
    return requests.get(f"{IAM_ISSUER}userinfo", headers={"Authorization": f"Bearer {access}"}, timeout=10)
