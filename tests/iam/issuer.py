"""An OIDC provider that lies on demand: for faults that a real one cannot be made to show.

It speaks what the demonstration IAM speaks (tests/iam/test_with_iam.py runs the same paths there) and counts what it is asked.
"""

import base64
import json
import threading
import time
import uuid
from collections import Counter
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

CLIENT = "portal"
GONE: Any = object()  # as a change: the field is left out


class Issuer:
    """One issuer with its keys, people and sins."""

    def __init__(self) -> None:
        self.keys = {"k1": _first_key()}
        self.signing = "k1"
        self.asked: Counter[str] = Counter()
        self.exchanged_scopes: dict[str, str] = {}  # by audience, as last asked for
        self.people: dict[str, dict[str, Any]] = {}  # sub -> claims
        self.codes: dict[str, dict[str, str]] = {}
        self.refreshes: dict[str, str] = {}  # live refresh token -> sub
        self.revoked: list[str] = []
        self.access_seconds = 3600
        self.rotate = True
        self.tells_time = True  # when the person typed a password
        self.delay = 0.0
        self.down = False
        self.refuse: str = ""  # the error that the token endpoint gives
        self.identity_changes: dict[str, Any] = {}
        self.userinfo_changes: dict[str, Any] = {}
        self.exchange_changes: dict[str, Any] = {}
        self.token_changes: dict[str, Any] = {}
        self.header_changes: dict[str, Any] = {}  # of identity tokens
        self.discovery_changes: dict[str, Any] = {}
        self.key_changes: dict[str, Any] = {}  # of each published key
        self.published: Any = None  # the whole key set, in place of what the keys are
        self.raw: dict[str, tuple[int, bytes]] = {}  # path -> status and body, in place of all that
        self.end_session = ""
        self.lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"issuer": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def person(self, sub: str, /, **claims: Any) -> str:
        self.people[sub] = {"sub": sub, "name": sub.title(), "groups": ["escape"], "email": f"{sub}@x.example", **claims}
        return sub

    def claims(self, sub: str, audience: str, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        base = {"iss": self.url, "sub": sub, "aud": audience, "iat": now, "exp": now + self.access_seconds, "jti": uuid.uuid4().hex}
        return base | changes

    def sign(self, claims: dict[str, Any], *, kid: str | None = None, key: Any = None, algorithm: str = "RS256") -> str:
        kid = kid or self.signing
        return jwt.encode(claims, key or self.keys[kid], algorithm=algorithm, headers={"kid": kid})

    def new_key(self) -> None:
        """Sign with a key that nobody has seen yet."""
        self.signing = f"k{len(self.keys) + 1}"
        self.keys[self.signing] = _key()

    def authorize(self, address: str, sub: str) -> dict[str, str]:
        """What the browser brings back from the authorization endpoint."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = uuid.uuid4().hex
        self.codes[code] = {**query, "sub": sub}
        return {"code": code, "state": query["state"]}

    def grant(self, sub: str, scope: str = "openid offline_access") -> dict[str, Any]:
        refresh = f"refresh-{uuid.uuid4().hex}"
        self.refreshes[refresh] = sub
        return {
            "access_token": self.sign(self.claims(sub, "", scope=scope)),
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": self.access_seconds,
            "scope": scope,
        }

    def answer(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The token endpoint."""
        grant = form.get("grant_type", "").rpartition(":")[2]
        self.asked[grant] += 1
        time.sleep(self.delay)
        if self.refuse:
            return 400, {"error": self.refuse}
        with self.lock:
            if grant == "authorization_code":
                return self._code(form)
            if grant == "refresh_token":
                return self._refresh(form)
            return self._exchange(form)

    def _code(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form["code"], None)
        if asked is None or "code_verifier" not in form:
            return 400, {"error": "invalid_grant"}
        told = {"auth_time": int(time.time())} if self.tells_time else {}
        identity = changed(self.claims(asked["sub"], CLIENT, nonce=asked.get("nonce"), **told), self.identity_changes)
        return 200, changed({**self.grant(asked["sub"]), "id_token": self.identity(identity)}, self.token_changes)

    def identity(self, claims: dict[str, Any]) -> str:
        """An identity token with claims and a header that no library would write."""
        header = changed({"alg": "RS256", "typ": "JWT", "kid": self.signing}, self.header_changes)
        signed = f"{_part(header)}.{_part(claims)}"
        return f"{signed}.{_encoded(self.keys[self.signing].sign(signed.encode(), PKCS1v15(), SHA256()))}"

    def _refresh(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        old = form["refresh_token"]
        sub = self.refreshes.get(old)
        if sub is None:
            return 400, {"error": "invalid_grant"}
        fresh = self.grant(sub)
        if self.rotate:
            del self.refreshes[old]
        else:
            del self.refreshes[fresh.pop("refresh_token")]
        return 200, changed(fresh, self.token_changes)

    def _exchange(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        subject = jwt.decode(form["subject_token"], options={"verify_signature": False})
        if form["subject_token"] in self.revoked:
            return 400, {"error": "invalid_grant"}
        self.asked[f"exchange for {form['audience']}"] += 1
        self.exchanged_scopes[form["audience"]] = form["scope"]
        token = self.sign(self.claims(subject["sub"], form["audience"]) | self.exchange_changes)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": self.access_seconds, "scope": form["scope"]}
        return 200, changed(answer, self.token_changes)


class _Handler(BaseHTTPRequestHandler):
    issuer: ClassVar[Issuer]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def do_GET(self) -> None:
        it, path = self.issuer, urlsplit(self.path).path
        if path in it.raw:
            return self.send(*it.raw[path])
        if path == "/userinfo":
            it.asked["userinfo"] += 1
            token = self.headers["Authorization"].removeprefix("Bearer ")
            sub = jwt.decode(token, options={"verify_signature": False})["sub"]
            if sub not in it.people or token in it.revoked:
                return self.reply(401, {"error": "invalid_token"})
            return self.reply(200, changed(it.people[sub], it.userinfo_changes))
        if path == "/jwk":
            it.asked["jwk"] += 1
            keys = [changed({**_jwk(key), "kid": kid, "alg": "RS256", "use": "sig"}, it.key_changes) for kid, key in it.keys.items()]
            return self.reply(200, {"keys": keys} if it.published is None else it.published)
        names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo", "revocation": "revoke"}
        document = {"issuer": it.url, "jwks_uri": f"{it.url}jwk"} | {f"{name}_endpoint": it.url + at for name, at in names.items()}
        document |= {"end_session_endpoint": it.end_session} if it.end_session else {}
        return self.reply(200, changed(document, it.discovery_changes))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if self.issuer.down:
            return self.reply(503, {})
        if self.path in self.issuer.raw:
            return self.send(*self.issuer.raw[self.path])
        if self.path == "/revoke":
            self.issuer.revoked.append(form["token"])
            self.issuer.refreshes.pop(form["token"], None)
            return self.reply(200, {})
        return self.reply(*self.issuer.answer(form))

    def reply(self, status: int, answer: dict[str, Any]) -> None:
        if self.issuer.down:
            status, answer = 503, {}
        return self.send(status, json.dumps(answer).encode())

    def send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def changed(facts: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The facts with the changes, some of which take one away."""
    return {name: value for name, value in (facts | changes).items() if value is not GONE}


def _part(value: object) -> str:
    return _encoded(json.dumps(value).encode())


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@cache
def _first_key() -> rsa.RSAPrivateKey:
    """Shared: making one takes longer than a test."""
    return _key()


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _jwk(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    return dict(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True))
