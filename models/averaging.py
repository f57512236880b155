"""Several boosters as one: a model whose margin is the mean of theirs.

With few finds one boosted model is a matter of luck; the mean of several that were grown differently
is steadier. The mean of sums of trees is a sum of all their trees, each leaf divided by the number
of models: one ordinary LightGBM model, whose exact explanations cost what any model of so many
trees costs.
"""

from __future__ import annotations

from collections.abc import Sequence

_END = "end of trees\n"
_VALUES = ("leaf_value=", "internal_value=")


def average(texts: Sequence[str]) -> str:
    """Return the text of the model whose raw margin is the mean margin of others.

    Parameters
    ----------
    texts : sequence of str
        Models in LightGBM's text format (`Booster.model_to_string`), of one objective over the same
        columns; at least one.

    Returns
    -------
    str
        A LightGBM model of all their trees, in the order given.

    Raises
    ------
    ValueError
        No model, or models of other columns.
    """
    import lightgbm

    if not texts:
        raise ValueError("no model to average")
    if len(texts) == 1:
        return texts[0]
    parted = [_parts(text) for text in texts]
    if len({_columns(header) for header, _, _ in parted}) > 1:
        raise ValueError("models of other columns cannot be averaged")
    header, _, footer = parted[0]
    bodies = [_scaled(tree, 1.0 / len(texts)) for _, trees, _ in parted for tree in trees]
    trees = [f"Tree={number}\n{body}" for number, body in enumerate(bodies)]
    sizes = " ".join(str(len(tree.encode())) for tree in trees)
    lines = [f"tree_sizes={sizes}" if line.startswith("tree_sizes=") else line for line in header]
    joined = "\n".join(lines) + "\n\n" + "".join(trees) + _END + footer
    # Read and written once more, so that the importances at the end are those of all trees.
    return str(lightgbm.Booster(model_str=joined).model_to_string())


def _parts(text: str) -> tuple[list[str], list[str], str]:
    """Return header lines, tree bodies without their number, and what follows the trees."""
    trees, _, footer = text.partition(_END)
    header, *bodies = trees.split("Tree=")
    return header.rstrip("\n").split("\n"), [body.partition("\n")[2] for body in bodies], footer


def _columns(header: list[str]) -> tuple[str, ...]:
    kept = ("num_class=", "objective=", "max_feature_idx=", "feature_names=")
    return tuple(line for line in header if line.startswith(kept))


def _scaled(tree: str, factor: float) -> str:
    """Return a tree with the values of its leaves and nodes multiplied."""
    lines = []
    for line in tree.split("\n"):
        key = next((key for key in _VALUES if line.startswith(key)), None)
        if key is not None:
            cells = line.removeprefix(key).split()
            line = key + " ".join(repr(float(cell) * factor) for cell in cells)
        lines.append(line)
    return "\n".join(lines)
