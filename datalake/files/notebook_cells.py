"""Python code that downloads data of the Data Lake: the same for a DID's page, where it is copied, and for a starter notebook.

It imports nothing of the portal, so that a hub can use this file as it is; therefore its texts are not translated.
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
    """The local path of a file: folders as in its name; parts that could cause trouble in a file system or a program are renamed."""
    return Path("data", *(harmless(part) for part in [file["scope"], *file["name"].split("/")]))


def harmless(part):
    """One part of a path: unchanged, or its plain characters with a hash of the whole, and its extension."""
    if part.strip(".") and part.isprintable() and len(part.encode()) <= 200 and not re.search(r"""[\\\\:*?"'<>|%#`]|^ | $""", part):
        return part
    ending = re.search(r"([.][A-Za-z0-9]{1,8}){0,2}$", part)[0]
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", part.removesuffix(ending))[:80].strip("._-")
    return f"{plain}{'-' if plain else ''}{hashlib.sha256(part.encode()).hexdigest()[:8]}{ending}"


def fetch(file):
    """Download one file over https with your own token, verify its checksum, and return its local path."""
    client, path, reason = Client(), place(file), "no site offers it over https"
    did = {"scope": file["scope"], "name": file["name"]}
    replicas = next(iter(client.list_replicas([did], schemes=["https", "davs"])), {})
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    for address, copy in replicas.get("pfns", {}).items():
        if address.startswith("davs:"):
            address = "https" + address.removeprefix("davs")
        if address.endswith("/" + file["name"]):  # Rucio does not quote names; # and % have a meaning in an address
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
            reason = error
            continue
        if replicas["adler32"] not in (None, f"{checksum:08x}"):
            reason = f"{copy['rse']} returned data that do not match the registered checksum"
            continue
        part.replace(path)
        if path != Path("data", file["scope"], file["name"]):
            print(f"{ascii(file['name'])} is saved under another name:")
        print(f"{path}: {path.stat().st_size:,} bytes from {copy['rse']}, {'checksum OK' if replicas['adler32'] else 'no checksum registered'}")
        return path
    part.unlink(missing_ok=True)
    raise OSError(f"{file['name']!r} could not be downloaded: {reason}")
'''

LIST = """\
scope, name = {scope}, {name}
files = list(Client().list_files(scope, name))
total = sum(file["bytes"] or 0 for file in files)
print(f"{{len(files):,}} files, {{total:,}} bytes; {{shutil.disk_usage('.').free:,}} bytes of disk space free")
for file in files[:20]:
    print(f"    {{file['name']!r}}  {{file['bytes'] or 0:,}} bytes")
"""

DOWNLOAD_ONE, DOWNLOAD_SEVERAL = "Download the file", "Download the smallest file"  # untranslated: headings that the hub writes, too
ONE = "path = fetch(files[0])"
SEVERAL = """\
smallest_first = sorted(files, key=lambda file: file["bytes"] or 0)
paths = [fetch(file) for file in smallest_first[:1]]  # only the smallest file; remove [:1] to download all
"""

# How to read a downloaded file, by its extension.
READING = (
    (("fits", "fit", "fts", "fz", "fits.gz"), "from astropy.io import fits", "fits.info(path)"),
    (("csv", "ecsv", "csv.gz", "ecsv.gz"), "from astropy.table import Table", "Table.read(path)"),
    (("tsv", "tsv.gz"), "from astropy.table import Table", 'Table.read(path, format="ascii.tab")'),  # untranslated: code
    (("root",), "import uproot  # %pip install uproot", "uproot.open(path).keys()"),
    (("h5", "hdf5", "hdf", "nxs"), "import h5py  # %pip install h5py", 'list(h5py.File(path, "r"))'),
    (("parquet", "pq"), "import pyarrow.parquet  # %pip install pyarrow", "pyarrow.parquet.read_table(path)"),
    (("png", "jpg", "jpeg"), "from PIL import Image", "Image.open(path)"),
)


def cells(scope: str, name: str, *, is_file: bool) -> list[tuple[str, str]]:
    """The cells in their order, each with its heading; names are ASCII literals, so that no character in them can mislead."""
    parts = [
        ("Download function", FETCH),  # untranslated: the hub writes these headings, too
        ("Contents", LIST.format(scope=ascii(scope), name=ascii(name))),
        (DOWNLOAD_ONE, ONE) if is_file else (DOWNLOAD_SEVERAL, SEVERAL),
    ]
    reading = next((how for endings, *how in READING if name.lower().endswith(tuple(f".{ending}" for ending in endings))), None)
    if is_file and reading:
        parts.append(("Read the file", "\n".join(reading)))  # untranslated: see above
    return [(what, code.strip()) for what, code in parts]


def notebook_name(scope: str, name: str) -> str:
    """The name of the notebook that starts with a DID: one for each DID, valid in every file system."""
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", name)[-60:].lstrip("._-")
    return f"{readable}{'-' if readable else ''}{hashlib.sha256(f'{scope}:{name}'.encode()).hexdigest()[:8]}.ipynb"
