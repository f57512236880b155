"""What pages of a shift, of the hours to come and of finds show, without Streamlit."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import bars
from app.views import finds, planning, shift

NOW = pd.Timestamp("2026-11-22 04:07:30")
HOUR = pd.Timedelta(hours=1)


@pytest.mark.parametrize(("code", "hours"), [("8", 8), ("12", 12), ("24", 24)])
def test_a_window_up_to_now_takes_in_this_minute(code: str, hours: int) -> None:
    found = shift.window(code, "", "", NOW, "UTC")
    assert found.until == pd.Timestamp("2026-11-22 04:08")
    assert found.until - found.since == hours * HOUR


def test_today_begins_at_the_ports_midnight() -> None:
    assert shift.window("today", "", "", NOW, "Asia/Hong_Kong").since == pd.Timestamp("2026-11-21 16:00")
    # Where clocks go on at midnight the day begins at one.
    cairo = pd.Timestamp("2026-04-24 08:00")
    assert shift.window("today", "", "", cairo, "Africa/Cairo").since == pd.Timestamp("2026-04-23 22:00")


def test_from_one_moment_to_another_by_the_ports_clock() -> None:
    found = shift.window("span", "2026-11-21T22:00", "2026-11-22T06:00", NOW, "Asia/Kathmandu")
    assert (found.code, found.since) == ("span", pd.Timestamp("2026-11-21 16:15"))
    assert shift.local(found.since, "Asia/Kathmandu").isoformat() == "2026-11-21T22:00:00"
    for begin, end in (("2026-11-22T06:00", "2026-11-21T22:00"), ("2026-01-01T00:00", "2026-11-22T00:00")):
        assert shift.window("span", begin, end, NOW, "UTC").code == "8"


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_an_address_may_hold_anything(code: str, begin: str, end: str) -> None:
    found = shift.window(code, begin, end, NOW, "America/Sao_Paulo")
    assert found.code in shift.WINDOWS
    assert pd.Timedelta(0) < found.until - found.since <= shift.LONGEST


@pytest.mark.parametrize("text", ["2026-11-22T06:00+02:00", "9999-12-31T23:59", "1066-10-14", "<b>", "0"])
def test_what_is_no_time_of_the_ports_clock_is_none(text: str) -> None:
    assert shift.moment_of(text, "UTC") is None


def picks(*rows: tuple[str, float, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["location", "hours", "state"])
    at = NOW.floor("h") + frame.pop("hours") * HOUR
    usual = {"pool": "", "mode": "sea", "conveyance": "STAR", "inspection_type": "scan"}
    return frame.assign(shipment_id=range(len(frame)), arrives_at=at.astype("datetime64[us]"), **usual)


def test_hours_are_told_by_terminal_with_what_waits_elsewhere_in_the_total() -> None:
    names = [f"T{number}" for number in range(planning.COLUMNS + 2)]
    rows = [(name, 2.5, "waiting") for name in names for _ in range(2 if name != names[-1] else 1)]
    rows += [("T0", -3.0, "waiting"), ("T0", 5.0, "opened")]
    columns, hours = planning.by_hour(planning.plan(picks(*rows), NOW, "UTC"))
    assert len(columns) == planning.COLUMNS
    assert columns[0] == "T0"
    assert names[-1] not in columns
    assert [each.hour for each in hours] == [None, pd.Timestamp("2026-11-22 06:00")]
    here, later = hours
    assert (here.total, here.waiting[0], here.share) == (1, 1, 1 / 15)
    assert (later.total, sum(later.waiting), later.share) == (15, 12, 1.0)
    assert (here.elsewhere, later.elsewhere) == (0, 3)
    assert planning.by_hour(planning.plan(picks(("T0", 1.0, "opened")), NOW, "UTC")) == ((), ())


def kept() -> pd.DataFrame:
    usual = {
        **{"status": "confirmed", "selected_by": "model", "location": "T1", "conveyance": "ÉTOILE"},
        "evidence_reference": "EV-1",
    }
    rows = [
        {"bill": "MAEU1", "found": ["live_animals"], "taxa": ["Manidae"], **usual},
        {"bill": "KAWB2", "found": ["wildlife_products"], "taxa": ["Nasua nasua"], **usual},
        {"bill": "X3", "found": ["wildlife_products"], "taxa": [], **usual, "status": "provisional"},
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("asked", "bills"),
    [
        ({}, ["MAEU1", "KAWB2", "X3"]),
        ({"found": "live_animals"}, ["MAEU1"]),
        ({"status": "provisional"}, ["X3"]),
        ({"by": "dog"}, []),
        ({"place": "T1", "text": "etoile"}, ["MAEU1", "KAWB2", "X3"]),
        ({"text": "pangolin"}, ["MAEU1"]),
        ({"text": "穿山甲"}, ["MAEU1"]),
        ({"text": "nasua"}, ["KAWB2"]),
        ({"text": "kawb"}, ["KAWB2"]),
        ({"found": "smuggled", "status": "<b>", "by": "", "period": "-1"}, ["MAEU1", "KAWB2", "X3"]),
    ],
)
def test_finds_are_looked_for(asked: dict[str, str], bills: list[str]) -> None:
    chosen = finds.Chosen.of_address(asked)
    assert finds.filtered(kept(), chosen)["bill"].tolist() == bills
    assert finds.Chosen.of_address(chosen.to_address()) == chosen
    assert finds.filtered(kept().head(0), chosen).empty


def test_periods_go_back_from_now() -> None:
    assert finds.Chosen().since(NOW) == NOW - pd.Timedelta(days=365)
    assert finds.Chosen(period="all").since(NOW) < pd.Timestamp("2000-01-01")


# --- bars -----------------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script>\"'&\u202e" + "W" * 5000


def test_everything_in_a_table_is_escaped_and_cut() -> None:
    rows = [[HOSTILE, bars.figure(HOSTILE), bars.link(f"/x?{HOSTILE}", HOSTILE), HOSTILE]]
    made = bars.table(HOSTILE, (HOSTILE, "", "", ""), rows)
    assert "<script" not in made
    assert "&lt;script&gt;" in made
    assert '"alert' not in made
    assert made.count("\u202e") <= 4
    assert "W" * 600 not in bars.table("", ("",), [[HOSTILE]])


def test_a_bar_is_told_by_its_number_too() -> None:
    made = bars.counts("Found", ("Kind", "Shipments"), [("Dog", 4, "4"), ("Scan", 1, "1"), ("None", 0, "0")])
    assert made.count('aria-hidden="true"') == 4
    assert "width: 100.0%" in made
    assert "width: 25.0%" in made
    assert made.count('scope="row"') == 3
    assert '<td class="figure">4</td>' in made
    assert bars.counts("", ("a", "b"), [("none", 0, "0")]).count("<span") == 0


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_an_interval_lies_within_its_scale(a: float, b: float, c: float) -> None:
    low, at, high = sorted((a, b, c))
    made = bars.interval(low, at, high, 1.0).text
    assert "width: -" not in made
    assert bars.interval(None, None, None, 1.0).text.count("<span") == 0
    assert bars.interval(low, at, high, 0.0).text.count("<span") == 0
