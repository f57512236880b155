"""Triage: which shipments to open today, within what each team can do.

A port has *pools*: so many inspections of one type at one place. The shipments of a place go to
its pools by risk, the most thorough inspection first. In each pool a share of the slots is drawn
at random from the shipments the model did not choose: without it nobody would ever learn what the
model misses. Every shipment, chosen or not, keeps the probability with which it was to be chosen.

Everything hangs on the shipments' ids and risks alone, so the order of rows changes nothing.
"""

from __future__ import annotations

import csv
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features import small_files
from features.manifest import schema

DEFAULT_RANDOM_SHARE = 0.10

#: Most thorough first: the highest risks get it.
THOROUGHNESS: tuple[str, ...] = ("full", "partial", "dog", "scan", "documents", "")
_COLUMNS = ("mode", "location", "inspection_type", "slots")

Floats = npt.NDArray[np.float64]


class CapacityError(ValueError):
    """The capacity asked for makes no sense; ``problems`` lists everything wrong with it."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True)
class Pool:
    """So many inspections of one type at one place.

    Attributes
    ----------
    slots : int
        Inspections today, 0 or more.
    mode, location : str
        The place; empty means any.
    inspection_type : str
        One of the shipment table's inspection types, or empty.
    """

    slots: int
    mode: str = ""
    location: str = ""
    inspection_type: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """Key of the place: mode and location."""
        return self.mode, self.location

    @property
    def name(self) -> str:
        """Name people read: ``sea``, ``air Terminal 4 scan``, or ``all``."""
        return " ".join(filter(None, (self.mode, self.location, self.inspection_type))) or "all"


@dataclass(frozen=True)
class Selection:
    """Outcome of `select`.

    Attributes
    ----------
    frame : DataFrame, shape (n, 4)
        ``rank`` (1 = highest risk), ``selected_by`` (``model``, ``random`` or empty),
        ``selection_probability`` (0 to 1), ``pool`` (name, empty when not selected).
    messages : tuple of str
        What the port should know: pools larger than their shipments, empty pools, shipments in
        no pool.
    """

    frame: pd.DataFrame
    messages: tuple[str, ...]


def parse(text: str) -> tuple[Pool, ...]:
    """Read a capacity: ``30``, ``sea=4,air=20,post=60``, or the path of a CSV file.

    The file has a column ``slots`` and any of ``mode``, ``location`` and ``inspection_type``.

    Raises
    ------
    CapacityError
        Listing everything that is wrong.
    """
    text = text.strip()
    if re.fullmatch(r"[+-]?[0-9]+", text):
        slots, problems = _slots(text, "capacity")
        pools = [Pool(slots)]
    elif Path(text).suffix.lower() in (".csv", ".txt") or Path(text).is_file():
        pools, problems = _from_file(Path(text))
    else:
        pools, problems = _from_pairs(text)
    problems += _check(pools, readable=not problems)
    if problems:
        raise CapacityError(problems)
    return tuple(pools)


def _slots(text: str, where: str) -> tuple[int, list[str]]:
    if re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        return int(text), []
    return 0, [f"{where}: {text[:40]!r} is not a whole number of inspections"]


def _from_pairs(text: str) -> tuple[list[Pool], list[str]]:
    pools, problems = [], []
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, equals, amount = (p.strip() for p in part.partition("="))
        if not equals or not name:
            problems.append(f"{part!r}: expected a number, pool=number or a file that exists")
            continue
        slots, wrong = _slots(amount, name)
        problems += wrong
        pools.append(Pool(slots, mode=name))
    return pools, problems


def _from_file(path: Path) -> tuple[list[Pool], list[str]]:
    try:
        lines = small_files.read_text(path).splitlines()
        # A spreadsheet writes the separator its language is used to.
        mark = max(",;\t", key=lines[0].count) if lines else ","
        rows = list(csv.DictReader(lines, delimiter=mark))
    except (ValueError, csv.Error) as error:
        return [], [f"{path}: cannot be read ({error})"]
    if not rows:
        return [], [f"{path}: no rows; expected columns {', '.join(_COLUMNS)}"]
    header = [name for name in rows[0] if name]
    problems = [
        f"{path}: unknown column {n!r}; expected {', '.join(_COLUMNS)}" for n in header if n not in _COLUMNS
    ]
    if "slots" not in header:
        return [], [*problems, f"{path}: column 'slots' is missing"]
    pools = []
    for line, row in enumerate(rows, start=2):
        cells = {name: (row.get(name) or "").strip() for name in _COLUMNS}
        slots, wrong = _slots(cells.pop("slots"), f"{path} line {line}")
        problems += wrong
        pools.append(Pool(slots, **cells))
    return pools, problems


def _check(pools: Sequence[Pool], *, readable: bool = True) -> list[str]:
    problems = []
    keys = [(p.place, p.inspection_type) for p in pools]
    for pool, key in zip(pools, keys, strict=True):
        if pool.mode and pool.mode not in schema.MODES:
            problems.append(f"unknown mode {pool.mode!r}; known: {', '.join(schema.MODES)}")
        if pool.inspection_type not in (*schema.INSPECTION_TYPES, ""):
            known = ", ".join(schema.INSPECTION_TYPES)
            problems.append(f"unknown inspection type {pool.inspection_type!r}; known: {known}")
        if pool.slots < 0:
            problems.append(f"{pool.name}: {pool.slots} inspections; expected 0 or more")
        if keys.count(key) > 1:
            problems.append(f"{pool.name}: named more than once")
    if readable and not problems and sum(p.slots for p in pools) == 0:
        problems.append("no inspection at all: the capacity adds up to 0")
    return list(dict.fromkeys(problems))


def check_share(share: float, *, allow_none: bool = False) -> None:
    """Check the share of slots drawn at random.

    Raises
    ------
    CapacityError
        If it is not above 0 (or 0 with ``allow_none``) and below 1.
    """
    if not (0.0 < share < 1.0 or (allow_none and share == 0.0)):
        reason = "without a random share nobody learns what the model misses"
        raise CapacityError([f"random share {share:g}: expected above 0 and below 1 ({reason})"])


@dataclass(frozen=True)
class Draw:
    """How today's places are filled and drawn: all it takes to make the same list again.

    Attributes
    ----------
    pools : tuple of Pool
        Empty: nothing is chosen, so nothing is drawn.
    share : float
        Share of the slots drawn at random, above 0 and below 1.
    key : str
        Who knows it before the list is made can foresee the random picks.
    fresh : bool
        Made for this list alone, not given: it tells nothing of any other list and may be kept
        with this one.
    """

    pools: tuple[Pool, ...]
    share: float
    key: str
    fresh: bool


def plan(capacity: str | None, share: float, key: str | None = None) -> Draw:
    """Return the draw for a capacity as people write it (`parse`); without a key the system draws one.

    Raises
    ------
    CapacityError
        Capacity or share make no sense.
    """
    pools = parse(capacity) if capacity is not None else ()
    check_share(share)
    if not pools:
        return Draw((), share, "", fresh=False)
    if key is not None:
        return Draw(pools, share, key, fresh=False)
    return Draw(pools, share, secrets.token_hex(8), fresh=True)


def stable_hash(ids: pd.Series, key: str = "") -> npt.NDArray[np.uint64]:
    """Return 64 bits per id, the same on every machine; with a key, a draw nobody can foresee without it.

    Parameters
    ----------
    ids : Series of str, shape (n,)
    key : str
        Up to 64 bytes of it are the BLAKE2b key.
    """
    secret = hashlib.blake2b(key.encode(), digest_size=32).digest() if key else b""
    digest = b"".join(
        hashlib.blake2b(i.encode("utf-8", "surrogatepass"), digest_size=8, key=secret).digest()
        for i in ids.astype(str)
    )
    return np.frombuffer(digest, dtype="<u8").astype(np.uint64)


def ranking(ids: pd.Series, risk: Floats) -> npt.NDArray[np.intp]:
    """Return row positions from the highest risk to the lowest, ties by the hash of the id."""
    return np.lexsort((ids.astype(str).to_numpy(dtype=object), stable_hash(ids), -np.asarray(risk)))


def random_slots(slots: int, share: float) -> int:
    """Return how many of a pool's slots are drawn at random: the share, at least one of two or more."""
    if share == 0.0 or slots < 2:
        return 0
    return min(max(1, round(share * slots)), slots - 1)


