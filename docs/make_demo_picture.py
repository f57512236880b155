"""Draw docs/demo.png, the picture of the README: what ``make demo`` prints.

    .venv/bin/python docs/make_demo_picture.py [--model DIR]

Needs Pillow (it comes with Streamlit) and, for the same letters everywhere, the fonts DejaVu Sans Mono
and, for Chinese, Japanese and Korean names, WenQuanYi Zen Hei.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unicodedata import east_asian_width

from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).parent
COLUMNS = 100
#: Shipments of the list that fit a picture.
SHIPMENTS = 4
SIZE, LEADING, MARGIN = 15, 21, 24
PAPER, INK, STRONG = "#14181d", "#c9d1d9", "#ffffff"
FOR, AGAINST, QUIET = "#f2b36b", "#7fc4a0", "#8b949e"

_BOLD = re.compile(r"\x1b\[(\d*)m")
_ENTRY = re.compile(r" *[\d,]+  \S")


def printed(model: str | None) -> str:
    """Return what the demo prints on a terminal, with its bold marks."""
    call = ["wildcargo", "score", "data_samples/port_day.csv", "--capacity", "30", "--seed", "0"]
    call += ["--out", "out/worklist.csv", *(["--model", model] if model else [])]
    (HERE.parent / "out").mkdir(exist_ok=True)
    ours, theirs = pty.openpty()
    code = "import sys; from risk.commands import main; sys.argv[0] = 'wildcargo'; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *call[1:]],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        cwd=HERE.parent,
        env=os.environ | {"COLUMNS": str(COLUMNS), "LINES": "40"},
    )
    os.close(theirs)
    text = b"".join(_read(ours))
    if process.wait() != 0:
        raise SystemExit("the demo failed; run `make demo` to see why")
    return "$ make demo\n" + text.decode("utf-8").replace("\r\n", "\n")


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            block = os.read(terminal, 65_536)
        except OSError:  # the other end is closed
            return
        if not block:
            return
        yield block


def shortened(text: str) -> list[str]:
    """Return the lines to draw: the first shipments of the list, and what follows the list."""
    lines = text.rstrip().split("\n")
    entries = [i for i, line in enumerate(lines) if _ENTRY.match(_BOLD.sub("", line))]
    if len(entries) <= SHIPMENTS:
        return lines
    rest = next(i for i in range(entries[-1], len(lines)) if re.match(r"  \S", lines[i]))
    return [*lines[: entries[SHIPMENTS]], "     …", "", *lines[rest:]]


def draw(lines: list[str]) -> Image.Image:
    """Return the picture of lines of a terminal."""
    plain, bold = (_font(name) for name in ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"))
    wide = _font("wqy-zenhei.ttc")
    step = plain.getlength("0")
    height = 2 * MARGIN + LEADING * len(lines)
    picture = Image.new("RGB", (int(2 * MARGIN + step * COLUMNS), height), PAPER)
    pen = ImageDraw.Draw(picture)
    colour = INK
    for row, line in enumerate(lines):
        colour = _colour(_BOLD.sub("", line), colour)
        column, strong = 0, False
        for position, part in enumerate(_BOLD.split(line)):
            if position % 2:
                strong = part == "1"
                continue
            for letter in part:
                font = wide if east_asian_width(letter) in "WF" else bold if strong else plain
                place = (MARGIN + step * column, MARGIN + LEADING * row)
                pen.text(place, letter, font=font, fill=STRONG if strong else colour)
                column += 2 if font is wide else 1
    return picture


def _colour(line: str, before: str) -> str:
    """Return a line's colour: reasons for and against apart; a wrapped reason keeps its own."""
    if line.startswith("        + "):
        return FOR
    if line.startswith("        - "):
        return AGAINST
    if line.startswith(" " * 10) and before in (FOR, AGAINST):
        return before
    return QUIET if line.startswith(" " * 8) else INK


def _font(name: str) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(name, SIZE)
    except OSError as error:
        raise SystemExit(f"{name} is not installed (packages fonts-dejavu, fonts-wqy-zenhei)") from error


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--model", help="folder of the model (default: the starter model)")
    picture = draw(shortened(printed(parser.parse_args().model)))
    picture.quantize(32).save(HERE / "demo.png", optimize=True)


if __name__ == "__main__":
    main()
