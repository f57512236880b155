"""Blocks of rows through all trees, and the tables they are looked up in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.treeshap.compiled import compiled, compiled_within
from models.treeshap.layout import SPLIT, Layout
from models.treeshap.leaf import STRIP, Route, Rule, add, contribution, fill, trace
from models.treeshap.model_text import CATEGORIES, LEFT_IF_MISSING, RIGHT_IF_MISSING, ZERO, ZERO_LEFT, Trees

#: Rows copied side by side: float64 of a cache line.
LINE = 8


class Forest(NamedTuple):
    """All that does not change between rows.

    Attributes
    ----------
    trees, layout, points
        See there.
    place : ndarray of int64, shape (columns,)
        Where what a column contributes is added to.
    row : ndarray of int64, shape (columns,)
        Which row of a block holds a column; -1 for columns no tree splits on.
    tables : ndarray of float64
        The tables that are kept, one after another.
    """

    trees: Trees
    layout: Layout
    points: Rule
    place: np.ndarray
    row: np.ndarray
    tables: np.ndarray


class Scratch(NamedTuple):
    """Memory for one block of n rows and one group; see `scratch_for` for shapes.

    Attributes
    ----------
    pattern : ndarray of uint16
        Two per level of the tops: which columns agree with the path, below a left and a right edge.
    goes_left : ndarray of uint8
        Of the node at hand.
    indices : ndarray of uint16
        Into the table at hand.
    agree : ndarray of uint8
        Of the leaf at hand, by column, and in the last row for all columns.
    sums, strips : ndarray of float64
        What the leaves of a group add to its targets; `leaf.add`'s.
    halves, work : ndarray of float64
        `leaf.fill`'s.
    leaf_index : ndarray of int64
        The pattern of the leaf at hand for every entry of its group's table.
    table : ndarray of float64
        A table that is not kept.
    target : ndarray of int64
        Where the columns of the leaf at hand are added to.
    route : Route
    """

    pattern: np.ndarray
    goes_left: np.ndarray
    indices: np.ndarray
    agree: np.ndarray
    sums: np.ndarray
    strips: np.ndarray
    halves: np.ndarray
    work: np.ndarray
    leaf_index: np.ndarray
    table: np.ndarray
    target: np.ndarray
    route: Route


class Extent(NamedTuple):
    """What a forest needs room for: splits and columns of a path, levels of tops, bits and size of tables."""

    splits: int
    columns: int
    levels: int
    bits: int
    table: int

    @property
    def bytes_of_a_row(self) -> int:
        """Bytes of `Scratch` for each row of a block."""
        return 4 * self.levels + self.columns + 8 * self.bits + 16


def scratch_for(extent: Extent, rows: int) -> Scratch:
    """Return memory for blocks of at most so many rows."""
    entries = 1 << extent.bits
    return Scratch(
        pattern=np.zeros((2 * extent.levels, rows), dtype=np.uint16),
        goes_left=np.zeros(rows, dtype=np.uint8),
        indices=np.zeros(rows, dtype=np.uint16),
        agree=np.zeros((extent.columns + 1, rows), dtype=np.uint8),
        sums=np.zeros((extent.bits + 1, rows)),
        strips=np.zeros((2 * extent.columns + 1, STRIP)),
        halves=np.zeros((extent.bits, max(1, entries // 2))),
        work=np.zeros((2, max(2, entries))),
        leaf_index=np.zeros(entries, dtype=np.int64),
        table=np.zeros(extent.table),
        target=np.zeros(extent.columns + 1, dtype=np.int64),
        route=Route(
            node=np.zeros(extent.splits, dtype=np.int64),
            goes_left=np.zeros(extent.splits, dtype=np.bool_),
            share=np.zeros(extent.columns),
            column=np.zeros(extent.columns, dtype=np.int64),
        ),
    )


@compiled
def load(X: np.ndarray, used: np.ndarray, block: np.ndarray) -> None:
    """Copy rows into a block, column by column, values near zero as zero."""
    n = block.shape[1]
    for first in range(0, n, LINE):
        for c in range(len(used)):
            for r in range(first, min(first + LINE, n)):
                value = X[r, used[c]]
                block[c, r] = 0.0 if abs(value) <= ZERO else value


@compiled
def fill_tables(forest: Forest, scratch: Scratch) -> None:
    """Fill every table that is kept."""
    for group in range(len(forest.layout.groups) - 1):
        if forest.layout.groups[group].first_entry >= 0:
            fill_table(forest, group, forest.tables[forest.layout.groups[group].first_entry :], scratch)


@compiled_within
def fill_table(forest: Forest, number: int | np.int64, table: np.ndarray, scratch: Scratch) -> None:
    """Fill a group's table: rows of 2 ** bits entries, one for each target and one for the leaf's value."""
    layout, trees = forest.layout, forest.trees
    group, end = layout.groups[number], layout.groups[number + 1]
    size, targets = 1 << group.bits, end.first_target - group.first_target
    table[: (targets + 1) * size] = 0.0
    for position in range(group.first_leaf, end.first_leaf):
        leaf = layout.leaves[position]
        edges, d = trace(trees, layout.ways, leaf, scratch.route)
        _leaf_patterns(layout, group.path_bits, edges, d, size, scratch)
        value, full = trees.leaves[leaf].value, (1 << d) - 1
        for entry in range(size):
            if scratch.leaf_index[entry] == full:
                table[targets * size + entry] += value
        if d == 0:
            continue
        fill(d, scratch.route.share, forest.points, scratch.halves, scratch.work)
        _find_targets(layout.targets[group.first_target : end.first_target], forest.place, d, scratch)
        for i in range(d):
            sums, share, low = scratch.halves[i], scratch.route.share[i], (1 << i) - 1
            row = table[scratch.target[i] * size :]
            for entry in range(size):
                pattern = scratch.leaf_index[entry]
                integral = sums[((pattern >> (i + 1)) << i) | (pattern & low)]
                row[entry] += contribution(integral, (pattern >> i) & 1 == 1, share, value)


@compiled_within
def _leaf_patterns(layout: Layout, path_bits: int, edges: int, d: int, size: int, scratch: Scratch) -> None:
    """Write the leaf's pattern for every entry of its group's table."""
    new = (1 << d) - (1 << path_bits)  # columns met below the group's root agree until a split says no
    for entry in range(size):
        scratch.leaf_index[entry] = (entry & ((1 << path_bits) - 1)) | new
    for edge in range(edges):
        node = scratch.route.node[edge]
        bit, goes_left = layout.ways[node].bit, 1 if scratch.route.goes_left[edge] else 0
        keep = ~(1 << layout.ways[node].slot)
        if bit >= 0:
            for entry in range(size):
                if (entry >> bit) & 1 != goes_left:
                    scratch.leaf_index[entry] &= keep


@compiled_within
def _find_targets(targets: np.ndarray, place: np.ndarray, d: int, scratch: Scratch) -> None:
    """Write which of its group's targets each column of the leaf adds to."""
    for i in range(d):
        for position in range(len(targets)):
            if targets[position] == place[scratch.route.column[i]]:
                scratch.target[i] = position


