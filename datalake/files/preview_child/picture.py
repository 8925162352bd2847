"""PNG, JPEG, GIF and WebP, decoded and written anew: what reaches the browser is ours, small and without metadata."""

import base64
import io

import numpy as np
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from datalake.files.preview_child.limits import PIXELS, NoPreview, Section
from datalake.files.preview_child.source import Source

SIDE = 1400
JPEG_PIXELS = 120_000_000  # of a JPEG, which holds all its numbers while a smaller picture is made of them
LOW, HIGH = 1, 99.5  # percentiles, as for FITS images
DARK = 32  # of 255: what a picture of 16 bits has at most when only its lower bits are used


def read(source: Source) -> list[Section]:
    """The picture, at most SIDE pixels wide and high."""
    small, result = small_copy(source, SIDE)
    out = io.BytesIO()
    small.save(out, "PNG")
    result.image = base64.b64encode(out.getvalue()).decode()
    return [result]


def small_copy(source: Source, side: int) -> tuple[Image.Image, Section]:
    """The picture upright, at most so many pixels wide and high, and what there is to say about it. Raises NoPreview."""
    if source.truncated:
        raise NoPreview(_("The file is too large for a preview."))
    Image.MAX_IMAGE_PIXELS = None  # counted below, before any pixel is decoded
    with Image.open(io.BytesIO(source.content), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
        width, height = image.size
        deep = image.format == "PNG" and source.content[24] == 16  # bits of each channel, from its first chunk
        image.draft("RGB", (side, side))  # of a JPEG that is larger only every second, fourth or eighth pixel is made
        if image.width * image.height > PIXELS or width * height > JPEG_PIXELS:
            size = {"width": f"{width:,}", "height": f"{height:,}"}
            raise NoPreview(_("The picture is too large for a preview: %(width)s by %(height)s pixels.") % size)
        alt = _("Picture, %(width)s by %(height)s pixels") % {"width": width, "height": height}
        result = Section(title="", kind="picture", alt=alt)
        result.facts = [(_("pixels"), f"{width:,} x {height:,}"), (_("format"), str(image.format))]
        frames = getattr(image, "n_frames", 1)
        result.say(_("Frames shown: the first of %(n)s.") % {"n": f"{frames:,}"} if frames > 1 else "")
        small = ImageOps.exif_transpose(drawable(image, result, deep=deep))
        small.thumbnail((side, side))
    return small, result


def drawable(image: Image.Image, result: Section, *, deep: bool) -> Image.Image:
    """The picture with eight bits a channel, with transparency where it has some; what was done to its values is said."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image).astype(float)
        low, high = np.percentile(values, (LOW, HIGH))
        result.say(
            _("16 bits: values from %(low)s to %(high)s (percentiles %(lower)s to %(upper)s) are shown from black to white.")
            % {"low": f"{low:,.0f}", "high": f"{high:,.0f}", "lower": LOW, "upper": HIGH}
        )
        return like(image, scaled(values, low, high))
    made = image.convert("RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB")
    if deep:
        values = np.asarray(made)[..., :3].astype(float)
        low, high = np.percentile(values, (LOW, HIGH))
        if high > DARK:
            result.say(_("16 bits per channel: the upper 8 are shown."))
            return like(image, made)
        result.say(_("16 bits per channel, few of them in use: shown brighter than the original."))
        alpha = made.getchannel("A") if "A" in made.getbands() else None
        made = scaled(values, low, high)
        if alpha:
            made.putalpha(alpha)
    return like(image, made)


def scaled(values: np.ndarray, low: float, high: float) -> Image.Image:
    """Values between two limits as grey or colour."""
    return Image.fromarray((np.clip((values - low) / max(high - low, 1), 0, 1) * 255).round().astype("u1"))


def like(image: Image.Image, made: Image.Image) -> Image.Image:
    """The new picture with the orientation of the old."""
    made.info.clear()
    try:
        orientation = image.getexif().get(0x0112)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- notes of a camera that cannot be read leave the picture as it lies
        return made
    if orientation:
        made.getexif()[0x0112] = orientation
    return made
