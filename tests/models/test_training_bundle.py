import json
import os
import shutil
import subprocess
import sys

import lightgbm
import numpy as np
import pandas as pd
import pytest

from models.bundle import BundleError, load, save
from models.metrics import average_precision
from models.predict import predict
from models.training import Options, TrainingError, train
from models.treeshap import ModelTextError, TreeShap


def test_training_is_deterministic_to_the_byte(port, bundle, tmp_path):
    again = train([port.training_set("Port A")], port.registry)
    assert again.model_id == bundle.model_id
    save(bundle, tmp_path / "a")
    save(again, tmp_path / "b")
    for name in os.listdir(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_it_learns_what_is_there(make, bundle):
    later = make(n=4000, seed=9)
    p = predict(bundle, later.features, explain=False)
    truth = later.truth.max(axis=1) == 1
    top = np.argsort(-p.risk_log_odds)[:400]
    assert truth[top].mean() > 3 * truth.mean()


def test_unlabelled_rows_and_their_truth_change_nothing(port, bundle):
    table = port.table.copy()
    blind = table["inspected_at"].isna()
    table.loc[blind, "outcome"] = "live_animals"
    features = port.features.copy()
    features.loc[blind.to_numpy(), "detour"] = 99.0
    again = train([type(port)(features, table, port.registry).training_set("Port A")], port.registry)
    assert again.heads[0].text == bundle.heads[0].text


def test_monotone_constraints_hold(bundle, port):
    frame = port.features.iloc[[0] * 50].reset_index(drop=True)
    frame["kg_per_package"] = np.linspace(-4, 4, 50)
    p = predict(bundle, frame, explain=False)
    for head in bundle.heads:
        assert (np.diff(p.margins[head.name]) >= 0).all()
    assert p.margins["live_animals"][-1] > p.margins["live_animals"][0]


def test_history_may_be_missing(bundle, port):
    frame = port.features.assign(earlier_finds=np.nan)
    assert np.isfinite(predict(bundle, frame).risk).all()


def test_rows_teach_with_and_without_their_past(make, port):
    """A model that saw every day without its past too ranks first days better, and still knows the past."""
    later = make(n=20_000, seed=12)
    blank = later.features.assign(earlier_finds=np.nan)
    truth = later.truth["live_animals"].to_numpy(dtype=float)
    precision = {}
    for share in (0.0, 1.0):
        options = Options(hide_history=share, settings=("steady",), rounds=120)
        learnt = train([port.training_set()], port.registry, options)
        head = learnt.heads[0]
        assert (
            lightgbm.Booster(model_str=head.text).feature_importance()[
                learnt.schema.names.index("earlier_finds")
            ]
            > 0
        )
        precision[share] = average_precision(truth, predict(learnt, blank, explain=False).margins[head.name])
        rows = head.facts["training_rows"], head.facts["training_finds"]
        assert rows == precision.setdefault("rows", rows)
    assert precision[1.0] >= precision[0.0]


def test_heads_without_finds_say_what_it_takes(make):
    port = make(n=3000, seed=3)
    table = port.table.copy()
    table["outcome"] = table["outcome"].where(table["outcome"] != "wildlife_products", "clean")
    table["outcome"] = table["outcome"].str.replace(";wildlife_products", "")
    bundle = train([type(port)(port.features, table, []).training_set()], port.registry)
    assert [h.name for h in bundle.heads] == ["live_animals"]
    assert "0 finds for training and 50 are needed" in bundle.absent["wildlife_products"]
    p = predict(bundle, port.features)
    assert np.array_equal(p.risk_log_odds, p.log_odds["live_animals"])
    table["outcome"] = table["outcome"].mask(table["outcome"].notna(), "clean")
    with pytest.raises(TrainingError, match="no head can be trained"):
        train([type(port)(port.features, table, []).training_set()], port.registry)


def test_several_ports_are_split_each_by_its_own_time(make, port):
    other = make(n=3000, seed=5)
    for column in ("known_at", "inspected_at"):
        other.table[column] = other.table[column] + pd.Timedelta(days=1000)
    options = Options(settings=("steady",), rounds=40)
    bundle = train([port.training_set("A"), other.training_set("B")], port.registry, options)
    starts = [p["split"]["windows"][0]["start"][:4] for p in bundle.card["ports"]]
    assert starts == ["2025", "2027"]


def test_blocks_use_every_find(make):
    port = make(n=1200, seed=4, days=60)
    options = Options(
        validation="blocks", test=0.0, minimum_training_finds=10, settings=("steady",), rounds=40
    )
    bundle = train([port.training_set()], port.registry, options)
    assert bundle.heads[0].facts["training_finds"] == bundle.card["ports"][0]["finds"]["live_animals"]
    assert bundle.heads[0].calibrator.rows == bundle.card["ports"][0]["inspected"]


def test_calibration_is_close_on_new_days(make, bundle):
    later = make(n=20_000, seed=11)
    p = predict(bundle, later.features, explain=False)
    truth = later.truth
    for head in bundle.heads:
        assert p.probabilities[head.name].mean() == pytest.approx(truth[head.name].mean(), rel=0.35)


def test_contributions_add_up_and_chunks_are_bit_equal(bundle, port):
    frame = port.features.iloc[:900]
    whole = predict(bundle, frame)
    assert np.abs(whole.risk_base + whole.risk_contributions.sum(axis=1) - whole.risk_log_odds).max() <= 1e-9
    for name, part in whole.contributions.items():
        assert np.abs(whole.bases[name] + part.sum(axis=1) - whole.log_odds[name]).max() <= 1e-9
    for size in (1, 7, 333):
        parts = [predict(bundle, frame.iloc[i : i + size]) for i in range(0, 60 if size == 1 else 900, size)]
        n = sum(len(p.risk) for p in parts)
        for key in ("risk", "risk_log_odds", "risk_contributions"):
            assert np.array_equal(np.concatenate([getattr(p, key) for p in parts]), getattr(whole, key)[:n])
    blind = predict(bundle, frame, explain=False)
    assert np.array_equal(blind.risk_log_odds, whole.risk_log_odds)
    assert len(predict(bundle, frame.iloc[:0]).risk) == 0


def test_contributions_equal_shap(bundle, port):
    import shap

    X = bundle.schema.encode(port.features.iloc[:200])
    for head in bundle.heads:
        ours = head.trees.explain(X).contributions[0]
        explainer = shap.TreeExplainer(lightgbm.Booster(model_str=head.text))
        theirs = np.asarray(explainer.shap_values(X))
        assert theirs.shape == ours.shape
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_unseen_levels_are_told(bundle, port):
    frame = port.features.iloc[:3].copy()
    frame["heading"] = ["9999", "0103", None]
    assert predict(bundle, frame).unseen["heading"].tolist() == [True, False, False]


def test_save_and_load_give_the_same_model(bundle, port, tmp_path):
    saved = save(bundle, tmp_path / "b")
    loaded = load(tmp_path / "b")
    assert loaded == bundle
    assert saved.model_id == loaded.model_id == bundle.model_id
    a, b = predict(bundle, port.features.iloc[:500]), predict(loaded, port.features.iloc[:500])
    assert np.array_equal(a.risk_contributions, b.risk_contributions)
    with pytest.raises(BundleError, match="exists"):
        save(bundle, tmp_path / "b")
    assert save(bundle, tmp_path / "b", overwrite=True).model_id == bundle.model_id
    assert os.listdir(tmp_path) == ["b"]


def test_overwrite_replaces_only_bundles(bundle, tmp_path):
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "letter.txt").write_text("dear")
    with pytest.raises(BundleError, match="exists"):
        save(bundle, tmp_path / "papers", overwrite=True)
    assert (tmp_path / "papers" / "letter.txt").read_text() == "dear"


