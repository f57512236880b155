"""A port's past as rows of whole numbers: one per version of a shipment, one per outcome.

Nothing is averaged or rounded away here, except the two ratios kept in fixed bins. A set of such
rows joins with another by plain union, so that states merge exactly in any order and absorbing the
same file twice changes nothing; any count at any moment can be derived from it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.parties import identity, normal_form
from features.parties.names import take_apart
from features.view import View

#: Columns of the shipment events; all int64. ``row`` is the fingerprint of the others.
SHIPMENT_COLUMNS = (
    "row",
    "shipment",
    "known_at",
    "shipper",
    "consignee",
    "notify",
    "broker",
    "carrier",
    "location",
    "address",
    "phone",
    "heading",
    "origin",
    "destination",
    "package_bin",
    "value_bin",
    "currency",
)
#: Columns of the outcome events; all int64. ``effort`` is in quarters of a full inspection.
OUTCOME_COLUMNS = (
    "shipment",
    "inspected_at",
    "known_at",
    "live_animals",
    "wildlife_products",
    "effort",
    "clean",
    "status",
)

#: How much an inspection of each type tells, in quarters: a quiet scan says less than a full unload.
EFFORT = {"documents": 1, "scan": 2, "dog": 2, "partial": 3, "full": 4}
_UNKNOWN_EFFORT = 3
STATUS = {"provisional": 1, "confirmed": 2, "overturned": 3}

#: Bins of log10(kg per package) and log10(value per kg): ten per decade.
BINS_PER_DECADE = 10
LOWEST_DECADE, HIGHEST_DECADE = -4, 9


class HistoryError(ValueError):
    """The history cannot be computed; the message says why and for how many shipments."""


def times(view: View) -> np.ndarray:
    """Return when each shipment was known, in microseconds since 1970.

    The time of arrival stands in where ``known_at`` is missing.

    Raises
    ------
    HistoryError
        If both are missing for any shipment.
    """
    known = view.table["known_at"].fillna(view.table["arrives_at"]).astype("datetime64[us]")
    missing = int(known.isna().sum())
    if missing:
        raise HistoryError(f"{missing} of {len(view)} shipments have neither known_at nor arrives_at")
    return known.to_numpy().astype(np.int64)


def of_view(view: View) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the shipment events, the outcome events and the names of a batch.

    Parameters
    ----------
    view : View, n shipments

    Returns
    -------
    shipments : DataFrame of int64, shape (n, len(SHIPMENT_COLUMNS))
        In the order of the view, one row per row of the view.
    outcomes : DataFrame of int64, shape (m, len(OUTCOME_COLUMNS))
        Only shipments with an inspection and an outcome.
    names : DataFrame
        Table of names (`features.parties.identity`).
    """
    table = view.table
    parties, names = identity.of_table(table)
    weight = table["gross_weight_kg"].fillna(table["net_weight_kg"])
    columns = {
        "known_at": times(view),
        **parties,
        "broker": _name_keys(table["broker_name"]),
        "carrier": _name_keys(table["carrier_name"]),
        "location": identity.keys(normal_form.each(table["location"], normal_form.simplify)),
        "address": identity.keys(normal_form.each(table["consignee_address"], normal_form.address)),
        "phone": identity.keys(normal_form.each(table["consignee_phone"], normal_form.phone)),
        "heading": _codes(view.goods["heading"]),
        "origin": _codes(view.route["origin"].fillna(view.route["loading"])),
        "destination": _codes(view.route["destination"].fillna(view.route["discharge"])),
        "package_bin": bins(weight / table["packages"]),
        "value_bin": bins(table["declared_value"] / weight),
        "currency": _codes(table["currency"]),
    }
    columns["shipment"] = _shipment_keys(table["shipment_id"], columns)
    shipments = pd.DataFrame(columns)
    shipments.insert(0, "row", fingerprint(shipments[list(SHIPMENT_COLUMNS[1:])]))
    shipments = shipments[list(SHIPMENT_COLUMNS)]
    return shipments, _outcomes(table, shipments), names


