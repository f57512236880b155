"""A drill: a simulated day worked as a real one, its answers kept back until its debrief.

The answers lie in a file of the port's folder that no page opens before the end. Whoever can read the folder
can read them, and who knows the seed of a drill can make its day again: a drill is training, not an
examination. The ledger holds the file's hash from the beginning, so that answers are not changed afterwards.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from math import lgamma
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.manifest.schema import FINDS
from models.metrics import wilson

FILE = "drill.answers"
LARGEST = 50_000_000


class DrillError(ValueError):
    """The answers cannot be read."""


@dataclass(frozen=True)
class Answers:
    """What is hidden in a drill.

    Attributes
    ----------
    hidden : dict of str to dict
        Bill -> ``found`` (list of `FINDS`), ``taxon``, ``kg``, ``scheme``.
    about : dict
        ``world``, ``seed``, ``shipments``, ``base_rate``.
    """

    hidden: dict[str, dict[str, Any]]
    about: dict[str, Any]


def keep(answers: Answers, folder: Path) -> str:
    """Write the answers where no page looks; return the SHA-256 of the file."""
    text = json.dumps({"hidden": answers.hidden, "about": answers.about}, sort_keys=True)
    content = zlib.compress(text.encode(), 6)
    handle = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return sha256(content).hexdigest()


def read(folder: Path, digest: str) -> Answers:
    """Return the answers of a drill.

    Raises
    ------
    DrillError
        The file is not there, or not the one the drill began with.
    """
    try:
        content = (folder / FILE).read_bytes()
    except OSError:
        raise DrillError("the answers are not in the folder") from None
    if sha256(content).hexdigest() != digest:
        raise DrillError("the answers are not those the drill began with")
    unpacking = zlib.decompressobj()
    data = json.loads(unpacking.decompress(content, LARGEST))
    return Answers(data["hidden"], data["about"])


@dataclass(frozen=True)
class Way:
    """How many of the hidden one way of choosing opens.

    Attributes
    ----------
    opened, found : int
        For chance: what is to be expected, rounded to two digits.
    low, high : float
        95 %: of the share of openings that hit (Wilson) for what was opened; of the number found for chance.
    """

    opened: int
    found: float
    low: float
    high: float


@dataclass(frozen=True)
class Debrief:
    """What came of a drill.

    Attributes
    ----------
    shipments, hidden, live, products : int
    team, model, chance : Way
        The team; the model's first alone, as many of each mode as the team opened; and by chance, as many.
    rows : DataFrame
        One per hidden shipment: ``shipment_id``, ``bill``, ``found``, ``taxon``, ``kg``, ``rank``, ``place``,
        ``mode``, ``goods``, ``score_id``, ``opened``, ``by_model``, ``hours_left`` (until it leaves;
        NaN where that is not said).
    """

    shipments: int
    hidden: int
    live: int
    products: int
    team: Way
    model: Way
    chance: Way
    rows: pd.DataFrame


def debrief(frame: pd.DataFrame, answers: Answers, opened: Collection[int], now: pd.Timestamp) -> Debrief:
    """Count a drill.

    Parameters
    ----------
    frame : DataFrame
        Of `risk.store.day.rows`.
    opened : collection of int
        Shipments the team opened.
    now : Timestamp
        The moment at which the drill stands.
    """
    frame = frame.sort_values("rank", ignore_index=True)
    hides = frame["bill"].isin(list(answers.hidden)).to_numpy(dtype=bool)
    team = frame["shipment_id"].isin(list(opened)).to_numpy(dtype=bool)
    modes = frame["mode"].to_numpy(dtype=object)
    model = np.zeros(len(frame), dtype=bool)
    spread = np.ones(1)
    for mode in sorted(frame["mode"].unique()):
        at = np.flatnonzero(modes == mode)
        slots = int(team[at].sum())
        model[at[:slots]] = True
        spread = np.convolve(spread, _drawn(len(at), int(hides[at].sum()), slots))
    rows = _hidden(frame[hides], answers, opened, now).assign(by_model=model[hides])
    count = int(team.sum())
    return Debrief(
        shipments=len(frame),
        hidden=int(hides.sum()),
        live=int(rows["found"].map(lambda found: FINDS[0] in found).sum()),
        products=int(rows["found"].map(lambda found: FINDS[1] in found).sum()),
        team=_way(count, int((team & hides).sum())),
        model=_way(count, int((model & hides).sum())),
        chance=_chance(count, spread),
        rows=rows,
    )


def _hidden(part: pd.DataFrame, answers: Answers, opened: Collection[int], now: pd.Timestamp) -> pd.DataFrame:
    names = ["shipment_id", "bill", "score_id", "rank", "place", "mode", "goods"]
    rows = part[names].reset_index(drop=True)
    told = [answers.hidden[bill] for bill in rows["bill"]]
    rows["found"] = pd.Series([tuple(each["found"]) for each in told], dtype="object")
    rows["taxon"] = pd.Series([str(each["taxon"]) for each in told], dtype="str")
    rows["kg"] = pd.Series([float(each["kg"]) for each in told], dtype="float64")
    rows["opened"] = rows["shipment_id"].isin(list(opened))
    until = part["available_until"].reset_index(drop=True)
    rows["hours_left"] = (until - now) / pd.Timedelta(hours=1)
    return rows


def _way(opened: int, found: int) -> Way:
    low, high = wilson(found / opened, opened) if opened else (0.0, 1.0)
    return Way(opened, found, low, high)


def _chance(opened: int, spread: np.ndarray) -> Way:
    numbers = np.arange(len(spread))
    below = np.cumsum(spread)
    # Rounding may leave the last sum just below one.
    low, high = (min(int((below < share).sum()), len(spread) - 1) for share in (0.025, 0.975))
    return Way(opened, round(float(numbers @ spread), 2), low, high)


def _drawn(n: int, hidden: int, slots: int) -> np.ndarray:
    """Return how likely it is to find 0, 1, ... of the hidden by drawing slots of n."""
    k = np.arange(min(hidden, slots) + 1)

    def choose(of: int, some: int) -> float:
        return lgamma(of + 1) - lgamma(some + 1) - lgamma(of - some + 1) if 0 <= some <= of else -np.inf

    logs = [choose(hidden, int(i)) + choose(n - hidden, slots - int(i)) - choose(n, slots) for i in k]
    found: np.ndarray = np.exp(np.array(logs))
    return found / found.sum()