@pytest.fixture(scope="module")
def saved(bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles") / "good"
    save(bundle, folder)
    return folder


def resum(folder):
    """Make the sums right again, as someone who forges a bundle would."""
    import hashlib

    manifest = json.loads((folder / "manifest.json").read_text())
    for name in manifest["sha256"]:
        if (folder / name).is_file():
            manifest["sha256"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def edit(name, change, forge=True):
    def damage(folder):
        data = json.loads((folder / name).read_text())
        change(data)
        (folder / name).write_text(json.dumps(data))
        if forge and name != "manifest.json":
            resum(folder)

    return damage


def replace_text(name, old, new):
    def damage(folder):
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))
        resum(folder)

    return damage


def write(name, data):
    def damage(folder):
        (folder / name).write_bytes(data)

    return damage


def link(name):
    def damage(folder):
        shutil.copy(folder / name, folder.parent / "elsewhere")
        (folder / name).unlink()
        (folder / name).symlink_to(folder.parent / "elsewhere")

    return damage


def cut(folder):
    text = (folder / "live_animals.txt").read_text()
    (folder / "live_animals.txt").write_text(text[: len(text) // 2])
    resum(folder)


LIVE = "live_animals.txt"
DAMAGES = {
    "changed": (write("card.md", b"all is well"), "card.md: changed"),
    "changed model": (write(LIVE, b"tree\n"), LIVE),
    "added": (write("notes.txt", b"hi"), "notes.txt"),
    "added folder": (lambda f: (f / "more").mkdir(), "more"),
    "removed": (lambda f: (f / LIVE).unlink(), LIVE),
    "no manifest": (lambda f: (f / "manifest.json").unlink(), "manifest.json"),
    "symlink": (link(LIVE), LIVE),
    "manifest not JSON": (write("manifest.json", b"{"), "manifest.json"),
    "manifest a list": (write("manifest.json", b"[]"), "manifest.json"),
    "manifest deep": (write("manifest.json", b"[" * 100_000), "manifest.json"),
    "manifest not text": (write("manifest.json", b"\xff\xfe"), "manifest.json"),
    "traversal": (
        edit("manifest.json", lambda d: d["sha256"].update({"../etc/passwd": "0"})),
        "manifest.json",
    ),
    "sums no dict": (edit("manifest.json", lambda d: d.update(sha256=[])), "manifest.json"),
    "manifest format": (edit("manifest.json", lambda d: d.update(format=9)), "format 9"),
    "bundle format": (edit("bundle.json", lambda d: d.update(format=2)), "bundle.json: format 2"),
    "no schema": (edit("bundle.json", lambda d: d.pop("schema")), "bundle.json"),
    "no heads": (edit("bundle.json", lambda d: d.update(heads=[])), "bundle.json"),
    "head elsewhere": (edit("bundle.json", lambda d: d["heads"][0].update(file="../x.txt")), "bundle.json"),
    "other head": (edit("bundle.json", lambda d: d["heads"][0].update(name="people")), "bundle.json"),
    "slope": (edit("bundle.json", lambda d: d["heads"][0]["calibrator"].update(slope=-1)), "bundle.json"),
    "basis": (edit("bundle.json", lambda d: d.update(risk_basis="sure")), "bundle.json"),
    "columns": (edit("bundle.json", lambda d: d["schema"]["columns"].pop()), LIVE),
    "NaN": (replace_text("bundle.json", '"seed": 0', '"seed": NaN'), "bundle.json"),
    "model cut": (cut, LIVE),
    "child loop": (replace_text(LIVE, "left_child=1", "left_child=0"), LIVE),
    "child far": (replace_text(LIVE, "left_child=", "left_child=9999 "), LIVE),
    "column far": (replace_text(LIVE, "split_feature=", "split_feature=99999"), LIVE),
    "leaves": (replace_text(LIVE, "num_leaves=", "num_leaves=1"), LIVE),
    "words": (replace_text(LIVE, "leaf_value=", "leaf_value=abc "), LIVE),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_bundle_is_refused_by_name(case, saved, tmp_path):
    damage, words = DAMAGES[case]
    folder = tmp_path / "bundle"
    shutil.copytree(saved, folder)
    load(folder)
    damage(folder)
    with pytest.raises(BundleError) as error:
        load(folder)
    assert words in str(error.value)


def test_no_folder_is_an_error_of_ours(tmp_path):
    with pytest.raises(BundleError, match="not a folder"):
        load(tmp_path / "nothing")
    (tmp_path / "file").write_text("x")
    with pytest.raises(BundleError, match="not a folder"):
        load(tmp_path / "file")


@pytest.mark.parametrize(
    "text", ["", "tree\n", "tree\n\nend of trees\n", "tree\nversion=v4\n\nend of trees\n"]
)
def test_other_text_is_no_model(text):
    with pytest.raises(ModelTextError):
        TreeShap(text)


def test_the_card_says_what_it_is(bundle):
    from models.card import render

    text = render(bundle.card)
    assert "not known for this port" in text
    assert "all shipments (inspected rows weighted by their selection probability)" in text
    assert "Average precision" in text
    for word in ("smuggler", "guilty", "safe"):
        assert word not in text.lower()


def test_heavy_libraries_wait():
    code = (
        "import sys, models.training, models.predict, models.evaluation, models.baselines;"
        "sys.exit(bool({'lightgbm', 'sklearn', 'shap', 'scipy', 'numba'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
