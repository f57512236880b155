"""The worklist: scored batches, ranked together, cut to capacity and written in order of risk.

Ranks need every shipment, texts of a million shipments need not be in memory: each batch is put
aside on disk, and only ids, risks and places are kept until all are known.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.scratch import Draft
from risk import triage
from risk.reading import Tally
from risk.triage import Draw, ExpectedFinds, Selection

if TYPE_CHECKING:
    from risk.earlier import Earlier
    from risk.engine import Scored

#: Rows put in order and written at a time.
ROWS_WRITTEN = 50_000

#: What a row of a list that follows another says of the earlier one.
EARLIER = ("earlier_rank", "earlier_risk", "earlier_selected_by", "earlier_list_id")

_RISKS = ("risk", "risk_live_animals", "risk_wildlife_products")

#: Declared columns every output row ends with, so that an officer finds the goods and their papers.
DECLARED: tuple[str, ...] = (
    "mode",
    "location",
    "arrives_at",
    "vessel_or_flight",
    "master_id",
    "container_ids",
    "goods_description",
    "origin_country",
    "loading_port",
    "discharge_port",
    "destination_country",
    "shipper_name",
    "consignee_name",
    "packages",
    "gross_weight_kg",
)

#: What was made of the places (ISO2) and the mode; kept for the terminal, not written.
_IDENTIFIED: tuple[str, ...] = ("origin", "destination", "mode")


def output_columns(reasons: int, *, follows: bool = False) -> tuple[str, ...]:
    """Return the columns of an output file, in order; with those of a list that follows another."""
    return (
        "rank",
        "shipment_id",
        *_RISKS,
        *(EARLIER if follows else ()),
        "selected_by",
        "selection_probability",
        *(f"reason_{i}" for i in range(1, reasons + 1)),
        "notes",
        "risk_basis",
        "model_id",
        "pool",
        "list_id",
        *DECLARED,
    )


class Collector:
    """Takes scored batches and puts their texts aside on disk.

    Parameters
    ----------
    reasons : int
        Reasons told per shipment.
    language : str
    folder : path, optional
        Where to put batches aside; the system's temporary folder when not given.
    """

    def __init__(self, reasons: int, language: str = "en", folder: str | Path | None = None) -> None:
        self.reasons = reasons
        self.language = language
        self.tally = Tally()
        where = Path(folder if folder is not None else tempfile.gettempdir())
        self._folder = Draft(where / "worklist", folder=True)
        self._parts: list[Path] = []
        self._keys: list[pd.DataFrame] = []

    def __enter__(self) -> Collector:
        """Start collecting."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what was put aside."""
        self._folder.close()

    def add(self, scored: Scored) -> None:
        """Take a batch."""
        import pyarrow as pa
        from pyarrow import feather

        frame = scored.frame.copy(deep=False)
        for i, text in enumerate(scored.words(self.language).texts(self.reasons), start=1):
            frame[f"reason_{i}"] = pd.Series(text, index=frame.index, dtype="str")
        for name in DECLARED:
            frame[name] = scored.view.table[name]
        for name in _IDENTIFIED:
            frame[f"identified_{name}"] = scored.view.route[name]
        part = self._folder.path / f"{len(self._parts):06d}.arrow"
        # Uncompressed, so that single rows can be taken from the mapped file.
        feather.write_feather(
            pa.Table.from_pandas(frame, preserve_index=False), part, compression="uncompressed"
        )
        self._parts.append(part)
        keys = scored.place().assign(
            shipment_id=frame["shipment_id"], risk=frame["risk"], order=scored.prediction.risk_log_odds
        )
        self._keys.append(keys)
        self.tally.add(scored.manifest)

    def keys(self) -> pd.DataFrame:
        """Return ids, places and risks of all shipments, in order of arrival."""
        if not self._keys:
            names = ["mode", "location", "shipment_id", "risk", "order"]
            return pd.DataFrame({name: pd.Series(dtype="str") for name in names})
        return pd.concat(self._keys, ignore_index=True)

    def rows(self, positions: npt.NDArray[np.intp]) -> pd.DataFrame:
        """Return shipments by their position of arrival, in the order asked for."""
        from pyarrow import feather

        if not len(positions) and self._parts:  # an empty table keeps the columns
            return feather.read_table(self._parts[0], memory_map=True)[:0].to_pandas()
        ends = np.cumsum([len(k) for k in self._keys])
        part = np.searchsorted(ends, positions, side="right")
        found, where = [], []
        for number in np.unique(part):
            here = np.flatnonzero(part == number)
            start = ends[number] - len(self._keys[number])
            table = feather.read_table(self._parts[number], memory_map=True)
            found.append(table.take(positions[here] - start).to_pandas())
            where.append(here)
        back = np.argsort(np.concatenate(where), kind="stable") if where else np.empty(0, dtype=int)
        return pd.concat(found, ignore_index=True).iloc[back].reset_index(drop=True)


