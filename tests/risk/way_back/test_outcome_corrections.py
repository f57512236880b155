"""Corrections of results: what stands, what is kept, and in whatever order they come."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from features import scratch
from risk import histories, outcomes


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_same_file_twice_changes_nothing(place, form):
    out = place / f"outcomes.{form}"
    file = place.results(place.all_results)
    assert place.take_in(file, "--out", out).exit_code == 0
    first = out.read_bytes()
    again = place.take_in(file, "--into", out, now="2026-03-01")
    assert again.exit_code == 0, again.output
    assert "4 = 0 new + 0 correct an earlier one + 4 known already" in again.stdout
    assert out.read_bytes() == first


def test_a_correction_supersedes_and_keeps_the_earlier_one(place):
    out = place / "o.csv"
    first = place.results(place.row("B1", "2026-02-02", "LIVE", "2026-02-02"), name="a.csv")
    later = place.results(place.row("B1", "2026-02-02", "OK", "2026-02-20"), name="b.csv")
    assert place.take_in(first, "--out", out).exit_code == 0
    done = place.take_in(later, "--into", out, now="2026-02-21")
    assert "1 = 0 new + 1 correct an earlier one + 0 known already" in done.stdout
    kept = outcomes.read(out)
    assert kept["outcome"].tolist() == ["live_animals", "clean"]
    assert pd.read_csv(out)["version"].tolist() == [1, 2]
    assert kept["superseded_at"].tolist()[0] == pd.Timestamp("2026-02-20")
    assert pd.isna(kept["superseded_at"].tolist()[1])
    assert histories.read_outcomes(out)["outcome"].tolist() == ["clean"]
    # The first file again is old news.
    again = place.take_in(first, "--into", out)
    assert "1 known already" in again.stdout
    assert histories.read_outcomes(out)["outcome"].tolist() == ["clean"]


def test_without_a_time_of_recording_the_later_import_stands(place):
    out = place / "o.parquet"
    assert place.take_in(place.results(place.row("B1", "2026-02-02", "LIVE")), "--out", out).exit_code == 0
    changed = place.results(place.row("B1", "2026-02-02", "WLP"))
    assert "1 correct an earlier one" in place.take_in(changed, "--into", out, now="2026-02-12").stdout
    stands = histories.read_outcomes(out)
    assert stands["outcome"].tolist() == ["wildlife_products"]
    assert stands["known_since"].tolist() == [pd.Timestamp("2026-02-12")]
    assert stands["inspected_at"].tolist() == [pd.Timestamp("2026-02-02")]


def test_what_is_dated_ahead_neither_counts_nor_stands_for_ever(place):
    out = place / "o.csv"
    rows = [place.row("B1", "2026-02-02", "LIVE", "9999-01-01"), place.row("B2", "2026-03-01", "LIVE")]
    done = place.take_in(place.results(*rows), "--out", out)
    assert "inspected after the moment of the import" in done.stdout
    later = place.results(place.row("B1", "2026-02-02", "OK", "2026-02-09"))
    assert place.take_in(later, "--into", out).exit_code == 0
    assert histories.read_outcomes(out)["outcome"].tolist() == ["clean"]


def test_a_table_that_changes_meanwhile_is_not_replaced(place, monkeypatch):
    out, file = place / "o.csv", place.results(place.all_results)
    assert place.take_in(file, "--out", out).exit_code == 0
    add = outcomes.add

    def slow(*given):
        out.write_bytes(out.read_bytes() + b"\n")
        return add(*given)

    monkeypatch.setattr(outcomes, "add", slow)
    done = place.take_in(place.results(place.row("B3", "2026-02-02", "OK")), "--into", out)
    assert done.exit_code == 2
    assert "changed while results were taken in" in done.output


def test_imports_at_once_into_one_table_lose_nothing(place):
    out = place / "o.csv"
    assert place.take_in(place.results(place.row("B1", "2026-02-02", "OK")), "--out", out).exit_code == 0
    bills = ("B2", "B3", "160-12345675")
    files = [place.results(place.row(bill, "2026-02-02", "OK"), name=f"{bill}.csv") for bill in bills]
    words = ("--mapping", place / "port.toml", "--manifest", place / "day.csv", "--into", out)
    words += ("--now", place.now)
    code = "from risk.commands import main; main()"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, "import-outcomes", *map(str, (file, *words))],
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for file in files
    ]
    for program in running:
        said, _ = program.communicate(timeout=120)
        assert program.returncode == 0, said
    assert sorted(outcomes.read(out)["shipment_id"]) == sorted(["B1", *bills])


def test_of_two_imports_at_once_into_nothing_one_is_told_of_the_other(place, monkeypatch):
    out, seen = place / "o.csv", []

    @contextlib.contextmanager
    def after_another(path):
        seen.append(path)
        out.write_text("shipment_id,outcome,inspected_at\nB9,clean,2026-01-01\n")
        yield

    monkeypatch.setattr(scratch, "alone", after_another)
    done = place.take_in(place.results(place.row("B1", "2026-02-02", "OK")), "--out", out)
    assert done.exit_code == 2
    assert "holds outcomes already" in done.output
    assert seen == [out]
    assert "B9" in out.read_text()


@pytest.mark.parametrize("kept", ["full", "full,clean", "full,clean,,,,,,,2026-02-02"])
def test_a_table_cut_off_in_a_row_is_refused_and_left(place, kept):
    out, file = place / "o.csv", place.results(place.row("B1", "2026-02-02", "OK"))
    assert place.take_in(file, "--out", out).exit_code == 0
    text = out.read_text(encoding="utf-8")
    cut = text[: text.index(",full,clean") + 1] + kept
    out.write_text(cut, encoding="utf-8")
    done = place.take_in(place.results(place.row("B3", "2026-02-02", "OK")), "--into", out)
    assert done.exit_code == 2
    assert "the row is cut off" in done.output
    assert out.read_text(encoding="utf-8") == cut


def test_containers_of_one_bill_are_parts_and_a_find_in_one_is_a_find(place):
    out = place / "o.csv"
    rows = [
        place.row("B1", "2026-02-02", "LIVE", ctn="AAAU1234567"),
        place.row("B1", "2026-02-03", "OK", ctn="BBBU1234567"),
        place.row("B2", "2026-02-03", "OK", ctn="CCCU1234567"),
    ]
    assert place.take_in(place.results(*rows), "--out", out).exit_code == 0
    assert outcomes.read(out)["part"].tolist() == ["AAAU1234567", "BBBU1234567", ""]
    stands = histories.read_outcomes(out).set_index("shipment_id")
    assert stands["outcome"].to_dict() == {"B1": "live_animals", "B2": "clean"}
    taken_back = place.results(place.row("B1", "2026-02-02", "OK", "2026-02-09", ctn="AAAU1234567"))
    assert place.take_in(taken_back, "--into", out).exit_code == 0
    stands = histories.read_outcomes(out).set_index("shipment_id")
    assert stands.loc["B1", "outcome"] == "clean"
    assert stands.loc["B1", "inspected_at"] == pd.Timestamp("2026-02-03")


def test_rows_of_one_time_are_one_set_of_outcomes(place):
    out = place / "o.csv"
    rows = [place.row("B1", "2026-02-02", word) for word in ("OK", "WLP", "LIVE")]
    done = place.take_in(place.results(*rows), "--out", out)
    assert "Rows read: 3 = 3 matched" in done.stdout
    assert "Outcomes:  1 = 1 new" in done.stdout
    assert outcomes.read(out)["outcome"].tolist() == ["live_animals;wildlife_products"]


def test_the_past_holds_an_outcome_until_it_was_corrected(place):
    """The state adds a correction from the day it came in; training keeps the day of the inspection."""
    from features.history import State

    out, state = place / "o.csv", place / "past"
    update = ("state", "update", "--state", state, place / "day.csv", "--outcomes", out, "--now", place.now)
    first = place.results(place.row("B1", "2026-02-02", "LIVE", "2026-02-02"))
    assert place.take_in(first, "--out", out).exit_code == 0
    assert place.run(*update).exit_code == 0
    later = place.results(place.row("B1", "2026-02-02", "OK", "2026-02-20"))
    assert place.take_in(later, "--into", out, now="2026-02-21").exit_code == 0
    done = place.run(*update)
    assert done.exit_code == 0, done.output
    events = State.load(state).outcomes.sort_values("inspected_at")
    assert events["live_animals"].tolist() == [1, 0]
    assert pd.to_datetime(events["inspected_at"], unit="us").dt.day.tolist() == [2, 20]
    port = histories.read_ports([place / "day.csv"], outcomes=out)[0]
    inspected = port.shipments.iloc[port.inspected]
    assert inspected["shipment_id"].tolist() == ["B1"]
    assert inspected["outcome"].tolist() == ["clean"]
    assert inspected["inspected_at"].tolist() == [pd.Timestamp("2026-02-02")]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([("clean", None, None), ("live_animals", None, None)], "live_animals"),
        ([("live_animals", "overturned", None), ("clean", None, None)], "clean"),
        ([("live_animals", "overturned", None), ("wildlife_products", None, None)], "wildlife_products"),
        ([("live_animals", None, True), ("wildlife_products", None, False)], "wildlife_products"),
        ([("live_animals", None, None), ("wildlife_products", None, None)], "live_animals;wildlife_products"),
        ([("clean", None, None), ("other_offence", None, None)], "other_offence"),
        ([("live_animals", "overturned", None)], "live_animals"),
    ],
)
def test_parts_are_taken_together_without_losing_a_find(parts, expected):
    n = len(parts)
    table = outcomes.empty().reindex(range(n))
    table["shipment_id"], table["part"] = "B1", [f"C{i}" for i in range(n)]
    table["outcome"], table["outcome_status"] = ([p[i] for p in parts] for i in (0, 1))
    table["permit_valid"] = pd.array([p[2] for p in parts], dtype="boolean")
    table["inspected_at"] = table["recorded_at"] = pd.Timestamp("2026-02-02")
    table["version"] = 1
    found = outcomes.standing(outcomes.add(outcomes.empty(), table).table)
    assert found["outcome"].tolist() == [expected]


# --- corrections in the order they happen to come --------------------------------------------------


def test_corrections_on_two_later_days_keep_every_statement(place):
    out = place / "o.csv"
    days = [("2026-02-02", "OK", "2026-02-10"), ("2026-02-12", "WLP", "2026-02-13")]
    days.append(("2026-02-20", "OTH", "2026-02-21"))
    for number, (updated, word, now) in enumerate(days):
        file = place.results(place.row("B1", "2026-02-02", word, updated), name=f"{number}.csv")
        assert place.take_in(file, "--out" if number == 0 else "--into", out, now=now).exit_code == 0
    kept = outcomes.read(out)
    assert kept["outcome"].tolist() == ["clean", "wildlife_products", "other_offence"]
    assert pd.read_csv(out)["version"].tolist() == [1, 2, 3]
    assert kept["source_file"].tolist() == ["0.csv", "1.csv", "2.csv"]
    assert kept["superseded_at"].tolist()[:2] == [pd.Timestamp("2026-02-12"), pd.Timestamp("2026-02-20")]
    assert kept["imported_at"].tolist() == [pd.Timestamp(now) for _, _, now in days]
    assert histories.read_outcomes(out)["outcome"].tolist() == ["other_offence"]


def test_a_correction_that_comes_before_what_it_corrects_stands_all_the_same(place):
    out = place / "o.csv"
    correction = place.results(place.row("B1", "2026-02-02", "OK", "2026-02-09"), name="b.csv")
    original = place.results(place.row("B1", "2026-02-02", "LIVE", "2026-02-02"), name="a.csv")
    assert place.take_in(correction, "--out", out).exit_code == 0
    done = place.take_in(original, "--into", out, now="2026-02-12")
    assert "1 = 0 new + 0 correct an earlier one + 1 kept but not in force + 0 known already" in done.stdout
    kept = outcomes.read(out)
    assert kept["outcome"].tolist() == ["live_animals", "clean"]
    assert kept["superseded_at"].tolist()[0] == pd.Timestamp("2026-02-09")
    assert histories.read_outcomes(out)["outcome"].tolist() == ["clean"]


def look(bill, done, result, kind, updated="", extent="100"):
    return f"{bill},,,,,{done},{updated},{result},{kind},{extent},\n"


@pytest.mark.parametrize(
    ("later", "stands"),
    [
        (("2026-02-05", "OK", "2", ""), "live_animals"),  # a scan days after it was opened
        (("2026-02-05", "OK", "1", ""), "clean"),  # opened again: supersedes, as a later statement does
        (("2026-02-02", "OK", "2", "2026-02-05"), "clean"),  # the same inspection, corrected
        (("2026-02-05", "WLP", "2", ""), "wildlife_products"),
    ],
)
def test_a_lesser_look_later_takes_no_find_back(place, later, stands):
    out = place / "o.csv"
    found = look("B1", "2026-02-02", "LIVE", "1")
    done, result, kind, updated = later
    file = place.results(found, look("B1", done, result, kind, updated))
    assert place.take_in(file, "--out", out).exit_code == 0
    assert histories.read_outcomes(out)["outcome"].tolist() == [stands]
    kept = outcomes.read(out)
    assert len(kept) == 2
    assert kept["superseded_at"].isna().sum() == 1
    assert kept.loc[kept["superseded_at"].isna(), "outcome"].tolist() == [stands]
    first = out.read_bytes()
    assert "2 known already" in place.take_in(file, "--into", out, now="2026-02-15").stdout
    assert out.read_bytes() == first
    # A correction of the find itself counts, whatever came after it.
    sorry = place.results(look("B1", "2026-02-02", "OK", "1", "2026-02-12"))
    assert place.take_in(sorry, "--into", out, now="2026-02-15").exit_code == 0
    assert histories.read_outcomes(out)["outcome"].tolist() == ["clean"]


def test_two_containers_of_one_bill_are_corrected_apart(place):
    out = place / "o.csv"
    rows = [
        place.row("B1", "2026-02-02", "LIVE", ctn="AAAU1234567"),
        place.row("", "2026-02-02", "OK", ctn="bbbu 123456-7"),
    ]
    assert place.take_in(place.results(*rows), "--out", out).exit_code == 0
    other = place.results(place.row("B1", "2026-02-02", "WLP", "2026-02-08", ctn="BBBU1234567"))
    assert place.take_in(other, "--into", out).exit_code == 0
    kept = outcomes.read(out)
    assert kept["part"].tolist() == ["AAAU1234567", "BBBU1234567", "BBBU1234567"]
    assert histories.read_outcomes(out)["outcome"].tolist() == ["live_animals;wildlife_products"]


def test_an_outcome_that_is_there_now_not_inspected_is_told(place):
    out = place / "o.csv"
    assert place.take_in(place.results(place.row("B1", "2026-02-02", "OK")), "--out", out).exit_code == 0
    rows = [place.row("B1", "", "NI"), place.row("B2", "2026-02-03", "OK")]
    done = place.take_in(place.results(*rows), "--into", out)
    assert "not inspected, though an outcome is known, which stands: B1" in " ".join(done.stdout.split())
    assert set(histories.read_outcomes(out)["shipment_id"]) == {"B1", "B2"}
