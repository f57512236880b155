"""Prints say what they are to say, in every language, and nothing else."""

import pandas as pd
import pytest
from markupsafe import Markup

from app.paper import facts, prints
from app.paper.printing import Unprintable
from risk.language import LANGUAGES, gettext
from risk.vocabulary import word

TITLES = {"hold_notice": "Hold notice", "shift_report": "Shift report"}


def squeezed(pages):
    """Return text without spaces: lines break anywhere."""
    return "".join("".join(pages).split())


def page_text(page):
    """Return what a page of HTML says."""
    return " ".join(Markup(page.split("</style>")[1]).striptags().split())


def test_a_worklist_says_all_of_each_shipment_on_numbered_pages(frame, published, row, read):
    pages = read(prints.worklist(frame(), published(), [row(place) for place in range(1, 31)]))
    text = squeezed(pages)
    for place in range(1, 31):
        assert f"MAEU{123455 + place}" in text
    for part in (
        "Terminal4",
        "EVERGIVEN012W",
        "0303",
        "Nigeria",
        "NGAPP",
        "24,000kg",
        "Scan",
        "1,200packages",
    ):
        assert part in text
    assert "“FROZENFISH”" in text.replace("\u2068", "").replace("\u2069", "")
    assert "Secondreason" in text
    assert "THIRD" not in text
    assert "30of4,012shipments" in text
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
        assert "1234-0af3bc5599aa0011" in page
        assert "Hải Phòng" in page
        assert "Where and when" in page
    assert len(pages) > 2


def test_every_worklist_says_what_it_does_not_mean_and_on_what_it_rests(frame, published, row, read):
    text = squeezed(read(prints.worklist(frame(), published(), [row()])))
    assert "Notonthelistdoesnotmeancleared." in text
    assert "Expectedfinds:notknownforthisport" in text
    assert "starter-2026.11" in text
    calibrated = published(
        risk_basis="port", expected_finds={"mean": 2.06, "low": 1, "high": 4, "level": 0.9}
    )
    text = squeezed(read(prints.worklist(frame(), calibrated, [row()])))
    assert "2.1(1to4with90%probability)" in text
    assert "notknown" not in text


def test_a_worklist_counts_what_it_cannot_show(frame, published, row):
    whole = page_text(prints.worklist_page(frame(), published(), [row()]))
    assert "1 of 4,012 shipments are to be opened" in whole
    assert "no longer in these days" not in whole
    page = page_text(prints.worklist_page(frame(), published(gone=2), [row()]))
    assert "3 of 4,012 shipments are to be opened" in page
    assert "Of this list, no longer in these days: 2" in page


def test_a_shift_without_a_list_has_no_share_of_what_was_chosen(frame, shift):
    page = page_text(prints.shift_report_page(frame(), shift))
    assert "nothing was chosen" in page


def test_a_random_pick_looks_like_any_other(frame, published):
    """What chose a shipment cannot come onto the list: a row has no place for it, and places are its own."""
    day = pd.DataFrame(
        {
            "shipment_id": [5, 9],
            "score_id": [50, 90],
            "bill": ["A1", "B2"],
            "place": [1, 3711],
            "rank": [1, 3711],
            "selected_by": ["model", "random"],
            "selection_probability": [1.0, 0.002],
            "pool": ["sea Terminal 4 scan", "all"],
            "mode": ["sea", "air"],
            "arrives_at": [pd.NaT, pd.Timestamp("2026-11-22")],
            "packages": [float("nan"), 3.0],
            "goods": ["FISH", None],
        }
    )
    rows = facts.rows_of(day, {50: ["why"], 90: ["else"]}, published().capacity)
    assert [(each.place, each.bill, each.inspection) for each in rows] == [(1, "A1", "scan"), (2, "B2", "")]
    assert rows[0].packages is None
    page = page_text(prints.worklist_page(frame(), published(shipments=4000), rows))
    assert "3711" not in page
    assert "andom" not in page
    assert "0.002" not in page


def test_a_hold_notice_tells_nothing_of_risk(frame, hold, read):
    text = " ".join(read(prints.hold_notice(frame(), hold)))
    assert "MAEU123456" in text
    assert "MSKU1234565" in text
    assert "Do not release" in text
    lowered = text.lower()
    for word_ in ("risk", "rank", "score", "reason", "wildlife", "animal", "model", "list", "suspic"):
        assert word_ not in lowered
    told = set(facts.Hold.__dataclass_fields__)
    assert not told & {"risk", "rank", "place", "reasons", "goods", "selected_by", "model_id"}


