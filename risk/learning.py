"""From histories to a model, and from a model and history to a report.

Each port (`risk.histories`) has its own past. Features are built for inspected rows only, one version
per bill (`risk.amendments`), each as of its own moment: the same code as in scoring.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, cpu_count, delayed

from features import matrix
from features.manifest.thinning import thin
from features.registry import Feature
from features.view import prepare
from models.baselines import fit_all
from models.bundle import Bundle
from models.evaluation import evaluate, examples
from models.labels import HEADS
from models.splits import label_delay, split_backwards
from models.training import Options, TrainingSet, train
from risk.amendments import contexts
from risk.engine import local_columns, timeline_of
from risk.histories import Port, PortError

if TYPE_CHECKING:
    from features.history import State


@dataclass(frozen=True)
class PortRows:
    """Shipments of one port with their features.

    Attributes
    ----------
    name : str
    features : DataFrame, shape (n, features + facts)
    table : DataFrame, shape (n, k)
        Same index.
    superseded : int
        Later versions of these shipments.
    """

    name: str
    features: pd.DataFrame
    table: pd.DataFrame
    superseded: int = 0

    def take(self, rows: npt.NDArray[np.intp]) -> PortRows:
        """Return some rows by position, index renewed."""
        features, table = (f.iloc[rows].reset_index(drop=True) for f in (self.features, self.table))
        return PortRows(self.name, features, table)

    @property
    def training_set(self) -> TrainingSet:
        """The rows as `models.training` takes them."""
        return TrainingSet(self.name, self.features, self.table, self.superseded)


def rows_of(
    port: Port,
    *,
    state: State | None = None,
    extra: Mapping[str, Sequence[str]] | None = None,
    rows: npt.NDArray[np.intp] | None = None,
    thinned: float = 0.0,
    seed: int = 0,
) -> PortRows:
    """Build features as of each row's own moment, as scoring that version then would have.

    Parameters
    ----------
    port : Port
    state : State, optional
        The port's past before these rows; an empty one when not given.
    extra : mapping, optional
        Local columns to use as features; the port's own when not given.
    rows : int array, optional
        Positions of ``port.shipments``; the inspected ones when not given.
    thinned : float
        Share of the manifests whose features are built without groups of fields, 0 to 1.
    seed : int
        Of the thinning.
    """
    from features.history import State

    view = prepare(thin(port.table, thinned, seed=seed) if thinned else port.table)
    timeline = timeline_of(state if state is not None else State.empty(), [view])
    picked = port.inspected if rows is None else rows
    extra = port.extra if extra is None else extra
    versions = port.shipments.index.to_numpy()
    parts = [
        matrix.build(part.view, timeline, rows=part.rows, extra=extra).set_axis(part.asked)
        for part in contexts(view, versions, versions[picked])
    ]
    features = pd.concat(parts).sort_index()
    return PortRows(
        port.name,
        features.reset_index(drop=True),
        port.shipments.iloc[picked].reset_index(drop=True),
        int(port.one_per_bill.later[picked].sum()),
    )


def shared_extra(ports: Sequence[Port]) -> dict[str, list[str]]:
    """Return the local columns that every port has."""
    kinds = ("categorical", "numeric")
    return {
        kind: [n for n in ports[0].extra.get(kind, ()) if all(n in p.extra.get(kind, ()) for p in ports)]
        for kind in kinds
    }


@dataclass(frozen=True)
class Recipe:
    """How a model is learnt: options of the training, share of manifests thinned, what is left out."""

    options: Options
    thinned: float
    without: tuple[str, ...]


#: The bundled starter model, which must serve ports it has never seen: most manifests are thinned and
#: every row teaches without its past too, since other ports fill other fields and start without records.
#: Its later windows are short, for finds are what it lacks. Left out are habits of the simulated ports
#: that say nothing about a real one (the calendar, when manifests are lodged) and the kinds of goods and
#: regions as such, by which a model learns the simulator's covers and sources by heart: when this was
#: settled, models without them ranked documented seizures better.
STARTER = Recipe(
    options=Options(calibrate=0.1, test=0.1, most_clean=50_000, hide_history=1.0),
    thinned=0.8,
    without=(
        "month_sine",
        "month_cosine",
        "days_to_christmas",
        "days_to_lunar_new_year",
        "lodging_lead",
        "late_lodging",
        "goods_chapter",
        "goods_group",
        "origin_region",
    ),
)


def learn(
    ports: Sequence[Port],
    options: Options | None = None,
    *,
    state: State | None = None,
    thinned: float = 0.0,
    without: Sequence[str] = (),
) -> Bundle:
    """Train a bundle on the inspected rows of one or more ports.

    Parameters
    ----------
    ports : sequence of Port
    options : Options, optional
        ``risk_basis`` is the caller's to say: ``port`` only for the port's own outcomes.
    state : State, optional
        The past of a single port.
    thinned : float
        Share of the manifests that lose groups of fields first, 0 to 1: for a model that is to
        serve ports that fill other fields (`features.manifest.thinning`).
    without : sequence of str
        Features to leave out (`features_without`).

    Raises
    ------
    PortError
        Several ports and a state, or unknown names in `without`.
    TrainingError, LabelError, SplitError
        See `models.training.train`.
    """
    options = options or Options()
    if state is not None and len(ports) != 1:
        raise PortError("--state is the past of one port; several were given")
    extra = shared_extra(ports)
    entries = features_without(without, (*matrix.features(), *matrix.local_features(extra)))
    # A process per port: features are the longer half of the work, and ports share nothing.
    work = Parallel(n_jobs=min(len(ports), cpu_count()))
    sets = work(delayed(_training_set)(port, state, extra, thinned, options.seed) for port in ports)
    return train(sets, entries, options)


def _training_set(
    port: Port, state: State | None, extra: dict[str, list[str]], thinned: float, seed: int
) -> TrainingSet:
    return rows_of(port, state=state, extra=extra, thinned=thinned, seed=seed).training_set


def features_without(names: Sequence[str], entries: Sequence[Feature]) -> tuple[Feature, ...]:
    """Return the registry entries that are left when some are not to be learnt from.

    Parameters
    ----------
    names : sequence of str
        Features, families, or ``country`` for everything that depends on a country of the goods.
    entries : sequence of Feature

    Raises
    ------
    PortError
        Naming what is neither.
    """
    known = {f.name for f in entries} | {f.family for f in entries} | {"country"}
    unknown = sorted(set(names) - known)
    if unknown:
        raise PortError(f"neither features, families nor `country`: {', '.join(unknown)}")
    return tuple(
        f
        for f in entries
        if f.name not in names and f.family not in names and not (f.uses_country and "country" in names)
    )


def assess(
    bundle: Bundle,
    ports: Sequence[Port],
    truth: pd.DataFrame | None = None,
    *,
    teachers: Sequence[Port] = (),
    state: State | None = None,
    test_share: float = 0.15,
    traffic: bool = False,
    per_day: Sequence[int] = (),
    replicates: int = 200,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure a bundle, with its baselines, on each port.

    Parameters
    ----------
    bundle : Bundle
    ports : sequence of Port
    truth : DataFrame, optional
        What was really inside (`read_truth`), for simulated ports.
    teachers : sequence of Port
        Histories the baselines learn from; then every row of a port is judged. Without them the
        newest ``test_share`` of a port's labelled rows and all rows of those days are judged, and
        the baselines learn from the rows before.
    state : State, optional
        The past of a single port.
    test_share : float
        0 to 1.
    traffic, per_day, replicates, seed
        See `models.evaluation.evaluate`.

    Returns
    -------
    dict
        ``model_id``, ``risk_basis`` and ``ports`` (name to report of `models.evaluation`).
    """
    extra = local_columns(bundle)
    entries = (*matrix.features(), *matrix.local_features(extra))
    taught = [rows_of(port, extra=extra) for port in teachers]
    reports = {}
    for port in ports:
        before, judged = _split(port, test_share, whole=bool(taught))
        needed = np.union1d(before, judged)
        built = rows_of(port, state=state, extra=extra, rows=needed)
        lessons = taught or [built.take(np.searchsorted(needed, before))]
        table = pd.concat([r.table for r in lessons], ignore_index=True)
        known = examples(pd.concat([r.features for r in lessons], ignore_index=True), table)
        rows = built.take(np.searchsorted(needed, judged))
        reports[port.name] = evaluate(
            bundle,
            rows.features,
            rows.table,
            baselines=fit_all(known, entries, seed=seed),
            truth=_truth_of(rows.table, truth),
            training=known.table,
            traffic=traffic,
            per_day=per_day,
            replicates=replicates,
            seed=seed,
        )
        reports[port.name]["warnings"] += _learnt_before(bundle, port.name, rows.table["known_at"])
    return {"model_id": bundle.model_id, "risk_basis": bundle.risk_basis, "ports": reports}


