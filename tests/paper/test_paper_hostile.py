"""Texts from outside show as text; nothing is fetched; the same data give the same bytes."""

import dataclasses
import hashlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.paper import fonts, marks, printing, prints, showing
from app.paper.facts import Row

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src="http://example.invalid/a.png" onerror=x>',
    "<link rel=stylesheet href=file:///etc/passwd>",
    "</style><style>@import url(http://example.invalid/x.css)</style>",
    "{{ 7*7 }} {% include '/etc/passwd' %} ${7*7}",
    "**bold** [link](javascript:alert(1)) `code`",
    '=HYPERLINK("http://example.invalid")',
    "abc\u202egnp.exe\u202c \u2066x\u2069 \u2067y",
    "nul\x00 bell\x07 esc\x1b[31m \x9b",
    "half \ud800 pair \udfff",
    "a" + "\u0301" * 500,
    "\U0001f40d\U000e0041\ufe0f",
    "x" * 1_000_000,
    "<b>" * 300_000,
    " \n\t" * 300_000 + "end",
    "'; }} body { display: none } /*",
    "{n} {0} {moment.__class__}",
)


@pytest.fixture
def offline(monkeypatch):
    """Note every attempt to open a connection or an address."""
    tried = []

    def note(*args, **kwargs):
        tried.append(args)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", note)
    monkeypatch.setattr(socket.socket, "connect", note)
    monkeypatch.setattr(urllib.request.OpenerDirector, "open", note)
    return tried


def filled(made, text):
    """Return data with a text in every field that holds one."""
    changed = {}
    for field in dataclasses.fields(made):
        value = getattr(made, field.name)
        if isinstance(value, str) and field.name not in ("zone", "language", "band", "risk_basis"):
            changed[field.name] = text
        elif isinstance(value, tuple) and value and isinstance(value[0], str):
            changed[field.name] = (text, text)
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            changed[field.name] = tuple(filled(each, text) for each in value)
        elif isinstance(value, tuple) and value and isinstance(value[0], tuple):
            changed[field.name] = ((text, text),)
    return dataclasses.replace(made, **changed)


def pages(text, frame, published, row, hold, case, shift):
    around = filled(frame(), text)
    pools = [{"slots": 1, "mode": text, "location": text, "inspection_type": text}]
    return {
        "worklist": prints.worklist_page(
            around, filled(published(capacity=pools), text), [filled(row(), text)]
        ),
        "hold": prints.hold_notice_page(around, filled(hold, text)),
        "case": prints.case_sheet_page(around, filled(case, text)),
        "shift": prints.shift_report_page(around, filled(shift, text)),
    }


OURS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "b", "bdi", "span", "div", "table"),
    *("colgroup", "col", "thead", "tbody", "tr", "th", "td", "svg", "path", "ol", "li"),
    *("img", "br"),
}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_every_field_is_text(text, frame, published, row, hold, case, shift):
    plain = pages("ordinary", frame, published, row, hold, case, shift)
    for name, page in pages(text, frame, published, row, hold, case, shift).items():
        page.encode("utf-8")
        tags = re.findall(r"<\s*/?\s*([a-zA-Z!]+[0-9]*)", page)
        ordinary = re.findall(r"<\s*/?\s*([a-zA-Z!]+[0-9]*)", plain[name])
        no_marks = [tag for tag in tags if tag not in ("svg", "path", "div")]
        assert set(tags) <= OURS | {"!DOCTYPE"}, name
        assert no_marks.count("style") == 2
        for few in ("b", "img"):
            assert no_marks.count(few) <= ordinary.count(few)
        assert page.count('src="') == no_marks.count("img") == page.count('src="data:image/jpeg;base64,')
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066\u2067]", page)
        assert len(page) < 120_000
        assert "49 " not in page.split("</style>")[1] or "7*7" in page


@pytest.mark.parametrize("number", [0, 1, 3, 7, 9, 12, 13])
def test_hostile_text_prints_and_nothing_is_fetched(
    number, frame, published, row, hold, case, shift, offline, read
):
    for page in pages(HOSTILE[number], frame, published, row, hold, case, shift).values():
        made = printing.pdf(page)
        assert made.startswith(b"%PDF")
        for forbidden in (b"/URI", b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"example.invalid"):
            assert forbidden not in made
        text = "".join("".join(read(made)).split())
        if number in (0, 3):
            assert "".join(HOSTILE[number].split())[:12] in text
        if number == 12:
            assert showing.ELLIPSIS in text
    assert offline == []


def test_a_page_that_asks_for_something_gets_nothing(offline, tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"")
    page = (
        f'<link rel=stylesheet href="file://{secret}"><img src="file://{secret}"><img src="http://example.invalid/">'
        '<img src="data:image/svg+xml,<svg/>"><style>@import url(https://example.invalid/a.css);</style>'
        '<a rel=attachment href="file:///etc/hostname">a</a>text'
    )
    made = printing.pdf(page)
    assert made.startswith(b"%PDF")
    assert b"/EmbeddedFile" not in made
    assert offline == []


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.integers(5, 80))
def test_what_is_shown_is_one_line_of_at_most_its_length(text, most):
    line = showing.shown(text, most)
    # A character without a sign is told by its number, which is longer.
    assert len(re.sub(r"\[U\+[0-9A-F]{4,6}\]", "?", line)) <= max(most, len(re.sub(r"\[U", "?", text)))
    assert "\n" not in line
    assert fonts.missing(line) == []
    assert showing.shown(text, most) == line


