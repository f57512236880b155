"""The ways through trees: what lies above and below each node, and how often training rows came by."""

from __future__ import annotations

import numpy as np

from models.treeshap.compiled import compiled, compiled_within
from models.treeshap.model_text import Trees

#: One row per node of the trees.
WAY = np.dtype(
    [
        ("slot", np.int32),  # which of the distinct columns from the root is its own
        ("repeated", np.int32),  # 1 where an ancestor splits on the same column
        ("seen", np.int32),  # distinct columns above it
        ("below", np.int32),  # nodes of its subtree, itself included
        ("bit", np.int32),  # of its decision in the table of its group; -1 at the top
    ]
)


@compiled
def bases(trees: Trees, means: np.ndarray) -> None:
    """Add up each output's mean over the ways of the training rows, into zeros."""
    nodes, leaves = trees.nodes, trees.leaves
    reach = np.ones(len(nodes))
    for node in range(len(nodes)):
        above = nodes[node].parent
        if above >= 0:
            reach[node] = reach[above] * share(nodes, above, node)
    for tree in range(len(trees.starts) - 1):
        mean = 0.0
        for leaf in range(trees.starts[tree].first_leaf, trees.starts[tree + 1].first_leaf):
            above = leaves[leaf].parent
            way = reach[above] * share(nodes, above, -leaf - 1) if above >= 0 else 1.0
            mean += way * leaves[leaf].value
        means[trees.starts[tree].output] += mean


@compiled_within
def share(nodes: np.ndarray, above: int, child: int) -> float:
    """Return the share of a node's training rows that went to one of its children."""
    return nodes[above].left_share if nodes[above].left == child else nodes[above].right_share


@compiled
def deepest(nodes: np.ndarray) -> int:
    """Return the number of splits on the longest path."""
    level = np.zeros(len(nodes), dtype=np.int64)
    longest = 0
    for node in range(len(nodes)):
        above = nodes[node].parent
        level[node] = level[above] + 1 if above >= 0 else 1
        longest = max(longest, level[node])
    return longest


@compiled
def find_ways(nodes: np.ndarray, ways: np.ndarray) -> None:
    """Fill in what lies above and below each node."""
    for node in range(len(nodes)):
        way, above = ways[node], nodes[node].parent
        way.below, way.bit = 1, -1
        if above >= 0:
            way.seen = ways[above].seen + 1 - ways[above].repeated
        while above >= 0 and nodes[above].column != nodes[node].column:
            above = nodes[above].parent
        way.repeated = 1 if above >= 0 else 0
        way.slot = ways[above].slot if above >= 0 else way.seen
    for node in range(len(nodes) - 1, -1, -1):
        if nodes[node].parent >= 0:
            ways[nodes[node].parent].below += ways[node].below
