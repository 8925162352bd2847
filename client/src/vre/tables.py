"""Files as astropy tables."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vre.display import visible
from vre.errors import MissingPackage, NotPossible

if TYPE_CHECKING:
    from astropy.table import Table

FORMATS = {
    "fits": "fits", "fit": "fits", "fts": "fits", "vot": "votable", "votable": "votable", "xml": "votable", "ecsv": "ascii.ecsv",
    "csv": "ascii.csv",
}  # fmt: skip
PACKED = re.compile(r"\.(gz|bz2|xz|fz)$", re.IGNORECASE)


def read_table(file: Callable[[], Path], name: str, options: dict[str, Any]) -> "Table":
    """The table; astropy's presence and the format are checked before anything is downloaded."""
    try:
        from astropy.table import Table
    except ImportError as error:
        raise MissingPackage(
            "Tables need astropy, which is not installed.", "Run: pip install astropy (the extra [table] of this package)."
        ) from error
    wanted = {"format": format_of(name), **options}
    if wanted["format"] is None:
        raise NotPossible(f"The name {visible(name)} does not say its format.", 'Name it, such as .table(format="ascii.csv").')
    return Table.read(file(), **wanted)


def format_of(name: str) -> str | None:
    """What astropy calls the format of a file of that name; None where it is no table that the name shows."""
    return FORMATS.get(PACKED.sub("", name).rpartition(".")[2].lower())
