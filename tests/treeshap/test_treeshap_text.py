"""Model texts that are none are refused in words, before compiled code sees them."""

import re

import lightgbm
import numpy as np
import pytest

from models.treeshap import ModelTextError, TreeShap


def trained(**parameters):
    rng = np.random.default_rng(0)
    X = np.hstack([rng.standard_normal((400, 4)), rng.integers(0, 90, (400, 2))])
    y = (X[:, 0] > 0) ^ (X[:, 4] % 3 == 0)
    parameters = {"verbosity": -1, "num_threads": 1, "min_data_per_group": 1, "cat_smooth": 1} | parameters
    return lightgbm.train(parameters, lightgbm.Dataset(X, y, categorical_feature=[4, 5]), 5).model_to_string()


TEXT = trained()

ANY = ["0", "-1", "1", "2", "31", "64", "1e3", "-5", "99999", "", "4294967295"]

BROKEN = {
    "nothing": (r"(?s).*", "", "not a LightGBM model text"),
    "cut off": (r"(?s)end of trees.*", "", "not a LightGBM model text, or cut off"),
    "columns": (r"max_feature_idx=5", "max_feature_idx=4", "splits on a column that does not exist"),
    "fewer columns than none": (r"max_feature_idx=5", "max_feature_idx=-3", "max_feature_idx is '-3'"),
    "averaged": (r"objective=", "average_output\nobjective=", "an averaged forest"),
    "no round": (r"num_tree_per_iteration=1", "num_tree_per_iteration=0", "cannot be 0 to a round"),
    "other rounds": (r"num_tree_per_iteration=1", "num_tree_per_iteration=3", "cannot be 3 to a round"),
    "linear": (r"is_linear=0", "is_linear=1", "tree 0 is linear"),
    "older": (r"version=v4", "version=v2", "version 'v2', expected v3 or v4"),
    "a tree missing": (r"Tree=1\n", "Tree=2\n", "tree 1 does not follow"),
    "twice": (r"(num_leaves=\d+)", r"\1\n\1", "names a value twice"),
    "no leaves": (r"num_leaves=\d+", "num_leaves=0", "0 leaves, expected 1 to"),
    "many leaves": (r"num_leaves=\d+", "num_leaves=999999999", "999999999 leaves, expected 1 to"),
    "leaves in words": (r"num_leaves=\d+", "num_leaves=three", "num_leaves is 'three'"),
    "other leaves": (r"num_leaves=\d+", "num_leaves=7", "leaf_value has"),
    "value": (r"leaf_value=[^ ]+", "leaf_value=nan", "leaf_value holds what is no number"),
    "value in words": (r"leaf_value=[^ ]+", "leaf_value=x", "leaf_value holds what is no number"),
    "infinite value": (r"leaf_value=[^ ]+", "leaf_value=1e999", "leaf_value holds what is no number"),
    "threshold": (r"threshold=[^ ]+", "threshold=nan", "threshold holds what is no number"),
    "decision": (r"decision_type=\d+", "decision_type=12", "decision_type is none LightGBM has"),
    "huge decision": (r"decision_type=\d+", "decision_type=9" + "9" * 30, "decision_type holds"),
    "loop": (r"left_child=-?\d+", "left_child=0", "children do not form a tree"),
    "far child": (r"right_child=-?\d+", "right_child=99", "children do not form a tree"),
    "shorter": (r"right_child=-?\d+ ", "right_child=", "right_child has"),
    "counts": (r"internal_count=\d+", "internal_count=0", "without training rows"),
    "negative counts": (r"leaf_count=\d+", "leaf_count=-1", "counts of rows are none"),
    "counts above": (r"leaf_count=\d+", "leaf_count=4e15", "more rows below a node than in it"),
    "no counts": (r"leaf_count=", "leaves=", "leaf_count has 0 cells"),
    "no sets": (r"num_cat=\d+", "num_cat=", "num_cat is ''"),
    "sets": (r"num_cat=[1-9]\d*", "num_cat=90", "cat_boundaries has"),
    "bounds": (r"cat_boundaries=0", "cat_boundaries=-1", "category sets do not add up"),
    "bounds that wrap": (r"cat_boundaries=0 \d+", f"cat_boundaries=0 {2**63 - 1}", "sets do not add up"),
    "many columns": (r"max_feature_idx=5", "max_feature_idx=999999998", "more than any model has"),
    "many classes": (r"tree_per_iteration=1", "tree_per_iteration=999999999", "more than any model has"),
    "Python's numbers": (r"leaf_value=[^ ]+", "leaf_value=1_0", "leaf_value holds what is no number"),
    "wide numbers": (r"leaf_value=[^ ]+", "leaf_value=１", "leaf_value holds what is no number"),
    "a long number": (r"leaf_value=[^ ]+", "leaf_value=" + "1" * 1000, "leaf_value holds what is no number"),
    "words": (r"cat_threshold=\d+", "cat_threshold=-7", "no set of 32 categories"),
    "long words": (r"cat_threshold=\d+", "cat_threshold=4294967296", "no set of 32 categories"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_text_is_refused_in_words(case):
    pattern, by, words = BROKEN[case]
    text = re.sub(pattern, by, TEXT, count=1)
    assert text != TEXT
    with pytest.raises(ModelTextError, match=re.escape(words)):
        TreeShap(text)


@pytest.mark.parametrize(("left", "right"), [("-1 2 1", "-2 -3 -4"), ("-1 -3 -4", "-2 2 1")])
def test_a_ring_of_nodes_apart_from_the_root_is_refused(left, right):
    """Each has one parent, and none is reached: a walk over them would not end."""
    text = re.sub(r"(?s)Tree=1.*?\n\n\n", "", re.sub(r"(?s)Tree=2.*(?=end of trees)", "", TEXT))
    ring = {
        "num_leaves": "4",
        "num_cat": "0",
        "split_feature": "0 0 0",
        "threshold": "0 0 0",
        "decision_type": "2 2 2",
        "left_child": left,
        "right_child": right,
        "leaf_value": "1 2 3 4",
        "leaf_count": "1 1 1 1",
        "internal_count": "4 3 2",
    }
    body = "\n".join(f"{key}={value}" for key, value in ring.items())
    text = re.sub(r"(?s)Tree=0\n.*?\n\n\n", f"Tree=0\n{body}\n\n\n", text)
    with pytest.raises(ModelTextError, match="children do not form a tree"):
        TreeShap(text)


def by_hand(**changed):
    """A model of one tree of one split, by category unless told otherwise."""
    tree = {"num_leaves": 2, "num_cat": 1, "split_feature": 0, "threshold": 0, "decision_type": 1}
    tree |= {"left_child": -1, "right_child": -2, "leaf_value": "1 2", "leaf_count": "3 5"}
    tree |= {"internal_count": 8, "leaf_weight": "3 5", "split_gain": 1, "internal_value": 0}
    tree |= {"internal_weight": 8, "cat_boundaries": "0 1", "cat_threshold": 4294967295}
    tree |= {"is_linear": 0, "shrinkage": 1} | changed
    body = "Tree=0\n" + "\n".join(f"{key}={value}" for key, value in tree.items()) + "\n\n\n"
    header = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=0\n"
    header += "objective=regression\nfeature_names=x\nfeature_infos=none\n"
    footer = "end of trees\n\nfeature_importances:\n\nparameters:\nend of parameters\n"
    return f"{header}tree_sizes={len(body)}\n\n{body}{footer}"


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"num_cat": 2, "cat_boundaries": "0 0 1"},
        {"cat_threshold": 2147483648},
        {"cat_threshold": 1},
        {"decision_type": 0, "threshold": 0},
        {"decision_type": 0, "threshold": -0.0},
        {"decision_type": 2, "threshold": 0},
        {"decision_type": 4, "threshold": 1},
        {"decision_type": 6, "threshold": -1},
        {"decision_type": 8, "threshold": 0},
        {"decision_type": 10, "threshold": "1e300"},
    ],
)
def test_every_kind_of_split_decides_as_lightgbm(changed):
    tiny = float(np.float32(1e-35))
    values = [np.nan, np.inf, -np.inf, 0, -0.0, -0.5, -1, 0.5, 1, 30.9, 31, 31.5, 32, 63, 1e9, 2.0**31, 1e300]
    rows = np.array([*values, tiny, -tiny, np.nextafter(tiny, 1), 1e-36, -1e-36])[:, None]
    text = by_hand(**changed)
    theirs = lightgbm.Booster(model_str=text).predict(rows, raw_score=True)
    assert TreeShap(text).margin(rows)[0].tolist() == theirs.tolist()


