"""Whether the rest of the portal keeps its speed while a Data Lake hangs, against the local stack's real Rucio.

    make run
    python -m devstack.portal.manage -- python benchmarks/lake_hanging.py [--rounds 4] [--seconds 12] [--clients 64] [--every 6]

Starts a portal of its own as `devstack/portal/start.py` does, with a proxy before Rucio that passes everything on, or takes every question
and never answers, or sends one byte now and then. `--clients` people's browsers (of four people) ask for pages of the lake of many kinds,
each one every `--every` seconds or as soon as the last one came, from a process of their own; four others ask for pages that need no
Rucio. Rounds take turns. Prints p50, p95, longest and errors of the free pages, and of the lake's own pages how many came with which
status. Goal: p95 of the free pages <= 1.3 of the healthy rounds', and no errors.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
import requests

from devstack import address
from devstack.portal.start import SERVER

LAKE, KM3NET = "/datalake/escape/", "KM3NET_ECAP_SP"
DID = f"{LAKE}did/{KM3NET}/DM.PointSourceIRF.km3irf"
FILE = f"{LAKE}did/{KM3NET}/aeff.fits"
FREE = ("/", "/projects/", "/projects/km3net/", "/catalog/software/", "/me/", f"{LAKE}?scope={KM3NET}", f"{LAKE}?pattern=aeff", "/status/")
OF_THE_LAKE = (
    *(DID, FILE, f"{DID}?format=json", f"{FILE}?format=csv", f"{DID}?part=content", f"{DID}?part=history", f"{LAKE}live/"),
    *(f"{LAKE}live/?scope={KM3NET}", f"{LAKE}rules/", f"{LAKE}rules/?of=all", f"{LAKE}rses/", f"{LAKE}rses/DEMO-ANNECY/"),
    *(f"{LAKE}usage/", f"{LAKE}why/{KM3NET}/aeff.fits", f"{LAKE}upload/", f"{LAKE}download/{KM3NET}/aeff.fits"),
)
PEOPLE = ("lead", "member", "outsider", "admin")
MODES = ("healthy", "hanging", "trickling")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-json-stream\r\nContent-Length: 100000\r\n\r\n"


@dataclass
class Proxy:
    """Stands before Rucio, and is told how to behave."""

    target: int
    mode: str = "healthy"
    port: int = 0
    held: list[socket.socket] = field(default_factory=list)

    def turn(self, mode: str) -> None:
        """Behave otherwise from now on, and begin with new connections: no answer to what was kept will come."""
        self.mode, held, self.held = mode, self.held, []
        for client in held:
            shut(client)

    def one(self, client: socket.socket) -> None:
        """One connection: what is asked is passed on, or kept."""
        self.held.append(client)
        if self.mode == "hanging":
            while client.recv(65536):
                pass
        elif self.mode == "trickling":
            client.recv(65536)
            client.sendall(HEAD)
            while True:
                client.sendall(b" ")
                time.sleep(0.2)
        else:
            names = tuple(f"Host: {address.HOST}:{port}".encode() for port in (self.port, self.target))
            upstream = socket.create_connection((address.HOST, self.target))
            threading.Thread(target=back, args=(upstream, client), daemon=True).start()
            try:
                while piece := client.recv(65536):
                    upstream.sendall(piece.replace(*names, 1))
            finally:
                shut(upstream)

    @contextmanager
    def serving(self) -> Iterator[None]:
        server = socket.create_server((address.HOST, 0), backlog=512)
        self.port = server.getsockname()[1]

        def quietly(client: socket.socket) -> None:
            with client, suppress(OSError):
                self.one(client)

        def accept() -> None:
            while True:
                try:
                    client = server.accept()[0]
                except OSError:
                    return
                threading.Thread(target=quietly, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield
        server.close()


def shut(end: socket.socket) -> None:
    """End a connection in which another thread may be reading: closing alone would not be told to the other side."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def back(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    shut(target)


@contextmanager
def portal(rucio_port: int) -> Iterator[str]:
    """A portal as it is deployed, whose lake is at another port."""
    with socket.create_server((address.HOST, 0)) as free:
        port = free.getsockname()[1]
    home = f"http://{address.HOST}:{port}"
    variables = {"RUCIO_URL": f"http://{address.HOST}:{rucio_port}", "PORTAL_URL": home, "DEBUG": "False"}
    command = [str(Path(sys.executable).parent / "gunicorn"), "--bind", f"{address.HOST}:{port}", *SERVER, "--log-level", "error"]
    server = subprocess.Popen([*command, "vre_portal.wsgi"], env={**os.environ, **variables}, stderr=subprocess.DEVNULL)
    try:
        address.wait_for(f"{home}/healthz", 60)
        yield home
    finally:
        server.terminate()
        server.wait(20)


