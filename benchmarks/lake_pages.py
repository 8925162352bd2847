"""What a page of a Data Lake costs beside Rucio's own answer, with the local stack's real Rucio: the ratios B3 and B4.

    python -m devstack.portal.manage -- python benchmarks/lake_index.py --dids 1000 --described 100 --scope bench.thousand --keep
    python -m devstack.portal.manage -- python benchmarks/lake_index.py --dids 1000000 --described 100000 --scope bench.million --keep
    python -m devstack.portal.manage -- python benchmarks/lake_pages.py [--delay 0.05] [--rounds 15] [--raw pages.json]

Starts a proxy before Rucio that delays each request, and a portal of its own (gunicorn, one worker, 32 threads) whose lake is that
proxy. Both sides keep their connection alive and are asked in turn, ABAB; a ratio is the median of the rounds' ratios, with least and
most. `raw` is the REST call with the same 50 rows. Memory is that of the portal's worker. Goals: live page <= 1.15 of raw and <= 8 ms
more; page from the index (no question to Rucio) <= 0.2; first page of 1,000,000 <= 1.2 of that of 1,000 with <= 8 MB more; tenth page
no dearer than the first.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
import requests

from devstack import address

Call = Callable[[], Any]
THOUSAND, MILLION = "bench.thousand", "bench.million"


def pump(source: socket.socket, target: socket.socket, delay: float, names: tuple[bytes, bytes] | None = None) -> None:
    """Pass on what comes, each piece a little later, and to the server under its own name: it answers to no other."""
    try:
        while piece := source.recv(65536):
            if delay:
                time.sleep(delay)
            target.sendall(piece.replace(*names, 1) if names else piece)
    except OSError:
        pass
    finally:
        for end in (source, target):
            end.close()


@contextmanager
def delaying(port: int, delay: float) -> Iterator[int]:
    """A proxy before a local port; what is asked waits, what is answered does not."""
    server = socket.create_server((address.HOST, 0))

    def accept() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            upstream = socket.create_connection((address.HOST, port))
            names = tuple(f"Host: {address.HOST}:{number}".encode() for number in (server.getsockname()[1], port))
            for one, other, *how in ((client, upstream, delay, names), (upstream, client, 0.0)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=pump, args=(one, other, *how), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


@contextmanager
def portal(rucio_port: int) -> Iterator[tuple[str, int]]:
    """A portal whose lake is at another port; its address and the id of its worker."""
    with socket.create_server((address.HOST, 0)) as free:
        port = free.getsockname()[1]
    variables = {"RUCIO_URL": f"http://{address.HOST}:{rucio_port}", "PORTAL_URL": f"http://{address.HOST}:{port}", "DEBUG": "False"}
    options = ["--bind", f"{address.HOST}:{port}", "--worker-class", "gthread", "--threads", "32", "--workers", "1", "--log-level", "error"]
    gunicorn = str(Path(sys.executable).parent / "gunicorn")
    server = subprocess.Popen(
        [gunicorn, *options, "--no-control-socket", "vre_portal.wsgi"], env={**os.environ, **variables}, stderr=subprocess.DEVNULL
    )
    try:
        address.wait_for(f"http://{address.HOST}:{port}/healthz", 60)
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        yield f"http://{address.HOST}:{port}", int(children[0])
    finally:
        server.terminate()
        server.wait(20)


def megabytes(pid: int) -> float:
    """What a process has in memory."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def signed_in() -> requests.Session:
    """A session of `lead`, who signs in at the stack's own portal; both share the database."""
    from tests.stack import portal_session

    return portal_session("lead")


def seconds(call: Call) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def compare(what: str, ours: Call, theirs: Call, rounds: int) -> dict[str, Any]:
    """Both in turn; medians and the ratio."""
    for _ in range(3):
        ours(), theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    ratios = [one / other for one, other in pairs]
    left, right = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
    print(
        f"{what:<52} {left:7.1f} ms  against {right:7.1f} ms   ratio {statistics.median(ratios):5.2f}"
        f"  ({min(ratios):.2f} to {max(ratios):.2f})",
        flush=True,
    )
    return {"what": what, "pairs": pairs}