def _learnt_before(bundle: Bundle, name: str, known_at: pd.Series) -> list[str]:
    """Return a warning if rows judged lie in the days a bundle learnt from at a port of this name."""
    windows = [
        w for port in bundle.card.get("ports", ()) if port["name"] == name for w in port["split"]["windows"]
    ]
    ends = [pd.Timestamp(w["end"]) for w in windows if w["name"] in ("train", "stop", "calibrate")]
    if not ends or not (inside := int((known_at < max(ends)).sum())):
        return []
    return [
        f"{inside:,} of {len(known_at):,} rows judged lie before {max(ends):%Y-%m-%d}, until when the model "
        f"learnt from a port named {name}. If it is the same port, these figures flatter the model: judge it "
        "on later days."
    ]


def _split(port: Port, share: float, *, whole: bool) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return positions of the labelled rows to learn from, and of all rows to judge."""
    if whole:
        return port.inspected[:0], np.arange(len(port.shipments))
    known, at = port.shipments["known_at"], port.shipments["inspected_at"]
    labelled = port.inspected
    gap = label_delay(known.iloc[labelled], at.iloc[labelled])
    split = split_backwards(known.iloc[labelled], gap=gap, stop=0, calibrate=0, test=share)
    window = split.assign(known, at)
    before = labelled[window[labelled] == "train"]
    judged = np.flatnonzero(window == "test")
    if not len(before) or not len(judged):
        raise PortError(f"{port.name}: too few days to split; teach the baselines on another history")
    return before, judged


def _truth_of(table: pd.DataFrame, truth: pd.DataFrame | None) -> pd.DataFrame | None:
    if truth is None:
        return None
    place = pd.Index(truth["shipment_id"]).get_indexer(pd.Index(table["shipment_id"]))
    if (place < 0).any():
        raise PortError(f"the truth lacks {int((place < 0).sum()):,} of the shipments judged")
    found = truth[list(HEADS)].iloc[place].astype("float64")
    found.index = table.index
    return found


def with_basis(options: Options, ports: Sequence[Port], *, simulated: bool) -> Options:
    """Return the options with the honest risk basis: ``port`` for one port's own real outcomes."""
    basis = "port" if len(ports) == 1 and not simulated else "prior"
    return replace(options, risk_basis=basis, simulated=simulated)
