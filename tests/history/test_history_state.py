"""States merge exactly, survive the disk, and refuse what is no state."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.history import State, StateError, Timeline

some = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@some
@given(seed=st.integers(0, 10_000), size=st.integers(3, 60))
def test_merge_in_any_order_is_absorbing_the_whole(make_view, make_port, seed, size):
    rows = make_port(seed, size)
    parts = [State.empty().absorb(make_view(rows.iloc[start::3])) for start in range(3)]
    one, two, three = parts
    whole = State.empty().absorb(make_view(rows))
    assert one.merge(two).merge(three) == whole
    assert three.merge(two.merge(one)) == whole
    assert two.merge(three).merge(one) == whole
    assert whole.merge(whole) == whole
    assert whole.merge(one) == whole
    assert State.empty().merge(whole) == whole
    assert State.joined(parts) == State.joined(parts[::-1]) == whole
    assert State.joined([]) == State.empty()


def test_saved_and_loaded_is_the_same_and_the_bytes_too(make_view, make_port, tmp_path):
    rows = make_port(1, 120)
    state = State.empty().absorb(make_view(rows))
    state.save(tmp_path / "a")
    reversed_rows = State.empty().absorb(make_view(rows.iloc[::-1]))
    reversed_rows.save(tmp_path / "b")
    assert State.load(tmp_path / "a") == state
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()
    assert state.covers_from == rows["known_at"].min()
    assert state.covers_until == rows["known_at"].max()
    more = state.absorb(make_view(make_port(2, 30)))
    more.save(tmp_path / "a")
    assert State.load(tmp_path / "a") == more
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_loaded_state_gives_the_same_past(make_view, make_port, tmp_path):
    rows = make_port(6, 300, days=250).sort_values("known_at")
    old, new = make_view(rows.iloc[:250]), make_view(rows.iloc[250:])
    state = State.empty().absorb(old)
    state.save(tmp_path / "s")
    pd.testing.assert_frame_equal(
        Timeline(State.load(tmp_path / "s"), new).lookup(new), Timeline(state, new).lookup(new)
    )


@some
@given(seed=st.integers(0, 10_000), size=st.integers(4, 60), half=st.integers(1, 3))
def test_links_kept_in_a_state_are_those_found_anew(make_view, make_port, seed, size, half):
    rows = make_port(seed, size)
    parts = [State.empty().absorb(make_view(rows.iloc[half::4])), State.empty().absorb(make_view(rows))]
    if half > 1:  # the parts known before others, as on most days
        rows = rows.sort_values("known_at")
        parts[0] = State.empty().absorb(make_view(rows.iloc[: size // half]))
    known = parts[0].parties.links(parts[0].first_seen)
    again = State(parts[0].shipments, parts[0].outcomes, parts[0].names, known).merge(parts[1])
    pd.testing.assert_frame_equal(
        again.parties.links(again.first_seen), parts[1].parties.links(parts[1].first_seen)
    )
    assert (again.parties.party == parts[1].parties.party).all()


def test_forgetting_removes_people_no_longer_needed(make_view, make_port):
    rows = make_port(3, 200)
    moment = pd.Timestamp("2024-05-01")
    kept = State.empty().absorb(make_view(rows)).forget(moment)
    assert kept.covers_from >= moment
    alone = State.empty().absorb(make_view(rows[rows["known_at"] >= moment]))
    assert kept.names.equals(alone.names)
    assert State.empty().covers_from is None


def _note(folder, **changes):
    path = folder / "state.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda f: (f / "state.json").unlink(), "no state folder"),
        (lambda f: (f / "state.json").write_text("[1, 2"), "cannot be read"),
        (lambda f: (f / "state.json").write_text("[" * 50_000), "cannot be read"),
        (lambda f: (f / "state.json").write_bytes(b"\xff\xfe\x00"), "cannot be read"),
        (lambda f: (f / "state.json").write_text("{}"), "does not describe"),
        (lambda f: _note(f, version=99), "version 99"),
        (lambda f: _note(f, digest="0" * 64), "damaged or changed"),
        (lambda f: (f / "names.parquet").write_bytes(b"PAR1 nonsense"), "names.parquet"),
        (lambda f: shutil.copy(f / "outcomes.parquet", f / "shipments.parquet"), "other columns"),
        (lambda f: (f / "shipments.parquet").unlink(), "shipments.parquet"),
        (lambda f: _note(f, links_digest="0" * 64), "links.parquet"),
    ],
)
def test_what_is_no_state_is_refused_with_its_reason(make_view, make_port, tmp_path, damage, says):
    folder = tmp_path / "state"
    State.empty().absorb(make_view(make_port(1, 20))).save(folder)
    damage(folder)
    with pytest.raises(StateError, match=says):
        State.load(folder)


def test_a_changed_row_is_noticed(make_view, make_port, tmp_path):
    folder = tmp_path / "state"
    State.empty().absorb(make_view(make_port(1, 20))).save(folder)
    frame = pd.read_parquet(folder / "shipments.parquet")
    frame.loc[3, "known_at"] += 1
    frame.to_parquet(folder / "shipments.parquet", index=False)
    with pytest.raises(StateError, match="fingerprints"):
        State.load(folder)


def test_nothing_else_is_written_over(make_view, make_port, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("keep me")
    with pytest.raises(StateError, match="not a state folder"):
        State.empty().save(tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "keep me"