def getting(session: requests.Session, url: str, **options: Any) -> Call:
    def get() -> requests.Response:
        reply = session.get(url, timeout=30, allow_redirects=False, **options)
        assert reply.status_code == 200, (reply.status_code, url)
        return reply

    return get


def followed(session: requests.Session, base: str, path: str, pages: int) -> str:
    """The address of a later page."""
    for _ in range(pages):
        following = session.get(f"{base}{path}&format=json", timeout=30).json()["next"]
        assert following, "there are not so many pages"
        path = following
    return path


def raw(port: int, scope: str) -> Call:
    """Rucio's own listing with the rows of a page."""
    from tests.devstack.rucio_client import token

    session = requests.Session()
    session.headers.update({"X-Rucio-Auth-Token": token("lead"), "Accept": "application/x-json-stream"})
    query = {"type": "all", "long": "true", "limit": "50", "filters": "[{}]"}
    get = getting(session, f"http://{address.HOST}:{port}/dids/{scope}/dids/search", params=query)

    def rows() -> None:
        assert len([json.loads(line) for line in get().iter_lines() if line]) >= 1

    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delay", type=float, default=0.05)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--raw", type=Path)
    options = parser.parse_args()
    django.setup()
    results = []
    lake = "/datalake/escape/"
    with delaying(address.PORTS["rucio"], options.delay) as slow, portal(slow) as (base, pid):
        session = signed_in()

        def page(path: str) -> Call:
            return getting(session, base + path)

        def both(what: str, ours: Call, theirs: Call) -> None:
            results.append(compare(what, ours, theirs, options.rounds))

        both("B3 live page of a scope / raw", page(f"{lake}live/?scope=KM3NET_ECAP_SP"), raw(slow, "KM3NET_ECAP_SP"))
        both("B3 live page, 50 of 1,000 / raw", page(f"{lake}live/?scope={THOUSAND}"), raw(slow, THOUSAND))
        both("B3 page from the index / raw", page(f"{lake}?scope={THOUSAND}"), raw(slow, THOUSAND))
        both("B3 page from the index as JSON / raw", page(f"{lake}?scope={THOUSAND}&format=json"), raw(slow, THOUSAND))
        for _ in range(10):
            page(f"{lake}?scope={THOUSAND}")()
        before = megabytes(pid)
        both("B4 first page of 1,000,000 / of 1,000", page(f"{lake}?scope={MILLION}"), page(f"{lake}?scope={THOUSAND}"))
        grown = megabytes(pid) - before
        tenth = followed(session, base, f"{lake}?scope={MILLION}", 9)
        both("B4 tenth page / first page of 1,000,000", page(tenth), page(f"{lake}?scope={MILLION}"))
        both("B4 raw listing of 1,000,000 / of 1,000", raw(slow, MILLION), raw(slow, THOUSAND))
        both("   live first page of 1,000,000 / of 1,000", page(f"{lake}live/?scope={MILLION}"), page(f"{lake}live/?scope={THOUSAND}"))
        words = f"{lake}?key=experiment&op=eq&value=CTA&scope="
        both("   words in 1,000,000 / in 1,000", page(words + MILLION), page(words + THOUSAND))
        both(
            "   part of a name in 1,000,000 / in 1,000",
            page(f"{lake}?pattern=run9&scope={MILLION}"),
            page(f"{lake}?pattern=run9&scope={THOUSAND}"),
        )
        print(f"memory grew by {grown:.1f} MB; load {os.getloadavg()[0]:.1f}", flush=True)
    if options.raw:
        options.raw.write_text(json.dumps(results))


if __name__ == "__main__":
    main()
