"""LightGBM's text format as arrays.

The format is what `Booster.model_to_string` writes (``version=v3`` and ``v4``: LightGBM 3 and 4; the source
is ``src/io/tree.cpp`` and ``include/LightGBM/tree.h`` of LightGBM 4). The text is taken for hostile: every
count, index and child is checked here, so that compiled code may rely on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

#: How a node decides (``NODE.kind``): numeric splits differ in where missing values, or zeros, go.
RIGHT_IF_MISSING, LEFT_IF_MISSING, ZERO_LEFT, ZERO_RIGHT, CATEGORIES = range(5)

#: Values as near to zero as this are zero to LightGBM (``kZeroThreshold``, a float32).
ZERO = float(np.float32(1e-35))

#: Field of `NODE`, its name in the text, its type.
_CELLS = (
    ("column", "split_feature", np.int64),
    ("threshold", "threshold", np.float64),
    ("kind", "decision_type", np.int64),
    ("left", "left_child", np.int64),
    ("right", "right_child", np.int64),
)

#: LightGBM's own limit.
MOST_LEAVES = 1 << 17
MOST_COLUMNS = 1_000_000
MOST_CLASSES = 10_000
VERSIONS = ("v3", "v4")

_NUMBERS = re.compile(r"[-+.0-9eEinf ]+", re.ASCII)
_LONGEST_NUMBER = 40
_CATEGORICAL, _DEFAULT_LEFT = 1, 2
_MISSING_NONE, _MISSING_ZERO, _MISSING_NAN = 0, 1, 2


class ModelTextError(ValueError):
    """A text is no LightGBM model this package can read; the message says where.

    Attributes
    ----------
    model : int
        Which of the texts it is, counted from 0.
    """

    def __init__(self, message: str, model: int = 0) -> None:
        super().__init__(message)
        self.model = model


#: One row per tree and one more at the end.
TREE = np.dtype([("output", np.int32), ("first_node", np.int32), ("first_leaf", np.int32)])
#: One row per node. A child at or above 0 is a node, always after its parent; below 0 it is the leaf
#: ``-child - 1``.
NODE = np.dtype(
    [
        ("threshold", np.float64),  # numeric splits send ``value <= threshold`` left
        ("left_share", np.float64),  # share of the node's training rows that went there, in [0, 1]
        ("right_share", np.float64),
        ("column", np.int32),
        ("kind", np.int32),  # how it decides: `RIGHT_IF_MISSING` and so on
        ("left", np.int32),
        ("right", np.int32),
        ("parent", np.int32),  # -1: none
        ("first_word", np.int32),  # where its set of categories that go left lies, 32 to a word
        ("end_word", np.int32),
    ],
    align=True,
)
#: One row per leaf; the leaf of a tree without nodes has no parent (-1).
LEAF = np.dtype([("value", np.float64), ("parent", np.int32)], align=True)


class Trees(NamedTuple):
    """Trees over the same columns, one after another; nodes and leaves are numbered throughout.

    Attributes
    ----------
    columns : int
        Columns of the rows the trees read.
    outputs : int
        Margins the trees add up to.
    starts : ndarray of `TREE`
    nodes : ndarray of `NODE`
    leaves : ndarray of `LEAF`
    categories : ndarray of uint32
    """

    columns: int
    outputs: int
    starts: np.ndarray
    nodes: np.ndarray
    leaves: np.ndarray
    categories: np.ndarray


@dataclass(frozen=True)
class _Tree:
    """One tree, its indices its own."""

    nodes: np.ndarray
    values: np.ndarray
    categories: np.ndarray


def parse(texts: Sequence[str]) -> Trees:
    """Read models over the same columns; their outputs stand one after another.

    Parameters
    ----------
    texts : sequence of str
        At least one model. A model of several classes has an output for each.

    Raises
    ------
    ModelTextError
        A text is no LightGBM model, is malformed, or holds what is not explained here: linear trees and
        averaged forests. Or the models read different numbers of columns.
    """
    if not texts:
        raise ModelTextError("no model given")
    trees: list[_Tree] = []
    output: list[int] = []
    outputs, columns = 0, -1
    for number, text in enumerate(texts):
        try:
            width, classes, own = _model(text)
        except ModelTextError as error:
            error.model = number
            raise
        if columns not in (-1, width):
            message = f"models of {columns} and of {width} columns cannot be explained together"
            raise ModelTextError(message, number)
        output += [outputs + number % classes for number in range(len(own))]
        trees += own
        outputs, columns = outputs + classes, width
    return _joined(trees, output, outputs, columns)


def _model(text: str) -> tuple[int, int, list[_Tree]]:
    """Return the number of columns, of outputs, and the trees of one model."""
    if not isinstance(text, str) or not text.startswith("tree\n") or "\nend of trees\n" not in text:
        raise ModelTextError("not a LightGBM model text, or cut off")
    header, *bodies = _pieces(text)
    stated = _entries(header, "the header")
    if "average_output" in header.split("\n"):
        raise ModelTextError("an averaged forest, whose contributions are not computed here")
    if stated.get("version") not in VERSIONS:
        raise ModelTextError(f"version {stated.get('version')!r}, expected {' or '.join(VERSIONS)}")
    classes = _whole(stated, "num_tree_per_iteration", "the header")
    columns = _whole(stated, "max_feature_idx", "the header") + 1
    if columns > MOST_COLUMNS or classes > MOST_CLASSES:
        raise ModelTextError(f"{columns} columns and {classes} classes are more than any model has")
    if classes < 1 or len(bodies) % classes:
        raise ModelTextError(f"{len(bodies)} trees cannot be {classes} to a round")
    return columns, classes, [_tree(body, number, columns) for number, body in enumerate(bodies)]


def _pieces(text: str) -> list[str]:
    """Return the header and each tree, the marks between them left out."""
    return text[: text.index("\nend of trees\n")].split("\nTree=")


def _tree(body: str, number: int, columns: int) -> _Tree:
    where = f"tree {number}"
    if not body.startswith(f"{number}\n"):
        raise ModelTextError(f"{where} does not follow on the one before")
    entries = _entries(body, where)
    leaves = _whole(entries, "num_leaves", where)
    if not 1 <= leaves <= MOST_LEAVES:
        raise ModelTextError(f"{where}: {leaves} leaves, expected 1 to {MOST_LEAVES}")
    if entries.get("is_linear", "0") != "0":
        raise ModelTextError(f"{where} is linear, whose contributions are not computed here")
    values = _cells(entries, "leaf_value", leaves, np.float64, where)
    _refuse(~np.isfinite(values), where, "leaf_value holds what is no number")
    nodes = np.zeros(leaves - 1, dtype=NODE)
    if leaves == 1:
        return _Tree(nodes, values, np.zeros(0, dtype=np.uint32))
    for field, key, dtype in _CELLS:
        nodes[field] = _cells(entries, key, leaves - 1, dtype, where)
    column, threshold = nodes["column"], nodes["threshold"]
    _refuse((column < 0) | (column >= columns), where, "splits on a column that does not exist")
    _refuse(np.isnan(threshold), where, "threshold holds what is no number")
    _check_children(nodes["left"], nodes["right"], where)
    nodes["kind"] = _kinds(nodes["kind"], threshold, where)
    nodes["left_share"], nodes["right_share"] = _shares(entries, nodes["left"], nodes["right"], where)
    nodes["first_word"], nodes["end_word"], categories = _categories(entries, nodes, where)
    return _Tree(nodes, values, categories)


def _check_children(left: np.ndarray, right: np.ndarray, where: str) -> None:
    """Check that each node and leaf but the root has one parent, and each node comes after its own."""
    inner = len(left)
    children = np.sort(np.concatenate([left, right]))
    expected = np.concatenate([np.arange(-inner - 1, 0), np.arange(1, inner)])
    after = np.arange(inner)
    late = ((left < 0) | (left > after)) & ((right < 0) | (right > after))
    if not np.array_equal(children, expected) or not late.all():
        raise ModelTextError(f"{where}: children do not form a tree")


def _kinds(decisions: np.ndarray, threshold: np.ndarray, where: str) -> np.ndarray:
    """Return how each node decides. Where missing is no case of its own, it counts as zero."""
    missing = (decisions >> 2) & 3
    _refuse((decisions < 0) | (decisions > 15) | (missing == 3), where, "decision_type is none LightGBM has")
    default_left = (decisions & _DEFAULT_LEFT) > 0
    left = np.where(missing == _MISSING_NONE, threshold >= 0.0, default_left)
    kind = np.where(left, LEFT_IF_MISSING, RIGHT_IF_MISSING)
    zero = np.where(default_left, ZERO_LEFT, ZERO_RIGHT)
    kind = np.where(missing == _MISSING_ZERO, zero, kind)
    return np.where(decisions & _CATEGORICAL, CATEGORIES, kind)


def _categories(
    entries: dict[str, str], nodes: np.ndarray, where: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where each node's set of categories begins and ends, and all sets."""
    count = _whole(entries, "num_cat", where)
    by_category = nodes["kind"] == CATEGORIES
    if not by_category.any():
        nowhere = np.zeros(len(nodes), dtype=np.int64)
        return nowhere, nowhere, np.zeros(0, dtype=np.uint32)
    bounds = _cells(entries, "cat_boundaries", count + 1, np.int64, where)
    within = (bounds >= 0) & (bounds <= len(entries.get("cat_threshold", "")))
    _refuse(~within, where, "category sets do not add up")
    _refuse(bounds[:1] != 0, where, "category sets do not add up")
    _refuse(np.diff(bounds) < 0, where, "category sets do not add up")
    words = _cells(entries, "cat_threshold", int(bounds[-1]), np.int64, where)
    _refuse((words < 0) | (words >= 1 << 32), where, "cat_threshold is no set of 32 categories")
    named = np.where(by_category, nodes["threshold"], 0.0)
    _refuse((named < 0) | (named >= count), where, "a split names no category set")
    which = named.astype(np.int64)
    first = np.where(by_category, bounds[which], 0)
    return first, np.where(by_category, bounds[which + 1], 0), words.astype(np.uint32)


