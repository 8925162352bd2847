"""Pictures that people upload are drawn anew: what is kept is our own file of known size, with nothing hidden in it."""

import io
from typing import IO

from PIL import Image, ImageOps

LARGEST = 10 * 1024 * 1024  # bytes
MOST_PIXELS = 40_000_000
SIDE = 1600  # pixels, of the longer side of what is kept
KINDS = ("JPEG", "PNG", "WEBP")


class NotAPicture(ValueError):
    """It cannot be taken; the text says why."""


def redrawn(upload: IO[bytes]) -> tuple[bytes, str]:
    """The picture as a new file and its suffix; the size is looked at before a single pixel is unpacked."""
    try:
        with Image.open(upload, formats=KINDS) as found:
            if found.width * found.height > MOST_PIXELS:
                raise NotAPicture(f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels.")
            upright = ImageOps.exif_transpose(found)
            upright.thumbnail((SIDE, SIDE))
            see_through = upright.has_transparency_data
            drawn = upright.convert("RGBA" if see_through else "RGB")
    except NotAPicture:
        raise
    except Exception as error:  # a decoder fails in as many ways as a file can be wrong
        raise NotAPicture("This is not a whole JPEG, PNG or WebP picture.") from error
    blank = Image.new(drawn.mode, drawn.size)  # takes over pixels only: no place, no camera, no comment
    blank.paste(drawn)
    made = io.BytesIO()
    if see_through:
        blank.save(made, "PNG", optimize=True)
        return made.getvalue(), ".png"
    blank.save(made, "JPEG", quality=86, optimize=True)
    return made.getvalue(), ".jpg"
