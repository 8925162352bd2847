"""Where every part of the local stack is found; standard library only, so that every environment can import it."""

import fcntl
import json
import os
import secrets
import ssl
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from urllib.parse import quote, urlsplit

from devstack import folders

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
PORTS_EACH = 20  # what one stack keeps for itself


def port_base() -> int:
    """The first port, from PORT_BASE; ends the program with a sentence where that is no port."""
    text = os.environ.get("PORT_BASE") or "8000"
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65536 - PORTS_EACH:
        raise SystemExit(f"PORT_BASE={text} is not a port. Choose a number from 1024 to {65536 - PORTS_EACH}, for example PORT_BASE=9000.")
    return int(text)


def folder_of(variable: str, default: Path) -> Path:
    """The folder that a variable names, or the default; always a whole path, because servers change their working folder."""
    return Path(os.environ.get(variable) or default).absolute()


PORT_BASE = port_base()
RUN = folder_of("STACK_RUN", ROOT / ".run")
ENVS = folder_of("STACK_ENVS", RUN / "envs")
STATE = folder_of("STACK_STATE", RUN / f"stack-{PORT_BASE}")
DOWNLOADS = ENVS / "downloads"  # beside the packages, of which it has more

PORTS = {
    "portal": PORT_BASE,
    "iam": PORT_BASE + 1,
    "rucio": PORT_BASE + 2,
    "reana": PORT_BASE + 3,
    "hub": PORT_BASE + 4,
    "records": PORT_BASE + 5,
    "storage": PORT_BASE + 6,
    "hub-proxy-api": PORT_BASE + 7,
    "redis": PORT_BASE + 8,
    "hub-internal": PORT_BASE + 9,
    "git": PORT_BASE + 10,
    "mail": PORT_BASE + 11,
    "events": PORT_BASE + 12,
    "reana-query": PORT_BASE + 13,
    "mail-smtp": PORT_BASE + 14,
    "hooks": PORT_BASE + 15,
}
PORTAL_URL = f"http://{HOST}:{PORTS['portal']}"
IAM_ISSUER = f"http://{HOST}:{PORTS['iam']}/"
RUCIO_URL = f"http://{HOST}:{PORTS['rucio']}"
REANA_URL = f"http://{HOST}:{PORTS['reana']}"
REANA_QUERY_URL = f"http://{HOST}:{PORTS['reana-query']}"  # the same server as version 0.9 speaks
HUB_URL = f"http://{HOST}:{PORTS['hub']}"
RECORDS_URL = f"http://{HOST}:{PORTS['records']}"
GIT_URL = f"http://{HOST}:{PORTS['git']}"
MAIL_URL = f"http://{HOST}:{PORTS['mail']}"
EVENTS_URL = f"http://{HOST}:{PORTS['events']}/events/"
HOOKS_URL = f"http://{HOST}:{PORTS['hooks']}"
STORAGE_URL = f"https://{HOST}:{PORTS['storage']}"

# Demonstration people: name -> full name, e-mail, groups. The password is the name, and every page says so.
DEMO_USERS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "lead": ("Lena Lead", "lead@vre.example", ("escape", "escape/km3net", "escape/leads")),
    "member": ("Milo Member", "member@vre.example", ("escape", "escape/km3net")),
    "outsider": ("Olga Outsider", "outsider@vre.example", ("escape",)),
    "physicist": ("Petra Physicist", "physicist@vre.example", ("escape", "escape/km3net")),
    "student": ("Sam Student", "student@vre.example", ("escape",)),
    "newcomer": ("Nils Newcomer", "newcomer@vre.example", ()),
    "admin": ("Ada Admin", "admin@vre.example", ("escape/admins",)),
}


def subject(name: str) -> str:
    """The `sub` of a demonstration account: a UUID, as INDIGO IAM gives, the same in every stack."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://vre.example/people/{name}"))


def state_dir(service: str) -> Path:
    """The folder that one server may write to, made on first use and closed to everybody else."""
    folder = folders.make_state(STATE) / service
    folder.mkdir(exist_ok=True, mode=folders.PRIVATE)
    return folder


def secret(name: str) -> str:
    """A random secret of this stack, made once and readable by its owner only."""
    folder = state_dir("secrets")
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file = folder / name
        if not file.exists():
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
                handle.write(secrets.token_urlsafe(48))
        return file.read_text()


def redis_url(database: int = 0) -> str:
    """One database of the stack's Redis, or of the server that REDIS_URL names."""
    server = os.environ.get("REDIS_URL") or f"redis://:{secret('redis')}@{HOST}:{PORTS['redis']}"
    parts = urlsplit(server)
    return parts._replace(path=f"/{database}").geturl()


def socket_dir() -> Path:
    """The folder of PostgreSQL's Unix socket."""
    return folders.socket_dir(STATE)


def database_url(name: str, driver: str = "postgresql") -> str:
    """The URL of one database on the stack's PostgreSQL, in libpq's form for Unix sockets; `driver` as SQLAlchemy spells it."""
    server = os.environ.get("POSTGRES_URL")  # a server of your own: postgresql://user:password@host:port
    if server:
        return f"{driver}://{server.split('://', 1)[1].rstrip('/')}/{name}"
    return f"{driver}://postgres@/{name}?host={quote(str(socket_dir()), safe='/')}"


def wait_for(url: str, seconds: float = 60, accept: tuple[int, ...] = (200,)) -> None:
    """Return when `url` answers with an accepted status; raise TimeoutError naming it otherwise."""
    context = ssl._create_unverified_context()  # only asks whether it is up; the stack's certificate signs itself
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5, context=context) as reply:
                status = reply.status
        except urllib.error.HTTPError as error:
            status = error.code
        except OSError:
            status = 0
        if status in accept:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{url} did not answer within {seconds:.0f} s (last status {status or 'none'})")
        time.sleep(0.2)


def as_json() -> str:
    """All addresses, for tools that are not written in Python."""
    return json.dumps({"ports": PORTS, "state": str(STATE), "envs": str(ENVS)})


def wait_for_database(seconds: float = 60) -> None:
    """Return when the stack's PostgreSQL has made its databases; at once where POSTGRES_URL names another server."""
    if os.environ.get("POSTGRES_URL"):
        return
    deadline = time.monotonic() + seconds
    while not (STATE / "postgres" / "ready").exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"PostgreSQL was not ready within {seconds:.0f} s; its log: {STATE / 'logs' / 'postgres.log'}")
        time.sleep(0.1)
