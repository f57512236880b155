"""The engine: shipments in, risks with their reasons out.

Scoring is a pure function of a bundle, a batch of shipments and the port's past as it was known
before each of them. Batches never split a manifest and the past is laid out over the whole input
before the first batch is scored, so a file read in pieces gives the bits of one read whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features import matrix, scratch
from features.registry import Feature
from features.view import View, prepare
from models import bundle as bundles
from models.bundle import Bundle, BundleError, registry_digest
from models.labels import HEADS
from models.predict import Prediction, predict
from risk import reasons, sentences
from risk.reasons import Reasons, Words, summarise

if TYPE_CHECKING:
    import shap

    from features.history import State, Timeline
    from features.manifest import Manifest

#: Columns of a scored frame, before reasons.
RISK_COLUMNS: dict[str, str] = {head: f"risk_{head}" for head in HEADS}

#: Rows scored at a time: contributions of one batch take some hundred megabytes.
BATCH = 50_000

_TRAIN_AGAIN = "train it again with this version"


@dataclass(frozen=True)
class Scored:
    """Risks of a batch of shipments and what they are made of.

    Attributes
    ----------
    view : View, n shipments
        What was declared.
    matrix : DataFrame, shape (n, features + facts)
        What the bundle saw, and what sentences quote.
    prediction : Prediction
        Margins, probabilities, contributions.
    notes : Series of str, shape (n,)
        Values of the row that could not be used, empty where there are none.
    manifest : Manifest
        What was read, with the rows that were rejected (``manifest.rejected``) and all counts:
        rows in = shipments scored + rows joined + repeats dropped + rows rejected.
    bundle : Bundle
    """

    view: View
    matrix: pd.DataFrame
    prediction: Prediction
    notes: pd.Series
    manifest: Manifest
    bundle: Bundle

    def __len__(self) -> int:
        """Return the number of shipments scored."""
        return len(self.view)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per shipment: risk, risk per head, basis, model and notes.

        A head the bundle does not have is missing. `risk` lies in (0, 1); order by
        ``prediction.risk_log_odds``, which has no ties where risks round together.
        """
        n = len(self)
        columns: dict[str, Any] = {
            "shipment_id": self.view.table["shipment_id"],
            "risk": self.prediction.risk,
        }
        for head, name in RISK_COLUMNS.items():
            columns[name] = self.prediction.probabilities.get(head, np.full(n, np.nan))
        columns["notes"] = self.notes
        columns["risk_basis"] = pd.Series([self.bundle.risk_basis] * n, dtype="str")
        columns["model_id"] = pd.Series([self.bundle.model_id] * n, dtype="str")
        return pd.DataFrame(columns, index=self.view.table.index)

    @cached_property
    def reasons(self) -> Reasons:
        """Contributions to the risk summed into reason families; they add up to its log-odds."""
        p = self.prediction
        if p.risk_contributions is None:
            raise ValueError("scored without explanations")
        entries = registry(self.bundle)
        return summarise(p.risk_contributions, p.features, p.risk_base, p.risk_log_odds, self.matrix, entries)

    def words(self, language: str = "en", zone: str = "") -> Words:
        """Return the reasons ready to be rendered, times in a time zone (else UTC), or listed as records."""
        return Words(self.reasons, self.matrix, self.view.table, matrix.facts(), language, zone)

    def head_reasons(self, head: str) -> Reasons:
        """Return the reasons of one head's calibrated log-odds."""
        p = self.prediction
        return summarise(
            p.contributions[head],
            p.features,
            p.bases[head],
            p.log_odds[head],
            self.matrix,
            registry(self.bundle),
        )

    def place(self) -> pd.DataFrame:
        """Return mode (declared, else inferred) and location of each shipment, for triage."""
        return pd.DataFrame({"mode": self.view.route["mode"], "location": self.view.table["location"]})