def select(
    shipments: pd.DataFrame,
    pools: Sequence[Pool],
    *,
    seed: int | str,
    share: float = DEFAULT_RANDOM_SHARE,
    taken: npt.NDArray[np.bool_] | None = None,
) -> Selection:
    """Choose the shipments to open.

    Parameters
    ----------
    shipments : DataFrame, shape (n, ...)
        ``shipment_id`` (unique), ``risk``, and ``mode`` and ``location`` where pools name them.
    pools : sequence of Pool
    seed : int or str
        Key of the draw: who knows it can foresee the random picks.
    share : float
        Share of each pool's slots drawn at random, 0 to 1. A pool of one slot is given to chance
        as a whole with this probability.
    taken : bool array, shape (n,), optional
        Shipments an earlier list has chosen already: they are opened in any case and take no slot here.

    Raises
    ------
    CapacityError
        If two pools claim the same shipments.
    """
    ids, risk = shipments["shipment_id"], shipments["risk"].to_numpy(float)
    order = ranking(ids, risk)
    n = len(order)
    draw = stable_hash(ids, key=f"draw:{seed}")
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(1, n + 1)
    by = np.full(n, "", dtype=object)
    probability = np.zeros(n)
    pool_of = np.full(n, "", dtype=object)
    places, messages = _places(shipments, pools)
    for place, inside in places.items():
        mine = sorted((p for p in pools if p.place == place), key=_thoroughness)
        ranked = order[(inside if taken is None else inside & ~taken)[order]]
        messages += _place_messages(mine, len(ranked))
        _fill(mine, ranked, draw, share, f"{seed}", by, probability, pool_of)
    frame = pd.DataFrame(
        {
            "rank": rank,
            "selected_by": pd.Series(by, dtype="str"),
            "selection_probability": probability,
            "pool": pd.Series(pool_of, dtype="str"),
        }
    )
    frame.index = shipments.index
    return Selection(frame, tuple(messages))


