"""A scored batch as rows to keep: what was declared, scored, told, and what the model saw.

Pure: frames in, frames out, one row per shipment in the same order. `risk.store.shipments` puts them into a
database.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.manifest.earlier import ORIGIN
from features.manifest.synonyms import bare, fold
from features.parties import names, normal_form
from risk import records
from risk.store.sealed import of_declared, of_shown
from risk.store.shipments import Filed
from risk.store.texts import kept

if TYPE_CHECKING:
    from features.manifest import Manifest
    from risk.engine import Scored

#: Characters of the goods kept beside a version for lists; the whole stands in the declared row.
GOODS_SHOWN = 300
#: Characters searched of one shipment.
SEARCHED = 2_000

_SEARCHED = (
    *("shipment_id", "master_id", "container_ids", "declaration_id", "registration_number"),
    *("shipper_name", "consignee_name", "notify_name", "vessel_or_flight"),
)
#: Kinds of names that are no private person's.
_TRADERS = frozenset(("company", "forwarder", "bank", "government", "to_order"))
_PROBLEM = ["rejected", "source_file", "source_position", "bill", "column", "value", "expected"]
_ROLES = ("shipper", "consignee", "notify")
#: What a version is not made of: where it was read, and when it was known.
_NOT_CONTENT = ("source_file", "source_position", "known_at", "amendment_count", "last_amended_at")
#: Columns of the shipment table that lists are filtered and shown by -> columns of `versions`.
_SHOWN = {
    "location": "location",
    "vessel_or_flight": "conveyance",
    "master_id": "master_bill",
    "container_ids": "containers",
    "loading_port": "loading_port",
    "discharge_port": "discharge_port",
    "direction": "direction",
    "goods_description": "goods",
}


def declared_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each row as data, empty cells left out."""
    rows = (json.loads(text) for text in records.declared_texts(table))
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def versions(scored: Scored) -> pd.DataFrame:
    """Return what lists show and filter by, shape (n, ...), and ``content_hash`` of the declared content."""
    table, route = scored.view.table, scored.view.route
    frame = pd.DataFrame({"bill": table["shipment_id"].map(lambda text: kept(str(text), 400))})
    for name in ("known_at", "arrives_at", "available_until"):
        frame[name] = table[name].astype("datetime64[us]")
    for name, column in _SHOWN.items():
        frame[column] = table[name].fillna("").astype("str").map(lambda text: kept(text, GOODS_SHOWN))
    frame["goods"] = (
        table["goods_description"].fillna("").astype("str").map(lambda text: kept(text, GOODS_SHOWN))
    )
    frame["mode"] = route["mode"].fillna("")
    frame["heading"] = scored.view.goods["heading"].fillna("")
    frame["origin"], frame["destination"] = route["origin"].fillna(""), route["destination"].fillna("")
    for name in ("packages", "gross_weight_kg"):
        frame[name] = table[name].astype("float64")
    content = [name for name in table.columns if name not in _NOT_CONTENT]
    frame["content_hash"] = [
        hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()
        for row in declared_rows(table[content])
    ]
    frame["natural_person"] = natural(table)
    return frame


def natural(table: pd.DataFrame) -> np.ndarray:
    """Tell shipments from or to somebody who is not known to be a trader, shape (n,).

    Their fields are kept for a shorter time; in doubt a party is taken for a person.
    """
    found = np.zeros(len(table), dtype=bool)
    for role in ("shipper", "consignee"):
        kinds = names.kinds(table[f"{role}_name"])
        found |= (kinds.notna() & ~kinds.isin(_TRADERS)).to_numpy(dtype=bool)
    return found


def searched(table: pd.DataFrame) -> list[str]:
    """Return of each shipment the text it is found by: numbers and names, in one form.

    Where letters bear accents, the text follows once more without: not every keyboard has them.
    """
    columns = [table[name].fillna("").astype("str").tolist() for name in _SEARCHED]
    told = [fold(kept(" ".join(filter(None, cells)), SEARCHED)) for cells in zip(*columns, strict=True)]
    return [text if (plain := bare(text)) == text else f"{text} {plain}" for text in told]


