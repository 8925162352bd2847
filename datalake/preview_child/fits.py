"""FITS: header cards and the first rows of each HDU, images and tables as small plots."""

import io
from itertools import islice
from math import prod
from typing import Any

import numpy as np
from astropy.io import fits

from datalake.preview_child import plot, table_plot
from datalake.preview_child.columns import column
from datalake.preview_child.limits import CARDS, COLUMNS, PIXELS, ROWS, UNITS, NoPreview, Section, cut, shown
from datalake.preview_child.source import Source
from datalake.preview_child.values import text_of

PLOTS = 4
COUNTED = 500  # HDUs whose headers are read to say how many there are
BEGINNING = "the preview has only the file's beginning"


def read(source: Source) -> list[Section]:
    """The first HDUs, in order."""
    if not source.content.startswith(b"SIMPLE  ="):
        raise NoPreview("It does not begin as a FITS file does.")
    found: list[Section] = []
    # From memory and not mapped; scaled columns and heaps are only touched where their size is known to be small.
    with fits.open(io.BytesIO(source.content), memmap=False, lazy_load_hdus=True, ignore_missing_end=source.truncated) as hdus:
        note = Section(title="", kind="note")
        count = 0
        try:
            for count, hdu in enumerate(islice(hdus, COUNTED), 1):
                if count <= UNITS:
                    drawn = sum(1 for item in found if item.image) < PLOTS
                    found.append(section(count - 1, hdu, drawn, source.truncated))
        except MemoryError:
            raise
        except Exception as error:
            if not found:
                raise
            why = BEGINNING if source.truncated else type(error).__name__
            note.say(f"What follows HDU {count - 1} could not be read: {why}.")
    note.say(cut("HDUs", len(found), count, at_least=source.truncated))
    return [*found, note] if note.note else found


def section(number: int, hdu: Any, drawn: bool, truncated: bool) -> Section:
    """One HDU; data that cannot be read leave its header standing."""
    kind = "table" if isinstance(hdu, fits.BinTableHDU | fits.TableHDU) and not isinstance(hdu, fits.CompImageHDU) else "image"
    result = Section(title=shown(hdu.name or f"HDU {number}"), kind=kind)
    try:
        result.cards = [card_of(card) for card in islice(hdu.header.cards, CARDS)]
        if kind == "table":
            table(hdu, result, drawn)
        else:
            image(hdu, result, drawn)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 -- one broken HDU does not hide the others
        result.say(f"Its data could not be read: {BEGINNING if truncated else type(error).__name__}.")
    result.say(cut("header cards", CARDS, len(hdu.header.cards)))
    return result


def card_of(card: Any) -> tuple[str, str, str]:
    """A card of the header; of one that breaks the rules the line as it stands."""
    try:
        return card.keyword, text_of(card.value), shown(card.comment)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- a broken card does not hide the others
        return shown(card.image[:8]), shown(card.image[8:]), "not a valid card"


def image(hdu: Any, result: Section, drawn: bool) -> None:
    """The last two axes of an image as a picture."""
    shape = tuple(int(size) for size in getattr(hdu, "shape", ()) or ())
    result.facts = [("shape", " x ".join(f"{size:,}" for size in reversed(shape)) or "no data")]
    if isinstance(hdu, fits.GroupsHDU):
        result.say("It holds random groups, which a preview does not draw.")
        return
    if not shape or not prod(shape):
        return
    if not drawn:
        result.say(f"Not drawn: a preview has at most {PLOTS} plots.")
        return
    if prod(shape) > PIXELS:
        result.say("Its image is too large to be drawn here.")
        return
    data = np.asarray(hdu.data)
    unit = shown(hdu.header.get("BUNIT", ""), 40)
    if data.ndim == 1:
        result.image, result.alt = plot.curve(np.arange(1.0, data.size + 1), data.astype(float), "pixel", unit or "value")
        return
    while data.ndim > 2:
        result.say(f"Plane 1 of {len(data):,} along axis {data.ndim} is drawn." if len(data) > 1 else "")
        data = data[0]
    plane = data.astype(float)
    result.image = plot.picture(plane, label=unit)
    result.alt = f"Image of {result.title}, {plane.shape[1]} by {plane.shape[0]} pixels"


def table(hdu: Any, result: Section, drawn: bool) -> None:
    """First rows, and a plot of what the columns are: a curve, or an array over its axes."""
    names = list(hdu.columns.names)
    count = int(hdu.header.get("NAXIS2", 0))
    result.facts = [("rows", f"{count:,}"), ("columns", f"{len(names):,}")]
    result.columns = [shown(name) for name in names[:COLUMNS]]
    result.name_units([shown(unit or "") for unit in hdu.columns.units[:COLUMNS]])
    if hdu.header.get("ZTABLE"):
        result.say("It is a compressed table: its columns are shown as they are packed.")
    if int(hdu.header.get("NAXIS1", 0)) * count > 4 * PIXELS:
        result.say("Its table is too large to be read here.")
        return
    cells = [first_cells(hdu, name, min(count, ROWS)) for name in names[:COLUMNS]]
    broken = [result.columns[number] for number, column_cells in enumerate(cells) if column_cells is None]
    result.rows = [list(row) for row in zip(*(each or [""] * min(count, ROWS) for each in cells), strict=True)]
    result.say(cut("columns", COLUMNS, len(names)), cut("rows", ROWS, count))
    result.say(f"Could not be read: {', '.join(broken)}." if broken else "")
    if drawn and count:
        result.image, result.alt, note = table_plot.drawn(hdu)
        result.say(note)
    elif count:
        result.say(f"Not drawn: a preview has at most {PLOTS} plots.")


def first_cells(hdu: Any, name: str, count: int) -> list[str] | None:
    """The first cells of a column; None where it cannot be read, which leaves the others standing."""
    if not count:
        return []
    hdu.data  # noqa: B018 -- a table that is not here at all is no broken column
    try:
        return [text_of(value) for value in column(hdu, name, count)]
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- see above
        return None
