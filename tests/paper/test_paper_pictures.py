"""Photos on a case sheet: small, the right way up, and in words where there is none to show."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import re
import struct
import zlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from app.paper import kept, pictures, prints
from risk.language import LANGUAGES, gettext
from risk.store import finds

AT = pd.Timestamp("2026-11-22T09:00")


def halves(width=120, height=80, mode="RGB"):
    """Return a picture, red above and blue below."""
    lights = np.zeros((height, width, 3), dtype=np.uint8)
    lights[: height // 2, :, 0] = 250
    lights[height // 2 :, :, 2] = 250
    return Image.fromarray(lights).convert(mode)


def saved(picture, kind="JPEG", **given):
    held = io.BytesIO()
    picture.save(held, kind, **given)
    return held.getvalue()


def opened(content):
    return Image.open(io.BytesIO(content))


def turned(value):
    made = Image.Exif()
    made[0x0112] = value
    made[0x010F] = "a camera"
    return made


def reddest(picture):
    """Return where the red half lies: above, below, left or right."""
    red = np.asarray(picture.convert("RGB")).astype(int)[:, :, 0]
    high, wide = red.shape
    sides = {
        "above": red[: high // 2].mean(),
        "below": red[high // 2 :].mean(),
        "left": red[:, : wide // 2].mean(),
        "right": red[:, wide // 2 :].mean(),
    }
    return max(sides, key=sides.get)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(("value", "side"), [(1, "above"), (3, "below"), (6, "right"), (8, "left")])
def test_a_photo_becomes_small_and_stands_the_right_way_up(progressive, value, side):
    photo = saved(halves(2400, 1600), exif=turned(value), progressive=progressive)
    made = pictures.small(photo)
    drawn = opened(made)
    assert drawn.format == "JPEG"
    assert max(drawn.size) == pictures.SIDE
    assert (drawn.height > drawn.width) == (value > 4)
    assert reddest(drawn) == side
    assert not drawn.getexif()
    assert b"a camera" not in made
    assert len(made) < 20_000
    assert pictures.small(photo) == made


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_a_png_of_any_kind_of_colours_is_shown(mode):
    assert opened(pictures.small(saved(halves(mode=mode), "PNG"))).size == (120, 80)


def test_what_is_transparent_is_white_and_sixteen_bits_keep_their_lights():
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    assert opened(pictures.small(saved(clear, "PNG"))).getpixel((20, 20)) == (255, 255, 255)
    grey = Image.fromarray(np.full((40, 40), 128 * 256, dtype=np.uint16))
    light = opened(pictures.small(saved(grey, "PNG"))).getpixel((20, 20))
    assert all(abs(each - 128) < 3 for each in light)


def blank(width, height):
    """Return a PNG of a few hundred thousand bytes that opens to far more."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height)
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_photo_made_to_exhaust_is_not_opened():
    assert opened(pictures.small(blank(2000, 1000))).size == (354, 177)
    with pytest.raises(pictures.NotShown, match="too large"):
        pictures.small(blank(9000, 5000))


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg/>", b"\xff\xd8\xff", b"%PDF-1.7", b"\0" * 99])
def test_what_is_no_photo_is_not_shown(content):
    with pytest.raises(pictures.NotShown):
        pictures.small(content)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["JPEG", "PNG"]), st.data())
def test_a_broken_photo_is_shown_or_is_not(kind, data):
    broken = bytearray(saved(halves(), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    content = bytes(broken[: data.draw(st.integers(1, len(broken)))])
    try:
        made = pictures.small(content)
    except pictures.NotShown:
        return
    assert max(opened(made).size) <= pictures.SIDE


# --- on the sheet ---------------------------------------------------------------------------


def of(number, content, *, outcome=4, there=True, digest=""):
    return finds.Photo(number, outcome, digest or hashlib.sha256(content).hexdigest(), AT, there)


def case_with(photos):
    plain = {field.name: None for field in dataclasses.fields(finds.Case)}
    return finds.Case(**plain | {"outcome": {"id": 4}, "photos": photos})


@pytest.fixture
def sheet(case):
    """Return a case with photos: the first shown, then one for each way in which there is none."""
    good, broken = saved(halves()), b"\xff\xd8\xff broken"
    held = {1: good, 2: None, 3: broken, 4: saved(halves(90))}
    rows = (
        *(of(1, good, outcome=3), of(2, b"gone", there=False), of(3, broken)),
        of(4, b"", digest="ee" * 32),
    )
    store = case_with(rows)
    return dataclasses.replace(case, photos=tuple(kept.photos_of(store, held.get))), rows


def test_photos_stand_beside_their_hashes_and_what_lacks_is_said(frame, sheet):
    page = prints.case_sheet_page(frame(), sheet[0])
    assert [each.lacks for each in sheet[0].photos] == ["", "gone", "unreadable", "other"]
    assert page.count("<img ") == 1
    assert 'alt="Photo \u20681\u2069"' in page
    shown = base64.b64decode(re.search(r'src="data:image/jpeg;base64,([^"]+)"', page)[1])
    assert reddest(opened(shown)) == "above"
    cells = page.split("Small pictures")[1]
    after = [cells.index(each.sha256) for each in sheet[1]]
    assert after == sorted(after)
    said = ("Not kept any more", "cannot be shown: damaged", "is not the photo of this hash")
    places = [cells.index(words) for words in said]
    assert all(place > at for place, at in zip(places, after[1:], strict=True))
    assert cells.count("corrected since") == 1
    assert cells.index("corrected since") < after[1]


def test_a_print_with_photos_is_the_same_bytes_and_holds_the_picture(frame, sheet, read):
    made = prints.case_sheet(frame(), sheet[0])
    assert prints.case_sheet(frame(), sheet[0]) == made
    # Pages share what is drawn on any of them.
    drawn = {image.data: image.image for page in PdfReader(io.BytesIO(made)).pages for image in page.images}
    assert [(image.size, reddest(image)) for image in drawn.values()] == [((120, 80), "above")]
    text = "".join("".join(read(made)).split())
    for each in sheet[1]:
        assert each.sha256 in text


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_is_said_of_photos_speaks_every_language(code, frame, sheet):
    page = prints.case_sheet_page(frame(code), sheet[0])
    for english in ("Not kept any more. Its hash stays.", "What is kept now is not the photo of this hash."):
        assert gettext(english, code) in page
        assert (english in page) == (code == "en")


def test_more_photos_than_a_print_shows_have_their_hashes(case, frame):
    content = saved(halves())
    rows = tuple(of(number, content + bytes([number])) for number in range(kept.MOST_PHOTOS + 2))
    asked = []
    store = case_with(rows)

    def picture(number):
        asked.append(number)
        return content + bytes([number])

    made = kept.photos_of(store, picture)
    assert len(asked) == kept.MOST_PHOTOS
    page = prints.case_sheet_page(frame(), dataclasses.replace(case, photos=tuple(made)))
    assert page.count("<img ") == kept.MOST_PHOTOS
    assert page.count("only so many photos") == 2
    assert all(each.sha256 in page for each in rows)
