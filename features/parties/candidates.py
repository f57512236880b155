"""Pairs of names worth comparing: blocks instead of all pairs.

A block is a property written in the name itself (its number, address, telephone, mail, or letters
of its core), so that which pairs are compared never depends on names seen later. Within a block a
name is compared with the few earliest names only; a crowded block (a forwarder's address) costs
little and at worst leaves names apart.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from features import reference
from features.parties import identity
from features.parties.names import trade_words

#: How many of the earliest names of a block a later name is compared with.
PER_BLOCK = {"id": 1, "address": 12, "phone": 12, "email": 12, "whole": 6, "longest": 12, "beginning": 12}
_BEGINNING = 6


def pairs(names: pd.DataFrame, first_seen: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs (later name, strictly earlier name) that share a block.

    Parameters
    ----------
    names : DataFrame, shape (m, ...)
        Table of names sorted by (first seen, key).
    first_seen : ndarray of int64, shape (m,)
    asked : ndarray of bool, shape (m,)
        Names whose earlier mates are wanted.

    Returns
    -------
    later, earlier : ndarray of int64, shape (p,)
        Positions in `names`, each pair once, ordered by (later, earlier).
    """
    found = []
    for block, values in _blocks(names).items():
        found += _within(identity.keys(values), first_seen, asked, PER_BLOCK[block])
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    both = np.unique(np.concatenate(found))
    return both // len(names), both % len(names)


def _blocks(names: pd.DataFrame) -> dict[str, np.ndarray]:
    free = set(reference.table("free_mail_domains")["domain"])
    mail = names["email"].astype(object)
    domain = mail.map(lambda text: text.rpartition("@")[2])
    core = names["core"].astype(object).where(names["organisation"], "")
    whole = core.map(lambda text: "".join(_trade_last(text)))
    longest = core.map(lambda text: max(_own_words(text), key=lambda word: (len(word), word), default=""))
    return {
        "id": names["id"].to_numpy(dtype=object),
        "address": names["address"].to_numpy(dtype=object),
        "phone": names["phone"].to_numpy(dtype=object),
        # A firm's own mail domain is shared by its people; a free one only by the whole address.
        "email": np.where(domain.isin(free), mail, domain),
        "whole": whole.to_numpy(dtype=object),
        "longest": longest.where(longest.str.len() >= 4, "").to_numpy(dtype=object),
        "beginning": whole.str.slice(0, _BEGINNING)
        .where(whole.str.len() >= _BEGINNING, "")
        .to_numpy(dtype=object),
    }


def _own_words(core: str) -> list[str]:
    return [word for word in core.split() if word not in trade_words()]


def _trade_last(core: str) -> list[str]:
    """Return the words of a core with the trade words in alphabetical order at the end."""
    return _own_words(core) + sorted(word for word in core.split() if word in trade_words())


def _within(block: np.ndarray, first_seen: np.ndarray, asked: np.ndarray, most: int) -> list[np.ndarray]:
    """Return pairs within one kind of block as later * number of names + earlier."""
    member = np.flatnonzero(block)
    order = member[np.argsort(block[member], kind="stable")]  # inside a block: by time
    sorted_block = block[order]
    start = np.searchsorted(sorted_block, sorted_block, side="left")
    found = []
    for offset in range(most):
        mate = start + offset
        inside = mate < np.arange(len(order))
        inside &= asked[order]
        later, earlier = order[inside], order[mate[inside]]
        strictly = first_seen[earlier] < first_seen[later]
        found.append(later[strictly].astype(np.int64) * len(block) + earlier[strictly])
    return found
