"""Columns of FITS tables with their undefined values masked, as TNULL and the kind of the column say."""

from typing import Any

import numpy as np
from astropy.io import fits

from datalake.files.preview_child.heap import scaled_arrays


def column(hdu: Any, name: str, count: int) -> Any:
    """The first values of a column, scaled by TSCAL and TZERO; undefined ones are masked."""
    if (arrays := scaled_arrays(hdu, name, count)) is not None:
        return arrays
    values = hdu.data[name][:count]
    mask = undefined(hdu, name, count, np.asarray(values).shape)
    return values if mask is None else np.ma.MaskedArray(values, mask=mask)


def undefined(hdu: Any, name: str, count: int, shape: tuple[int, ...]) -> np.ndarray | None:
    """Where the column as it is stored has no value; None where it has one everywhere."""
    described = hdu.columns[name]
    stored = np.asarray(hdu.data).view(np.ndarray)[name][:count]
    if isinstance(hdu, fits.TableHDU):
        blank = np.char.strip(stored.astype("U"))
        mask = blank == str(described.null).strip() if described.null is not None else np.zeros(stored.shape, bool)
        mask |= (blank == "") & (np.asarray(hdu.data[name][:count]).dtype.kind in "iuf")
    elif described.format.format == "L" and stored.dtype.kind in "iub":
        mask = stored.view("i1") == 0
    elif described.null is not None and stored.dtype.kind in "iu":
        mask = stored == int(described.null)
    else:
        return None
    return mask if mask.shape == shape and mask.any() else None
