"""No client of the portal sends anything to a server whose certificate it cannot trust: not the token, not the question."""

import ast
import dataclasses
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3

from catalog.software import zenodo
from datalake import rucio
from devstack.address import ROOT
from projects.notebooks import jupyterhub
from projects.workflows import reana
from tests.security.certificates import FLAWS, authority, serving_with
from tests.vre_portal.servers import serving
from vre_portal import health, http
from vre_portal.address_guard import guarded_pool
from vre_portal.http import RemoteUnavailable
from vre_portal.iam import oidc
from vre_portal.iam.oidc import discovery, signatures
from vre_portal.services import Service, ServiceKind

TOKEN = "canary-of-tls"
IAM = {"client_id": "portal", "client_secret": "canary-secret"}
KNOWN = ("authorization", "token", "userinfo", "jwks", "revocation", "end_session")


def at_iam(ask: Callable[[Service], object]) -> Callable[[Service], object]:
    """With endpoints that were read before the certificate went bad."""

    def call(iam: Service) -> object:
        discovery._known[iam] = (discovery.time.monotonic(), discovery.Endpoints(**{name: f"{iam.url}/{name}" for name in KNOWN}))
        try:
            return ask(iam)
        finally:
            del discovery._known[iam]

    return call


def streamed(service: Service) -> object:
    with http.stream(service, "GET", f"{service.url}/file", token=TOKEN) as reply:
        return list(reply.chunks())


def copied(lake: Service) -> object:
    with rucio.open_copy(lake, TOKEN, f"{lake.url}/file") as reply:
        return list(reply.chunks())


CLIENTS: dict[str, tuple[ServiceKind, dict[str, str], Callable[[Service], object]]] = {
    "IAM, discovery": (ServiceKind.IAM, IAM, discovery.read),
    "IAM, code": (ServiceKind.IAM, IAM, at_iam(lambda iam: oidc.by_code(iam, code=TOKEN, verifier="v", redirect="https://x.example/"))),
    "IAM, refresh": (ServiceKind.IAM, IAM, at_iam(lambda iam: oidc.by_refresh(iam, TOKEN))),
    "IAM, exchange": (ServiceKind.IAM, IAM, at_iam(lambda iam: oidc.by_exchange(iam, TOKEN, audience="rucio", scope="openid"))),
    "IAM, userinfo": (ServiceKind.IAM, IAM, at_iam(lambda iam: oidc.userinfo(iam, TOKEN, subject="ada"))),
    "IAM, revocation": (ServiceKind.IAM, IAM, at_iam(lambda iam: oidc.revoke(iam, TOKEN))),
    "IAM, keys": (ServiceKind.IAM, IAM, at_iam(lambda iam: signatures.KeyRing(iam).key("k1", "RS256"))),
    "Rucio": (ServiceKind.RUCIO, {}, lambda lake: rucio.whoami(lake, TOKEN)),
    "Rucio, list": (ServiceKind.RUCIO, {}, lambda lake: rucio.list_scopes(lake, TOKEN)),
    "storage, copy": (ServiceKind.RUCIO, {}, copied),
    "storage, stream": (ServiceKind.RUCIO, {}, streamed),
    "REANA": (ServiceKind.REANA, {"dialect": "bearer"}, lambda server: reana.you(server, TOKEN)),
    "REANA 0.9, token in the address": (ServiceKind.REANA, {"dialect": "query"}, lambda server: reana.you(server, TOKEN)),
    "REANA, upload": (ServiceKind.REANA, {"dialect": "query"}, lambda server: reana.upload(server, TOKEN, "w", "file", b"content")),
    "JupyterHub": (ServiceKind.JUPYTERHUB, {"token": TOKEN}, lambda hub: jupyterhub.server_state(hub, "ada", "")),
    "JupyterHub, start": (ServiceKind.JUPYTERHUB, {"token": TOKEN}, lambda hub: jupyterhub.start_server(hub, "ada", "s", {})),
    "Zenodo": (ServiceKind.ZENODO, {"set": "s"}, lambda records: list(zenodo.changes(records, since=datetime.now(UTC), pause=lambda _: None))),
}  # fmt: skip