class Engine:
    """Scores shipments with one bundle.

    Parameters
    ----------
    bundle : Bundle
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.extra = local_columns(bundle)
        check_registry(bundle)

    @classmethod
    def load(cls, bundle_dir: str | os.PathLike[str] | None = None) -> Engine:
        """Load a bundle; the starter model that comes with the package when none is named.

        Raises
        ------
        BundleError
            The bundle is missing, changed or of another version of the features.
        """
        return cls(load_bundle(bundle_dir))

    def score(
        self,
        shipments: Manifest | pd.DataFrame,
        state: State | None = None,
        now: pd.Timestamp | None = None,
        *,
        explain: bool = True,
    ) -> Scored:
        """Score one batch of shipments.

        Parameters
        ----------
        shipments : Manifest or DataFrame
            A read manifest, or a table in the shipment schema (cells as text are converted and
            checked as a reader would do).
        state : State, optional
            The port's past. Without it everything that needs a past is missing.
        now : Timestamp, optional
            Moment a row without ``known_at`` was known (UTC).
        explain : bool
            Whether to compute contributions, which take most of the time.
        """
        manifest = as_manifest(shipments, now, self.extra)
        view = prepare(manifest.table)
        return self._score(manifest, view, timeline_of(state, [view]), explain)

    def score_batches(
        self,
        manifests: Callable[[], Iterable[Manifest]],
        state: State | None = None,
        *,
        explain: bool = True,
        changed: bool = False,
    ) -> Iterator[Scored]:
        """Score an input too large for memory, to the bits of `score` on the whole.

        Parameters
        ----------
        manifests : callable
            Starts the input from its beginning; it is read twice when there is a state.
        state : State, optional
        explain : bool
        changed : bool
            Score only what is new or changed since an earlier list (`Manifest.origin`), among all.
        """
        timeline = None
        if state is not None:
            timeline = timeline_of(state, (prepare(m.table) for m in manifests()))
        for manifest in manifests():
            if not changed:
                yield self._score(manifest, prepare(manifest.table), timeline, explain)
                continue
            assert manifest.origin is not None
            asked = manifest.origin["changed"].to_numpy(dtype=bool)
            view = prepare(manifest.table if asked.any() else manifest.table[:0])
            yield self._score(_only(manifest, asked), view, timeline, explain, asked[: len(view)])

    def explain(
        self, shipments: Manifest | pd.DataFrame, state: State | None = None, now: pd.Timestamp | None = None
    ) -> shap.Explanation:
        """Return a `shap.Explanation` of the risk's log-odds (values, base values, data).

        Returns
        -------
        shap.Explanation, shape (n, p)
            One column per column of the bundle's encoded matrix; additive to 1e-9.
        """
        import shap

        scored = self.score(shipments, state, now)
        p = scored.prediction
        assert p.risk_contributions is not None
        return shap.Explanation(
            values=p.risk_contributions,
            base_values=np.full(len(scored), p.risk_base),
            data=self.bundle.schema.encode(scored.matrix),
            feature_names=list(p.columns),
        )

    def _score(
        self,
        manifest: Manifest,
        view: View,
        timeline: Timeline | None,
        explain: bool,
        asked: npt.NDArray[np.bool_] | None = None,
    ) -> Scored:
        frame = matrix.build(view, timeline, extra=self.extra)
        if asked is not None:
            frame, view = frame.loc[asked].reset_index(drop=True), view.take(asked)
        prediction = predict(self.bundle, frame, explain=explain)
        if explain:
            _check(prediction)
        return Scored(
            view=view,
            matrix=frame,
            prediction=prediction,
            notes=row_notes(view.table["shipment_id"], manifest.notes),
            manifest=manifest,
            bundle=self.bundle,
        )


def _only(manifest: Manifest, asked: npt.NDArray[np.bool_]) -> Manifest:
    """Return a manifest of some of its shipments; the others are counted as unchanged."""
    from dataclasses import replace

    assert manifest.origin is not None
    table = manifest.table[asked].reset_index(drop=True)
    ids = manifest.notes["shipment_id"]
    counts = manifest.counts | {"shipments": len(table), "unchanged": int((~asked).sum())}
    return replace(
        manifest,
        table=table,
        notes=manifest.notes[ids.isna() | ids.isin(table["shipment_id"])],
        counts=counts,
        origin=manifest.origin[asked].reset_index(drop=True),
    )


def _check(prediction: Prediction) -> None:
    """Check that contributions add up, for every head and for the risk."""
    p = prediction
    assert p.risk_contributions is not None
    reasons.check_additive(p.risk_contributions, p.risk_base, p.risk_log_odds)
    for head, contributions in p.contributions.items():
        reasons.check_additive(contributions, p.bases[head], p.log_odds[head])


def registry(bundle: Bundle) -> tuple[Feature, ...]:
    """Return registry entries of every feature a bundle may use, local columns included."""
    return (*matrix.features(), *matrix.local_features(local_columns(bundle)))


def local_columns(bundle: Bundle) -> dict[str, list[str]]:
    """Return the port's own columns a bundle was trained with (``categorical`` and ``numeric``)."""
    local: dict[str, list[str]] = {"categorical": [], "numeric": []}
    for column in bundle.schema.columns:
        kind = "numeric" if column.kind == "numeric" else "categorical"
        if column.family == "local" and column.feature not in local[kind]:
            local[kind].append(column.feature)
    return local