Seen = list[tuple[str, float, int]]


def ask(url: str, cookies: dict[str, str], session: requests.Session) -> tuple[float, int]:
    """Seconds and status of one page; 0 is none at all."""
    began = time.perf_counter()
    try:
        # A connection each time: one that the server drops as it is used again would count as an error.
        status = session.get(url, cookies=cookies, timeout=30, allow_redirects=False, headers={"Connection": "close"}).status_code
    except requests.RequestException:
        status = 0
    return time.perf_counter() - began, status


def browse(home: str, paths: tuple[str, ...], people: list[dict[str, str]], clients: int, every: float, end: float) -> Seen:
    """So many browsers, each with another page and person to begin with."""

    def one(number: int) -> Seen:
        session, seen = requests.Session(), []
        time.sleep(every * number / clients)
        for turn in itertools.count(number):
            began = time.monotonic()
            if began > end:
                return seen
            path, cookies = paths[turn % len(paths)], people[(number // len(paths) + turn) % len(people)]
            seen.append((path, *ask(home + path, cookies, session)))
            time.sleep(max(0.0, every - (time.monotonic() - began)))
        return seen

    with ThreadPoolExecutor(clients) as pool:
        return [item for seen in pool.map(one, range(clients)) for item in seen]


def crowd(given: "multiprocessing.connection.Connection", *words: Any) -> None:  # type: ignore[name-defined]
    given.send(browse(*words))


def round_of(home: str, people: list[dict[str, str]], options: argparse.Namespace) -> tuple[Seen, Seen]:
    """The free pages and those of the lake, asked for at the same time."""
    end = time.monotonic() + options.seconds
    mine, others = multiprocessing.Pipe()
    words = (home, OF_THE_LAKE, people, options.clients, options.every, end)
    process = multiprocessing.get_context("fork").Process(target=crowd, args=(others, *words))
    process.start()
    free = browse(home, FREE, people, 4, 0.1, end)
    lake = mine.recv()
    process.join()
    return free, lake


def percentile(seconds: list[float], share: float) -> float:
    return sorted(seconds)[min(int(len(seconds) * share), len(seconds) - 1)] * 1000


def line(mode: str, free: Seen, lake: Seen) -> float:
    """What one round was like; its p95."""
    seconds = [item[1] for item in free]
    p95, errors = percentile(seconds, 0.95), sum(item[2] != 200 for item in free)
    statuses = " ".join(f"{status}:{count}" for status, count in sorted(Counter(item[2] for item in lake).items()))
    print(
        f"{mode:<10} free pages {len(free):5}  p50 {percentile(seconds, 0.5):6.0f} ms  p95 {p95:6.0f} ms  longest {max(seconds) * 1000:6.0f} ms"
        f"  errors {errors}   lake p50 {percentile([item[1] for item in lake], 0.5):5.0f} ms"
        f"  p95 {percentile([item[1] for item in lake], 0.95):5.0f} ms  {statuses}  load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return p95


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--every", type=float, default=6.0)
    parser.add_argument("--raw", type=Path)
    options = parser.parse_args()
    django.setup()
    from tests.stack import portal_session

    people = [portal_session(name).cookies.get_dict() for name in PEOPLE]
    proxy = Proxy(address.PORTS["rucio"])
    found: dict[str, list[tuple[Seen, Seen]]] = {mode: [] for mode in MODES}
    with proxy.serving(), portal(proxy.port) as home:
        browse(home, (*FREE, *OF_THE_LAKE), people, 8, 0.0, time.monotonic() + 8)  # every page once
        p95: dict[str, list[float]] = {mode: [] for mode in MODES}
        for _ in range(options.rounds):
            for mode in MODES:
                proxy.turn(mode)
                found[mode].append(round_of(home, people, options))
                p95[mode].append(line(mode, *found[mode][-1]))
    for mode in MODES[1:]:
        ratios = [bad / good for bad, good in zip(p95[mode], p95["healthy"], strict=True)]
        print(f"p95 of free pages, {mode} / healthy: {statistics.median(ratios):.2f}  ({min(ratios):.2f} to {max(ratios):.2f})")
    if options.raw:
        options.raw.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