@compiled
def run(
    forest: Forest,
    block: np.ndarray,
    scratch: Scratch,
    margin: np.ndarray,
    contributions: np.ndarray,
    start: int,
    explain: bool,
) -> None:
    """Take a block of rows through all trees.

    Parameters
    ----------
    forest : Forest
    block : ndarray of float64, shape (used columns, n)
    scratch : Scratch
    margin : ndarray, shape (outputs, at least start + n)
    contributions : ndarray, shape (outputs, places, at least start + n)
        Added to, at columns ``start`` to ``start + n``.
    start : int
    explain : bool
        Whether contributions are wanted; margins always are.
    """
    # Arrays are taken out of their tuples once: taking them out costs as much as a step.
    nodes, categories, row = forest.trees.nodes, forest.trees.categories, forest.row
    steps, groups, ways = forest.layout.steps, forest.layout.groups, forest.layout.ways
    members, targets, tables = forest.layout.nodes, forest.layout.targets, forest.tables
    n, patterns = block.shape[1], scratch.pattern
    goes_left, index = scratch.goes_left[:n], scratch.indices[:n]
    for step in steps:
        which, level = np.int64(step.which), 2 * step.level
        pattern = patterns[level + step.side, :n]
        if step.what == SPLIT:
            node, way = nodes[which], ways[which]
            sets = categories[node.first_word : node.end_word]
            decide(node.kind, node.threshold, sets, block[row[node.column]], goes_left)
            left, right = patterns[level + 2, :n], patterns[level + 3, :n]
            _split(pattern, goes_left, way.slot, way.repeated, left, right)
            continue
        group, end, size = groups[which], groups[which + 1], 1 << max(0, groups[which].bits)
        entry = group.first_entry
        if group.bits < 0 or (entry < 0 and (n < size or not explain)):
            out = contributions[group.output]
            _evaluate(forest, which, block, scratch, margin[group.output], out, start, explain)
            continue
        if entry < 0:
            fill_table(forest, which, scratch.table, scratch)
        table = tables[entry:] if entry >= 0 else scratch.table
        for r in range(n):
            index[r] = pattern[r]
        for member in members[group.first_node : end.first_node]:
            node = nodes[member]
            sets = categories[node.first_word : node.end_word]
            decide(node.kind, node.threshold, sets, block[row[node.column]], goes_left)
            _set_bit(index, goes_left, ways[member].bit)
        if explain:
            for target in range(group.first_target, end.first_target):
                entries = table[(target - group.first_target) * size :]
                _gather(entries, index, contributions[group.output, targets[target], start : start + n])
        values = table[(end.first_target - group.first_target) * size :]
        _gather(values, index, margin[group.output, start : start + n])


