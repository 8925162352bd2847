"""Pictures that people upload are encoded again: what is stored is our own file of known size, with nothing hidden in it."""

import io
from typing import IO

from django.utils.translation import gettext as _

LARGEST = 10 * 1024 * 1024  # bytes
MOST_PIXELS = 40_000_000
SIDE = 1600  # pixels, of the longer side of what is kept
KINDS = ("JPEG", "PNG", "WEBP")
CARD_SIDE = 640  # pixels, of the copy that lists of projects show
CARD_SECONDS = 30 * 86400  # how long the copy is kept, by the name of its file, which changes with the picture


class NotAPicture(ValueError):
    """It cannot be taken; the text says why."""


def redrawn(upload: IO[bytes]) -> tuple[bytes, str]:
    """The picture as a new file and its suffix; the size is looked at before a single pixel is unpacked. Raises NotAPicture."""
    from PIL import Image, ImageOps  # here: few processes ever draw one, and all would hold the library

    try:
        with Image.open(upload, formats=KINDS) as found:
            if found.width * found.height > MOST_PIXELS:
                message = _("The picture has more than %(n)s million pixels. Choose a smaller one.")
                raise NotAPicture(message % {"n": MOST_PIXELS // 1_000_000})
            upright = ImageOps.exif_transpose(found)
            upright.thumbnail((SIDE, SIDE))
            see_through = upright.has_transparency_data
            drawn = upright.convert("RGBA" if see_through else "RGB")
    except NotAPicture:
        raise
    except Exception as error:  # a decoder fails in as many ways as a file can be wrong
        raise NotAPicture(_("The file is not a complete JPEG, PNG or WebP picture. Choose another file.")) from error
    blank = Image.new(drawn.mode, drawn.size)  # takes over pixels only: no place, no camera, no comment
    blank.paste(drawn)
    made = io.BytesIO()
    if see_through:
        blank.save(made, "PNG", optimize=True)
        return made.getvalue(), ".png"
    blank.save(made, "JPEG", quality=86, optimize=True)
    return made.getvalue(), ".jpg"


def card(file: IO[bytes]) -> bytes | None:
    """A small WebP copy for lists of projects; None for a file that cannot be drawn small."""
    from PIL import Image

    try:
        with Image.open(file, formats=KINDS) as found:
            if found.width * found.height > MOST_PIXELS:
                return None
            found.draft("RGB", (2 * CARD_SIDE, 2 * CARD_SIDE))
            small = found.convert("RGBA" if found.has_transparency_data else "RGB")
    except Exception:  # noqa: BLE001 -- a decoder fails in as many ways as a file can be wrong; the file itself is still there to be sent
        return None
    small.thumbnail((CARD_SIDE, CARD_SIDE))
    made = io.BytesIO()
    small.save(made, "WEBP", quality=75, method=6)
    return made.getvalue()