def _thoroughness(pool: Pool) -> int:
    return THOROUGHNESS.index(pool.inspection_type)


def _places(
    shipments: pd.DataFrame, pools: Sequence[Pool]
) -> tuple[dict[tuple[str, str], npt.NDArray[np.bool_]], list[str]]:
    """Return the shipments of each place; the more exactly named place goes first."""
    empty = pd.Series("", index=shipments.index, dtype="str")
    mode = shipments.get("mode", empty).fillna("").to_numpy(dtype=object)
    location = shipments.get("location", empty).fillna("").astype(str).str.strip().to_numpy(dtype=object)
    free = np.ones(len(shipments), dtype=bool)
    inside: dict[tuple[str, str], npt.NDArray[np.bool_]] = {}
    for exactness in (2, 1, 0):
        here = [p for p in dict.fromkeys(p.place for p in pools) if sum(map(bool, p)) == exactness]
        claims = {p: free & _matches(mode, p[0]) & _matches(location, p[1]) for p in here}
        problems = [
            f"pools {_place_name(a)!r} and {_place_name(b)!r} both claim the same shipments"
            for i, a in enumerate(here)
            for b in here[i + 1 :]
            if (claims[a] & claims[b]).any()
        ]
        if problems:
            raise CapacityError(problems)
        for place, claim in claims.items():
            inside[place] = claim
            free &= ~claim
    messages = [f"{free.sum():,} shipments are in no pool and cannot be chosen"] if free.any() else []
    return inside, messages


def _matches(values: npt.NDArray[np.object_], wanted: str) -> npt.NDArray[np.bool_]:
    return np.ones(len(values), dtype=bool) if not wanted else (values == wanted).astype(bool)


def _place_name(place: tuple[str, str]) -> str:
    return Pool(0, *place).name


def _place_messages(pools: Sequence[Pool], n: int) -> list[str]:
    slots = sum(p.slots for p in pools)
    name = _place_name(pools[0].place)
    if n == 0:
        return [f"pool {name}: no shipment in these files"]
    if slots > n:
        return [f"pool {name}: {slots:,} inspections for {n:,} shipments, so all are chosen"]
    return [f"pool {name}: no inspection today"] if slots == 0 else []