def bins(ratio: pd.Series) -> np.ndarray:
    """Return the fixed bin of each positive ratio, -1 where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        decade = np.log10(ratio.to_numpy(dtype=float))
    inside = np.clip(decade, LOWEST_DECADE, HIGHEST_DECADE)
    usable = np.isfinite(decade)
    return np.where(
        usable, np.floor((np.where(usable, inside, 0) - LOWEST_DECADE) * BINS_PER_DECADE), -1
    ).astype(np.int64)


def fingerprint(columns: pd.DataFrame) -> np.ndarray:
    """Return one 64-bit number per row of whole numbers, the same on every machine."""
    state = np.full(len(columns), 0x9E3779B97F4A7C15, dtype=np.uint64)
    for name in columns:
        state = _mix(state ^ columns[name].to_numpy(dtype=np.int64).view(np.uint64))
    return state.view(np.int64)


def _mix(state: np.ndarray) -> np.ndarray:
    """Finaliser of SplitMix64 (Steele, Lea and Flood 2014); wraps around on purpose."""
    state = (state + np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def _name_keys(names: pd.Series) -> np.ndarray:
    return identity.keys(normal_form.each(names, lambda text: take_apart(text).core))


def _codes(texts: pd.Series) -> np.ndarray:
    """Return short codes (countries, headings, currencies) as whole numbers, 0 for missing."""
    codes, distinct = pd.factorize(texts)
    found = [int.from_bytes(str(text).encode("utf-8", "replace")[:7], "big") for text in distinct]
    return np.array([*found, 0], dtype=np.int64)[codes]


def shipment_keys(ids: pd.Series) -> np.ndarray:
    """Return the key of each shipment by its number, 0 where there is none, shape (n,)."""
    return identity.keys(normal_form.each(ids, lambda text: text[: normal_form.LONGEST].strip()))


def _shipment_keys(ids: pd.Series, columns: dict[str, np.ndarray]) -> np.ndarray:
    """Return the key of each shipment; one without a number is known by its own content."""
    key = shipment_keys(ids)
    return np.where(key == 0, fingerprint(pd.DataFrame(columns)), key)


def _outcomes(table: pd.DataFrame, shipments: pd.DataFrame) -> pd.DataFrame:
    """Return the outcomes of a table; permitted wildlife and overturned outcomes are no finds."""
    known = (table["inspected_at"].notna() & table["outcome"].notna()).to_numpy()
    done = table.loc[known]
    found = done["outcome"].astype(object)
    status = done["outcome_status"].map(STATUS).fillna(STATUS["provisional"]).to_numpy(dtype=np.int64)
    stands = (status != STATUS["overturned"]) & ~done["permit_valid"].fillna(False).to_numpy(dtype=bool)
    has = {kind: _member(found, kind) for kind in ("live_animals", "wildlife_products", "clean")}
    frame = pd.DataFrame(
        {
            "shipment": shipments.loc[known, "shipment"].to_numpy(),
            "inspected_at": done["inspected_at"].astype("datetime64[us]").to_numpy().astype(np.int64),
            "known_at": shipments.loc[known, "known_at"].to_numpy(),
            "live_animals": (has["live_animals"] & stands).astype(np.int64),
            "wildlife_products": (has["wildlife_products"] & stands).astype(np.int64),
            "effort": done["inspection_type"].map(EFFORT).fillna(_UNKNOWN_EFFORT).to_numpy(dtype=np.int64),
            "clean": has["clean"].astype(np.int64),
            "status": status,
        }
    )
    return frame.reset_index(drop=True)


def _member(sets: pd.Series, member: str) -> np.ndarray:
    codes, distinct = pd.factorize(sets)
    return np.array([*(member in str(s).split(";") for s in distinct), False], dtype=bool)[codes]
