"""Texts for a million rows: tables of parts, taken and joined as Arrow arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def texts(values: Sequence[str | None]) -> pa.Array:
    """Return an Arrow text array."""
    return pa.array(list(values), type=pa.large_string())


def take(values: pa.Array | Sequence[str], at: np.ndarray) -> pa.Array:
    """Return ``values[at]``; a negative position gives a missing text."""
    values = values if isinstance(values, pa.Array) else texts(values)
    return values.take(pa.array(at, mask=np.asarray(at) < 0))


def join(*parts: pa.Array | str) -> pa.Array:
    """Join texts row by row; missing parts count as empty."""
    columns = [p if isinstance(p, pa.Array) else pa.scalar(p, pa.large_string()) for p in parts]
    return pc.binary_join_element_wise(
        *columns, pa.scalar("", pa.large_string()), null_handling="replace", null_replacement=""
    )


def digits(numbers: np.ndarray, width: int) -> pa.Array:
    """Return numbers as texts of `width` digits, zeros in front."""
    plain = pa.array(np.asarray(numbers, dtype=np.int64)).cast(pa.large_string())
    return pc.utf8_lpad(plain, width, "0")


def where(condition: np.ndarray, yes: pa.Array, no: pa.Array) -> pa.Array:
    """Return `yes` where the condition holds, else `no`."""
    return pc.if_else(pa.array(condition), yes, no)


def keep(condition: np.ndarray, values: pa.Array) -> pa.Array:
    """Return the values where the condition holds, else missing."""
    return pc.if_else(pa.array(condition), values, pa.scalar(None, values.type))


class Parts:
    """Lists of texts by key, drawn from by key number.

    Parameters
    ----------
    lists : sequence of sequences of str
        One list per key; an empty list gives missing texts.
    """

    def __init__(self, lists: Sequence[Sequence[str]]) -> None:
        self.values = texts([value for part in lists for value in part] or [""])
        self.size = np.array([len(part) for part in lists], dtype=np.int64)
        self.offset = np.concatenate([[0], np.cumsum(self.size)[:-1]]).astype(np.int64)

    def at(self, key: np.ndarray, u: np.ndarray) -> np.ndarray:
        """Return the position of the u-quantile of each key's list (-1 where it is empty)."""
        spot = self.offset[key] + np.minimum((u * self.size[key]).astype(np.int64), self.size[key] - 1)
        return np.where(self.size[key] > 0, spot, -1)

    def draw(self, key: np.ndarray, u: np.ndarray) -> pa.Array:
        """Return the text at the u-quantile (0..1) of each key's list."""
        return take(self.values, self.at(key, u))
