"""Fetch one input file of a run from its storage: the portal's own step before the first, in any image with Python 3.6 or newer.

files.json beside this file lists what there is to fetch, and the name of the token in the secret that opens each copy. Nothing of a token is printed.
"""

# mypy: disable-error-code="no-untyped-call, no-untyped-def"
import hashlib
import http.client
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
import zlib
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
WORKSPACE = HERE.parent
PIECE = 1024 * 1024
TRIES, PAUSE_SECONDS, TIMEOUT_SECONDS = 3, 5, 120


class Failed(Exception):
    """A copy could not be fetched; the text says why."""


class Redirects(urllib.request.HTTPRedirectHandler):
    """A storage may send us to one of its servers, never to a place without TLS; the token stays with the host that it was given for."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if urlsplit(newurl).scheme != "https":
            raise Failed("the storage redirects to an address without TLS")
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        token = req.unredirected_hdrs.get("Authorization")  # gone once another host was asked
        if new is not None and token and urlsplit(newurl).netloc == urlsplit(req.full_url).netloc:
            new.add_unredirected_header("Authorization", token)
        return new


def opener():
    """What opens addresses: with the certificates of the image, and with those of the lake where it has its own."""
    context = ssl.create_default_context()
    if (HERE / "ca.pem").exists():
        context.load_verify_locations(str(HERE / "ca.pem"))
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), Redirects())


def is_good(path, wanted):
    """Whether a file has the size and the checksum that the lake knows."""
    size, adler32, md5 = 0, 1, hashlib.md5()  # noqa: S324 -- the lake's own checksum, against damage
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(PIECE), b""):
            size, adler32 = size + len(piece), zlib.adler32(piece, adler32)
            md5.update(piece)
    if size != wanted["bytes"]:
        return False
    if wanted["adler32"]:
        return f"{adler32 & 0xFFFFFFFF:08x}" == wanted["adler32"].lower().rjust(8, "0")
    return md5.hexdigest() == wanted["md5"].lower()


def fetch(address, token, target, limit):
    """Write one copy to a file, never more than one byte above what was announced."""
    if urlsplit(address).scheme != "https":
        raise Failed("its address is without TLS")
    request = urllib.request.Request(address, headers={"Accept-Encoding": "identity"})
    request.add_unredirected_header("Authorization", "Bearer " + token)
    left = limit + 1
    try:
        with opener().open(request, timeout=TIMEOUT_SECONDS) as reply, target.open("wb") as file:
            while left > 0:
                piece = reply.read(min(PIECE, left))
                if not piece:
                    break
                file.write(piece)
                left -= len(piece)
    except urllib.error.HTTPError as error:
        raise Failed(f"the storage answered with status {error.code}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Failed(f"the storage could not be read ({type(error).__name__})") from None


def main(number):
    """Bring file `number`, from the first copy that is good; 0 where that succeeds."""
    listed = json.loads((HERE / "files.json").read_text(encoding="utf-8"))
    wanted = listed["files"][number]
    tokens = dict(entry.split(":", 1) for entry in os.environ.get(listed["secret"], "").split())
    path = WORKSPACE.joinpath(*wanted["path"].split("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    began, part = time.time(), path.with_name(path.name + ".part")
    for attempt in range(TRIES):
        for copy in wanted["copies"]:
            try:
                if not tokens:
                    raise Failed(f"REANA did not give the secret {listed['secret']} to this step")  # untranslated: in the log of a job
                if copy["token"] not in tokens:
                    raise Failed("the portal gives no token for it any more")  # untranslated: the same
                fetch(copy["address"], tokens[copy["token"]], part, wanted["bytes"])
                if not is_good(part, wanted):
                    raise Failed("its size or checksum is not what the Data Lake states")
            except Failed as error:
                print(f"The copy at {copy['rse']} was not used: {error}.", flush=True)  # untranslated: in the log of a job
                continue
            part.replace(path)
            print(f"{wanted['path']}: {wanted['bytes']} bytes in {time.time() - began:.1f} s")
            print(f"copy={copy['rse']}", flush=True)
            return 0
        if attempt + 1 < TRIES:
            time.sleep(PAUSE_SECONDS * (attempt + 1))
    print(f"Error: no copy of {wanted['path']} could be fetched.")  # untranslated: in the log of a job
    return 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
