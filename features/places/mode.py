"""The mode of transport: declared, or else read from codes, numbers and equipment."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

#: Flight numbers: two-character carrier code, one to four digits, perhaps a letter.
_FLIGHT = re.compile(r"(?:[A-Z]{2}|[A-Z]\d|\d[A-Z])\s?-?\d{1,4}[A-Z]?(?:/\d{1,2}(?:[A-Z]{3})?\d{0,4})?")
#: Air waybill: three digits of the airline and eight of the serial number.
_AIR_WAYBILL = re.compile(r"\d{3}[- ]?\d{8}")
#: UPU S10 item number.
_POSTAL_ITEM = re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}")
_AIRPORT = re.compile(r"[A-Z]{3}")
_SEAPORT = re.compile(r"[A-Z]{2}[A-Z0-9]{3}")


def infer_mode(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return mode and its source (``declared``, ``inferred``, ``missing``) of each shipment.

    In this order: a declared mode; a postal item number; container numbers (sea); an air waybill
    number or a flight number, or airport codes at both ends (air); UN/LOCODEs at both ends with a
    vessel (sea). A name of a place alone says nothing, since most cities have a port and an airport.
    """
    declared = table["mode"]
    known = declared.notna().to_numpy()
    inferred = np.full(len(table), "", dtype=object)
    if not known.all():
        inferred[~known] = _inferred(table[~known])
    mode = pd.Series(np.where(known, declared, inferred), index=table.index, dtype="str")
    source = np.select([known, inferred != ""], ["declared", "inferred"], "missing")
    return mode.mask(mode == ""), pd.Series(source, index=table.index, dtype="str")


def _inferred(table: pd.DataFrame) -> npt.NDArray[np.str_]:
    vessel, shipment = table["vessel_or_flight"], table["shipment_id"]
    bill = _matches(table["master_id"], _AIR_WAYBILL) | _matches(shipment, _AIR_WAYBILL)
    ends = [table["loading_port"], table["discharge_port"]]
    airports = _matches(ends[0], _AIRPORT) & _matches(ends[1], _AIRPORT)
    seaports = _matches(ends[0], _SEAPORT) & _matches(ends[1], _SEAPORT)
    return np.select(
        [
            _matches(shipment, _POSTAL_ITEM),
            table["container_ids"].notna().to_numpy(),
            bill | _matches(vessel, _FLIGHT) | airports,
            seaports & vessel.notna().to_numpy(),
        ],
        ["post", "sea", "air", "sea"],
        "",
    )


def _matches(values: pd.Series, pattern: re.Pattern[str]) -> npt.NDArray[np.bool_]:
    codes, unique = pd.factorize(values)
    hits = [pattern.fullmatch(text.strip().upper()) is not None for text in unique]
    return np.append(np.array(hits, dtype=bool), False)[codes]
