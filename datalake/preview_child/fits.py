"""FITS: header cards and the first rows of each HDU, images and tables as small plots."""

import io
from itertools import islice
from math import prod
from typing import Any

import numpy as np
from astropy.io import fits

from datalake.preview_child import plot
from datalake.preview_child.limits import CARDS, COLUMNS, PIXELS, ROWS, UNITS, NoPreview, Section, shown
from datalake.preview_child.source import Source

PLOTS = 4


def read(source: Source) -> list[Section]:
    """The first HDUs, in order."""
    if not source.content.startswith(b"SIMPLE  ="):
        raise NoPreview("It does not begin as a FITS file does.")
    found: list[Section] = []
    # From memory and not mapped; scaled columns and heaps are only touched where their size is known to be small.
    with fits.open(io.BytesIO(source.content), memmap=False, lazy_load_hdus=True, ignore_missing_end=source.truncated) as hdus:
        for number, hdu in enumerate(islice(hdus, UNITS)):
            plots = sum(1 for item in found if item.image)
            found.append(section(number, hdu, plots < PLOTS, source.truncated))
    return found


def section(number: int, hdu: Any, drawn: bool, truncated: bool) -> Section:
    """One HDU; data that cannot be read leave its header standing."""
    kind = "table" if isinstance(hdu, fits.BinTableHDU | fits.TableHDU) and not isinstance(hdu, fits.CompImageHDU) else "image"
    result = Section(title=shown(hdu.name or f"HDU {number}"), kind=kind)
    result.cards = [(card.keyword, shown(card.value), shown(card.comment)) for card in islice(hdu.header.cards, CARDS)]
    try:
        if kind == "table":
            table(hdu, result, drawn)
        else:
            image(hdu, result, drawn)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 -- one broken HDU does not hide the others
        why = "the preview has only the file's beginning" if truncated else type(error).__name__
        result.note = f"Its data could not be read: {why}."
    return result


def image(hdu: Any, result: Section, drawn: bool) -> None:
    """The last two axes of an image as a picture."""
    shape = tuple(int(size) for size in getattr(hdu, "shape", ()) or ())
    result.facts = [("shape", " x ".join(str(size) for size in reversed(shape)) or "no data")]
    if not shape or not drawn:
        return
    if prod(shape) > PIXELS:
        result.note = "Its image is too large to be drawn here."
        return
    data = np.asarray(hdu.data)
    while data.ndim > 2:
        data = data[0]
    plane = np.atleast_2d(data).astype(float)
    unit = str(hdu.header.get("BUNIT", ""))[:40]
    result.image = plot.picture(plane, label=unit)
    result.alt = f"Image of {result.title}, {plane.shape[1]} by {plane.shape[0]} pixels"


def table(hdu: Any, result: Section, drawn: bool) -> None:
    """First rows, and a plot of what the columns are: a curve, or an array over its axes."""
    names = list(hdu.columns.names)
    count = int(hdu.header.get("NAXIS2", 0))
    result.facts = [("rows", f"{count:,}"), ("columns", f"{len(names):,}")]
    result.columns = [shown(name) for name in names[:COLUMNS]]
    result.units = [shown(unit or "") for unit in hdu.columns.units[:COLUMNS]]
    if int(hdu.header.get("NAXIS1", 0)) * count > 4 * PIXELS:
        result.note = "Its table is too large to be read here."
        return
    data = hdu.data
    result.rows = [[cell(data, name, index) for name in names[:COLUMNS]] for index in range(min(count, ROWS))]
    if drawn and count:
        result.image, result.alt = plot.table(hdu)


def cell(data: Any, name: str, index: int) -> str:
    """One value; of an array its shape and range."""
    value = data[name][index]
    if isinstance(value, np.ndarray) and value.size > 1:
        size = " x ".join(str(length) for length in value.shape)
        if value.dtype.kind in "iuf":
            return f"{size} values, {np.nanmin(value):.4g} to {np.nanmax(value):.4g}"
        return f"{size} values"
    if isinstance(value, np.ndarray):
        value = value.item() if value.size else ""
    return shown(f"{value:.6g}" if isinstance(value, float | np.floating) else value)
