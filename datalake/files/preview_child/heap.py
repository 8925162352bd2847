"""Columns of FITS tables whose arrays lie in the heap, scaled here: astropy scales the first row only, and that one in whole numbers."""

import re
from typing import Any

import numpy as np

KINDS = {"B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}
VARYING = re.compile(r"\s*\d*[PQ]([BIJKED])")
TOP_BIT = 2**63  # what FITS adds to make its long integers unsigned


def scaled_arrays(hdu: Any, name: str, count: int) -> list[np.ndarray] | None:
    """The first arrays of a column with TSCAL, TZERO or TNULL, undefined values masked; None where astropy's own reading is right.

    Raises ValueError where an array lies outside of the file.
    """
    number = hdu.columns.names.index(name) + 1
    kind = VARYING.match(str(hdu.header.get(f"TFORM{number}", "")))
    scale, zero, null = (hdu.header.get(f"{key}{number}") for key in ("TSCAL", "TZERO", "TNULL"))
    if kind is None or (scale in (None, 1) and zero in (None, 0) and null is None):
        return None
    stored = [_stored(hdu, place, np.dtype(KINDS[kind[1]])) for place in np.asarray(hdu.data).view(np.ndarray)[name][:count]]
    return [_scaled(values, 1 if scale is None else scale, zero or 0, null) for values in stored]


def _stored(hdu: Any, place: np.ndarray, kind: np.dtype[Any]) -> np.ndarray:
    """The array as it lies in the file; `place` is its length and where in the heap it begins."""
    where, header = hdu.fileinfo(), hdu.header
    heap = int(where["datLoc"]) + int(header.get("THEAP", header["NAXIS1"] * header["NAXIS2"]))
    length, begin = int(place[0]), int(place[1])
    if length < 0 or begin < 0 or heap + begin + length * kind.itemsize > int(where["datLoc"]) + int(where["datSpan"]):
        raise ValueError("an array lies outside of the heap")
    where["file"].seek(heap + begin)
    return np.frombuffer(where["file"].read(length * kind.itemsize), kind, length)


def _scaled(stored: np.ndarray, scale: float, zero: float, null: Any) -> np.ndarray:
    """Whole numbers stay whole where nothing but a whole number is added."""
    values: np.ndarray
    is_whole = stored.dtype.kind in "iu" and scale == 1 and zero == int(zero)
    if is_whole and zero == TOP_BIT:
        values = stored.astype("u8") ^ np.uint64(TOP_BIT)
    elif is_whole and abs(zero) <= TOP_BIT // 2:
        values = stored.astype("i8") + int(zero)
    elif (scale, zero) == (1, 0):
        values = stored
    else:
        values = stored.astype(float) * scale + zero
    is_undefined = stored == int(null) if null is not None and stored.dtype.kind in "iu" else np.zeros(stored.shape, bool)
    return np.ma.MaskedArray(values, mask=is_undefined) if is_undefined.any() else values
