"""The icon: ``python -m app.icon`` draws ``app/icon.png`` again."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

ICON = Path(__file__).with_name("icon.png")

_SIZE = 128
_GROUND, _LINE = (11, 90, 122, 255), (255, 255, 255, 255)


def draw() -> Image.Image:
    """Return a crate under a lens."""
    image = Image.new("RGBA", (_SIZE, _SIZE), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, _SIZE - 1, _SIZE - 1), 24, fill=_GROUND)
    pen.rectangle((20, 34, 84, 98), outline=_LINE, width=8)
    pen.line((20, 56, 84, 56), fill=_LINE, width=8)
    pen.line((52, 34, 52, 56), fill=_LINE, width=8)
    pen.ellipse((58, 54, 102, 98), fill=_GROUND, outline=_LINE, width=8)
    pen.line((94, 90, 114, 112), fill=_LINE, width=12)
    return image


if __name__ == "__main__":
    draw().save(ICON, optimize=True)