def test_what_is_cut_says_so_and_what_fits_does_not():
    assert showing.shown("abcdef", 6) == "abcdef"
    assert showing.shown("abcdefg", 6) == "abcde…"
    assert showing.shown(float("nan")) == ""
    assert showing.shown("y" * 10**6, 5) == "yyyy…"
    assert showing.shown(0) == "0"


def test_quotes_in_sentences_stay_set_apart_and_balanced():
    assert (
        str(showing.told("say “\u2068<i>\u2069” now"))
        == '<bdi dir="ltr">say “\u2068&lt;i&gt;\u2069” now</bdi>'
    )
    broken = str(showing.told("\u2069\u2069x \u2068\u2068y"))
    assert broken.count("\u2068") == broken.count("\u2069") == 2
    assert broken.index("\u2068") < broken.index("\u2069")
    assert 'dir="rtl"' in str(showing.told("بضائع «\u2068FISH\u2069»"))


def test_characters_without_a_font_are_told_by_number():
    assert fonts.missing("snake 蛇 งู ពស់ ثعبان rắn 뱀 มြွေ") == []
    assert showing.shown("egg \U0001f95a") == "egg [U+1F95A]"


@pytest.mark.parametrize(
    "sample",
    [
        "".join(chr(n) for n in range(0x20, 0x7F)),
        "ăâđêôơưĂÂĐÊÔƠƯạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
        "กขฃคฅฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮะาำเแโใไๅๆ๏๐๑๒๓",
        "កខគឃងចឆជឈញដឋឌឍណតថទធនបផពភមយរលវសហឡអ្ាិីឹឺុូួើឿៀេែៃោៅំះៈ។៕០១២",
        "ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأؤإئةى،؛؟ًٌٍَُِّْ٠١٢",
        "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经",
        "蛇龜鱷鱼翅穿山甲象牙犀角",
    ],
)
def test_letters_of_every_language_are_in_the_fonts(sample):
    assert fonts.missing(sample) == []


def test_every_text_of_the_catalogues_can_be_printed():
    from risk import language, translating

    for code in language.LANGUAGES[1:]:
        told = "".join(
            "".join(each.string) if isinstance(each.string, tuple) else each.string
            for each in translating.read(code)
            if each.id
        )
        assert fonts.missing(told) == [], code


def test_a_bill_is_scanned_as_it_is_or_not_at_all():
    assert "<path" in marks.square("MAEU123456")
    assert marks.square("") == ""
    assert marks.square("x" * (marks.LONGEST + 1)) == ""
    assert "<path" in marks.square("提单-1\ud800")
    assert marks.square("A") != marks.square("B")


_AGAIN = """
import sys, hashlib
import pandas as pd
from app.paper import prints
from app.paper.facts import Frame, PublishedList, Row
AT = pd.Timestamp("2026-11-22T09:00")
frame = Frame(sys.argv[1], "Hải Phòng", "Asia/Ho_Chi_Minh", AT, "n.tran", "12-abcdef0123")
published = PublishedList(7, "ab" * 32, AT, "m.le", "A", [], 5, "prior", "m")
rows = [Row(n, f"B{n}", goods="鱼 ปลา ត្រី سمك fish", reasons=("one", "two")) for n in range(1, 15)]
print(hashlib.sha256(prints.worklist(frame, published, rows)).hexdigest())
"""


@pytest.mark.parametrize("code", ["ar", "km"])
def test_the_same_data_give_the_same_bytes_whatever_fonts_a_machine_has(code, tmp_path):
    """Another process, time zone and folder; and no font installed at all."""
    bare = tmp_path / "fonts.conf"
    bare.write_text(f'<?xml version="1.0"?><fontconfig><cachedir>{tmp_path}</cachedir></fontconfig>')
    seen = set()
    for seed, zone, more in (("1", "UTC", {}), ("77", "Asia/Tokyo", {"FONTCONFIG_FILE": str(bare)})):
        folder = tmp_path / seed
        folder.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "TMPDIR": str(folder), **more}
        environment["PYTHONPATH"] = str(Path(__file__).parents[2])
        done = subprocess.run(
            [sys.executable, "-c", _AGAIN, code], env=environment, capture_output=True, text=True, check=True
        )
        seen.add(done.stdout)
        assert list(folder.iterdir()) == []
    assert len(seen) == 1


def test_a_print_after_others_is_the_same(frame, published, row):
    first = prints.worklist(frame("th"), published(), [row(2)])
    prints.worklist(frame("zh"), published(), [row(1), row(3)])
    assert (
        hashlib.sha256(prints.worklist(frame("th"), published(), [row(2)])).digest()
        == hashlib.sha256(first).digest()
    )
    assert prints.worklist(frame("th", ledger_head="9-ffffffff"), published(), [row(2)]) != first


def test_without_pango_the_rest_works_and_says_what_is_missing(frame, hold, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    assert printing.lacking()
    assert "<h1>" in prints.hold_notice_page(frame(), hold)
    with pytest.raises(printing.Unprintable, match="Pango") as refused:
        prints.hold_notice(frame(), hold)
    assert refused.value.values["what"]


def test_a_row_has_no_place_for_how_it_was_chosen():
    assert not {"selected_by", "selection_probability", "rank", "risk"} & set(Row.__dataclass_fields__)


def test_fonts_cut_by_fonttools_tell_no_time_either(frame, published, row, monkeypatch):
    """Debian installs HarfBuzz's own cutter apart from Pango: without it fontTools cuts the fonts."""
    monkeypatch.setattr("weasyprint.pdf.fonts.harfbuzz_subset", None)
    first = prints.worklist(frame("th"), published(), [row(2)])
    time.sleep(1.1)
    assert prints.worklist(frame("th"), published(), [row(2)]) == first
    assert "SOURCE_DATE_EPOCH" not in os.environ
