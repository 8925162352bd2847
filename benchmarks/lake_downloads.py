"""How fast a file comes down beside `curl` from its storage: the ratio B5, streamed through the portal and by redirect, and the memory of a stream.

Against the running local stack (make run): `python -m devstack.portal.manage -- python benchmarks/lake_downloads.py [--megabytes 200] [--rounds 9]`.
Each round fetches the same file three times, in a turning order: from the storage with a token, through the portal, and by the portal's redirect
(`curl -L`, from the first byte of the question to the last of the file). A ratio is the median of one side's bytes a second by the median of the
storage's; least and most are of single rounds. Memory is what the portal's worker holds more while some streams run at once, by their number.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from devstack import address
from tests import stack
from tests.devstack.rucio_client import CA, pfn, token, upload

WARM = 1  # rounds that do not count


def cookies(folder: Path) -> Path:
    """The session of somebody who signed in, as curl keeps cookies."""
    kept = folder / "cookies"
    lines = [f"{address.HOST}\tFALSE\t/\tFALSE\t0\t{item.name}\t{item.value}" for item in stack.portal_session("lead").cookies]
    kept.write_text("# Netscape HTTP Cookie File\n" + "\n".join(lines) + "\n")
    return kept


def command(url: str, *options: str) -> list[str]:
    return ["curl", "-sS", "--fail", "--cacert", str(CA), "-o", "/dev/null", "-w", "%{size_download} %{time_total}", *options, url]


def speed(asked: list[str], size: int) -> float:
    """Bytes a second of one whole download."""
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    length, seconds = done.stdout.split()
    if int(length) != size:
        raise SystemExit(f"{length} bytes came instead of {size}")
    return size / float(seconds)


def worker() -> int:
    """The process of the portal that serves pages: the child of gunicorn's own."""
    found = subprocess.run(["pgrep", "-f", f"gunicorn.*:{address.PORTS['portal']} "], capture_output=True, text=True, check=True)
    return max(int(line) for line in found.stdout.split())


def resident(process: int) -> float:
    """Megabytes of memory that a process has now."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def growth(asked: list[str], streams: int) -> float:
    """Megabytes that the worker holds more at the most, for each of several downloads at once."""
    process = worker()
    before = most = resident(process)
    running = [subprocess.Popen(asked, stdout=subprocess.DEVNULL) for _ in range(streams)]
    while any(item.poll() is None for item in running):
        most = max(most, resident(process))
        time.sleep(0.02)
    return (most - before) / streams


def run(size: int, rounds: int, streams: int, folder: Path) -> dict[str, object]:
    name = upload("lead", "user.lead", os.urandom(size), ".bin")
    jar, secret = cookies(folder), folder / "header"
    secret.write_text(f"Authorization: Bearer {token('lead')}")  # in a file: a command's words are for everybody to see
    page = f"{address.PORTAL_URL}/datalake/escape/{{}}/user.lead/{quote(name)}"
    sides = {
        "storage": command(pfn("lead", "user.lead", name), "-H", f"@{secret}"),
        "streamed": command(page.format("download"), "-b", str(jar)),
        "redirected": command(page.format("direct"), "-b", str(jar), "-L"),
    }
    found: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(WARM + rounds):
        order = list(sides)
        for side in order[number % 3 :] + order[: number % 3]:
            reached = speed(sides[side], size)
            if number >= WARM:
                found[side].append(reached)
    result: dict[str, object] = {"bytes": size, "rounds": rounds, "load": round(os.getloadavg()[0], 1)}
    for side, values in found.items():
        result[f"{side}_megabytes_a_second"] = round(statistics.median(values) / 1e6)
    for side in ("streamed", "redirected"):
        each = [mine / theirs for mine, theirs in zip(found[side], found["storage"], strict=True)]
        middle = statistics.median(found[side]) / statistics.median(found["storage"])
        result[f"{side}_by_storage"] = {"of_medians": round(middle, 2), "least": round(min(each), 2), "most": round(max(each), 2)}
    result["megabytes_of_memory_a_stream"] = round(growth(sides["streamed"], streams), 1)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--streams", type=int, default=4)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(run(asked.megabytes * 1_000_000, asked.rounds, asked.streams, Path(folder)), indent=1))


if __name__ == "__main__":
    main()
