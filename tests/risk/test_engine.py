"""The engine: pieces equal the whole to the bit, contributions add up, records replay."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from features import reference
from features.history import State
from features.manifest import read, stream
from features.view import prepare
from models.bundle import BundleError
from risk import records, triage, worklist
from risk.engine import Engine


@pytest.fixture(scope="module")
def engine(learnt):
    return Engine(learnt)


@pytest.fixture(scope="module")
def history(port):
    return State.of(prepare(port(2400, seed=8, start="2025-06-01")))


@pytest.fixture
def file(port, tmp_path):
    path = tmp_path / "days.parquet"
    port(200, seed=3).drop(columns=["inspected_at", "inspection_type", "outcome"]).to_parquet(
        path, index=False
    )
    return path


def test_rows_in_are_rows_scored_and_rejected(engine, port):
    table = port(40).drop(columns=["inspected_at", "inspection_type", "outcome"])
    table.loc[3, "shipment_id"] = None
    table = table.astype({"packages": "str"})
    table.loc[5, "packages"] = "many"
    scored = engine.score(table)
    assert scored.manifest.counts["rows_read"] == 40
    assert len(scored) + len(scored.manifest.rejected) == 40
    frame = scored.frame.set_index("shipment_id")
    assert "many" in frame.loc[table.loc[5, "shipment_id"], "notes"]
    assert (frame.drop(table.loc[5, "shipment_id"])["notes"] == "").all()
    assert frame["risk"].between(0, 1).all()


def test_contributions_add_up_for_heads_and_risk(engine, port):
    scored = engine.score(port(80, seed=2))
    p = scored.prediction
    both = {**{h: (p.contributions[h], p.bases[h], p.log_odds[h]) for h in p.contributions}}
    both["risk"] = (p.risk_contributions, p.risk_base, p.risk_log_odds)
    for contributions, base, margin in both.values():
        assert np.abs(base + contributions.sum(axis=1) - margin).max() < 1e-9
    families = scored.reasons
    assert np.abs(families.base + families.contribution.sum(axis=1) - p.risk_log_odds).max() < 1e-9
    for head in p.contributions:
        summed = scored.head_reasons(head)
        assert np.abs(summed.base + summed.contribution.sum(axis=1) - p.log_odds[head]).max() < 1e-9


@pytest.mark.parametrize("past", [False, True])
def test_pieces_equal_the_whole_to_the_bit(engine, file, history, past):
    state = history if past else None
    whole = engine.score(read(file), state)
    pieces = list(engine.score_batches(lambda: stream(file, rows=30), state))
    assert len(pieces) > 3
    at = {i: n for n, i in enumerate(whole.view.table["shipment_id"])}
    for piece in pieces:
        rows = [at[i] for i in piece.view.table["shipment_id"]]
        pd.testing.assert_frame_equal(
            piece.frame, whole.frame.iloc[rows].reset_index(drop=True), check_exact=True
        )
        for name, numbers in records.parts(piece.prediction).items():
            assert numbers.tobytes() == records.parts(whole.prediction)[name][rows].tobytes(), name
        texts, all_texts = piece.words().texts(4), whole.words().texts(4)
        assert [list(t) for t in texts] == [list(t[rows]) for t in all_texts]


def test_a_past_is_used_and_without_one_it_is_missing(engine, file, history):
    from features.evidence import record

    names = [f.name for f in record.FEATURES]
    assert engine.score(read(file)).matrix[names].isna().all(axis=None)
    assert engine.score(read(file), history).matrix[names].notna().any(axis=None)


def test_the_worklist_does_not_hang_on_batches(engine, file):
    frames = []
    for rows in (30, 1000):
        with worklist.Collector(3) as collector:
            batches = engine.score_batches(lambda rows=rows: stream(file, rows=rows))
            ranked = worklist.build(batches, collector, draw=triage.plan("sea=8,air=3", 0.1, "k"))
            frames.append(pd.concat(list(ranked.chunks(rows=33)), ignore_index=True))
            assert collector.tally.rows_in == 200
            assert len(ranked.chosen()) == 11
    pd.testing.assert_frame_equal(*frames, check_exact=True)
    assert list(frames[0].columns) == list(worklist.output_columns(3))
    assert list(frames[0]["rank"]) == list(range(1, 201))


def test_expected_finds_only_with_a_port_calibrated_model(engine, file):
    for basis in ("prior", "port"):
        calibrated = Engine(dataclasses.replace(engine.bundle, risk_basis=basis))
        with worklist.Collector(1) as collector:
            batches = calibrated.score_batches(lambda: stream(file))
            ranked = worklist.build(batches, collector, draw=triage.plan("9", 0.1, "k"))
            assert (ranked.expected is not None) == (basis == "port")
            if ranked.expected is not None:
                chosen = ranked.take(ranked.chosen())
                assert ranked.expected.mean == pytest.approx(chosen["risk"].sum())
                # The ends are whole finds: the mean may lie up to one beyond them.
                assert ranked.expected.low - 1 < ranked.expected.mean < ranked.expected.high + 1


def test_explain_gives_a_shap_explanation(engine, port):
    table = port(30, seed=4)
    explanation = engine.explain(table)
    margin = engine.score(table).prediction.risk_log_odds
    assert explanation.values.shape == explanation.data.shape
    assert np.allclose(explanation.base_values + explanation.values.sum(axis=1), margin, atol=1e-9, rtol=0)
    assert list(explanation.feature_names) == list(engine.bundle.schema.names)


def test_records_replay_to_the_bit_and_changes_are_named(engine, file, tmp_path):
    scored = engine.score(read(file))
    path = tmp_path / "a.records.parquet"
    moment = pd.Timestamp("2026-02-01")
    with records.RecordWriter(path, engine.bundle, state_digest="", scored_at=moment) as writer:
        writer.add(scored)
    for shipment in scored.frame["shipment_id"].iloc[[0, 77, 199]]:
        record = records.read(path, shipment)
        prediction, differences = records.replay(record, engine.bundle)
        assert differences == []
        assert prediction.risk[0] == record.numbers["risk"][0]
        assert record.declared["goods_description"]
        assert record.about["reference"] == reference.digest()[:16]
    feature = engine.bundle.schema.columns[0].feature
    for column in engine.bundle.schema.columns:
        if column.kind == "numeric":
            record.values[column.feature] = record.values[column.feature].fillna(0.0) + 1e3
    assert any(d.startswith("margin.") for d in records.replay(record, engine.bundle)[1])
    other = dataclasses.replace(engine.bundle, model_id="ffffffffffff")
    assert any(d.startswith("model: ") for d in records.replay(record, other)[1])
    del record.values[feature]
    assert feature in records.replay(record, engine.bundle)[1][-1]


@pytest.mark.parametrize("content", [b"", b"PAR1 not parquet", b"a,b\n1,2\n"])
def test_a_file_that_is_no_record_file_is_refused(tmp_path, content):
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    with pytest.raises(records.RecordError):
        records.read(path, "A")
    with pytest.raises(records.RecordError, match="no such file"):
        records.read(tmp_path / "none", "A")


def test_a_model_of_other_features_is_refused(engine):
    column = dataclasses.replace(engine.bundle.schema.columns[0], feature="no_such_feature")
    schema = dataclasses.replace(engine.bundle.schema, columns=(column, *engine.bundle.schema.columns[1:]))
    with pytest.raises(BundleError, match="no_such_feature"):
        Engine(dataclasses.replace(engine.bundle, schema=schema))


def redefine(monkeypatch, name, **changes):
    """Let the installed registry hold another definition of one feature."""
    from features import matrix

    entries = matrix.features()
    changed = tuple(dataclasses.replace(f, **changes) if f.name == name else f for f in entries)
    assert changed != entries
    monkeypatch.setattr(matrix, "features", lambda: changed)


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("kg_per_package", {"dtype": "category"}, "another type in this version: kg_per_package"),
        ("kg_per_package", {"unit": "t"}, "other definitions"),
        ("kg_per_package", {"dtype": "count"}, "other definitions"),
        ("kg_per_package", {"meaning": "Net kilograms per package"}, "other definitions"),
    ],
)
def test_a_model_of_other_definitions_is_refused(monkeypatch, bundle_dir, name, changes, said):
    Engine.load(bundle_dir)
    redefine(monkeypatch, name, **changes)
    with pytest.raises(BundleError, match=said):
        Engine.load(bundle_dir)


def test_other_sentences_and_further_features_leave_a_model_as_it_is(monkeypatch, bundle_dir):
    from features import matrix

    redefine(monkeypatch, "kg_per_package", sentence="{kg_per_package} kg in each", usual=(0.0, 1.0))
    entries = matrix.features()
    further = dataclasses.replace(entries[0], name="one_more")
    monkeypatch.setattr(matrix, "features", lambda: (further, *reversed(entries)))
    assert Engine.load(bundle_dir).bundle.schema.features


def test_every_template_of_the_registry_can_be_filled():
    from features import matrix
    from features.manifest import schema
    from risk import sentences

    known = {c.name for c in schema.COLUMNS} | {f.name for f in (*matrix.features(), *matrix.facts())}
    for feature in matrix.features():
        for text in (feature.sentence, feature.sentence_zero, feature.sentence_missing):
            unknown = set(sentences.parse(text).fields) - known
            assert not unknown, f"{feature.name}: {unknown}"
        assert feature.sentence, feature.name


def test_item_lines_of_a_table_in_memory_are_those_of_a_file(engine, port, tmp_path):
    table = port(20, seed=3).assign(items=[[{"description": "LIVE FISH", "kg": 2}]] * 20)
    table.to_parquet(tmp_path / "m.parquet")
    scored = engine.score(table)
    assert scored.view.table["items"].tolist() == ['[{"description":"LIVE FISH","kg":2.0}]'] * 20
    again = read(tmp_path / "m.parquet")
    assert again.table["items"].tolist() == scored.view.table["items"].tolist()
