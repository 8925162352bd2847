"""What people copy from a DID's page to use it elsewhere: commands and code in which a hostile name stays a name."""

import shlex

from datalake import previews
from vre_portal.text import plain

# What to read a downloaded file with, by its kind.
READING = {
    "fits": ("from astropy.io import fits", "fits.info({path})"),
    "table": ("from astropy.table import Table", "Table.read({path})"),
    "root": ("import uproot", "uproot.open({path}).keys()"),
    "hdf5": ("import h5py", 'list(h5py.File({path}, "r"))'),
    "parquet": ("import pyarrow.parquet", "pyarrow.parquet.read_table({path})"),
    "picture": ("from PIL import Image", "Image.open({path})"),
}
PATH = 'found["dest_file_paths"][0]'


def commands(scope: str, name: str, *, is_file: bool) -> list[tuple[str, str]]:
    """What to type in a terminal, each with what it does."""
    did = f"{scope}:{name}"
    # What begins with a dash would be read as an option; after two dashes it is a name.
    shown = ("-- " if did.startswith("-") else "") + word(did)
    return [
        ("Fetch it", f"rucio download {shown}"),
        ("See where its copies are", f"rucio replica list {'file' if is_file else 'dataset'} {shown}"),
    ]


def word(text: str) -> str:
    """One word of a shell. A character that no eye sees could press a key in the terminal, or turn the line round: it is spelled out."""
    if plain(text) == text and text.isprintable():
        return shlex.quote(text)
    seen = (char if char.isprintable() and plain(char) == char else "".join(f"\\x{byte:02x}" for byte in char.encode()) for char in text)
    return "$'" + "".join(f"\\{char}" if char in "\\'" else char for char in seen) + "'"


def code(scope: str, name: str, *, is_file: bool) -> str:
    """What to paste into a notebook: fetch it, and read it by its kind."""
    did = ascii(f"{scope}:{name}")  # plain ASCII: nothing in it can look like something else
    lines = ["from rucio.client.downloadclient import DownloadClient"]
    extra = READING.get(previews.kind_of(name) or "") if is_file else None
    if extra:
        lines.append(extra[0])
    lines += ["", f'found = DownloadClient().download_dids([{{"did": {did}}}]){"[0]" if extra else ""}']
    return "\n".join([*lines, *([extra[1].format(path=PATH)] if extra else [])])
