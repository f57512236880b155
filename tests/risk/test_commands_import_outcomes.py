"""Results of inspections coming back: matched or listed, corrected without loss, never made up."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest import schema
from features.manifest.results import read_results
from risk import histories, matching, outcomes
from risk.commands import cli

NOW = "2026-02-10"

DAY = """\
shipment_id,master_id,declaration_id,registration_number,line_number,container_ids,known_at,arrives_at
B1,M1,D1,2026 7,1,AAAU1234567;BBBU1234567,2026-01-30,2026-02-01
B2,M1,D2,2026 7,2,CCCU1234567,2026-01-30,2026-02-01
B3,M2,,2026 7,3,CCCU1234567,2026-01-30,2026-02-01
160-12345675,,D4,,,,2026-01-30,2026-02-01
B5,M5,D5,2026 8,1,CCCU1234567,2025-08-01,2025-08-02
"""
MAPPING = """\
[columns]
shipment_id = "BILL"
declaration_id = "DECL"
container_ids = "CTN"
registration_number = "REG"
line_number = "LINE"
inspected_at = "DONE"
known_at = "UPDATED"
found_quantity = "REMARK"
[values.outcome]
column = "RESULT"
map = { OK = "clean", LIVE = "live_animals", WLP = "wildlife_products", OTH = "other_offence", NI = "" }
[values.inspection_type]
column = "TYPE"
map = { 2 = "scan", 0 = "" }
[[values.inspection_type.when]]
TYPE = "1"
EXTENT = "100"
value = "full"
[[values.inspection_type.when]]
TYPE = "1"
value = "partial"
"""
HEADER = "BILL,DECL,CTN,REG,LINE,DONE,UPDATED,RESULT,TYPE,EXTENT,REMARK"
RESULTS = """\
B1,,,,,2026-02-02,,OK,1,100,
,D2,,,,2026-02-02T09:00,,LIVE,1,10,12 tortoises
160 12345675,,,,,2026-02-03,,OK,2,,
B3,,,,,2026-02-03,,OK,0,,
B3,,,,,,,NI,,,
,,CCCU1234567,,,2026-02-03,,WLP,1,100,horn
B9,,,,,2026-02-03,,WLP,1,100,=cmd()
B2,D1,,,,2026-02-03,,OK,1,100,
,,,2026 7,3,2026-02-04,,OTH,1,100,
,,,,,2026-02-04,,WLP,1,100,
B1,,,,,soon,,WLP,1,100,
"""


def run(*words):
    return CliRunner().invoke(cli, [str(w) for w in words], prog_name="wildcargo")


@pytest.fixture
def place(tmp_path):
    (tmp_path / "day.csv").write_text(DAY, encoding="utf-8")
    (tmp_path / "port.toml").write_text(MAPPING, encoding="utf-8")
    return tmp_path


def results(place, *rows, name="results.csv"):
    text = "".join(rows) if rows else RESULTS
    (place / name).write_text(f"{HEADER}\n{text}", encoding="utf-8")
    return place / name


def take_in(place, file, *words, now=NOW):
    call = ("import-outcomes", file, "--mapping", place / "port.toml", "--manifest", place / "day.csv")
    return run(*call, "--now", now, *words)


def row(bill, done, result, updated="", remark="", ctn=""):
    return f"{bill},,{ctn},,,{done},{updated},{result},1,100,{remark}\n"


GOLDEN = """\
shipment_id,part,inspected_at,inspection_type,outcome,outcome_status,permit_valid,selected_by,\
selection_probability,found_taxa,found_quantity,recorded_at,imported_at,version,superseded_at,matched_by,\
source_file,source_position
160-12345675,,2026-02-03T00:00:00.000000,scan,clean,,,,,,,2026-02-03T00:00:00.000000,\
2026-02-10T00:00:00.000000,1,,shipment_id,results.csv,row 4
B1,,2026-02-02T00:00:00.000000,full,clean,,,,,,,2026-02-02T00:00:00.000000,2026-02-10T00:00:00.000000,\
1,,shipment_id,results.csv,row 2
B2,,2026-02-02T09:00:00.000000,partial,live_animals,,,,,,12 tortoises,2026-02-02T09:00:00.000000,\
2026-02-10T00:00:00.000000,1,,declaration_id,results.csv,row 3
B3,,2026-02-04T00:00:00.000000,full,other_offence,,,,,,,2026-02-04T00:00:00.000000,\
2026-02-10T00:00:00.000000,1,,registration line+registration_number,results.csv,row 10
"""
UNMATCHED = """\
source_file,source_position,value,why,candidates
results.csv,row 7,container_ids CCCU1234567,ambiguous,B2;B3
results.csv,row 8,shipment_id B9,unknown,
results.csv,row 9,"shipment_id B2, declaration_id D1",contradictory,B2
results.csv,row 11,,no identifier,
results.csv,row 12,shipment_id B1,no time of inspection,
"""


def test_results_are_matched_or_listed_with_the_reason(place):
    out, left = place / "outcomes.csv", place / "left.csv"
    done = take_in(place, results(place), "--out", out, "--unmatched", left)
    assert done.exit_code == 0, done.output
    assert "Rows read: 11 = 4 matched + 2 not inspected + 5 not matched" in done.stdout
    assert "results.csv row 7: container_ids CCCU1234567: ambiguous (B2;B3)" in done.stdout
    assert out.read_text(encoding="utf-8") == GOLDEN
    assert left.read_text(encoding="utf-8") == UNMATCHED


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_same_file_twice_changes_nothing(place, form):
    out = place / f"outcomes.{form}"
    file = results(place)
    assert take_in(place, file, "--out", out).exit_code == 0
    first = out.read_bytes()
    again = take_in(place, file, "--into", out, now="2026-03-01")
    assert again.exit_code == 0, again.output
    assert "4 = 0 new + 0 correct an earlier one + 4 known already" in again.stdout
    assert out.read_bytes() == first


def test_not_inspected_is_never_clean(place):
    out = place / "o.csv"
    rows = [
        "B1,,,,,2026-02-02,,OK,0,,\n",  # released without an inspection
        "B2,,,,,,,OK,1,100,\n",  # no time
        "B3,,,,,2026-02-02,,,1,100,\n",  # no result
        "B3,,,,,2026-02-02,,NI,1,100,\n",
        row("160-12345675", "2026-02-02", "OK"),
    ]
    done = take_in(place, results(place, *rows), "--out", out)
    assert "Rows read: 5 = 1 matched + 4 not inspected + 0 not matched" in done.stdout
    assert histories.read_outcomes(out)["shipment_id"].tolist() == ["160-12345675"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("B1,,,,,2026-02-02,,MAYBE,1,100,\n", "MAYBE"),
        ("B1,,,,,2026-02-02,,OK,7,100,\n", "'7'"),
        ("B8,,,,,2026-02-02,,OK,1,100,\n", "no result belongs to a shipment"),
        ("", "rows below the header"),
    ],
)
def test_unknown_words_are_asked_for_and_nothing_is_written(place, rows, said):
    file = results(place, *([rows] if rows else []))
    file.write_text(f"{HEADER}\n{rows}", encoding="utf-8")
    before = sorted(place.iterdir())
    done = take_in(place, file, "--out", place / "o.csv")
    assert done.exit_code == 2
    assert said in done.output
    assert sorted(place.iterdir()) == before


def test_words_without_a_mapping_must_be_known(place):
    text = "shipment_id,inspected_at,outcome\nB1,2026-02-02,not inspected\nB2,2026-02-02,clean\n"
    (place / "plain.csv").write_text(text, encoding="utf-8")
    call = ("import-outcomes", place / "plain.csv", "--manifest", place / "day.csv", "--out", place / "o.csv")
    done = run(*call)
    assert done.exit_code == 2
    assert "outcome 'not inspected' in 1 rows" in done.output
    assert "values.outcome]" in done.output.replace("\n", "")
    (place / "plain.csv").write_text("shipment_id,found_taxa\nB1,x\n", encoding="utf-8")
    done = run(*call)
    assert "no column gives outcome" in done.output
    assert "no column gives inspected_at" in done.output


# --- corrections ---------------------------------------------------------------------------------


def test_a_correction_supersedes_and_keeps_the_earlier_one(place):
    out = place / "o.csv"
    first = results(place, row("B1", "2026-02-02", "LIVE", "2026-02-02"), name="a.csv")
    later = results(place, row("B1", "2026-02-02", "OK", "2026-02-20"), name="b.csv")
    assert take_in(place, first, "--out", out).exit_code == 0
    done = take_in(place, later, "--into", out, now="2026-02-21")
    assert "1 = 0 new + 1 correct an earlier one + 0 known already" in done.stdout
    kept = outcomes.read(out)
    assert kept["outcome"].tolist() == ["live_animals", "clean"]
    assert pd.read_csv(out)["version"].tolist() == [1, 2]
    assert kept["superseded_at"].tolist()[0] == pd.Timestamp("2026-02-20")
    assert pd.isna(kept["superseded_at"].tolist()[1])
    assert histories.read_outcomes(out)["outcome"].tolist() == ["clean"]
    # The first file again is old news.
    again = take_in(place, first, "--into", out)
    assert "1 known already" in again.stdout
    assert histories.read_outcomes(out)["outcome"].tolist() == ["clean"]


def test_without_a_time_of_recording_the_later_import_stands(place):
    out = place / "o.parquet"
    assert take_in(place, results(place, row("B1", "2026-02-02", "LIVE")), "--out", out).exit_code == 0
    changed = results(place, row("B1", "2026-02-02", "WLP"))
    assert "1 correct an earlier one" in take_in(place, changed, "--into", out, now="2026-02-12").stdout
    stands = histories.read_outcomes(out)
    assert stands["outcome"].tolist() == ["wildlife_products"]
    assert stands["known_since"].tolist() == [pd.Timestamp("2026-02-12")]
    assert stands["inspected_at"].tolist() == [pd.Timestamp("2026-02-02")]


def test_what_is_dated_ahead_neither_counts_nor_stands_for_ever(place):
    out = place / "o.csv"
    rows = [row("B1", "2026-02-02", "LIVE", "9999-01-01"), row("B2", "2026-03-01", "LIVE")]
    done = take_in(place, results(place, *rows), "--out", out)
    assert "inspected after the moment of the import" in done.stdout
    later = results(place, row("B1", "2026-02-02", "OK", "2026-02-09"))
    assert take_in(place, later, "--into", out).exit_code == 0
    assert histories.read_outcomes(out)["outcome"].tolist() == ["clean"]


def test_a_table_that_changes_meanwhile_is_not_replaced(place, monkeypatch):
    out, file = place / "o.csv", results(place)
    assert take_in(place, file, "--out", out).exit_code == 0
    add = outcomes.add

    def slow(*given):
        out.write_bytes(out.read_bytes() + b"\n")
        return add(*given)

    monkeypatch.setattr(outcomes, "add", slow)
    done = take_in(place, results(place, row("B3", "2026-02-02", "OK")), "--into", out)
    assert done.exit_code == 2
    assert "changed while results were taken in" in done.output


def test_containers_of_one_bill_are_parts_and_a_find_in_one_is_a_find(place):
    out = place / "o.csv"
    rows = [
        row("B1", "2026-02-02", "LIVE", ctn="AAAU1234567"),
        row("B1", "2026-02-03", "OK", ctn="BBBU1234567"),
        row("B2", "2026-02-03", "OK", ctn="CCCU1234567"),
    ]
    assert take_in(place, results(place, *rows), "--out", out).exit_code == 0
    assert outcomes.read(out)["part"].tolist() == ["AAAU1234567", "BBBU1234567", ""]
    stands = histories.read_outcomes(out).set_index("shipment_id")
    assert stands["outcome"].to_dict() == {"B1": "live_animals", "B2": "clean"}
    taken_back = results(place, row("B1", "2026-02-02", "OK", "2026-02-09", ctn="AAAU1234567"))
    assert take_in(place, taken_back, "--into", out).exit_code == 0
    stands = histories.read_outcomes(out).set_index("shipment_id")
    assert stands.loc["B1", "outcome"] == "clean"
    assert stands.loc["B1", "inspected_at"] == pd.Timestamp("2026-02-03")


def test_rows_of_one_time_are_one_set_of_outcomes(place):
    out = place / "o.csv"
    rows = [row("B1", "2026-02-02", word) for word in ("OK", "WLP", "LIVE")]
    done = take_in(place, results(place, *rows), "--out", out)
    assert "Rows read: 3 = 3 matched" in done.stdout
    assert "Outcomes:  1 = 1 new" in done.stdout
    assert outcomes.read(out)["outcome"].tolist() == ["live_animals;wildlife_products"]


def test_the_past_holds_an_outcome_until_it_was_corrected(place):
    """The state adds a correction from the day it came in; training keeps the day of the inspection."""
    from features.history import State

    out, state = place / "o.csv", place / "past"
    update = ("state", "update", "--state", state, place / "day.csv", "--outcomes", out, "--now", NOW)
    first = results(place, row("B1", "2026-02-02", "LIVE", "2026-02-02"))
    assert take_in(place, first, "--out", out).exit_code == 0
    assert run(*update).exit_code == 0
    later = results(place, row("B1", "2026-02-02", "OK", "2026-02-20"))
    assert take_in(place, later, "--into", out, now="2026-02-21").exit_code == 0
    done = run(*update)
    assert done.exit_code == 0, done.output
    events = State.load(state).outcomes.sort_values("inspected_at")
    assert events["live_animals"].tolist() == [1, 0]
    assert pd.to_datetime(events["inspected_at"], unit="us").dt.day.tolist() == [2, 20]
    port = histories.read_ports([place / "day.csv"], outcomes=out)[0]
    inspected = port.shipments.iloc[port.inspected]
    assert inspected["shipment_id"].tolist() == ["B1"]
    assert inspected["outcome"].tolist() == ["clean"]
    assert inspected["inspected_at"].tolist() == [pd.Timestamp("2026-02-02")]


# --- files ----------------------------------------------------------------------------------------


def test_outcomes_that_are_there_are_never_overwritten(place):
    out, file = place / "o.csv", results(place)
    out.write_text("precious", encoding="utf-8")
    done = take_in(place, file, "--out", out)
    assert done.exit_code == 2
    assert "add to it with --into" in done.output
    damaged = take_in(place, file, "--into", out)
    assert damaged.exit_code == 2
    assert out.read_text(encoding="utf-8") == "precious"
    (place / "old.csv").write_text(
        "shipment_id,outcome,inspected_at\nX,clean,2026-01-01\n,clean,2026-01-01\nY,what,2026-01-01\n",
        encoding="utf-8",
    )
    done = take_in(place, file, "--into", place / "old.csv", "--out", place / "new.csv")
    assert done.exit_code == 2
    assert "row 3: no shipment_id" in done.output
    assert "row 4: outcome 'what'" in done.output


def test_a_plain_table_of_outcomes_is_taken_over(place):
    (place / "old.csv").write_text(
        "shipment_id,outcome,inspected_at\nB1,clean,2026-02-01\nOLD,live_animals,2020-01-01\n",
        encoding="utf-8",
    )
    file = results(place, row("B1", "2026-02-02", "LIVE"))
    done = take_in(place, file, "--into", place / "old.csv", "--out", place / "new.csv")
    assert done.exit_code == 0, done.output
    kept = outcomes.read(place / "new.csv")
    assert kept["shipment_id"].tolist() == ["B1", "B1", "OLD"]
    stands = histories.read_outcomes(place / "new.csv").set_index("shipment_id")["outcome"]
    assert stands.to_dict() == {"B1": "live_animals", "OLD": "live_animals"}


def test_a_list_says_who_chose_and_with_what_probability(bundle_dir, port, tmp_path):
    table = port(60, seed=5).drop(columns=["inspected_at", "inspection_type", "outcome"])
    table["declaration_id"] = ("D" + table["shipment_id"]).astype("str")
    table.to_parquet(tmp_path / "day.parquet")
    out = tmp_path / "list.csv"
    call = ("score", tmp_path / "day.parquet", "--model", bundle_dir, "--out", out, "--now", "2026-01-01")
    assert run(*call, "--capacity", "10", "--seed", "0").exit_code == 0
    frame = pd.read_csv(out, keep_default_na=False)
    seen = frame.iloc[:15]
    text = "".join(f"D{i},2026-01-20,clean,full\n" for i in seen["shipment_id"])
    (tmp_path / "r.csv").write_text(f"declaration_id,inspected_at,outcome,inspection_type\n{text}")
    (tmp_path / "m.toml").write_text(
        "[columns]\nshipment_id = { row_number = true }\n"
        + "".join(f'{n} = "{n}"\n' for n in ("declaration_id", "inspected_at", "outcome", "inspection_type")),
        encoding="utf-8",
    )
    call = ("import-outcomes", tmp_path / "r.csv", "--mapping", tmp_path / "m.toml", "--list", out)
    done = run(*call, "--out", tmp_path / "o.csv", "--now", "2026-02-01")
    assert done.exit_code == 0, done.output
    kept = outcomes.read(tmp_path / "o.csv").set_index("shipment_id")
    for line in seen.to_dict("records"):
        one = kept.loc[line["shipment_id"]]
        if line["selected_by"]:
            assert one["selected_by"] == line["selected_by"]
            assert one["selection_probability"] == pytest.approx(line["selection_probability"])
        else:
            assert pd.isna(one["selected_by"])
    manifest_only = run(
        *call[:4], "--manifest", tmp_path / "day.parquet", "--into", tmp_path / "o.csv", "--now", "2026-02-02"
    )
    assert "15 known already" in manifest_only.stdout


# --- matching -------------------------------------------------------------------------------------


def shipments(**columns):
    n = len(next(iter(columns.values())))
    table = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})
    for name in ("known_at", "arrives_at", "inspected_at"):
        if name in table:
            table[name] = pd.to_datetime(table[name]).astype("datetime64[us]")
    return schema.complete(table).reset_index(drop=True).iloc[:n]


def matched(rows, known):
    frame = matching.match(shipments(**rows), shipments(**known)).frame
    return list(zip(frame["shipment_id"].fillna(""), frame["why"], frame["candidates"], strict=True))


WHEN = ["2026-02-02"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"shipment_id": ["b-1"]}, ("B1", "", "")),
        ({"shipment_id": ["M2"]}, ("B3", "", "")),
        ({"shipment_id": ["M1"]}, ("", "ambiguous", "B1;B2")),
        ({"shipment_id": ["M1"], "container_ids": ["C2"]}, ("B2", "", "")),
        ({"master_id": ["M1"], "container_ids": ["C9"]}, ("", "ambiguous", "B1;B2")),
        ({"shipment_id": ["Z"], "container_ids": ["C1"]}, ("", "unknown", "B1")),
        ({"shipment_id": ["B1"], "container_ids": ["C2"]}, ("", "contradictory", "B1")),
        ({"declaration_id": ["D1"]}, ("B1", "", "")),
        ({"declaration_id": ["D7"], "container_ids": ["C1"]}, ("", "unknown", "B1")),
        ({"declaration_id": ["D7"], "container_ids": ["C3"]}, ("B3", "", "")),
        ({"shipment_id": ["B2"], "declaration_id": ["D1"]}, ("", "contradictory", "B2")),
        ({"container_ids": ["c 3"]}, ("B3", "", "")),
        ({"goods_description": ["x"]}, ("", "no identifier", "")),
    ],
)
def test_identifiers_narrow_and_nothing_is_guessed(rows, expected):
    known = {
        "shipment_id": ["B1", "B2", "B3"],
        "master_id": ["M1", "M1", "M2"],
        "declaration_id": ["D1", "D2", None],
        "container_ids": ["C1", "C2", "C3"],
        "known_at": ["2026-01-30"] * 3,
    }
    assert matched(rows | {"inspected_at": WHEN}, known) == [expected]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"container_ids": ["C1"], "inspected_at": ["2026-02-02"]}, ("NEW", "")),
        ({"container_ids": ["C1"], "inspected_at": ["2025-06-20"]}, ("OLD", "")),
        ({"container_ids": ["C1"], "inspected_at": ["2025-10-01"]}, ("", "another time")),
        ({"container_ids": ["C1"]}, ("", "another time")),
        ({"shipment_id": ["NEW"], "inspected_at": ["2025-06-20"]}, ("", "another time")),
        ({"shipment_id": ["NEW"], "inspected_at": ["2026-04-20"]}, ("NEW", "")),
        ({"shipment_id": ["NEW"], "inspected_at": ["2027-04-20"]}, ("", "another time")),
    ],
)
def test_numbers_and_containers_come_back(rows, expected):
    known = {
        "shipment_id": ["OLD", "NEW"],
        "container_ids": ["C1", "C1"],
        "known_at": ["2025-06-01", "2026-01-30"],
        "arrives_at": ["2025-06-10", None],
    }
    assert [one[:2] for one in matched(rows, known)] == [expected]


def test_a_bill_written_exactly_goes_before_one_written_alike():
    known = {"shipment_id": ["1-23", "12-3"], "known_at": ["2026-01-30"] * 2}
    rows = {"shipment_id": ["12-3", "123"], "inspected_at": WHEN * 2}
    assert matched(rows, known) == [("12-3", "", ""), ("", "ambiguous", "1-23;12-3")]


def test_a_number_that_thousands_share_names_nobody_and_costs_nothing():
    n = 20_000
    known = {"shipment_id": [f"B{i}" for i in range(n)], "master_id": ["M"] * n}
    found = matching.match(shipments(master_id=["M"] * 3_000), shipments(**known)).frame
    assert set(found["why"]) == {"ambiguous"}


# --- invariants -----------------------------------------------------------------------------------

_WORDS = ["OK", "LIVE", "WLP", "OTH", "NI", ""]
_CELL = st.tuples(
    st.sampled_from(["B1", "b2", "B3", "M1", "B9", "", "=1+1", "鱼"]),
    st.sampled_from(["", "D1", "D2", "D9"]),
    st.sampled_from(["", "AAAU1234567", "CCCU1234567", "X"]),
    st.sampled_from(["", "2026 7", "9"]),
    st.sampled_from(["", "1", "3"]),
    st.sampled_from(["", "2026-02-02", "2026-02-03", "2019-01-01", "soon"]),
    st.sampled_from(["", "2026-02-05", "2026-02-06", "2026-02-07"]),
    st.sampled_from(_WORDS),
    st.sampled_from(["", "0", "1", "2"]),
    st.sampled_from(["", "100"]),
    st.sampled_from(["", "12 birds", '"quo""te"', "a;b", "-", "  x "]),
)
_ROWS = st.lists(_CELL, min_size=1, max_size=6)


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    folder = tmp_path_factory.mktemp("room")
    (folder / "day.csv").write_text(DAY, encoding="utf-8")
    return folder, manifest.read(folder / "day.csv").table, manifest.parse_mapping(MAPPING)


def taken(room, rows, now=NOW):
    folder, known, mapping = room
    file = folder / "r.csv"
    file.write_text("\n".join([HEADER, *(",".join(r) for r in rows)]) + "\n", encoding="utf-8")
    found = read_results(file, mapping)
    return outcomes.take(found, matching.match(found.table, known), known, pd.Timestamp(now))


def same(a, b):
    pd.testing.assert_frame_equal(a.reset_index(drop=True), b.reset_index(drop=True))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_ROWS, min_size=1, max_size=3))
def test_every_row_is_accounted_for_and_importing_twice_is_importing_once(room, files):
    table = outcomes.empty()
    for rows in files:
        if not any(cell.strip() for cells in rows for cell in cells):
            continue
        found = taken(room, rows)
        blank = sum(not any(cell.strip() for cell in cells) for cells in rows)
        assert found.rows_read == len(rows) - blank
        assert found.rows_read == found.matched + found.not_inspected + len(found.unmatched)
        assert min(found.matched, found.not_inspected) >= 0
        assert (found.unmatched["why"] != "").all()
        before = table
        once = outcomes.add(table, found.statements)
        assert len(found.statements) == once.first + once.corrections + once.earlier + once.unchanged
        twice = outcomes.add(once.table, found.statements)
        same(twice.table, once.table)
        assert twice.unchanged == len(found.statements)
        table = once.table
        # Nothing known is lost, and what stands of each part is its last statement.
        key = ["shipment_id", "part", "outcome", "recorded_at", "source_position"]
        assert len(before.merge(table, on=key)) >= len(before)
        stands = table[table["superseded_at"].isna()]
        assert not stands.duplicated(["shipment_id", "part"]).any()
        assert set(outcomes.standing(table)["shipment_id"]) == set(table["shipment_id"])
    path = room[0] / "kept.csv"
    if len(table):
        from risk import writing

        path.unlink(missing_ok=True)
        writing.write(path, [table], for_people=False)
        back = outcomes.read(path)
        same(outcomes.standing(back), outcomes.standing(table))
        same(outcomes.add(back, outcomes.empty()).table, table)


_DATED = st.tuples(
    st.sampled_from(["B1", "B2"]),
    st.sampled_from(["", "AAAU1234567"]),
    st.sampled_from(["OK", "LIVE", "WLP"]),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_DATED, min_size=2, max_size=3), st.randoms())
def test_with_times_of_recording_the_order_of_imports_is_nothing(room, rows, random):
    files = []
    for day, (bill, container, word) in enumerate(rows):
        if bill == "B2":
            container = ""
        files.append([(bill, "", container, "", "", "2026-02-02", f"2026-02-1{day}", word, "1", "100", "")])
    found = [taken(room, rows).statements for rows in files]
    tables = []
    for order in itertools.islice(itertools.permutations(range(len(found))), 6):
        table = outcomes.empty()
        for place in order:
            table = outcomes.add(table, found[place]).table
        tables.append(outcomes.standing(table)[["shipment_id", "outcome", "inspection_type"]])
    for other in tables[1:]:
        same(other, tables[0])


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


def test_hostile_files_end_in_words(place):
    for name, content in (
        ("a.csv", b""),
        ("b.csv", b"\x00" * 100),
        ("c.csv", b"%PDF-1.4"),
        ("d.csv", b'<?xml version="1.0"?><a/>'),
        ("e.csv", HEADER.encode() + b'\n"never closed,1\n'),
    ):
        (place / name).write_bytes(content)
        done = take_in(place, place / name, "--out", place / "o.csv")
        assert done.exit_code == 2, (name, done.output)
        assert "fault in the program" not in done.output
        assert not (place / "o.csv").exists()


def test_matching_is_by_sets_and_not_row_by_row():
    n = 100_000
    ids = [f"B{i}" for i in range(n)]
    known = shipments(shipment_id=ids, known_at=["2026-01-30"] * n)
    rows = shipments(shipment_id=ids, inspected_at=["2026-02-02"] * n)
    found = matching.match(rows, known)
    assert found.matched.all()
    assert np.array_equal(found.frame["shipment_id"].to_numpy(), np.array(ids))


def test_the_example_of_the_documents_is_a_mapping():
    text = (Path(__file__).parents[2] / "docs/way_back.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    mapping = manifest.parse_mapping(example)
    assert mapping.values["outcome"].map["NI"] == ""
    assert len(mapping.values["inspection_type"].when) == 2
