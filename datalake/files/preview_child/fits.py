"""FITS: header cards and the first rows of each HDU, images and tables as small plots."""

import io
from itertools import islice
from math import prod
from typing import Any

import numpy as np
from astropy.io import fits
from django.utils.translation import gettext as _

from datalake.files.preview_child import plot, table_plot
from datalake.files.preview_child.columns import column
from datalake.files.preview_child.limits import CARDS, COLUMNS, PIXELS, ROWS, UNITS, NoPreview, Section, cut, shown
from datalake.files.preview_child.source import Source
from datalake.files.preview_child.values import text_of

PLOTS = 4
COUNTED = 500  # HDUs whose headers are read to say how many there are


def read(source: Source) -> list[Section]:
    """The first HDUs, in order."""
    if not source.content.startswith(b"SIMPLE  ="):
        raise NoPreview(_("This is not a FITS file."))
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
        except Exception:
            if not found:
                raise
            note.say(without_rest(count - 1, truncated=source.truncated))
    note.say(cut(_("HDUs shown"), len(found), count, at_least=source.truncated))
    return [*found, note] if note.note else found


def without_rest(number: int, *, truncated: bool) -> str:
    """The sentence that says why nothing is shown after an HDU."""
    if truncated:
        return _("A preview reads only the beginning of the file: HDUs after HDU %(number)s are not shown.") % {"number": number}
    return _("HDUs after HDU %(number)s could not be read.") % {"number": number}


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
    except Exception:  # noqa: BLE001 -- one broken HDU does not hide the others
        if truncated:
            result.say(_("A preview reads only the beginning of the file: the data of this HDU are not in it."))
        else:
            result.say(_("The data could not be read."))
    result.say(cut(_("Header cards shown"), CARDS, len(hdu.header.cards)))
    return result


def card_of(card: Any) -> tuple[str, str, str]:
    """A card of the header; of one that breaks the rules the line as it stands."""
    try:
        return card.keyword, text_of(card.value), shown(card.comment)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- a broken card does not hide the others
        return shown(card.image[:8]), shown(card.image[8:]), _("not a valid card")


def image(hdu: Any, result: Section, drawn: bool) -> None:
    """The last two axes of an image as a picture."""
    shape = tuple(int(size) for size in getattr(hdu, "shape", ()) or ())
    result.facts = [(_("shape"), " x ".join(f"{size:,}" for size in reversed(shape)) or _("no data"))]
    if isinstance(hdu, fits.GroupsHDU):
        result.say(_("Random groups are not plotted."))
        return
    if not shape or not prod(shape):
        return
    if not drawn:
        result.say(_("Not plotted: a preview has up to %(n)s plots.") % {"n": PLOTS})
        return
    if prod(shape) > PIXELS:
        result.say(_("The image is too large to plot."))
        return
    data = np.asarray(hdu.data)
    unit = shown(hdu.header.get("BUNIT", ""), 40)
    if data.ndim == 1:
        result.image, result.alt = plot.curve(np.arange(1.0, data.size + 1), data.astype(float), _("pixel"), unit or _("value"))
        return
    while data.ndim > 2:
        if len(data) > 1:
            result.say(_("Plotted: plane 1 of %(planes)s along axis %(axis)s.") % {"planes": f"{len(data):,}", "axis": data.ndim})
        data = data[0]
    plane = data.astype(float)
    result.image = plot.picture(plane, label=unit)
    values = {"name": result.title, "width": plane.shape[1], "height": plane.shape[0]}
    result.alt = _("Image of %(name)s, %(width)s by %(height)s pixels") % values


def table(hdu: Any, result: Section, drawn: bool) -> None:
    """First rows, and a plot of what the columns are: a curve, or an array over its axes."""
    names = list(hdu.columns.names)
    count = int(hdu.header.get("NAXIS2", 0))
    result.facts = [(_("rows"), f"{count:,}"), (_("columns"), f"{len(names):,}")]
    result.columns = [shown(name) for name in names[:COLUMNS]]
    result.name_units([shown(unit or "") for unit in hdu.columns.units[:COLUMNS]])
    if hdu.header.get("ZTABLE"):
        result.say(_("This table is compressed: its columns are shown in their compressed form."))
    if int(hdu.header.get("NAXIS1", 0)) * count > 4 * PIXELS:
        result.say(_("The table is too large for a preview."))
        return
    cells = [first_cells(hdu, name, min(count, ROWS)) for name in names[:COLUMNS]]
    broken = [result.columns[number] for number, column_cells in enumerate(cells) if column_cells is None]
    result.rows = [list(row) for row in zip(*(each or [""] * min(count, ROWS) for each in cells), strict=True)]
    result.say(cut(_("Columns shown"), COLUMNS, len(names)), cut(_("Rows shown"), ROWS, count))
    result.say(_("Columns that could not be read: %(names)s.") % {"names": ", ".join(broken)} if broken else "")
    if drawn and count:
        result.image, result.alt, note = table_plot.drawn(hdu)
        result.say(note)
    elif count:
        result.say(_("Not plotted: a preview has up to %(n)s plots.") % {"n": PLOTS})


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
