"""Training: from labelled ports to a bundle.

Per head: rows of every port are split by time (`models.splits`), selection weightings and settings
are compared on rows later than those trained on, the head is fitted on the train and stop windows,
calibrated on the next, and measured on the newest. With too few finds a head is not trained, and
the bundle says what it would take.

A port whose finds are too few for four windows can be learnt from in *blocks* instead
(``Options(validation="blocks")``): days are dealt into five blocks, settings are chosen and the head
is calibrated on margins of models that did not see the row's days. That uses every find, and
knows nothing of how the world changes with time; the card says so. ``validation="auto"`` does so where
a kind of find has fewer than `boosting.FEW_IN_FOLDS`, and then keeps no window back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from features.registry import Feature
from models import boosting, card, weights
from models.boosting import Fold, LabelledRows
from models.bundle import Bundle, identify, registry_digest
from models.calibration import Calibrator, fit_platt
from models.heads import Head
from models.labels import HEADS, labels
from models.metrics import Judged, measure
from models.schema import FeatureSchema
from models.splits import TimeSplit, Window, label_delay, split_backwards

BLOCKS = 5
#: A weighting other than `unweighted` must be better by this factor: its variance is not free.
WORTH = 1.02
#: Finds a head needs when every one of them teaches: one per block.
FEWEST = BLOCKS


class TrainingError(ValueError):
    """Nothing can be trained from these rows; the message says what it would take."""


@dataclass(frozen=True)
class TrainingSet:
    """Rows of one port.

    Attributes
    ----------
    name : str
        Name of the port, for the card.
    features : DataFrame, shape (n, k)
        Feature frame (`features.matrix.build`), as of each row's own time.
    table : DataFrame, shape (n, m)
        Shipment table with ``shipment_id``, ``known_at`` and the outcome columns; same index.
    superseded : int
        Later versions of these shipments, already left out of the rows.
    """

    name: str
    features: pd.DataFrame
    table: pd.DataFrame
    superseded: int = 0


@dataclass(frozen=True)
class Options:
    """What a training may be told.

    Attributes
    ----------
    seed : int
    validation : str
        ``time`` (four windows, the rule), ``blocks`` (few finds), or ``auto``: by the number of finds.
    stop, calibrate, test : float
        Shares of a port's labelled rows; ``test`` may be 0. ``blocks`` uses ``test`` alone.
    minimum_training_finds, minimum_calibration_finds : int
        A head with fewer is not trained.
    minimum_level : int
        Rows a category's level needs for a code of its own.
    most_clean : int
        Rows without a find to learn from, of the train and stop windows. Where there are more, so many
        are drawn at random and weigh for the rest: finds are what limits a model, clean rows are what
        it costs.
    hide_history : float
        Share of the training days whose rows teach twice, with their past and without it (each then
        weighs half), so that a port's first days are scored by a model that has seen such days.
    settings : tuple of str
        Names in `models.boosting.SETTINGS` to choose from.
    rounds : int
        Most trees per head.
    risk_basis : str
        ``prior`` or ``port``.
    simulated : bool
        Whether the rows come from simulated ports; the card says so.
    """

    seed: int = 0
    validation: str = "time"
    stop: float = 0.15
    calibrate: float = 0.2
    test: float = 0.15
    minimum_training_finds: int = 50
    minimum_calibration_finds: int = 10
    minimum_level: int = 5
    most_clean: int = 75_000
    hide_history: float = 0.2
    settings: tuple[str, ...] = tuple(boosting.SETTINGS)
    rounds: int = boosting.ROUNDS
    risk_basis: str = "prior"
    simulated: bool = False


@dataclass(frozen=True)
class _Pool:
    """Labelled rows of all ports, in order."""

    frame: pd.DataFrame
    window: np.ndarray
    label: dict[str, np.ndarray]
    evidence: np.ndarray
    probability: np.ndarray
    day: np.ndarray  # a number per day and port, see `_port_days`
    shipment_id: pd.Series
    ports: list[dict[str, Any]]
    stands_for: np.ndarray  # rows drawn at random stand for those left out
    again: np.ndarray  # rows that stand here a second time, without their past

    @property
    def any_find(self) -> np.ndarray:
        """Return 1.0 where any head has a find, shape (n,)."""
        return np.max([self.label[head] for head in HEADS], axis=0)


def train(sets: Sequence[TrainingSet], features: Sequence[Feature], options: Options | None = None) -> Bundle:
    """Train a bundle.

    Parameters
    ----------
    sets : sequence of TrainingSet
        One per port. Only inspected rows teach; `models.labels` says how.
    features : sequence of Feature
        What the model may see: registry entries, and entries of local columns.
    options : Options, optional

    Returns
    -------
    Bundle
        With its ``model_id``; the same for the same rows, options and library versions.

    Raises
    ------
    TrainingError
        No head has enough finds.
    LabelError, SplitError, SchemaError
        The rows cannot be learnt from honestly, split by time, or encoded.
    """
    options = options or Options()
    if options.validation not in ("time", "blocks", "auto"):
        raise ValueError(f"unknown validation {options.validation!r}")
    if options.validation == "auto":
        options = _settled(sets, options)
    features = list(features)
    pool = _pool(sets, [f.name for f in features], options)
    learn = np.isin(pool.window, ("train", "stop"))
    if not learn.any():
        raise TrainingError("no inspected row falls into the training window")
    schema = FeatureSchema.fit(pool.frame[learn], features, minimum=options.minimum_level)
    X = schema.encode(pool.frame)
    pool, X = _with_first_days(pool, X, schema, features, learn, options)
    learn = np.isin(pool.window, ("train", "stop"))
    heads, absent = [], {}
    for name in HEADS:
        reason = _too_few(name, pool, learn, options)
        if reason:
            absent[name] = reason
        else:
            heads.append(_head(name, X, schema, pool, learn, options))
    if not heads:
        raise TrainingError("no head can be trained. " + " ".join(absent.values()))
    bundle = Bundle(
        schema=schema,
        heads=tuple(heads),
        absent=absent,
        risk_basis=options.risk_basis,
        registry_digest=registry_digest(features),
        seed=options.seed,
        versions={name: version(name) for name in ("lightgbm", "numpy", "pandas")},
    )
    facts = {"ports": pool.ports, "options": _plain_options(options)}
    return identify(replace(bundle, card=card.make(bundle, facts)))


def _settled(sets: Sequence[TrainingSet], options: Options) -> Options:
    """Return the options with the validation that suits the number of finds."""
    finds = [labels(each.table).finds() for each in sets]
    kinds = [sum(found[head] for found in finds) for head in HEADS]
    if min((count for count in kinds if count >= FEWEST), default=0) >= boosting.FEW_IN_FOLDS:
        return replace(options, validation="time")
    fewest = min(options.minimum_training_finds, FEWEST)
    return replace(options, validation="blocks", test=0.0, minimum_training_finds=fewest)


def _pool(sets: Sequence[TrainingSet], names: Sequence[str], options: Options) -> _Pool:
    if not sets:
        raise TrainingError("no rows to train on")
    parts = [_part(each, names, options) for each in sets]
    rows = pd.concat([rows for rows, _, _ in parts], ignore_index=True)
    rows["day"] = _port_days([part["day"].to_numpy() for part, _, _ in parts])
    frame = pd.concat([frame for _, frame, _ in parts], ignore_index=True)
    rows = _sample_clean(rows, options)
    frame, rows = frame.loc[rows.index].reset_index(drop=True), rows.reset_index(drop=True)
    return _Pool(
        frame=frame,
        window=rows["window"].to_numpy(dtype=object),
        label={head: rows[head].to_numpy(dtype=np.float64) for head in HEADS},
        evidence=rows["evidence"].to_numpy(dtype=np.float64),
        probability=rows["probability"].to_numpy(dtype=np.float64),
        day=rows["day"].to_numpy(dtype=np.int64),
        shipment_id=rows["shipment_id"],
        ports=[facts for _, _, facts in parts],
        stands_for=rows["stands_for"].to_numpy(dtype=np.float64),
        again=np.zeros(len(rows), dtype=bool),
    )


def _port_days(days: Sequence[np.ndarray]) -> np.ndarray:
    """Return a number per day and port, in order of the date and then of the port.

    What is drawn by the day (folds, days without a past, bootstrap) is drawn by the day of a port:
    shipments of different ports share nothing because they came on the same date.

    Parameters
    ----------
    days : sequence of int64 array
        Per port, days since 1970 of its rows.

    Returns
    -------
    ndarray of int64, shape (rows of all ports,)
        The same number for rows of one day of one port, and for no others.
    """
    return np.concatenate([day * len(days) + port for port, day in enumerate(days)])


def _sample_clean(rows: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Keep all finds, at most `Options.most_clean` other rows to learn from, and how many each stands for."""
    learnt = rows["window"].isin(("train", "stop"))
    clean = (learnt & (rows[list(HEADS)].max(axis=1) != 1)).to_numpy()
    count = int(clean.sum())
    if count <= options.most_clean:
        return rows.assign(stands_for=1.0)
    rng = np.random.default_rng([options.seed, 3])
    dropped = rng.choice(np.flatnonzero(clean), count - options.most_clean, replace=False)
    stands_for = np.where(clean, count / options.most_clean, 1.0)
    evidence = rows["evidence"].to_numpy(dtype=np.float64) * stands_for
    return rows.assign(evidence=evidence, stands_for=stands_for).drop(index=rows.index[dropped])


