"""Python that brings something of the lake to where it runs: what a DID's page gives to copy is what a notebook begins with.

It needs nothing of the portal, so that a hub can take this file along and write the same cells.
"""

import hashlib
import re

STOCK_CLIENT = "from rucio.client import Client"  # a line of the first cell; where a client renews its token, another one stands there
FETCH = '''\
import hashlib
import os
import re
import shutil
import zlib
from pathlib import Path
from urllib.parse import quote

import requests
from rucio.client import Client


def place(file):
    """Where a file is kept here: in folders as in its name; a part that file systems or programs trip over gets a harmless name."""
    return Path("data", *(harmless(part) for part in [file["scope"], *file["name"].split("/")]))


def harmless(part):
    """The part itself, or what is plain in it with a fingerprint of the whole, and its ending."""
    if part.strip(".") and part.isprintable() and len(part.encode()) <= 200 and not re.search(r"""[\\\\:*?"'<>|%#`]|^ | $""", part):
        return part
    ending = re.search(r"([.][A-Za-z0-9]{1,8}){0,2}$", part)[0]
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", part.removesuffix(ending))[:80].strip("._-")
    return f"{plain}{'-' if plain else ''}{hashlib.sha256(part.encode()).hexdigest()[:8]}{ending}"


def fetch(file):
    """The local path of one file: from a site that has it, over https as yourself, checked against the Data Lake's checksum."""
    client, path, trouble = Client(), place(file), "no site has it for https"
    wanted = {"scope": file["scope"], "name": file["name"]}
    found = next(iter(client.list_replicas([wanted], schemes=["https", "davs"])), {})
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    for address, copy in found.get("pfns", {}).items():
        if address.startswith("davs:"):
            address = "https" + address.removeprefix("davs")
        if address.endswith("/" + file["name"]):  # Rucio gives the name as it is; in an address # and % mean something
            address = address.removesuffix(file["name"]) + quote(file["name"])
        headers = {"Authorization": f"Bearer {client.auth_token}", "Accept-Encoding": "identity"}
        try:
            with requests.get(address, headers=headers, verify=os.environ.get("RUCIO_CA", True), timeout=60, stream=True) as reply:
                reply.raise_for_status()
                checksum = 1
                with part.open("wb") as target:
                    for piece in reply.iter_content(2**20):
                        checksum = zlib.adler32(piece, checksum)
                        target.write(piece)
        except OSError as error:
            trouble = error
            continue
        if found["adler32"] not in (None, f"{checksum:08x}"):
            trouble = f"{copy['rse']} gave something else than was registered"
            continue
        part.replace(path)
        if path != Path("data", file["scope"], file["name"]):
            print(f"{ascii(file['name'])} is kept under another name:")
        print(f"{path}: {path.stat().st_size:,} bytes from {copy['rse']}, {'checksum right' if found['adler32'] else 'no checksum is known'}")
        return path
    part.unlink(missing_ok=True)
    raise OSError(f"{file['name']!r} could not be had: {trouble}")
'''

LIST = """\
scope, name = {scope}, {name}
files = list(Client().list_files(scope, name))
total = sum(file["bytes"] or 0 for file in files)
print(f"{{len(files):,}} files, {{total:,}} bytes; {{shutil.disk_usage('.').free:,}} bytes are free here")
for file in files[:20]:
    print(f"    {{file['name']!r}}  {{file['bytes'] or 0:,}} bytes")
"""

ONE = "path = fetch(files[0])"
SEVERAL = """\
smallest_first = sorted(files, key=lambda file: file["bytes"] or 0)
paths = [fetch(file) for file in smallest_first[:1]]  # only the smallest; without [:1] it brings all of them
"""

# What to read a file with that is here, by its ending.
READING = (
    (("fits", "fit", "fts", "fz", "fits.gz"), "from astropy.io import fits", "fits.info(path)"),
    (("csv", "ecsv", "csv.gz", "ecsv.gz"), "from astropy.table import Table", "Table.read(path)"),
    (("tsv", "tsv.gz"), "from astropy.table import Table", 'Table.read(path, format="ascii.tab")'),
    (("root",), "import uproot  # %pip install uproot", "uproot.open(path).keys()"),
    (("h5", "hdf5", "hdf", "nxs"), "import h5py  # %pip install h5py", 'list(h5py.File(path, "r"))'),
    (("parquet", "pq"), "import pyarrow.parquet  # %pip install pyarrow", "pyarrow.parquet.read_table(path)"),
    (("png", "jpg", "jpeg"), "from PIL import Image", "Image.open(path)"),
)


def cells(scope: str, name: str, *, is_file: bool) -> list[tuple[str, str]]:
    """What to run in turn, each with what it does; names are plain ASCII literals, so that nothing in one can look like something else."""
    found = [
        ("How a file is brought here", FETCH),
        ("What it is", LIST.format(scope=ascii(scope), name=ascii(name))),
        ("Bring it here", ONE) if is_file else ("Bring the smallest file here", SEVERAL),
    ]
    reading = next((how for endings, *how in READING if name.lower().endswith(tuple(f".{ending}" for ending in endings))), None)
    if is_file and reading:
        found.append(("Look into it", "\n".join(reading)))
    return [(what, code.strip()) for what, code in found]


def notebook_name(scope: str, name: str) -> str:
    """The name of the notebook that begins with something of the lake: one for each DID, and harmless for any file system."""
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", name)[-60:].lstrip("._-")
    return f"{readable}{'-' if readable else ''}{hashlib.sha256(f'{scope}:{name}'.encode()).hexdigest()[:8]}.ipynb"
