"""Exact SHAP values of LightGBM models: the public class."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.treeshap.layout import MOST_BITS, bases, deepest, lay_out, table_sizes
from models.treeshap.leaf import STRIP, Route, rule
from models.treeshap.model_text import parse
from models.treeshap.passes import Forest, Scratch, fill_tables, load, run

#: Bytes of tables that are kept between calls; the rest are filled anew for every block of rows.
KEPT = 48 << 20
#: Bytes of a block of rows and what it needs.
BLOCK = 8 << 20
#: Rows of a block where all tables are kept, and at most.
ROWS_KEPT, ROWS = 2048, 8192


@dataclass(frozen=True)
class Explained:
    """Margins of n rows and what each column adds to them.

    Attributes
    ----------
    margin : ndarray of float64, shape (outputs, n)
        Raw margins, the same bits as LightGBM's ``predict(raw_score=True)``.
    contributions : ndarray of float64, shape (outputs, n, columns or families)
        ``base[k] + contributions[k].sum(axis=1) = margin[k]`` to 1e-9. Each output lies in memory column
        by column.
    base : ndarray of float64, shape (outputs,)
        The margin when no column is known: the mean over the training rows' ways through the trees.
    """

    margin: np.ndarray
    contributions: np.ndarray
    base: np.ndarray


class TreeShap:
    """Exact path-dependent SHAP values of one or more LightGBM models over the same columns.

    The values are those of Lundberg et al. 2020 (*From local explanations to global understanding with
    explainable AI for trees*, Nature Machine Intelligence 2), which LightGBM's ``predict(pred_contrib=True)``
    and ``shap.TreeExplainer`` compute row by row and path by path. Here the work is split. Inside one tree a
    row matters only by which way it goes at each split, so what a leaf adds to each column is looked up in a
    table over those ways, filled once per leaf by quadrature (Gauss and Legendre's rule is exact for
    it: `leaf`); leaves of a small subtree share one table (`layout`); and the index into it flows down the
    tree for a block of rows at a time (`passes`). Patterns over paths are described by Nadel and Wettenstein
    2025 (*From decision trees to Boolean logic*, woodelf), the integral over one variable by Jiang et
    al. 2025 (*TreeGrad-Ranker*) and in XGBoost's quadrature; tables shared by subtrees and decisions that
    flow down are this package's own.

    Numeric splits with every treatment of missing values and splits by categories are read; linear
    trees and averaged forests are refused. Arithmetic is float64 throughout. A value does not depend on the
    rows around it, on how rows are cut into blocks or on the number of threads, to the bit.

    Parameters
    ----------
    models : sequence of str, or str
        Models in LightGBM's text format (``Booster.model_to_string``). Outputs stand in their order; a
        model of several classes has one for each.
    families : sequence of int, optional
        For each column the family it belongs to, at least 0. Contributions are then those of families:
        the sums over their columns, at less cost.
    threads : int, default 1
        At most this many blocks of rows at a time.
    kept_bytes : int
        Tables kept between calls; with less, calls on few rows take longer.

    Attributes
    ----------
    columns, outputs, places : int
        Columns of the rows; margins per row; columns or families of contributions.

    Raises
    ------
    ModelTextError
        A text is no LightGBM model that can be explained.

    Notes
    -----
    Memory beyond rows and result: ``kept_bytes``, 8 MiB for each thread, and about 120 bytes a node.

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
        self._place = _places(families, self._trees.columns)
        self._layout = lay_out(self._trees, self._place, kept_bytes)
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
            Missing values are NaN; categories are whole numbers.

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
            Missing values are NaN; categories are whole numbers.

        Raises
        ------
        ValueError
            Another number of columns.
        """
        margin, contributions = self._run(X, explain=True)
        return Explained(margin, contributions.transpose(0, 2, 1), self.base.copy())

    def _run(self, X: np.ndarray, *, explain: bool) -> tuple[np.ndarray, np.ndarray]:
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != self.columns:
            raise ValueError(f"expected rows of {self.columns} columns, got an array of shape {X.shape}")
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
            scratch = self._scratch(size)
            for start in starts[worker::workers]:
                block = np.empty((len(self._used), min(size, n - start)))
                load(X, start, self._used, block)
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
    def _deepest(self) -> int:
        """Most splits on a path."""
        return deepest(self._trees.nodes)

    @cached_property
    def _levels(self) -> int:
        return int(self._layout.steps["level"].max(initial=0)) + 2

    @cached_property
    def _block_rows(self) -> int:
        groups = self._layout.groups[:-1]
        all_kept = ((groups["first_entry"] >= 0) | (groups["bits"] < 0)).all()
        a_row = 8 * len(self._used) + 4 * self._levels + self._deepest + 8 * MOST_BITS + 16
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
            points=rule(self._deepest),
            place=self._place,
            row=row,
            tables=np.empty(int(sizes[kept].sum())),
        )
        fill_tables(forest, self._scratch(1))
        return forest

    def _scratch(self, rows: int) -> Scratch:
        deepest, most = self._deepest, int(self._layout.groups["bits"].max(initial=0))
        entries = 1 << most
        return Scratch(
            pattern=np.zeros((2 * self._levels, rows), dtype=np.uint16),
            goes_left=np.zeros(rows, dtype=np.uint8),
            indices=np.zeros(rows, dtype=np.uint16),
            agree=np.zeros((deepest + 1, rows), dtype=np.uint8),
            sums=np.zeros((most + 1, rows)),
            strips=np.zeros((2 * deepest + 1, STRIP)),
            halves=np.zeros((most, max(1, entries // 2))),
            work=np.zeros((2, max(2, entries))),
            leaf_index=np.zeros(entries, dtype=np.int64),
            table=np.zeros(int(table_sizes(self._layout).max(initial=0))),
            target=np.zeros(deepest + 1, dtype=np.int64),
            route=Route(
                node=np.zeros(deepest, dtype=np.int64),
                goes_left=np.zeros(deepest, dtype=np.bool_),
                share=np.zeros(deepest),
                column=np.zeros(deepest, dtype=np.int64),
            ),
        )


def _places(families: Sequence[int] | np.ndarray | None, columns: int) -> np.ndarray:
    if families is None:
        return np.arange(columns, dtype=np.int64)
    place = np.asarray(families)
    if (
        place.shape != (columns,)
        or place.dtype.kind not in "iu"
        or (place < 0).any()
        or (place > columns).any()
    ):
        raise ValueError(f"expected a family, 0 to {columns}, for each of {columns} columns")
    return place.astype(np.int64)