@compiled_within
def decide(kind: int, threshold: float, categories: np.ndarray, x: np.ndarray, goes_left: np.ndarray) -> None:
    """Write for each value whether it goes left at a node (1) or right (0); values near zero must be zero."""
    if kind == RIGHT_IF_MISSING:
        for r in range(len(x)):
            goes_left[r] = x[r] <= threshold
    elif kind == LEFT_IF_MISSING:
        for r in range(len(x)):
            goes_left[r] = not (x[r] > threshold)
    elif kind == CATEGORIES:
        end = 32.0 * len(categories)
        for r in range(len(x)):
            # As a C cast does: cut towards zero, so what lies above -1 is category 0.
            category = int(x[r]) if -1.0 < x[r] < end else len(categories) << 5
            word = category >> 5
            known = word < len(categories)  # an empty set knows not even category 0
            goes_left[r] = (categories[word] >> np.uint32(category & 31)) & 1 if known else 0
    else:
        for r in range(len(x)):
            missing = x[r] == 0.0 or np.isnan(x[r])
            goes_left[r] = (kind == ZERO_LEFT) if missing else (x[r] <= threshold)


@compiled_within
def _split(
    pattern: np.ndarray, goes_left: np.ndarray, slot: int, repeated: int, left: np.ndarray, right: np.ndarray
) -> None:
    """Carry the path's bits to both children of a node: a bit says the row agreed so far."""
    bit = np.uint16(1 << slot)
    for r in range(len(pattern)):
        above = pattern[r] if repeated else pattern[r] | bit
        left[r] = above if goes_left[r] else above & ~bit
        right[r] = above & ~bit if goes_left[r] else above


@compiled_within
def _set_bit(index: np.ndarray, goes_left: np.ndarray, bit: int) -> None:
    mask = np.uint16(1 << bit)
    for r in range(len(index)):
        index[r] |= mask if goes_left[r] else np.uint16(0)


@compiled_within
def _gather(entries: np.ndarray, index: np.ndarray, out: np.ndarray) -> None:
    for r in range(len(index)):
        out[r] += entries[index[r]]


@compiled_within
def _evaluate(
    forest: Forest,
    number: int | np.int64,
    block: np.ndarray,
    scratch: Scratch,
    margin: np.ndarray,
    contributions: np.ndarray,
    start: int,
    explain: bool,
) -> None:
    """Add what a group adds, leaf by leaf and row by row, without its table."""
    layout, trees, n = forest.layout, forest.trees, block.shape[1]
    group, end = layout.groups[number], layout.groups[number + 1]
    tabled = group.bits >= 0 and explain
    targets = layout.targets[group.first_target : end.first_target]
    share, target = scratch.route.share, scratch.target
    if tabled:
        scratch.sums[: len(targets), :n] = 0.0
    for position in range(group.first_leaf, end.first_leaf):
        leaf = layout.leaves[position]
        edges, d = trace(trees, layout.ways, leaf, scratch.route)
        reached = _agreement(forest, edges, d, block, scratch)
        value = trees.leaves[leaf].value
        for r in range(n):
            margin[start + r] += value if reached[r] else 0.0
        if not explain or d == 0:
            continue
        if tabled:
            _find_targets(targets, forest.place, d, scratch)
        else:
            for i in range(d):
                target[i] = forest.place[scratch.route.column[i]]
        out, first = (scratch.sums, 0) if tabled else (contributions, start)
        add(d, value, share, forest.points, scratch.agree, n, target, out, first, scratch.strips)
    if tabled:
        for position in range(len(targets)):
            for r in range(n):
                contributions[targets[position], start + r] += scratch.sums[position, r]


@compiled_within
def _agreement(forest: Forest, edges: int, d: int, block: np.ndarray, scratch: Scratch) -> np.ndarray:
    """Write where rows go a leaf's way, column by column; return where they do at all."""
    n, goes_left = block.shape[1], scratch.goes_left[: block.shape[1]]
    agree, reached = scratch.agree, scratch.agree[len(scratch.agree) - 1, :n]
    agree[:d, :n] = 1
    reached[:] = 1
    for edge in range(edges):
        node, slot = (
            forest.trees.nodes[scratch.route.node[edge]],
            forest.layout.ways[scratch.route.node[edge]].slot,
        )
        sets = forest.trees.categories[node.first_word : node.end_word]
        decide(node.kind, node.threshold, sets, block[forest.row[node.column]], goes_left)
        way = 1 if scratch.route.goes_left[edge] else 0
        for r in range(n):
            agree[slot, r] &= 1 if goes_left[r] == way else 0
            reached[r] &= agree[slot, r]
    return reached