@pytest.mark.parametrize("flaw", FLAWS)
def test_no_client_speaks_to_a_server_with_a_bad_certificate(flaw: str, tmp_path: Path) -> None:
    ca, key = authority(tmp_path)
    spoke = []
    with serving(lambda it: it.whole(b"{}"), serving_with(tmp_path, flaw, key)) as (found, seen):
        for name, (kind, options, ask) in CLIENTS.items():
            told = {} if flaw == "signed by itself" else {"ca": str(ca)}
            with pytest.raises(RemoteUnavailable):
                ask(dataclasses.replace(found, kind=kind, name=f"{found.name}-{name}", options={**options, **told}))
            if seen.lines:
                spoke.append((name, seen.lines.pop()))
        with pytest.raises(urllib3.exceptions.MaxRetryError, match="CERTIFICATE_VERIFY_FAILED"):
            guarded_pool([urlsplit(found.url).netloc]).request("GET", found.url)  # which fetches repositories
        assert health.probe(dataclasses.replace(found, name=f"{found.name}-probe"))[0] == "down"
    assert spoke == []
    assert seen.lines == []


def test_every_client_speaks_where_the_certificate_is_good(tmp_path: Path) -> None:
    ca, key = authority(tmp_path)
    silent = []
    with serving(lambda it: it.whole(b"{}"), serving_with(tmp_path, "", key)) as (found, seen):
        for name, (kind, options, ask) in CLIENTS.items():
            seen.lines.clear()
            with suppress(Exception):  # an empty object is no right answer to most of them
                ask(dataclasses.replace(found, kind=kind, name=f"{found.name}-{name}", options={**options, "ca": str(ca)}))
            if not seen.lines:
                silent.append(name)
    assert silent == []


NETWORK = {"requests", "urllib3", "httpx", "aiohttp", "http.client", "urllib.request", "ftplib", "telnetlib", "smtplib", "websockets", "pycurl", "socket"}  # fmt: skip


def test_there_is_no_other_way_out() -> None:
    found = set()
    for folder in ("vre_portal", "projects", "datalake", "catalog"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                names = [item.name for item in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                found |= {(str(file.relative_to(ROOT)), name) for name in names if name in NETWORK or name.split(".")[0] in NETWORK}
    inward = {("datalake/uploads/receiving.py", "socket")}  # only shuts connections that a browser opened
    door = {"vre_portal/http/__init__.py", "vre_portal/http/transport.py", "vre_portal/deadlines.py"}  # how it speaks, and until when
    # Addresses that people give have a guard of their own, and so has the child that fetches them; its certificates are looked at above.
    guard = {("vre_portal/repositories/child/__main__.py", "urllib3")}
    # The numbers of what is refused to confined programs, and the program that tries whether it is.
    guard |= {(f"vre_portal/confinement/{name}.py", "socket") for name in ("child/system_calls", "programs/probe")}
    guard |= {
        ("vre_portal/http/posting.py", "urllib3"),
        ("vre_portal/http/posting.py", "socket"),
    }  # webhooks: tests/notices/test_webhook_sending.py
    guard.add(("vre_portal/http/guarded.py", "urllib3"))  # by guarded_pool, which is looked at above
    parses_only = {("vre_portal/container_images/registry.py", "urllib.request")}  # headers; it asks through vre_portal.http.guarded
    step = "projects/workflows/inputs/step/fetch.py"  # runs in a container of REANA: tests/workflows/inputs/test_fetch_step.py
    not_ours = {(step, "urllib.request"), (step, "http.client")}
    guard |= parses_only | not_ours
    smtp = "vre_portal/notices/mail/smtp.py"
    guard |= {(smtp, "smtplib"), (smtp, "socket")}  # the mail server that the operator names: tests/notices/mail
    assert {(file, name) for file, name in found - inward - guard if file not in door | {"vre_portal/address_guard.py"}} == set()
