"""PNG and JPEG, decoded and written anew: what reaches the browser is ours, small and without metadata."""

import base64
import io

from PIL import Image, ImageOps

from datalake.preview_child.limits import PIXELS, NoPreview, Section
from datalake.preview_child.source import Source

SIDE = 1400


def read(source: Source) -> list[Section]:
    """The picture, at most SIDE pixels wide and high."""
    if source.truncated:
        raise NoPreview("It is too large for a preview.")
    Image.MAX_IMAGE_PIXELS = None  # counted below, before any pixel is decoded
    with Image.open(io.BytesIO(source.content), formats=("PNG", "JPEG")) as image:
        width, height = image.size
        if width * height > PIXELS:
            raise NoPreview(f"It has {width:,} by {height:,} pixels, too many for a preview.")
        facts = [("pixels", f"{width:,} x {height:,}"), ("format", str(image.format))]
        image.draft("RGB", (SIDE, SIDE))
        small = ImageOps.exif_transpose(image)
        small.thumbnail((SIDE, SIDE))
        out = io.BytesIO()
        small.convert("RGBA" if "A" in small.getbands() or "transparency" in small.info else "RGB").save(out, "PNG")
    return [
        Section(
            title="Picture",
            kind="picture",
            facts=facts,
            image=base64.b64encode(out.getvalue()).decode(),
            alt=f"Picture, {width} by {height} pixels",
        )
    ]