def _part(
    each: TrainingSet, names: Sequence[str], options: Options
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Return the labelled rows of one port: outcomes and days (since 1970), features, facts."""
    if not each.features.index.equals(each.table.index):
        raise TrainingError(f"{each.name}: features and table do not have the same rows")
    missing = [name for name in names if name not in each.features]
    if missing:
        raise TrainingError(f"{each.name}: lacks feature(s) {', '.join(missing[:20])}")
    found = labels(each.table)
    known = found.known & each.table["known_at"].notna().to_numpy()
    if not known.any():
        raise TrainingError(f"{each.name}: no inspected row with an outcome and a time")
    table = each.table.loc[known]
    split = _split(table, options)
    probability = table.get("selection_probability", pd.Series(np.nan, index=table.index))
    day = table["known_at"].dt.floor("D").to_numpy().astype("datetime64[D]").astype(np.int64)
    rows = found.values.loc[known].assign(
        window=split.assign(table["known_at"], table["inspected_at"]),
        evidence=found.weight[known],
        probability=probability.to_numpy(dtype=np.float64),
        day=day,
        shipment_id=table["shipment_id"].astype("str"),
    )
    facts = {
        "name": each.name,
        "rows": len(each.table),
        "inspected": int(known.sum()),
        "finds": {head: int((rows[head] == 1).sum()) for head in HEADS},
        "outcomes_without_time": found.without_time,
        "versions_after_inspection": each.superseded + found.superseded,
        "split": split.describe(),
    }
    return rows, each.features.loc[known, list(names)], facts


def _split(table: pd.DataFrame, options: Options) -> TimeSplit:
    gap = label_delay(table["known_at"], table["inspected_at"])
    if options.validation == "time":
        return split_backwards(
            table["known_at"], gap=gap, stop=options.stop, calibrate=options.calibrate, test=options.test
        )
    if options.test > 0:
        return split_backwards(table["known_at"], gap=gap, stop=0, calibrate=0, test=options.test)
    first, last = table["known_at"].min().floor("D"), table["known_at"].max().floor("D")
    return TimeSplit((Window("train", first, last + pd.Timedelta(days=1)),), gap)


def _with_first_days(
    pool: _Pool,
    X: np.ndarray,
    schema: FeatureSchema,
    features: list[Feature],
    learn: np.ndarray,
    options: Options,
) -> tuple[_Pool, np.ndarray]:
    """Add the rows of a share of the training days once more, their history columns blank."""
    history = {f.name for f in features if f.known == "history"}
    columns = np.array([i for i, column in enumerate(schema.columns) if column.feature in history], dtype=int)
    if not len(columns) or options.hide_history <= 0:
        return pool, X
    days = np.unique(pool.day[learn])
    rng = np.random.default_rng([options.seed, 1])
    hidden = days[rng.random(len(days)) < options.hide_history]
    rows = np.flatnonzero(learn & np.isin(pool.day, hidden))
    without = X[rows]
    without[:, columns] = np.nan
    evidence = pool.evidence.copy()
    evidence[rows] /= 2
    order = np.append(np.arange(len(X)), rows)
    extended = replace(
        pool,
        frame=pool.frame.iloc[:0],  # X is what is learnt from
        window=pool.window[order],
        label={head: values[order] for head, values in pool.label.items()},
        evidence=evidence[order],
        probability=pool.probability[order],
        day=pool.day[order],
        shipment_id=pool.shipment_id.iloc[order].reset_index(drop=True),
        stands_for=pool.stands_for[order],
        again=np.arange(len(order)) >= len(X),
    )
    return extended, np.concatenate([X, without])


#: Rows without a find that a head needs besides its finds: from one kind alone nothing is learnt.
_FEWEST_CLEAN = 10


def _too_few(name: str, pool: _Pool, learn: np.ndarray, options: Options) -> str:
    find, learn = pool.label[name] == 1, learn & ~pool.again
    blocks = options.validation == "blocks"
    wanted = {"training": (int((find & learn).sum()), options.minimum_training_finds, learn)}
    if not blocks:
        calibrate = pool.window == "calibrate"
        wanted["calibration"] = (int((find & calibrate).sum()), options.minimum_calibration_finds, calibrate)
    for purpose, (count, needed, rows) in wanted.items():
        if count < needed:
            # At the rate seen so far; with no find at all one find in all rows is the best guess.
            more = math.ceil((needed - count) * max(1, int(rows.sum())) / max(1, count))
            text = f"{name}: not trained, {count} finds for {purpose} and {needed} are needed"
            return f"{text}: some {more} more inspections at the rate so far."
        if (clean := int((~find & rows).sum())) < _FEWEST_CLEAN:
            text = f"{name}: not trained, {clean} rows without such a find for {purpose}"
            return f"{text} and {_FEWEST_CLEAN} are needed."
    return ""


def _head(
    name: str, X: np.ndarray, schema: FeatureSchema, pool: _Pool, learn: np.ndarray, options: Options
) -> Head:
    y = pool.label[name]
    scheme, schemes = _choose_weighting(X, y, schema, pool, learn, options)
    weight = _training_weights(pool, scheme)
    folds = _folds(X, y, weight, pool, learn, options)
    best, tried = boosting.choose(folds, schema, options.settings, seed=options.seed, rounds=options.rounds)
    rows = LabelledRows(X, y, pool.any_find, weight)
    booster = boosting.fit(rows.take(learn), schema, best, seed=options.seed, rounds=options.rounds)
    text = booster.model_to_string()
    facts: dict[str, Any] = {
        "training_finds": int((y[learn & ~pool.again] == 1).sum()),
        "training_rows": round(pool.stands_for[learn & ~pool.again].sum()),
        "weighting": scheme,
        "weightings_tried": schemes,
        "settings": best.settings,
        "settings_tried": {k: _rounded(v.average_precision) for k, v in tried.items()},
        "trees": booster.num_trees(),
    }
    draft = Head(name, text, Calibrator(1.0, 0.0, "inspected", 0, 0), facts)
    calibrator = _calibrate(draft, rows, schema, pool, learn, best, options)
    head = replace(draft, calibrator=calibrator)
    return replace(head, facts=facts | {"test": _test(head, X, y, pool, options)})


def _training_weights(pool: _Pool, scheme: str) -> np.ndarray:
    weight = pool.evidence * weights.selection_weights(pool.probability, scheme)
    return weight / weight.mean()


def _choose_weighting(
    X: np.ndarray, y: np.ndarray, schema: FeatureSchema, pool: _Pool, learn: np.ndarray, options: Options
) -> tuple[str, dict[str, float]]:
    """Compare the schemes, all judged as one would all traffic, on later rows (if finds allow it)."""
    if not weights.usable(pool.probability):
        return "unweighted", {}
    if boosting.few(
        _folds(X, y, _training_weights(pool, "unweighted"), pool, learn, options), options.settings
    ):
        return "unweighted", {}
    tried = {}
    for scheme in weights.SCHEMES:
        folds = _folds(X, y, _training_weights(pool, scheme), pool, learn, options)
        choice, _ = boosting.choose(
            folds, schema, options.settings[:1], seed=options.seed, rounds=options.rounds
        )
        tried[scheme] = _rounded(choice.average_precision)
    best = max(tried, key=lambda scheme: tried[scheme])
    if tried[best] < WORTH * tried["unweighted"]:
        best = "unweighted"
    return best, tried


def _folds(
    X: np.ndarray, y: np.ndarray, weight: np.ndarray, pool: _Pool, learn: np.ndarray, options: Options
) -> list[Fold]:
    """Return rows to learn from and later (or other days') rows to judge by."""
    judge = weights.selection_weights(pool.probability, "clipped") * pool.stands_for
    rows = LabelledRows(X, y, pool.any_find, weight)

    def finds(mask: np.ndarray) -> int:
        return int((y[mask & ~pool.again] == 1).sum())

    train, stop = pool.window == "train", pool.window == "stop"
    if options.validation == "time" and (y[stop] == 1).any() and (y[train] == 1).any():
        return [Fold(rows.take(train), rows.take(stop), judge[stop], finds(stop))]
    folds = []
    for inside, outside in _blocks(pool, learn, options):
        if (y[inside] == 1).any() and (y[outside] == 1).any():
            folds.append(Fold(rows.take(inside), rows.take(outside), judge[outside], finds(outside)))
    if not folds:
        raise TrainingError("the finds lie on too few days to hold any back")
    return folds


def _blocks(pool: _Pool, learn: np.ndarray, options: Options) -> list[tuple[np.ndarray, np.ndarray]]:
    """Deal the training days into blocks; return (inside, outside) masks per block."""
    days, code = np.unique(pool.day, return_inverse=True)
    block = np.random.default_rng([options.seed, 2]).permutation(len(days)) % BLOCKS
    return [(learn & (block[code] != b), learn & (block[code] == b)) for b in range(BLOCKS)]


def _calibrate(
    head: Head,
    all_rows: LabelledRows,
    schema: FeatureSchema,
    pool: _Pool,
    learn: np.ndarray,
    best: boosting.Choice,
    options: Options,
) -> Calibrator:
    """Fit the map on rows the head has not seen."""
    X, y = all_rows.X, all_rows.y
    if options.validation == "time":
        rows = pool.window == "calibrate"
        margin = head.margin(X[rows])
    else:
        rows = learn & ~pool.again
        margin = np.full(len(X), np.nan)
        for inside, outside in _blocks(pool, learn, options):
            part = all_rows.take(inside)
            booster = boosting.fit(part, schema, best, seed=options.seed, rounds=options.rounds)
            margin[outside] = booster.predict(X[outside], raw_score=True) if outside.any() else 0.0
        margin = margin[rows]
    traffic = weights.usable(pool.probability[rows])
    scale = pool.stands_for[rows]
    if traffic:
        scale = scale * weights.selection_weights(pool.probability[rows], "stabilised")
    # Evidence weights stay out: they would make clean rows rarer than they are.
    return fit_platt(margin, y[rows], scale, population="traffic" if traffic else "inspected")


def _test(head: Head, X: np.ndarray, y: np.ndarray, pool: _Pool, options: Options) -> dict[str, Any]:
    """Measure the head on the newest window, for the card."""
    rows = pool.window == "test"
    if not rows.any():
        return {}
    margin = head.margin(X[rows])
    judged = Judged(
        score=margin,
        label=y[rows],
        shipment_id=pool.shipment_id[rows].reset_index(drop=True),
        day=pool.day[rows],
        probability=head.calibrator.probability(margin),
    )
    table = measure(judged, seed=options.seed)
    return {
        "rows": int(rows.sum()),
        "finds": int((y[rows] == 1).sum()),
        "estimates": {
            k: _rounded_entries(v.to_json()) for k, v in table.items() if not k.startswith("labelled")
        },
    }


def _plain_options(options: Options) -> dict[str, Any]:
    return asdict(options) | {"settings": list(options.settings)}


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _rounded_entries(entry: dict[str, Any]) -> dict[str, Any]:
    return {k: _rounded(v) if isinstance(v, float) else v for k, v in entry.items()}
