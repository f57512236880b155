"""Finds: what counts as one, and finds in the columns of the CITES annual illegal trade report.

The form is the standard format at the end of the guidelines for the CITES annual illegal trade report
(adopted by the CITES Standing Committee at its 69th meeting, 2017, and approved again at its 71st, August
2019); the report is due on 31 October of the year after. The form itself was not at hand. In November 2026
the names of 16 columns were compared with those of a national authority's public program that prints this
report, and are the same; of its 17 columns the one on the nationality of people is left out, since it is
never kept here. Number and date of the seizure, unit and sanction are not in that program and rest on no
source we could read, nor does the order. Compare them with the form in force before a report is sent.
Columns that an inspection says nothing about stay empty for the national authority: value, law, sanction,
disposal. What is not known is left empty, never guessed. A report goes to an international body, so its
words are the English ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.manifest.schema import FINDS
from risk import vocabulary

#: Where the columns come from, and of what date.
SOURCE: Final = "CITES guidelines for the annual illegal trade report, SC69 (2017), SC71 (August 2019)"

#: Columns of the report.
COLUMNS: Final = (
    "Seizure number",
    "Date of seizure",
    "Species",
    "Description of specimen",
    "Quantity",
    "Unit",
    "Location of incident",
    "Detecting agency",
    "Reason for seizure",
    "Method of detection",
    "Mode of transport",
    "Method of concealment",
    "Alleged country of origin",
    "Country(ies) of transit",
    "Alleged final destination",
    "Estimated value in country (amount and currency)",
    "Law under which charges were brought",
    "Sanction",
    "Disposal of confiscated specimens",
    "Additional information",
)

_MODES: Final = {
    "sea": "Sea",
    "air": "Air",
    "express": "Courier",
    "post": "Mail",
    "road": "Road",
    "rail": "Rail",
}
_DETECTION: Final = {
    "documents": "Document check",
    "scan": "X-ray or scanner",
    "dog": "Detection dog",
    "partial": "Physical inspection",
    "full": "Physical inspection",
}
#: Places in the load that hide something; the others only say where it lay.
_HIDES: Final = ("walls", "false_bottom", "in_goods", "baggage")


def is_find(found: Sequence[str], permit_valid: bool | None, status: str) -> bool:
    """Tell whether wildlife was found that no valid permit covers, and nobody overturned it.

    Examples
    --------
    >>> is_find(["live_animals"], None, "provisional"), is_find(["live_animals"], True, "confirmed")
    (True, False)
    """
    return bool(set(found or ()) & set(FINDS)) and not permit_valid and status != "overturned"


def finds(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which rows with ``found``, ``permit_valid`` and ``status`` are finds, shape (n,).

    Rows without an outcome (missing cells) are none.
    """
    cells = zip(frame["found"], frame["permit_valid"], frame["status"], strict=True)
    rows = [
        isinstance(found, list) and is_find(found, permit is True or permit == 1, status)
        for found, permit, status in cells
    ]
    return np.array(rows, dtype=bool)


def illegal_trade(rows: pd.DataFrame, *, zone: str, port: str = "", agency: str = "") -> pd.DataFrame:
    """Return finds in the columns of the CITES annual illegal trade report, one row per species named.

    Parameters
    ----------
    rows : DataFrame, shape (n, ...)
        Of `risk.store.finds.reported`.
    zone : str
        The port's time zone: a find late at night is of the port's day.
    port : str
        Name of the port.
    agency : str
        What the form calls the detecting agency; empty where the port has not said it.

    Returns
    -------
    DataFrame, shape (m, 20)
        `COLUMNS`, texts. A species' quantity is empty where several were found and only the whole was
        counted.
    """
    table = [line for row in rows.to_dict("records") for line in _lines(row, zone, port, agency)]
    return pd.DataFrame(table, columns=list(COLUMNS), dtype="str")


def _lines(row: dict[Any, Any], zone: str, port: str, agency: str) -> list[dict[str, str]]:
    taxa = list(row["taxa"]) or [""]
    quantity, unit = _quantity(row) if len(taxa) == 1 else ("", "")
    concealed = row["where_in_load"] in _HIDES
    line = dict.fromkeys(COLUMNS, "") | {
        "Seizure number": row["evidence_reference"] or f"outcome {row['outcome_id']}",
        "Date of seizure": _date(row["inspected_at"], zone),
        "Description of specimen": "live" if _all_live(row) else "",
        "Quantity": quantity,
        "Unit": unit,
        "Location of incident": ", ".join(filter(None, (port, row["location"]))),
        "Detecting agency": agency,
        "Reason for seizure": "No valid permit" if row["permit_valid"] is False else "",
        "Method of detection": _DETECTION.get(row["inspection"], ""),
        "Mode of transport": _MODES.get(row["mode"], ""),
        "Method of concealment": vocabulary.word("where", row["where_in_load"], "en") if concealed else "",
        "Alleged country of origin": row["origin"],
        "Country(ies) of transit": ", ".join(row["transit"]),
        "Alleged final destination": row["destination"],
        "Additional information": "; ".join(_additional(row, len(taxa), concealed)),
    }
    return [line | {"Species": name} for name in taxa]


def _date(at: Any, zone: str) -> str:
    if at is None or pd.isna(at):
        return ""
    return pd.Timestamp(at).tz_localize("UTC").tz_convert(zone).strftime("%Y-%m-%d")


def _all_live(row: dict[Any, Any]) -> bool:
    """Tell whether all that was found lived, as far as it was counted."""
    if set(row["found"]) & set(FINDS) != {"live_animals"}:
        return False
    return _missing(row["alive"]) or (not _missing(row["pieces"]) and row["alive"] == row["pieces"])


def _quantity(row: dict[Any, Any]) -> tuple[str, str]:
    """Return a number and its unit: live animals are counted, products weighed where they were."""
    pieces, kg = row["pieces"], row["kg"]
    counted = not _missing(pieces)
    if counted and (_all_live(row) or _missing(kg)):
        return f"{int(pieces)}", "number of specimens"
    return ("", "") if _missing(kg) else (f"{float(kg):g}", "kg")


def _missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _additional(row: dict[Any, Any], species: int, concealed: bool) -> list[str]:
    said = ["provisional"] if row["status"] == "provisional" else []
    if row["heading"]:
        said.append(f"declared under heading {row['heading']}")
    if row["where_in_load"] and not concealed:
        said.append(f"found: {vocabulary.word('where', row['where_in_load'], 'en').lower()}")
    counts = (("pieces", row["pieces"]), ("kg", row["kg"]), ("alive", row["alive"]))
    whole = [f"{value:g} {name}" for name, value in counts if not _missing(value)]
    if whole:
        of = f" of {species} species together" if species > 1 else ""
        said.append(f"counted: {', '.join(whole)}{of}")
    return said