@dataclass(frozen=True)
class Worklist:
    """Every shipment ranked, with today's choice.

    Attributes
    ----------
    list_id : str
        Digest of model, shipments, risks and the draw: the same list has the same id.
    selection : Selection or None
        None when no capacity was given.
    order : int array, shape (n,)
        Positions of arrival from the highest risk down.
    keys : DataFrame, shape (n, 5)
        Ids, places and risks in order of arrival.
    expected : ExpectedFinds or None
        Finds to expect on the list; None with a prior (not known for this port) or no list.
    risk_basis : str
    """

    list_id: str
    selection: Selection | None
    order: npt.NDArray[np.intp]
    keys: pd.DataFrame
    expected: ExpectedFinds | None
    risk_basis: str
    _rows: Callable[[npt.NDArray[np.intp]], pd.DataFrame] = field(repr=False)
    _reasons: int = 3
    _earlier: Earlier | None = field(default=None, repr=False)

    @property
    def story(self) -> str:
        """What became of the shipments of the lists this one follows; empty where it follows none."""
        if self._earlier is None:
            return ""
        return self._earlier.story(self.keys["shipment_id"], self.keys["order"].to_numpy(dtype=float))

    def __len__(self) -> int:
        """Return the number of shipments ranked."""
        return len(self.order)

    def take(self, positions: npt.NDArray[np.intp]) -> pd.DataFrame:
        """Return output rows of some shipments (positions of arrival), in the order asked for."""
        columns = output_columns(self._reasons, follows=self._earlier is not None)
        return self.described(positions)[list(columns)]

    def described(self, positions: npt.NDArray[np.intp]) -> pd.DataFrame:
        """Return output rows with, besides, the places (ISO2) and the mode as they were identified.

        Returns
        -------
        DataFrame, shape (len(positions), ...)
            Columns of `output_columns`, and ``identified_origin``, ``identified_destination``,
            ``identified_mode``.
        """
        frame = self._rows(positions)
        chosen = None if self.selection is None else self.selection.frame.iloc[positions]
        rank = np.empty(len(self.order), dtype=np.int64)
        rank[self.order] = np.arange(1, len(self.order) + 1)
        n = len(positions)
        frame["rank"] = rank[positions]
        empty = pd.Series([""] * n, dtype="str")
        frame["selected_by"] = empty if chosen is None else chosen["selected_by"].to_numpy()
        frame["pool"] = empty if chosen is None else chosen["pool"].to_numpy()
        frame["selection_probability"] = (
            np.full(n, np.nan) if chosen is None else chosen["selection_probability"].to_numpy()
        )
        frame["list_id"] = pd.Series([self.list_id] * n, dtype="str")
        if self._earlier is not None:
            before = self._earlier.of(frame["shipment_id"])
            frame = frame.assign(**{name: before[name] for name in EARLIER})
            frame["earlier_rank"] = frame["earlier_rank"].astype("Int64")  # new shipments have none
        return frame.astype({"selected_by": "str", "pool": "str"})

    def chunks(self, rows: int = ROWS_WRITTEN) -> Iterator[pd.DataFrame]:
        """Yield the whole output, from rank 1 on."""
        for start in range(0, max(len(self), 1), rows):
            yield self.take(self.order[start : start + rows])

    def chosen(self, most: int | None = None) -> npt.NDArray[np.intp]:
        """Return positions of the shipments to open (of the first ranks without a capacity)."""
        order = self.order
        if self.selection is not None:
            order = order[(self.selection.frame["selected_by"] != "").to_numpy()[order]]
        return order[:most]


def build(
    batches: Iterable[Scored],
    collector: Collector,
    *,
    draw: Draw | None = None,
    state_digest: str = "",
    each: Callable[[Scored], Any] | None = None,
    earlier: Earlier | None = None,
) -> Worklist:
    """Rank scored batches together and choose what to open.

    Parameters
    ----------
    batches : iterable of Scored
    collector : Collector
        Must stay open while the worklist is used.
    draw : Draw, optional
        Today's capacity and the key of its random share (`triage.plan`); without it, or without
        pools, nothing is chosen.
    state_digest : str
        Part of the list's id.
    each : callable, optional
        Called with every batch (records are written so).
    earlier : Earlier, optional
        Lists this one follows: what they chose is not drawn again.
    """
    basis, model = "prior", ""
    for scored in batches:
        collector.add(scored)
        basis, model = scored.bundle.risk_basis, scored.bundle.model_id
        if each is not None:
            each(scored)
    keys = collector.keys()
    scores = keys.assign(risk=keys["order"].astype("float64"))
    order = triage.ranking(keys["shipment_id"], scores["risk"].to_numpy())
    selection = _selection(scores, draw, None if earlier is None else earlier.taken(keys["shipment_id"]))
    expected = None
    if selection is not None and basis == "port":
        opened = (selection.frame["selected_by"] != "").to_numpy()
        expected = triage.expected_finds(keys["risk"].to_numpy(float)[opened])
    about = f"{model}|{state_digest}|{_drawn(draw)}"
    if earlier is not None:
        about += "|" + "|".join(str(each["sha256"]) for each in earlier.about)
    return Worklist(
        list_id=_list_id(about, keys, order),
        selection=selection,
        order=order,
        keys=keys,
        expected=expected,
        risk_basis=basis,
        _rows=collector.rows,
        _reasons=collector.reasons,
        _earlier=earlier,
    )


def _selection(
    scores: pd.DataFrame, draw: Draw | None, taken: npt.NDArray[np.bool_] | None
) -> Selection | None:
    if draw is None or not draw.pools:
        return None
    return triage.select(scores, draw.pools, seed=draw.key, share=draw.share, taken=taken)


def _drawn(draw: Draw | None) -> str:
    """Return what of a draw makes another list; the same text wherever nothing is drawn."""
    if draw is None or not draw.pools:
        return "[]"
    return f"{[(p.name, p.slots) for p in draw.pools]}|{draw.share!r}|{draw.key}"


def _list_id(about: str, keys: pd.DataFrame, order: npt.NDArray[np.intp]) -> str:
    digest = hashlib.sha256(about.encode())
    digest.update("\0".join(keys["shipment_id"].iloc[order]).encode("utf-8", "surrogatepass"))
    digest.update(keys["order"].to_numpy(float)[order].tobytes())
    return digest.hexdigest()[:12]