def _fill(
    pools: Sequence[Pool],
    ranked: npt.NDArray[np.intp],
    draw: npt.NDArray[np.uint64],
    share: float,
    seed: str,
    by: npt.NDArray[np.object_],
    probability: Floats,
    pool_of: npt.NDArray[np.object_],
) -> None:
    """Fill the pools of one place with its shipments, ``ranked`` from the highest risk down."""
    slots = sum(p.slots for p in pools)
    if slots == 0 or not len(ranked):
        return
    if slots >= len(ranked):
        certain, chance = ranked, ranked[:0]
        taken = [p.slots for p in pools]
        probability[ranked] = 1.0
    elif slots == 1 and share > 0.0:
        certain, chance = _single(ranked, draw, share, pools[0].name + seed, probability)
        taken = [min(p.slots, len(certain)) for p in pools]
    else:
        taken = [p.slots - random_slots(p.slots, share) for p in pools]
        certain, rest = ranked[: sum(taken)], ranked[sum(taken) :]
        drawn = slots - sum(taken)
        probability[certain] = 1.0
        probability[rest] = drawn / len(rest)
        chance = rest[np.argsort(draw[rest], kind="stable")[:drawn]]
    by[certain] = "model"
    by[chance] = "random"
    _name_pools(pools, taken, certain, chance, pool_of)


def _single(
    ranked: npt.NDArray[np.intp],
    draw: npt.NDArray[np.uint64],
    share: float,
    key: str,
    probability: Floats,
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Give the only slot of a place to the highest risk or, with probability ``share``, to chance."""
    first, rest = ranked[:1], ranked[1:]
    probability[first], probability[rest] = 1.0 - share, share / len(rest)
    # The coin hangs on the seed and the set of ids, never on the order of rows.
    coin = hashlib.blake2b(key.encode() + np.sort(draw[ranked]).tobytes(), digest_size=8).digest()
    by_chance = int.from_bytes(coin, "little") / 2.0**64 < share
    if by_chance:
        return first[:0], rest[np.argsort(draw[rest], kind="stable")[:1]]
    return first, first[:0]


def _name_pools(
    pools: Sequence[Pool],
    by_model: Sequence[int],
    certain: npt.NDArray[np.intp],
    chance: npt.NDArray[np.intp],
    pool_of: npt.NDArray[np.object_],
) -> None:
    """Give each chosen shipment its pool: risks from the most thorough down, chance picks in drawn order."""
    names = np.array([p.name for p in pools], dtype=object)
    at_random = [p.slots - taken for p, taken in zip(pools, by_model, strict=True)]
    for chosen, ends in ((certain, np.cumsum(by_model)), (chance, np.cumsum(at_random))):
        pool_of[chosen] = names[np.searchsorted(ends, np.arange(len(chosen)), side="right")]


@dataclass(frozen=True)
class ExpectedFinds:
    """Finds to expect among the shipments chosen.

    Attributes
    ----------
    mean : float
        Expected number.
    low, high : int
        Central interval holding at least ``level`` of the probability.
    level : float
        0.9 unless asked otherwise.
    """

    mean: float
    low: int
    high: int
    level: float


def expected_finds(risk: Floats, level: float = 0.9) -> ExpectedFinds:
    """Return how many finds to expect, from the exact Poisson-binomial distribution.

    Only calibrated probabilities of this port mean anything here.

    Parameters
    ----------
    risk : array, shape (k,)
        Probability of a find of each shipment to be opened, 0 to 1.
    level : float
        Probability the interval is to hold.
    """
    parts = [np.array([1.0 - p, p]) for p in np.asarray(risk, float)] or [np.ones(1)]
    while len(parts) > 1:  # convolved pairwise: a few thousand shipments in milliseconds
        pairs = [np.convolve(parts[i], parts[i + 1]) for i in range(0, len(parts) - 1, 2)]
        parts = pairs + ([parts[-1]] if len(parts) % 2 else [])
    below = np.cumsum(parts[0])
    tail = (1.0 - level) / 2.0
    low, high = (int(np.searchsorted(below, q * below[-1])) for q in (tail, 1.0 - tail))
    return ExpectedFinds(float(np.sum(risk)), low, high, level)
