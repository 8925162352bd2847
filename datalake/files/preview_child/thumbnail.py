"""PNG, JPEG, GIF and WebP as a small WebP, for pages with many of them."""

import base64
import io

from datalake.files.preview_child.limits import Section
from datalake.files.preview_child.picture import small_copy
from datalake.files.preview_child.source import Source

SIDE = 960  # pixels: of two beside each other on a sharp screen
QUALITY = 82


def read(source: Source) -> list[Section]:
    """The picture, at most SIDE pixels wide and high, without metadata."""
    small, result = small_copy(source, SIDE)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=QUALITY, method=4)
    result.image = base64.b64encode(out.getvalue()).decode()
    return [result]
