"""Values as cells: whole numbers whole, and of others as many digits as their own precision needs, so that different values read differently."""

from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from datalake.files.preview_child.limits import shown

LOW, HIGH = 1e-4, 1e16  # between which Python writes its own numbers without an exponent
UNDEFINED = "\u2013"  # among the values of an array
MAX_SHOWN_NUMBERS = 4  # numbers of an array that are shown one by one


def text_of(value: Any) -> str:
    """The text of one cell; empty where there is no value."""
    if value is None or value is np.ma.masked:
        return ""
    if isinstance(value, np.ndarray) and hasattr(value, "unit") and hasattr(value, "value"):  # astropy's, whose items are such arrays again
        return f"{text_of(np.asarray(value.value)[()])} {value.unit}".strip()
    if isinstance(value, np.ndarray):
        return array_text(value)
    if isinstance(value, bytes):
        return bytes_text(value)
    if isinstance(value, float | np.floating):
        return float_text(value)
    if isinstance(value, np.void) and value.dtype.names:
        return shown(", ".join(f"{name}: {text_of(value[name])}" for name in value.dtype.names[:MAX_SHOWN_NUMBERS]))
    if isinstance(value, list | tuple):
        more = ", \u2026" if len(value) > MAX_SHOWN_NUMBERS else ""
        return shown(
            f"[{', '.join(text_of(item) for item in value[:MAX_SHOWN_NUMBERS])}{more}]" + (f" ({values_of(len(value))})" if more else "")
        )
    if isinstance(value, dict):
        more = ", \u2026" if len(value) > MAX_SHOWN_NUMBERS else ""
        return shown("{" + ", ".join(f"{key}: {text_of(item)}" for key, item in list(value.items())[:MAX_SHOWN_NUMBERS]) + more + "}")
    return shown(value)


def bytes_text(value: bytes) -> str:
    """Text where the bytes are some, else hexadecimal digits."""
    value = value.rstrip(b"\0")
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = ""
    return shown(text if text.isprintable() and text else f"0x{value.hex()}" if value else "")


def float_text(value: Any) -> str:
    """The shortest text that gives the same number again in its own precision, without `.0`."""
    if isinstance(value, np.floating) and LOW <= abs(value) < HIGH:
        return np.format_float_positional(value, trim="-")
    return str(value).removesuffix(".0")


def array_text(value: np.ndarray) -> str:
    """A few numbers one by one; of more the shape and the range."""
    flat = value.reshape(-1)
    if value.dtype.kind in "SU" or value.size <= MAX_SHOWN_NUMBERS:
        return shown(
            ", ".join(text_of(item) or UNDEFINED for item in flat[:MAX_SHOWN_NUMBERS])
            + (", \u2026" if value.size > MAX_SHOWN_NUMBERS else "")
        )
    size = " x ".join(str(length) for length in value.shape)
    if value.dtype.kind == "b":
        return shown(
            "".join("01"[int(item)] for item in flat[: MAX_SHOWN_NUMBERS * 16]) + ("\u2026" if value.size > MAX_SHOWN_NUMBERS * 16 else "")
        )
    good = flat[np.isfinite(flat)] if value.dtype.kind in "iuf" else flat[:0]
    if isinstance(good, np.ma.MaskedArray):
        good = good.compressed()
    if not good.size:
        return values_of(size)
    return _("%(size)s values, %(low)s to %(high)s") % {"size": size, "low": text_of(good.min()), "high": text_of(good.max())}


def values_of(size: str | int) -> str:
    """How many values there are, as a number or a shape; more than one."""
    return _("%(size)s values") % {"size": f"{size:,}" if isinstance(size, int) else size}