def test_a_case_sheet_keeps_what_was_corrected_beside_what_is_in_force(frame, case, read):
    text = squeezed(read(prints.case_sheet(frame(), case)))
    for part in (
        *("X&Sons<Ltd>", "3of4,012shipments", "1.23%", "Thefirst", "c.three", "d.four", "Located", "Atip"),
        *(
            "Corrected",
            "Nothingfound",
            "Inforce",
            "Fullunload",
            "Manisjavanica",
            "Inthewalls",
            "31.50",
            "EV-1",
        ),
        *("Randomdraw", "hp-2026.11", case.hashes[0][1], "behindplywood", "LiveanimalsWildlifeproducts"),
    ):
        assert part in text.replace("Liveanimals,", "Liveanimals"), part


def test_a_case_of_another_ports_model_gives_no_risk(frame, case):
    page = page_text(prints.case_sheet_page(frame(), facts.Case(**vars(case) | {"risk_basis": "prior"})))
    assert "1.23" not in page
    assert "not known for this port" in page


def test_under_ten_finds_no_share_is_told(frame, shift, read):
    text = squeezed(read(prints.shift_report(frame(), shift)))
    assert "Model400123.0%1.6%to5.1%" in text
    assert "Randomdraw909notestimable" in text
    assert "10.0%" not in text
    for part in ("Notime5", "MAEU9", "Scanner2isdown", "nooutcomeyet", "askagain", "starter-2026.11"):
        assert part in text


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_print_speaks_every_language(code, frame, published, row, hold, case, shift):
    made = {
        "worklist": prints.worklist_page(frame(code), published(), [row(place) for place in range(1, 8)]),
        "hold_notice": prints.hold_notice_page(frame(code), hold),
        "case_sheet": prints.case_sheet_page(frame(code), case),
        "shift_report": prints.shift_report_page(frame(code), shift),
    }
    for name, page in made.items():
        assert f'dir="{"rtl" if code == "ar" else "ltr"}"' in page
        if name in TITLES:
            assert gettext(TITLES[name], code) in page
        if code != "en":
            for english in ("Printed ", "Ledger ", "Reference", "Inspected", "Reasons", "What to do", "Who "):
                assert english not in page_text(page).replace("Reference price", ""), (name, english)
    assert word("inspection", "scan", code) in made["worklist"]
    assert gettext("Not on the list does not mean cleared.", code) in made["worklist"]


@pytest.mark.parametrize("code", ["ar", "th", "km", "zh", "vi"])
def test_pages_are_set_in_the_shipped_fonts_alone(code, frame, published, row):
    import io

    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(prints.worklist(frame(code), published(), [row(n) for n in range(1, 9)])))
    used = {
        str(font.get_object()["/BaseFont"]).split("+")[1]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    wanted = {"ar": "Arabic", "th": "Thai", "km": "Khmer", "zh": "CJK", "vi": "Latin"}[code]
    assert any(wanted in name for name in used)
    assert all(name.startswith("wildcargo-") for name in used)


def test_an_arabic_page_keeps_latin_values_whole(frame, case):
    page = prints.case_sheet_page(frame("ar"), case)
    assert '<bdi dir="ltr">X &amp; Sons &lt;Ltd&gt;</bdi>' in page
    assert '<bdi dir="ltr">Manis javanica</bdi>' in page


def test_sample_and_drill_days_say_so_on_every_page(frame, published, row, read):
    rows = [row(place) for place in range(1, 20)]
    for band, told in (("sample", "SAMPLE DAY"), ("drill", "DRILL")):
        pages = read(prints.worklist(frame(band=band), published(), rows))
        assert len(pages) > 1
        assert all(told in page for page in pages)
    assert all("SAMPLE" not in page for page in read(prints.worklist(frame(), published(), rows)))


def test_times_are_the_ports(frame, hold):
    assert "22 Nov 2026, 16:00" in page_text(prints.hold_notice_page(frame(), hold))
    assert "22 Nov 2026, 12:00" in page_text(prints.hold_notice_page(frame(zone="Africa/Nairobi"), hold))


def test_an_empty_list_and_a_bare_shipment_print(frame, published, read):
    assert "No shipment is on this list" in " ".join(
        read(prints.worklist(frame(), published(capacity=[]), []))
    )
    assert "B" in " ".join(read(prints.worklist(frame(), published(), [facts.Row(1, "B")])))


def test_a_print_is_bounded(frame, published, row):
    with pytest.raises(Unprintable, match="at most"):
        prints.worklist_page(frame(), published(), [row()] * (prints.MOST_ROWS + 1))