def _shares(
    entries: dict[str, str], left: np.ndarray, right: np.ndarray, where: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of each node's training rows that went left, and right."""
    inner = len(left)
    of_leaves = _cells(entries, "leaf_count", inner + 1, np.float64, where)
    of_nodes = _cells(entries, "internal_count", inner, np.float64, where)
    rows = np.concatenate([of_nodes, of_leaves[::-1]])  # a child of -1 is the last, leaf 0
    _refuse(~((rows >= 0) & (rows < 2.0**53)), where, "counts of rows are none")
    _refuse(of_nodes == 0, where, "a node without training rows splits them")
    shares = rows[left] / of_nodes, rows[right] / of_nodes
    _refuse((shares[0] > 1) | (shares[1] > 1), where, "more rows below a node than in it")
    return shares


def _joined(trees: Sequence[_Tree], output: Sequence[int], outputs: int, columns: int) -> Trees:
    """Return trees as one table, nodes and leaves numbered throughout."""
    if sum(len(t.values) + len(t.categories) for t in trees) >= 1 << 31:
        raise ModelTextError("more leaves or categories than can be numbered")
    starts = np.zeros(len(trees) + 1, dtype=TREE)
    starts["output"][:-1] = output
    starts["first_node"][1:] = np.cumsum([len(t.nodes) for t in trees])
    starts["first_leaf"][1:] = np.cumsum([len(t.values) for t in trees])
    sizes = np.diff(starts["first_node"])
    words = np.repeat(_before([len(t.categories) for t in trees]), sizes)
    nodes = np.concatenate([np.zeros(0, NODE), *(t.nodes for t in trees)])
    nodes["first_word"] += words
    nodes["end_word"] += words
    leaves = np.zeros(starts["first_leaf"][-1], dtype=LEAF)
    leaves["value"] = np.concatenate([np.zeros(0), *(t.values for t in trees)])
    nodes["parent"], leaves["parent"] = -1, -1
    first_node = np.repeat(starts["first_node"][:-1], sizes)
    first_leaf = np.repeat(starts["first_leaf"][:-1], sizes)
    for side in ("left", "right"):
        child = nodes[side]
        nodes[side] = child = np.where(child >= 0, child + first_node, child - first_leaf)
        inner = child >= 0
        nodes["parent"][child[inner]] = np.flatnonzero(inner)
        leaves["parent"][-child[~inner] - 1] = np.flatnonzero(~inner)
    categories = np.concatenate([np.zeros(0, np.uint32), *(t.categories for t in trees)])
    return Trees(columns, outputs, starts, nodes, leaves, categories)


def _before(sizes: Sequence[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])[: len(sizes)].astype(np.int64)


def _entries(lines: str, where: str) -> dict[str, str]:
    pairs = [line.split("=", 1) for line in lines.split("\n") if "=" in line]
    found: dict[str, str] = {pair[0]: pair[1] for pair in pairs}
    if len(found) != len(pairs):
        raise ModelTextError(f"{where} names a value twice")
    return found


def _whole(entries: dict[str, str], key: str, where: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", entries.get(key, "")):
        raise ModelTextError(f"{where}: {key} is {entries.get(key)!r}, expected a whole number")
    return int(entries[key])


def _cells(entries: dict[str, str], key: str, length: int, dtype: type, where: str) -> np.ndarray:
    cells = entries.get(key, "").split(" ") if entries.get(key) else []
    if len(cells) != length:
        raise ModelTextError(f"{where}: {key} has {len(cells)} cells, expected {length}")
    try:
        if not _NUMBERS.fullmatch(entries[key]) or max(map(len, cells)) > _LONGEST_NUMBER:
            raise ValueError
        return np.array(cells, dtype="U").astype(dtype)
    except (ValueError, OverflowError):
        raise ModelTextError(f"{where}: {key} holds what is no number") from None


def _refuse(wrong: np.ndarray, where: str, why: str) -> None:
    if wrong.any():
        raise ModelTextError(f"{where}: {why}")
