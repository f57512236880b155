"""Exact SHAP values of LightGBM models: the public class."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.treeshap.layout import lay_out, table_sizes
from models.treeshap.leaf import STRIP, rule
from models.treeshap.model_text import ModelTextError, parse
from models.treeshap.passes import Extent, Forest, fill_tables, load, run, scratch_for
from models.treeshap.ways import WAY, bases, deepest, find_ways

#: Bytes kept between calls: trees, their layout, and as many tables as fit beside them; the other tables are
#: filled anew for every block of rows.
KEPT = 56 << 20
#: Bytes of a block of rows and what it needs.
BLOCK = 8 << 20
#: Rows of a block where all tables are kept, and at most.
ROWS_KEPT, ROWS = 2048, 8192
#: Splits on one path. No trained tree comes near, and what a path costs grows with its square.
MOST_SPLITS = 4096


@dataclass(frozen=True)
class Explained:
    """Margins of n rows and what each column adds to them.

    Attributes
    ----------
    margin : ndarray of float64, shape (outputs, n)
        Raw margins, the same bits as ``predict(raw_score=True)`` of LightGBM 4.
    contributions : ndarray of float64, shape (outputs, n, columns or families)
        ``base[k] + contributions[k].sum(axis=1) = margin[k]``, to 1e-9 of the size of the leaves' values.
        Each output lies in memory column by column.
    base : ndarray of float64, shape (outputs,)
        The margin when no column is known: the mean over the training rows' ways through the trees.
    """

    margin: np.ndarray
    contributions: np.ndarray
    base: np.ndarray


class TreeShap:
    """Exact path-dependent SHAP values of one or more LightGBM models over the same columns.

    The values are those of Lundberg et al. 2020 (*From local explanations to global understanding with
    explainable AI for trees*, Nature Machine Intelligence 2(1), 56-67), which LightGBM's
    ``predict(pred_contrib=True)`` and ``shap.TreeExplainer`` compute row by row and path by path. Here the
    work is split. Inside one tree a row matters only by which way it goes at each split, so what a leaf adds
    to each column is looked up in a table over those ways, filled once per leaf by quadrature (`leaf`);
    leaves of a small subtree share one table (`layout`); and the index into it flows down the tree for a
    block of rows at a time (`passes`).

    Near to it: Yang 2021 (*Fast TreeSHAP*, arXiv:2109.09847), whose second version works out the costly steps
    ahead of the rows; Nadel and Wettenstein 2025 (*From Decision Trees to Boolean Logic: A Fast and Unified
    SHAP Algorithm*, WOODELF, arXiv:2511.09376), patterns over paths; Li, Yu and Low 2026 (*TreeGrad-Ranker*,
    arXiv:2602.11623), the integral over one variable; Wettenstein et al. 2026 (*Quadrature-TreeSHAP*,
    arXiv:2605.04497, in XGBoost), eight fixed points for every path, where here there are as many as its
    degree asks for. Tables shared by subtrees and decisions that flow down are not taken from them.

    Numeric splits with every treatment of missing values and splits by categories are read; linear
    trees and averaged forests are refused. Arithmetic is float64 throughout. A value does not depend on the
    rows around it, on how rows are cut into blocks or on the number of threads, to the bit.

    Parameters
    ----------
    models : sequence of str, or str
        Models in LightGBM's text format (``Booster.model_to_string``). Outputs stand in their order; a
        model of several classes has one for each.
    families : sequence of int, optional
        For each column the family it belongs to, 0 to columns - 1. Contributions are then those of families
        0 to the last that has a column: the sums over their columns, at less cost.
    threads : int, default 1
        At most this many blocks of rows at a time.
    kept_bytes : int, default 56 MiB
        Trees, layout and tables kept between calls; with less, calls on few rows take longer.

    Attributes
    ----------
    columns, outputs, places : int
        Columns of the rows; margins per row; columns or families of contributions.
    base : ndarray of float64, shape (outputs,)
        As in `Explained`.

    Raises
    ------
    ModelTextError
        A text is no LightGBM model that can be explained.
    ValueError
        Families that are none.

    Notes
    -----
    Memory beyond rows and result: ``kept_bytes`` (more only if trees and layout alone, about 200 bytes a
    leaf, take more) and 8 MiB for each thread (more where a path has thousands of columns). Rows that are
    not float64 are copied.

    Tables are filled at the first call, for margins too.

    Examples
    --------
    >>> explainer = TreeShap(booster.model_to_string())  # doctest: +SKIP
    >>> explained = explainer.explain(X)  # doctest: +SKIP
    >>> explained.base[0] + explained.contributions[0].sum(axis=1)  # = explained.margin[0]  # doctest: +SKIP
    """

    def __init__(
        self,
        models: Sequence[str] | str,
        *,
        families: Sequence[int] | np.ndarray | None = None,
        threads: int = 1,
        kept_bytes: int = KEPT,
    ) -> None:
        self._trees = parse([models] if isinstance(models, str) else models)
        if deepest(self._trees.nodes) > MOST_SPLITS:
            raise ModelTextError(f"a path of more than {MOST_SPLITS} splits")
        ways = np.zeros(len(self._trees.nodes), dtype=WAY)
        find_ways(self._trees.nodes, ways)
        self._place = _places(families, self._trees.columns)
        self._layout = lay_out(self._trees, ways, self._place, kept_bytes)
        self._threads = max(1, threads)
        self.columns: int = self._trees.columns
        self.outputs: int = self._trees.outputs
        self.places: int = int(self._place.max(initial=-1)) + 1
        self.base = np.zeros(self.outputs)
        bases(self._trees, self.base)

    def margin(self, X: np.ndarray) -> np.ndarray:
        """Return raw margins.

        Parameters
        ----------
        X : ndarray of numbers, shape (n, columns)
            Compared as float64. Missing values are NaN; categories are whole numbers.

        Returns
        -------
        ndarray of float64, shape (outputs, n)

        Raises
        ------
        ValueError
            Another number of columns.
        """
        return self._run(X, explain=False)[0]

    def explain(self, X: np.ndarray) -> Explained:
        """Return margins and contributions.

        Parameters
        ----------
        X : ndarray of numbers, shape (n, columns)
            Compared as float64. Missing values are NaN; categories are whole numbers.

        Raises
        ------
        ValueError
            Another number of columns, or no numbers.
        """
        margin, contributions = self._run(X, explain=True)
        return Explained(margin, contributions.transpose(0, 2, 1), self.base.copy())

    def _run(self, X: np.ndarray, *, explain: bool) -> tuple[np.ndarray, np.ndarray]:
        X = np.asarray(X)
        if X.ndim != 2 or X.shape[1] != self.columns:
            raise ValueError(f"expected rows of {self.columns} columns, got an array of shape {X.shape}")
        if X.dtype.kind not in "fiub":
            raise ValueError(f"expected rows of numbers, got {X.dtype}")
        n = len(X)
        margin = np.zeros((self.outputs, n))
        contributions = np.zeros((self.outputs, self.places if explain else 0, n))
        if n == 0:
            return margin, contributions
        forest = self._forest
        size = min(self._block_rows, -(-n // self._threads))
        starts = range(0, n, size)
        workers = min(self._threads, len(starts))

        def work(worker: int) -> None:
            scratch = scratch_for(self._extent, size)
            for start in starts[worker::workers]:
                block = np.empty((len(self._used), min(size, n - start)))
                load(_plain(X[start : start + size]), self._used, block)
                run(forest, block, scratch, margin, contributions, start, explain)

        if workers == 1:
            work(0)
        else:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(work, range(workers)))
        return margin, contributions

    @cached_property
    def _used(self) -> np.ndarray:
        return np.unique(self._trees.nodes["column"])

    @cached_property
    def _extent(self) -> Extent:
        ways = self._layout.ways
        return Extent(
            splits=deepest(self._trees.nodes),
            columns=int((ways["seen"] + 1 - ways["repeated"]).max(initial=0)),
            levels=int(self._layout.steps["level"].max(initial=0)) + 2,
            bits=int(self._layout.groups["bits"].max(initial=0)),
            table=int(table_sizes(self._layout).max(initial=0)),
        )

    @cached_property
    def _block_rows(self) -> int:
        groups = self._layout.groups[:-1]
        all_kept = ((groups["first_entry"] >= 0) | (groups["bits"] < 0)).all()
        a_row = 8 * len(self._used) + self._extent.bytes_of_a_row
        return int(max(STRIP, min(ROWS_KEPT if all_kept else ROWS, BLOCK // a_row)))

    @cached_property
    def _forest(self) -> Forest:
        """Everything the rows go through, the kept tables filled."""
        row = np.full(self.columns, -1, dtype=np.int64)
        row[self._used] = np.arange(len(self._used))
        sizes, kept = table_sizes(self._layout), self._layout.groups["first_entry"][:-1] >= 0
        forest = Forest(
            trees=self._trees,
            layout=self._layout,
            points=rule(self._extent.columns),
            place=self._place,
            row=row,
            tables=np.empty(int(sizes[kept].sum())),
        )
        fill_tables(forest, scratch_for(self._extent, 1))
        return forest


def _plain(rows: np.ndarray) -> np.ndarray:
    """Return rows as compiled code knows them, whatever they are laid out in: one type, compiled once."""
    plain = np.ascontiguousarray(rows, dtype=np.float64).view()
    plain.flags.writeable = False
    return plain


def _places(families: Sequence[int] | np.ndarray | None, columns: int) -> np.ndarray:
    if families is None:
        return np.arange(columns, dtype=np.int64)
    place = np.asarray(families)
    whole = place.shape == (columns,) and place.dtype.kind in "iu"
    if not whole or (place < 0).any() or (place >= columns).any():
        raise ValueError(f"expected a family, 0 to {columns - 1}, for each of {columns} columns")
    return place.astype(np.int64)