def test_a_set_of_categories_that_is_not_there_is_refused():
    with pytest.raises(ModelTextError, match="a split names no category set"):
        TreeShap(by_hand(threshold=1))


def test_an_error_names_the_model():
    with pytest.raises(ModelTextError) as caught:
        TreeShap([by_hand(), by_hand(is_linear=1)])
    assert caught.value.model == 1


def test_a_path_too_long_is_refused_at_once():
    n = 5000
    words = {"split_feature": " ".join(["0"] * n), "decision_type": " ".join(["2"] * n), "num_cat": 0}
    words |= {"threshold": " ".join(map(str, range(n))), "num_leaves": n + 1}
    words |= {"left_child": " ".join([*map(str, range(1, n)), "-1"])}
    words |= {"right_child": " ".join(str(-i) for i in range(n + 1, 1, -1))}
    words |= {"leaf_value": " ".join(["1"] * (n + 1)), "leaf_count": " ".join(["1"] * (n + 1))}
    words |= {"internal_count": " ".join(str(n + 1 - i) for i in range(n))}
    with pytest.raises(ModelTextError, match="a path of more than 4096 splits"):
        TreeShap(by_hand(**words))


def test_what_is_not_explained_is_refused():
    with pytest.raises(ModelTextError, match="averaged forest"):
        TreeShap(trained(boosting="rf", bagging_freq=1, bagging_fraction=0.5))
    X = np.random.default_rng(0).standard_normal((300, 2))
    data = lightgbm.Dataset(X, X[:, 0], params={"linear_tree": True, "verbosity": -1})
    linear = lightgbm.train({"linear_tree": True, "verbosity": -1}, data, 2).model_to_string()
    with pytest.raises(ModelTextError, match="linear"):
        TreeShap(linear)
    with pytest.raises(ModelTextError, match="no model"):
        TreeShap([])
    with pytest.raises(ModelTextError, match="not a LightGBM model text"):
        TreeShap([TEXT.encode()])


