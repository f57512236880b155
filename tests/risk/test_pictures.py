"""Photos: what draws them stays to the bit, what a camera wrote goes; what is not whole is refused."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from risk import pictures

SECRET = b"22.3193N 114.1694E serial 8812"


def image(width: int = 40, height: int = 24) -> Image.Image:
    noise = np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def saved(kind: str, **given) -> bytes:
    held = io.BytesIO()
    image().save(held, kind, **given)
    return held.getvalue()


def exif(orientation: int) -> Image.Exif:
    made = Image.Exif()
    made[0x0112] = orientation
    made[0x010F] = SECRET.decode()
    return made


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_keeps_its_picture_and_which_way_up_it_is(progressive: bool, orientation: int) -> None:
    given = saved("JPEG", exif=exif(orientation), comment=SECRET, progressive=progressive, quality=90)
    kind, kept = pictures.stripped(given + b"a film " + SECRET)
    assert kind == "image/jpeg"
    assert SECRET in given
    assert SECRET not in kept
    assert (pixels(kept) == pixels(given)).all()
    assert dict(Image.open(io.BytesIO(kept)).getexif()) == ({} if orientation == 1 else {0x0112: orientation})
    assert pictures.stripped(kept) == (kind, kept)


def test_a_png_keeps_its_picture_alone() -> None:
    given = saved("PNG")
    texts = b"".join(chunk(name, SECRET) for name in (b"tEXt", b"eXIf", b"zzZz"))
    kind, kept = pictures.stripped(given[:33] + texts + given[33:] + SECRET)
    assert kind == "image/png"
    assert SECRET not in kept
    assert (pixels(kept) == pixels(given)).all()
    assert pictures.stripped(kept) == (kind, kept)


@pytest.mark.parametrize("marker", [0x02, 0x4F, 0xBF, 0xE5, 0xED, 0xEE, 0xF0, 0xF7, 0xFD, 0xFE])
@pytest.mark.parametrize("named", [b"", b"Adobe", b"Adobe" + b"\0" * 7])
def test_nothing_is_hidden_in_segments_that_draw_nothing(marker: int, named: bytes) -> None:
    given = saved("JPEG")
    body = named + SECRET
    segment = bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body
    kept = pictures.stripped(given[:2] + segment + given[2:])[1]
    assert SECRET not in kept
    assert pictures.stripped(kept)[1] == kept


def test_a_picture_in_the_colours_of_print_stays_what_it_is() -> None:
    held = io.BytesIO()
    Image.new("CMYK", (20, 10), (10, 200, 30, 40)).save(held, "JPEG")
    kept = pictures.stripped(held.getvalue())[1]
    assert (pixels(kept) == pixels(held.getvalue())).all()


def test_colours_stay_what_they_are() -> None:
    profile = b"a profile of colours " * 9
    for kind in ("JPEG", "PNG"):
        assert Image.open(io.BytesIO(pictures.stripped(saved(kind, icc_profile=profile))[1])).info[
            "icc_profile"
        ] == (profile)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_every_beginning_of_a_picture_is_refused(kind: str) -> None:
    whole = saved(kind)
    for length in range(len(whole)):
        with pytest.raises(pictures.NoPicture):
            pictures.stripped(whole[:length])


def test_a_picture_made_to_exhaust_is_refused() -> None:
    whole = saved("PNG")
    for width, height in ((0, 5), (60_000, 60_000), (20_000, 20_000), (2**31, 1)):
        size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
        bomb = whole[:8] + chunk(b"IHDR", size + whole[24:29]) + whole[33:]
        with pytest.raises(pictures.NoPicture):
            pictures.stripped(bomb)


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"<svg/>", b"\xff\xd8\xff", b"\xff\xd8\xff\xd9", b"%PDF-1"]
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(pictures.NoPicture):
        pictures.stripped(content)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["JPEG", "PNG"]), st.data())
def test_a_broken_picture_is_refused_or_stays_one_that_is_stripped(kind: str, data: st.DataObject) -> None:
    broken = bytearray(saved(kind, **({"exif": exif(6)} if kind == "JPEG" else {})))
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(2, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        known, kept = pictures.stripped(bytes(broken))
    except pictures.NoPicture:
        return
    assert pictures.stripped(kept) == (known, kept)
