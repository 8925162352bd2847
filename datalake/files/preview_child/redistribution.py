"""OGIP redistribution matrices: rows of energies whose values are packed into groups of channels."""

from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from datalake.files.preview_child import plot
from datalake.files.preview_child.axes import Axis
from datalake.files.preview_child.columns import column

NEEDED = frozenset({"ENERG_LO", "ENERG_HI", "N_GRP", "F_CHAN", "N_CHAN", "MATRIX"})
SIDE = 4096


def plane_of(hdu: Any) -> tuple[str, str, str] | None:
    """The matrix over energy and channel as a picture with its description; None where the table is no such matrix."""
    if not set(hdu.columns.names) >= NEEDED or not 1 < len(hdu.data) <= SIDE:
        return None
    data = hdu.data
    lowest = int(hdu.header.get(f"TLMIN{hdu.columns.names.index('F_CHAN') + 1}", 1))
    firsts, counts, packed = ([np.ravel(cell) for cell in column(hdu, name, len(data))] for name in ("F_CHAN", "N_CHAN", "MATRIX"))
    last = max((int((first + count).max(initial=0)) for first, count in zip(firsts, counts, strict=True)), default=0)
    if not 1 < last - lowest <= SIDE:
        return None
    plane = np.zeros((last - lowest, len(data)))
    for number, (groups, values) in enumerate(zip(data["N_GRP"], packed, strict=True)):
        at = 0
        for first, count in list(zip(firsts[number], counts[number], strict=False))[: int(groups)]:
            begin = int(first) - lowest
            plane[begin : begin + int(count), number] = values[at : at + int(count)]
            at += int(count)
    lows, highs = (np.asarray(data[name], dtype=float) for name in ("ENERG_LO", "ENERG_HI"))
    energy = Axis.of(("ENERG_LO", "ENERG_HI"), lows, highs, hdu.columns["ENERG_LO"].unit)
    channel = Axis(_("channel"), "", len(plane), np.arange(lowest, last + 1) - 0.5)
    return (
        plot.plane(energy, channel, plane, "MATRIX"),
        plot.binned_twice("MATRIX", channel, energy, plane),
        "",
    )
