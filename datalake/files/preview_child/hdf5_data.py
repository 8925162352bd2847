"""Datasets of an HDF5 file: planes as pictures, columns as tables, with the units, scales and fill values of netCDF."""

from math import prod
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from datalake.files.preview_child import plot
from datalake.files.preview_child.hdf5_types import UnknownFilter, has_values_elsewhere
from datalake.files.preview_child.limits import COLUMNS, PIXELS, ROWS, NoPreview, Section, cut, shown
from datalake.files.preview_child.values import text_of

MAX_DATASETS, MAX_TRIED = 3, 12  # datasets that are shown, and that are tried for it
POINTS = 20_000
MAX_VALUES = PIXELS // 4


def sections(found: list[tuple[str, Any]]) -> tuple[list[Section], str]:
    """The first datasets with something to show, and what has to be said of the others. Axes of netCDF come after what is drawn over them."""
    wanted = [(path, item) for path, item in found if is_shown(item)]
    wanted.sort(key=lambda each: fact(each[1], "CLASS") == "DIMENSION_SCALE")
    shown_parts = [section(path, item) for path, item in wanted[:MAX_TRIED]]
    good = [part for part in shown_parts if part.columns or part.image]
    parts = (good + [part for part in shown_parts if part not in good])[:MAX_DATASETS]
    return parts, cut(_("Datasets shown with their values"), len(parts), len(wanted))


def is_shown(item: Any) -> bool:
    """Whether it holds several numbers, texts or rows."""
    try:
        shape = tuple(item.shape)
        return bool(shape) and prod(shape) > 1 - bool(item.dtype.names) and (bool(item.dtype.names) or item.dtype.kind in "iufSO")
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- a dataset of an odd kind is in the tree all the same
        return False


def section(path: str, item: Any) -> Section:
    """One dataset; of what cannot be read that is said."""
    shape = tuple(int(size) for size in item.shape)
    result = Section(title=shown(path), kind="data", facts=[(_("shape"), " x ".join(f"{size:,}" for size in shape))])
    for key, label in (("long_name", _("long name")), ("units", _("units"))):
        if text := fact(item, key):
            result.facts.append((label, text))
    try:
        if has_values_elsewhere(item):
            raise NoPreview(_("The values are in other files, which a preview does not read."))
        if item.dtype.names or item.dtype.kind in "SO":
            rows(item, shape, result)
        elif prod(shape) > MAX_VALUES:
            result.say(_("The data are too large to plot."))
        else:
            drawn(path, item, shape, result)
    except MemoryError:
        raise
    except UnknownFilter as error:
        result.say(_("The data are compressed with %(method)s, which a preview cannot read.") % {"method": error})
    except NoPreview as error:
        result.say(str(error))
    except Exception:  # noqa: BLE001 -- data that cannot be read leave the tree standing
        result.say(_("The data could not be read."))
    return result


def rows(item: Any, shape: tuple[int, ...], result: Section) -> None:
    """The first rows of a table, or the first texts."""
    if item.dtype.itemsize * shape[0] > 4 * PIXELS:
        result.say(_("The data are too large for a preview."))
        return
    names = item.dtype.names
    first = np.asarray(item[: min(ROWS, shape[0])])
    result.columns = [shown(name) for name in names[:COLUMNS]] if names else [_("value")]
    result.rows = [[text_of(row[name]) for name in names[:COLUMNS]] if names else [text_of(row)] for row in first]
    result.say(cut(_("Columns shown"), COLUMNS, len(names or ())), cut(_("Rows shown"), ROWS, shape[0]))


def drawn(path: str, item: Any, shape: tuple[int, ...], result: Section) -> None:
    """Numbers along one axis as a curve with the first of them as a table, a plane as a picture."""
    label = f"{path} [{fact(item, 'units')}]" if fact(item, "units") else path
    if len(shape) == 1:
        stored = np.asarray(item[:POINTS])
        values = scaled(item, stored)
        texts = values if fact(item, "scale_factor") else np.ma.MaskedArray(stored, mask=np.ma.getmaskarray(values))
        result.columns, result.rows = (
            [_("number"), _("value")],
            [[str(number), text_of(value)] for number, value in enumerate(texts[:ROWS])],
        )
        result.image, result.alt = plot.curve(np.arange(len(values)), np.ma.filled(values, np.nan), _("number"), label)
        result.say(cut(_("Values plotted"), POINTS, shape[0]), cut(_("Values listed"), ROWS, shape[0]))
        return
    plane = np.ma.filled(scaled(item, np.asarray(item[(0,) * (len(shape) - 2)])), np.nan)
    result.image = plot.picture(plane, label=fact(item, "units"), x=_("index"), y=_("index"))
    about = {"name": shown(path), "width": plane.shape[1], "height": plane.shape[0]}
    result.alt = _("%(name)s, %(width)s by %(height)s values") % about
    held = [_("%(number)s of %(size)s") % {"number": 1, "size": f"{size:,}"} for size in shape[:-2] if size > 1]
    result.say(_("Plotted: plane %(planes)s.") % {"planes": ", ".join(held)} if held else "")


def scaled(item: Any, stored: np.ndarray) -> Any:
    """Stored numbers as netCDF means them: fill values masked, scale and offset applied."""
    mask = np.zeros(stored.shape, bool)
    for name in ("_FillValue", "missing_value"):
        value = number_of(item, name)
        if value is not None:
            mask |= stored == value
    values = stored.astype(float)
    factor, offset = number_of(item, "scale_factor"), number_of(item, "add_offset")
    if factor is not None or offset is not None:
        values = values * (1 if factor is None else factor) + (0 if offset is None else offset)
    return np.ma.MaskedArray(values, mask=mask)


def number_of(item: Any, name: str) -> Any:
    """A number among the attributes; None where there is none."""
    try:
        value = np.ravel(item.attrs[name])
        return value[0] if value.size and value.dtype.kind in "iuf" else None
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- an attribute that is missing or cannot be read is none
        return None


def fact(item: Any, name: str) -> str:
    """An attribute as text; empty where there is none."""
    try:
        return text_of(item.attrs[name])
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- see above
        return ""