def load_bundle(bundle_dir: str | os.PathLike[str] | None = None) -> Bundle:
    """Load a bundle, or the starter model, without asking whether it can score with these features.

    Raises
    ------
    BundleError
        The bundle is missing or changed.
    """
    if bundle_dir is not None:
        return bundles.load(bundle_dir)
    starter = files("risk").joinpath("starter")
    if not starter.is_dir():
        raise BundleError("the starter model is not installed; name a bundle with --model")
    with as_file(starter) as folder:
        return bundles.load(folder)


def check_features(bundle: Bundle) -> None:
    """Check that a bundle's features exist here, so that its scores can be told in words.

    Raises
    ------
    BundleError
        Listing every feature this version does not have.
    """
    unknown = sorted(set(bundle.schema.features) - {f.name for f in registry(bundle)})
    if unknown:
        raise BundleError(
            f"the model uses features this version does not have: {', '.join(unknown)}; {_TRAIN_AGAIN}"
        )


def check_registry(bundle: Bundle) -> None:
    """Check that a bundle's features are here what they were when it was trained.

    Sentences may change and features be added; name, type, unit, sign and meaning may not: the
    model would read other numbers than those it learnt from.

    Raises
    ------
    BundleError
        Listing every feature that is missing or of another type here, else saying that
        definitions differ.
    """
    check_features(bundle)
    installed = {f.name: f for f in registry(bundle)}
    turned = [
        column.feature
        for column in bundle.schema.columns
        if (column.kind == "numeric") == (installed[column.feature].dtype == "category")
    ]
    if turned:
        names = ", ".join(dict.fromkeys(turned))
        raise BundleError(f"the model uses features of another type in this version: {names}; {_TRAIN_AGAIN}")
    if registry_digest([installed[name] for name in bundle.schema.features]) != bundle.registry_digest:
        raise BundleError(
            "the model was trained with other definitions of its features (type, unit, family, sign, when "
            f"known, meaning) than this version has; {_TRAIN_AGAIN}"
        )


def timeline_of(state: State | None, views: Iterable[View]) -> Timeline | None:
    """Return the port's past with the events of the whole input laid into it.

    Parameters
    ----------
    state : State or None
        None, and the past is missing.
    views : iterable of View
        Every batch of the input; only its events are kept.
    """
    if state is None:
        return None
    from features.history import State, Timeline

    nothing = None
    parts = [state]
    for view in views:
        parts.append(State.of(view))
        nothing = view.take(np.zeros(len(view), dtype=bool)) if nothing is None else nothing
    if nothing is None:
        return None
    return Timeline(State.joined(parts), nothing)


def as_manifest(
    shipments: Manifest | pd.DataFrame,
    now: pd.Timestamp | None = None,
    extra: dict[str, list[str]] | None = None,
) -> Manifest:
    """Return a manifest: itself, or a table checked as a reader would."""
    if isinstance(shipments, pd.DataFrame):
        return _read_frame(shipments, now, extra or {})
    return shipments


def _read_frame(table: pd.DataFrame, now: pd.Timestamp | None, extra: dict[str, list[str]]) -> Manifest:
    """Read a table as if it were a file: the same checks, notes and rejections."""
    from dataclasses import replace

    from features.manifest import read
    from features.manifest.canonical import automatic
    from features.manifest.typed_cells import cell_text

    local = {kind: tuple(n for n in extra.get(kind, ()) if n in table) for kind in ("categorical", "numeric")}
    mapping = replace(
        automatic([str(name) for name in table.columns]),
        categorical=local["categorical"],
        numeric=local["numeric"],
    )
    plain = table.rename(columns=str)
    for name in [n for n, kind in plain.dtypes.items() if kind.kind == "O" and kind != "str"]:
        plain[name] = plain[name].map(cell_text, na_action="ignore").astype("str")
    with scratch.folder() as folder:
        path = folder / "table.parquet"
        plain.to_parquet(path, index=False)
        return read(path, mapping if "shipment_id" in mapping.columns else None, now=now)


def row_notes(ids: pd.Series, notes: pd.DataFrame) -> pd.Series:
    """Return one text per shipment from the notes on its cells.

    Parameters
    ----------
    ids : Series of str, shape (n,)
    notes : DataFrame
        ``shipment_id``, ``column``, ``value``, ``expected``.
    """
    notes = notes[notes["shipment_id"].notna()]
    if not len(notes):
        return pd.Series("", index=ids.index, dtype="str")
    texts = [
        f"{column}: {sentences.clean(str(value))!r}, expected {expected}"
        for column, value, expected in zip(notes["column"], notes["value"], notes["expected"], strict=True)
    ]
    joined = pd.Series(texts, dtype="str").groupby(notes["shipment_id"].to_numpy(), sort=False).agg("; ".join)
    return ids.map(joined).fillna("").astype("str")
