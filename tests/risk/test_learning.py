"""Learning from files: outcomes meet the version inspected, ports are read whole, reports are made."""

import pandas as pd
import pytest

from features.manifest import schema
from models import boosting
from models.splits import SplitError
from models.training import Options, TrainingError
from risk import histories, learning
from risk.histories import PortError

QUICK = Options(
    validation="blocks",
    test=0.0,
    rounds=20,
    minimum_training_finds=10,
    settings=tuple(boosting.SETTINGS)[:1],
)


def folder_of(table, folder):
    """Write a made-up port as `wildcargo simulate` does."""
    folder.mkdir()
    outcome = ["inspected_at", "inspection_type", "outcome"]
    table.drop(columns=outcome).to_parquet(folder / "manifests.parquet", index=False)
    table[["shipment_id", *outcome]].to_parquet(folder / "outcomes.parquet", index=False)
    return folder


def versions(*known_at):
    table = pd.DataFrame(
        {
            "shipment_id": pd.Series(["A"] * len(known_at), dtype="str"),
            "known_at": pd.to_datetime(list(known_at)).astype("datetime64[us]"),
        }
    )
    return schema.complete(table)


def outcome(at, *ids):
    found = pd.DataFrame(
        {
            "shipment_id": pd.Series(list(ids), dtype="str"),
            "inspected_at": pd.to_datetime([at] * len(ids)).astype("datetime64[us]"),
            "outcome": pd.Series(["clean"] * len(ids), dtype="str"),
        }
    )
    return schema.complete(found)[["shipment_id", *schema.OUTCOME_COLUMNS]]


def test_an_outcome_goes_to_the_version_that_was_inspected():
    table = versions("2026-01-01", "2026-01-02", "2026-01-05")
    joined, unmatched = histories.join_outcomes(table, outcome("2026-01-03", "A", "lost"))
    assert joined["outcome"].notna().tolist() == [False, True, False]
    assert unmatched == ("lost",)


def test_rows_amended_after_their_inspection_reach_training_to_be_refused():
    joined, _ = histories.join_outcomes(versions("2026-01-04"), outcome("2026-01-03", "A"))
    assert joined["outcome"].notna().all()
    from models.labels import LabelError, labels

    with pytest.raises(LabelError):
        labels(joined)


def test_a_folder_teaches_and_is_measured(port, tmp_path):
    folder = folder_of(port(900), tmp_path / "a")
    (port_read,) = histories.read_ports([folder])
    assert len(port_read.inspected) == 900
    bundle = learning.learn([port_read], QUICK)
    assert bundle.risk_basis == "prior"
    assert learning.with_basis(QUICK, [port_read], simulated=False).risk_basis == "port"
    assert learning.with_basis(QUICK, [port_read], simulated=True).risk_basis == "prior"
    report = learning.assess(bundle, [port_read], test_share=0.3, replicates=20)
    table = report["ports"]["a"]["tables"]["inspected"]["risk"]["all"]
    assert {"model", "random", "scorecard", "look_up", "logistic", "raw_lightgbm"} <= set(table)
    assert table["model"]["average_precision"]["value"] > table["random"]["average_precision"]["value"]


def test_a_model_judged_on_days_it_learnt_from_is_told(port, tmp_path):
    (taught,) = histories.read_ports([folder_of(port(700), tmp_path / "port")])
    bundle = learning.learn([taught], QUICK)
    (other,) = histories.read_ports([folder_of(port(700), tmp_path / "elsewhere")])
    reports = learning.assess(bundle, [taught, other], test_share=0.3, replicates=20)["ports"]
    assert any("flatter" in warning for warning in reports["port"]["warnings"])
    assert not any("flatter" in warning for warning in reports["elsewhere"]["warnings"])


def test_the_truth_must_hold_every_shipment_judged(port, tmp_path):
    table = port(900)
    (port_read,) = histories.read_ports([folder_of(table, tmp_path / "a")])
    bundle = learning.learn([port_read], QUICK)
    heads = {h: (table["outcome"] == h).astype(int) for h in ("live_animals", "wildlife_products")}
    truth = pd.DataFrame({"shipment_id": table["shipment_id"], **heads})
    truth.to_parquet(tmp_path / "truth.parquet", index=False)
    found = histories.read_truth(tmp_path / "truth.parquet")
    report = learning.assess(bundle, [port_read], found, test_share=0.3, replicates=20)
    assert "truth" in report["ports"]["a"]["tables"]
    with pytest.raises(PortError, match="lacks"):
        learning.assess(bundle, [port_read], found.head(5), test_share=0.3, replicates=20)


def test_what_cannot_teach_is_refused_with_reasons(port, tmp_path):
    with pytest.raises(PortError, match=r"manifests\.parquet"):
        histories.read_ports([tmp_path])
    folder = folder_of(port(60), tmp_path / "a")
    (folder / "outcomes.parquet").unlink()
    with pytest.raises(PortError, match="no inspected shipment"):
        histories.read_ports([folder])
    other = folder_of(port(60, seed=2), tmp_path / "b")
    with pytest.raises(PortError, match="one port"):
        histories.read_ports([other, folder], outcomes=other / "outcomes.parquet")
    (few,) = histories.read_ports([other])
    with pytest.raises((TrainingError, SplitError), match=r"too few|are needed"):
        learning.learn([few], Options())


def test_a_history_beside_its_truth_is_simulated_named_as_a_folder_or_as_a_file(tmp_path):
    folder, elsewhere = tmp_path / "a", tmp_path / "b"
    for path in (folder, elsewhere):
        path.mkdir()
        (path / "manifests.parquet").touch()
    (folder / "truth.parquet").touch()
    assert histories.is_simulated([elsewhere, folder])
    assert histories.is_simulated([folder / "manifests.parquet"])
    assert not histories.is_simulated([elsewhere, elsewhere / "manifests.parquet"])
