"""What holds of any results whatever: rows add up, nothing known is lost."""

import itertools

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from risk import matching, outcomes, statements, writing

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


def taken(room, rows, now="2026-02-10"):
    found, known = room.read(rows)
    return statements.take(found, matching.match(found.table, known), known, pd.Timestamp(now))


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
    path = room / "kept.csv"
    if len(table):
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
