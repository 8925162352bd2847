"""Ask every process of the stack whether it is ready to serve."""

import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterable

from devstack import address

# name -> (address that answers when ready, what to call it in the table)
CHECKS: dict[str, tuple[str, str]] = {
    "iam": (f"{address.IAM_ISSUER}.well-known/openid-configuration", "IAM (sign-in)"),
    "storage": (f"{address.STORAGE_URL}/", "Storage (WebDAV)"),
    "rucio": (f"{address.RUCIO_URL}/ping", "Rucio (Data Lake)"),
    "reana": (f"{address.REANA_URL}/api/ping", "REANA (workflows)"),
    "hub": (f"{address.HUB_URL}/hub/api/", "JupyterHub (notebooks)"),
    "records": (f"{address.RECORDS_URL}/oai2d?verb=Identify", "Records (Zenodo shapes)"),
    "git": (f"{address.GIT_URL}/", "Git repositories"),
    "mail": (f"{address.MAIL_URL}/", "Mail (to read here)"),
    "hooks": (f"{address.HOOKS_URL}/", "Webhooks (to read here)"),
    "portal": (f"{address.PORTAL_URL}/healthz", "Portal"),
    "events": (f"{address.EVENTS_URL}healthz", "Events (for open pages)"),
}
CONTEXT = ssl._create_unverified_context()  # only asks whether it is up; the stack's certificate signs itself


def answers(url: str) -> bool:
    """Whether a server speaks HTTP there and is not failing; a refusal for lack of a token is an answer."""
    try:
        with urllib.request.urlopen(url, timeout=3, context=CONTEXT):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def redis_answers() -> bool:
    """Whether a Redis speaks on its port; that it wants a password first is an answer."""
    try:
        with socket.create_connection((address.HOST, address.PORTS["redis"]), timeout=3) as link:
            link.sendall(b"PING\r\n")
            return link.recv(1) in (b"+", b"-")
    except OSError:
        return False


def waiting(names: Iterable[str]) -> list[str]:
    """The processes among `names` that are not ready yet."""
    missing = []
    for name in names:
        if name == "postgres":
            ready = (address.STATE / "postgres" / "ready").exists()
        elif name == "redis":
            ready = redis_answers()
        elif name in ("worker", "beat", "rucio-daemons"):
            ready = (address.STATE / name / "ready").exists()
        else:
            ready = answers(CHECKS[name][0])
        if not ready:
            missing.append(name)
    return missing


def table(names: Iterable[str]) -> str:
    """What runs where and who to sign in as."""
    rows = [(CHECKS[name][1], CHECKS[name][0].split("/", 3)[:3]) for name in names if name in CHECKS]
    lines = [f"  {title:<26} {'/'.join(parts)}/" for title, parts in reversed(rows)]
    people = "\n".join(f"  {name:<10} {', '.join(groups) or 'no group'}" for name, (_, _, groups) in address.DEMO_USERS.items())
    return "\n".join(["", *lines, "", "Sign in as (the password is the name; a demonstration with public passwords):", people, ""])
