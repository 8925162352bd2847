"""How long the page of one DID is waited for, alone and with many readers at once, over the local stack's real Rucio.

    python -m devstack.portal.manage -- python benchmarks/lake_did.py [--readers 20] [--rounds 5] [--raw did.json]

Starts a portal of its own (gunicorn, one worker, 32 threads) at the stack's lake. Each reader loads the page, and at once everything that
the page loads by itself; `page` is the time to the page, `whole` the time until the last of it is there. A signed-in reader is `lead`; the
visitor has no account. Medians, 95th centiles and how many answers were no 200.
"""

import argparse
import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import requests

from benchmarks.lake_pages import portal, signed_in
from devstack import address

DIDS = ("KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf", "KM3NET_ECAP_SP/aeff.fits")
LOADED = re.compile(r'hx-get="([^"]+)"[^>]*hx-trigger="load"')


def load(base: str, path: str, cookies: dict[str, str]) -> dict[str, Any]:
    """One visit: seconds to the page and to all that it loads by itself, and what was no 200."""
    began = time.perf_counter()
    page = requests.get(f"{base}{path}", cookies=cookies, timeout=60)
    at_page, bad = time.perf_counter() - began, int(page.status_code != 200)
    parts = [unescape(found) for found in LOADED.findall(page.text)]

    def get(part: str) -> int:
        return requests.get(f"{base}{part}", cookies=cookies, headers={"HX-Request": "true"}, timeout=60).status_code

    with ThreadPoolExecutor(max(len(parts), 1)) as pool:
        bad += sum(status != 200 for status in pool.map(get, parts))
    return {"page": at_page, "whole": time.perf_counter() - began, "bad": bad, "parts": len(parts)}


def measure(what: str, visit: Callable[[], dict[str, Any]], readers: int, rounds: int) -> dict[str, Any]:
    """So many readers at once, each so many times."""
    visit()
    with ThreadPoolExecutor(readers) as pool:
        visits = [item for found in pool.map(lambda _: [visit() for _ in range(rounds)], range(readers)) for item in found]
    line = f"{what:<60}"
    for name in ("page", "whole"):
        values = sorted(item[name] for item in visits)
        line += f" {name} {statistics.median(values) * 1000:7.0f} ms (95 % {values[int(len(values) * 0.95)] * 1000:7.0f})"
    print(f"{line}  not 200: {sum(item['bad'] for item in visits)}", flush=True)
    return {"what": what, "visits": visits}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--readers", type=int, default=20)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--raw", type=Path)
    chosen = options.parse_args()
    cookies, results = requests.utils.dict_from_cookiejar(signed_in().cookies), []
    with portal(address.PORTS["rucio"]) as (base, _):
        for path in DIDS:
            for who, jar in (("signed in", cookies), ("visitor", {})):
                for readers in (1, chosen.readers):
                    what = f"{path.rpartition('/')[2]}, {who}, {readers} at once"
                    results.append(
                        measure(what, lambda path=path, jar=jar: load(base, f"/datalake/escape/did/{path}", jar), readers, chosen.rounds)
                    )
    if chosen.raw:
        chosen.raw.write_text(json.dumps(results))


if __name__ == "__main__":
    main()