def test_models_of_other_columns_are_not_explained_together():
    other = lightgbm.train({"verbosity": -1}, lightgbm.Dataset(np.eye(60)[:, :3], np.arange(60)), 1)
    with pytest.raises(ModelTextError, match="6 and of 3 columns"):
        TreeShap([TEXT, other.model_to_string()])


@pytest.mark.parametrize("seed", range(150))
def test_a_text_with_any_cell_changed_is_refused_or_explained(seed):
    """Nothing that passes the checks may run out of bounds: what is left adds up."""
    rng = np.random.default_rng(seed)
    cells = re.split(r"([ =\n])", TEXT[: TEXT.index("end of trees")])
    places = [i for i, cell in enumerate(cells) if re.fullmatch(r"-?[0-9.e+-]+", cell)]
    for place in rng.choice(places, 1 + seed % 3):
        cells[place] = str(
            rng.choice(["0", "-1", "1", "2", "31", "64", "1e3", "-5", "99999", "", "4294967295"])
        )
    text = "".join(cells) + TEXT[TEXT.index("end of trees") :]
    rows = np.vstack([rng.standard_normal((20, 6)) * 50, np.full((1, 6), np.nan)])
    try:
        explainer = TreeShap(text)
    except ModelTextError:
        return
    rows = np.tile(rows, (1, -(-explainer.columns // 6)))[:, : explainer.columns]
    explained = explainer.explain(rows)
    size = max(1.0, np.abs(explained.margin).max())
    gap = explained.base[0] + explained.contributions[0].sum(axis=1) - explained.margin[0]
    assert np.abs(gap).max() <= 1e-9 * size
