"""Each tree cut into groups of leaves that share one table.

A row matters to a tree only by which way it goes at each split. Where the distinct columns on the path
to a subtree, each agreeing with the path or not, and the subtree's own splits, each left or right, are few
bits together, a table over those bits holds what all leaves below add to each column. The *top* of a
tree, above such groups, only carries the path's bits down. A leaf below too many distinct columns is a
group without a table.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.treeshap.compiled import compiled, compiled_within
from models.treeshap.model_text import Trees

#: Bits of a table that several leaves share: larger tables need fewer look-ups and more time to fill.
SHARED_BITS = 7
#: Bits of a table at all, thus distinct columns on the path to a leaf that has one.
MOST_BITS = 10

#: What a step does: split rows at a node of the top, or add what a group adds.
SPLIT, GROUP = 0, 1


#: One row per step through a tree: what it does, at which node or group, the depth of that in its tree, and 0
#: or 1 where it lies below a left or a right edge. Groups without a table lie nowhere (0, 0).
STEP = np.dtype([("what", np.int32), ("which", np.int32), ("level", np.int32), ("side", np.int32)])
#: One row per group and one more at the end.
GROUP_ROW = np.dtype(
    [
        ("root", np.int32),  # node, or leaf as in `model_text.NODE`
        ("bits", np.int32),  # of its table; -1: it has none
        ("path_bits", np.int32),  # the first of them: one per distinct column above the root
        ("output", np.int32),
        ("first_node", np.int32),  # into `Layout.nodes`
        ("first_leaf", np.int32),  # into `Layout.leaves`
        ("first_target", np.int32),  # into `Layout.targets`
        ("first_entry", np.int64),  # of its table among those kept; -1 where it is not kept
    ],
    align=True,
)


class Layout(NamedTuple):
    """Steps through all trees, in order, and the groups they visit.

    Attributes
    ----------
    steps : ndarray of `STEP`
    ways : ndarray of `ways.WAY`
    groups : ndarray of `GROUP_ROW`
    nodes, leaves : ndarray of int32
        Each group's, left before right.
    targets : ndarray of int32
        The places (columns, or families of them) a group with a table adds to.
    """

    steps: np.ndarray
    ways: np.ndarray
    groups: np.ndarray
    nodes: np.ndarray
    leaves: np.ndarray
    targets: np.ndarray


def lay_out(
    trees: Trees,
    ways: np.ndarray,
    place: np.ndarray,
    kept_bytes: int,
    *,
    shared_bits: int = SHARED_BITS,
    most_bits: int = MOST_BITS,
) -> Layout:
    """Cut trees into groups.

    Parameters
    ----------
    trees : Trees
    ways : ndarray of `ways.WAY`
        From `ways.find_ways`; bits are filled in.
    place : ndarray of int64, shape (columns,)
        Where what a column contributes is added to.
    kept_bytes : int
        Tables are kept in the order of groups as long as they, trees and layout fit in.
    shared_bits, most_bits : int
        ``shared_bits <= most_bits <= 15``.
    """
    steps = np.zeros(len(trees.nodes) + len(trees.leaves), dtype=STEP)
    groups = np.zeros(len(trees.leaves) + 1, dtype=GROUP_ROW)
    n_steps, n_groups = walk(trees, ways, steps, groups, shared_bits, most_bits)
    groups = groups[: n_groups + 1].copy()
    steps = steps[:n_steps].copy()
    nodes = np.zeros(len(trees.nodes), dtype=np.int32)
    leaves = np.zeros(len(trees.leaves), dtype=np.int32)
    find_members(trees, ways, groups, nodes, leaves)
    targets = np.zeros(np.maximum(groups["bits"], 0).sum(), dtype=np.int32)
    find_targets(trees, place, groups, nodes, targets)
    layout = Layout(
        steps=steps,
        ways=ways,
        groups=groups,
        nodes=nodes[: groups["first_node"][-1]].copy(),
        leaves=leaves,
        targets=targets[: groups["first_target"][-1]].copy(),
    )
    held = sum(array.nbytes for array in (*trees[2:], *layout))
    sizes = table_sizes(layout)
    ends = np.cumsum(sizes)
    fits = ends <= max(0, kept_bytes - held) // 8
    groups["first_entry"][:-1] = np.where((sizes > 0) & fits, ends - sizes, -1)
    return layout


def table_sizes(layout: Layout) -> np.ndarray:
    """Return the number of float64 of each group's table: a row per target and one of the leaves' values."""
    bits = layout.groups["bits"][:-1]
    rows = np.diff(layout.groups["first_target"]) + 1
    return np.where(bits < 0, 0, rows << np.maximum(bits, 0))


@compiled
def walk(
    trees: Trees, ways: np.ndarray, steps: np.ndarray, groups: np.ndarray, shared_bits: int, most_bits: int
) -> tuple[int, int]:
    """Walk the top of every tree, left before right; return the number of steps and of groups."""
    nodes = trees.nodes
    stack = np.zeros(len(nodes) + 2, dtype=STEP)
    n_steps, n_groups = 0, 0
    for tree in range(len(trees.starts) - 1):
        start, height = trees.starts[tree], 1
        has_nodes = trees.starts[tree + 1].first_node > start.first_node
        stack[0].which = start.first_node if has_nodes else -start.first_leaf - 1
        stack[0].level, stack[0].side = 0, 0
        while height > 0:
            height -= 1
            here, level, side = stack[height].which, stack[height].level, stack[height].side
            path, own = _bits(trees, ways, here)
            tabled = path + own <= most_bits
            if own > 0 and path + own > shared_bits:
                if path <= most_bits:  # below it some leaf may have a table
                    step = steps[n_steps]
                    step.what, step.which, step.level, step.side = SPLIT, here, level, side
                    n_steps += 1
                for edge in (1, 0):
                    child = stack[height]
                    child.which = nodes[here].right if edge else nodes[here].left
                    child.level, child.side = level + 1, edge
                    height += 1
            else:
                step, group = steps[n_steps], groups[n_groups]
                step.what, step.which = GROUP, n_groups
                step.level, step.side = (level, side) if tabled else (0, 0)
                group.root, group.bits = here, path + own if tabled else -1
                group.path_bits, group.output = path, start.output
                n_steps += 1
                n_groups += 1
    return n_steps, n_groups


@compiled_within
def _bits(trees: Trees, ways: np.ndarray, here: int) -> tuple[int, int]:
    """Return the distinct columns above a node or leaf, and the nodes of its subtree."""
    if here >= 0:
        return ways[here].seen, ways[here].below
    above = trees.leaves[-here - 1].parent
    return (ways[above].seen + 1 - ways[above].repeated if above >= 0 else 0), 0


@compiled
def find_members(
    trees: Trees, ways: np.ndarray, groups: np.ndarray, nodes: np.ndarray, leaves: np.ndarray
) -> None:
    """Fill in the nodes and leaves of each group, and the bits of nodes."""
    stack = np.zeros(len(trees.nodes) + 2, dtype=np.int32)
    n_nodes, n_leaves = 0, 0
    for number in range(len(groups) - 1):
        group = groups[number]
        group.first_node, group.first_leaf = n_nodes, n_leaves
        stack[0] = group.root
        height = 1
        while height > 0:
            height -= 1
            here = stack[height]
            if here < 0:
                leaves[n_leaves] = -here - 1
                n_leaves += 1
            else:
                ways[here].bit = group.path_bits + n_nodes - group.first_node
                nodes[n_nodes] = here
                n_nodes += 1
                stack[height], stack[height + 1] = trees.nodes[here].right, trees.nodes[here].left
                height += 2
    groups[len(groups) - 1].first_node, groups[len(groups) - 1].first_leaf = n_nodes, n_leaves


@compiled
def find_targets(
    trees: Trees, place: np.ndarray, groups: np.ndarray, nodes: np.ndarray, targets: np.ndarray
) -> None:
    """Fill in the targets of each group with a table."""
    end = 0
    for number in range(len(groups) - 1):
        group = groups[number]
        group.first_target = end
        if group.bits >= 0:
            root = group.root
            above = trees.nodes[root].parent if root >= 0 else trees.leaves[-root - 1].parent
            while above >= 0:
                end = _with(targets, group.first_target, end, place[trees.nodes[above].column])
                above = trees.nodes[above].parent
            for position in range(group.first_node, groups[number + 1].first_node):
                column = trees.nodes[nodes[position]].column
                end = _with(targets, group.first_target, end, place[column])
    groups[len(groups) - 1].first_target = end


@compiled_within
def _with(targets: np.ndarray, start: int, end: int, target: int) -> int:
    """Add a target where the group does not have it yet; return the new end."""
    for known in range(start, end):
        if targets[known] == target:
            return end
    targets[end] = target
    return end + 1
