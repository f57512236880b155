"""Small pictures of photos, as they stand in a page: nothing beside it, the same photo, the same bytes.

What was kept of a photo is whole (`risk.pictures`) but was never opened. It is opened here: whatever comes of
that is a picture of a few thousand bytes, or `NotShown`.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from markupsafe import Markup

from risk.pictures import PIXELS

if TYPE_CHECKING:
    from PIL import Image

#: The longest side of a small picture, in pixels: 36 mm at 250 points an inch.
SIDE = 354
#: A photo opened whole has at most so many pixels, for an old PC has little memory. A JPEG that is not
#: progressive is opened at an eighth of its size and may have as many as are kept.
OPENED_WHOLE = 40_000_000
#: How a picture that stands in the page begins; a page asks for nothing else but fonts.
IN_PAGE = "data:image/jpeg;base64,"
_QUALITY = 80


class NotShown(ValueError):
    """The photo is damaged, or too large to be opened."""


def small(content: bytes) -> bytes:
    """Return a small JPEG of a photo, the right way up, transparent parts white.

    Parameters
    ----------
    content : bytes
        A JPEG or PNG.

    Raises
    ------
    NotShown
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as opened:
            return _drawn(opened)
    except NotShown:
        raise
    except Exception as broken:  # a decoder that is fed damage has many ways to say so
        raise NotShown("damaged") from broken


def _drawn(opened: Image.Image) -> bytes:
    from PIL import Image, ImageOps

    in_parts = opened.format == "JPEG" and not opened.info.get("progressive")
    if opened.width * opened.height > (PIXELS if in_parts else OPENED_WHOLE):
        raise NotShown("too large")
    opened.draft("RGB", (2 * SIDE, 2 * SIDE))
    picture: Image.Image = opened
    if picture.mode.startswith("I"):  # 16 bits: Pillow would cut the brighter ones off
        picture = picture.convert("F").point(lambda light: light * (1 / 256)).convert("L")
    picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((SIDE, SIDE))
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    picture = ImageOps.exif_transpose(picture)
    written = io.BytesIO()
    # A picture made anew: what stood beside the old one, a profile of colours too, is not written.
    Image.frombytes("RGB", picture.size, picture.tobytes()).save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()


def in_page(picture: bytes) -> Markup:
    """Return the address by which a page has a small picture within itself."""
    return Markup(IN_PAGE + base64.b64encode(picture).decode("ascii"))


def of_page(address: str) -> bytes:
    """Return the picture of an address made by `in_page`."""
    return base64.b64decode(address[len(IN_PAGE) :], validate=True)