def marks(table: pd.DataFrame, key: bytes) -> pd.DataFrame:
    """Return keyed hashes of the parties: ``row``, ``role``, ``mark``; one for a name, one for a number."""
    parts = []
    for role in _ROLES:
        written = normal_form.each(table[f"{role}_name"], lambda text: names.take_apart(text).core)
        for kind, values in (("name", pd.Series(written, index=table.index)), ("id", table[f"{role}_id"])):
            said = values.notna() & (values.astype("str") != "")
            here = values[said].astype("str")
            parts.append(
                pd.DataFrame(
                    {
                        "row": np.flatnonzero(said.to_numpy()),
                        "role": role,
                        "mark": [_keyed(key, f"{kind}:{text}") for text in here],
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def _keyed(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def scores(scored: Scored) -> pd.DataFrame:
    """Return the numbers of each score, with ``families`` as data and ``notes``."""
    prediction, reasons = scored.prediction, scored.reasons
    families = [
        {name: float(value) for name, value in zip(reasons.families, row, strict=True) if value != 0.0}
        for row in reasons.contribution
    ]
    frame = scored.frame
    return pd.DataFrame(
        {
            "log_odds": prediction.risk_log_odds,
            "risk": frame["risk"],
            "risk_live_animals": frame["risk_live_animals"],
            "risk_wildlife_products": frame["risk_wildlife_products"],
            "risk_basis": frame["risk_basis"],
            "model_id": frame["model_id"],
            "families": families,
            "notes": frame["notes"].map(lambda text: kept(text, 4_000)),
        }
    )


def told(
    scored: Scored, count: int, language: str, zone: str = ""
) -> tuple[list[list[dict[str, Any]]], list[list[str]]]:
    """Return the reasons of each shipment: all as records, and the first ``count`` in words."""
    words = scored.words(language, zone)
    texts = words.texts(count)
    spoken = [[str(text) for text in row if text] for row in zip(*texts, strict=True)]
    listed = [
        [
            {**vars(each), "values": {name: _plain(value) for name, value in each.values.items()}}
            for each in of_one
        ]
        for of_one in words.listed()
    ]
    return listed, spoken


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, pd.Timestamp) else value


def shown(scores: pd.DataFrame, reasons: list[list[dict[str, Any]]], told: list[list[str]]) -> list[str]:
    """Return of each score the hash of what is shown of it (`risk.store.sealed.of_shown`)."""
    names = ("model_id", "risk_basis", "families", "notes")
    cells = zip(*(scores[name].tolist() for name in names), reasons, told, strict=True)
    return [of_shown(*row) for row in cells]


def score_records(scored: Scored, digests_of: dict[str, list[str]]) -> tuple[list[bytes], list[str]]:
    """Return what each score can be replayed from, compressed, and its SHA-256.

    Parameters
    ----------
    digests_of : dict of str to list of str
        Hashes of what is kept beside a record: changed there, it no longer is what the record says.
    """
    values = {name: column.tolist() for name, column in scored.matrix.items()}
    numbers = records.parts(scored.prediction)
    scalar = {name: part.tolist() for name, part in numbers.items() if part.ndim == 1}
    wide = {name: part for name, part in numbers.items() if part.ndim > 1}
    packed, digests = [], []
    for row in range(len(scored)):
        record = {
            "values": {name: _cell(cells[row]) for name, cells in values.items()},
            "numbers": {name: cells[row] for name, cells in scalar.items()},
            "contributions": {
                name: hashlib.sha256(np.ascontiguousarray(part[row]).tobytes()).hexdigest()
                for name, part in wide.items()
            },
            "beside": {name: each[row] for name, each in digests_of.items() if each[row]},
        }
        text = json.dumps(record, sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")
        packed.append(zlib.compress(text, 6))
        digests.append(hashlib.sha256(text).hexdigest())
    return packed, digests


def _cell(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value


def origins(scored: Scored) -> list[dict[str, Any]]:
    """Return what each shipment is made of (`features.manifest.earlier.ORIGIN`), as data."""
    origin = scored.manifest.origin
    if origin is None:
        return [{} for _ in range(len(scored))]
    kept_columns = origin[list(ORIGIN)]
    columns = {
        name: [None if pd.isna(cell) else _text(cell) for cell in kept_columns[name]] for name in ORIGIN
    }
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _text(cell: Any) -> str:
    return cell.isoformat() if isinstance(cell, pd.Timestamp) else str(cell)


def problems(manifest: Manifest) -> pd.DataFrame:
    """Return what was rejected and noted, in the columns of `risk.store.tables.problems`."""
    parts = []
    for rejected, frame in (
        (True, manifest.rejected.rename(columns={"reason": "expected"})),
        (False, manifest.notes),
    ):
        part = frame.rename(columns={"shipment_id": "bill"}).assign(rejected=rejected)
        parts.append(part.reindex(columns=_PROBLEM))
    whole = pd.concat(parts, ignore_index=True)
    for name in _PROBLEM[1:]:
        whole[name] = whole[name].astype("object").fillna("").map(lambda text: kept(str(text), 500))
    return whole


def filed(
    scored: Scored, key: bytes, count: int, language: str, zone: str = "", stated: list[str] | None = None
) -> Filed:
    """Return a batch as rows to keep.

    Parameters
    ----------
    scored : Scored
        With explanations.
    key : bytes
        The site's secret, for the marks of parties.
    count : int
        Reasons told in words.
    language : str
    zone : str
        Time zone of the port: words tell times in it, what is kept as data stays in UTC.
    stated : list of str, optional
        Hashes of what was declared, of a score made again: an empty one where none was known.
    """
    table = scored.view.table
    reasons, spoken = told(scored, count, language, zone)
    numbers, rows, made_of = scores(scored), declared_rows(table), origins(scored)
    if stated is None:
        stated = [of_declared(*each) for each in zip(rows, made_of, strict=True)]
    beside = {"shown": shown(numbers, reasons, spoken), "declared": stated}
    packed, digests = score_records(scored, beside)
    return Filed(
        versions=versions(scored),
        scores=numbers,
        declared=rows,
        origins=made_of,
        search=searched(table),
        marks=marks(table, key),
        reasons=reasons,
        told=spoken,
        records=packed,
        record_hashes=digests,
    )
