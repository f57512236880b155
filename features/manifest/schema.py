"""The shipment table: what one shipment is, column by column.

One row is one house-level consignment. Every reader produces this table and everything
behind the readers consumes it, so a column's kind, unit and allowed values are stated once,
here.

The table is flat: a list (container numbers, HS codes) is one text with its members separated
by ``;`` and ``items`` is one JSON text. The same bytes therefore mean the same shipment in CSV,
JSON Lines, Parquet and in memory, and a row can be hashed.

=============  ===================================  ==========================================
kind           pandas dtype                         missing
=============  ===================================  ==========================================
``text``       ``str``                              ``NaN``
``code``       ``str`` (upper case, trimmed)        ``NaN``
``list``       ``str`` (members joined by ``;``)    ``NaN`` (never an empty text)
``items``      ``str`` (a JSON array of objects)    ``NaN``
``number``     ``float64``                          ``NaN``
``time``       ``datetime64[us]`` (UTC, no zone)    ``NaT``
``flag``       ``boolean`` (pandas nullable)        ``NA``
``choice``     ``str``, one of ``values``           ``NaN``
=============  ===================================  ==========================================
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

MODES = ("sea", "air", "express", "post", "road", "rail")
DIRECTIONS = ("import", "export", "transit", "transhipment")
#: Kinds of find, and what the two heads of a model tell apart.
FINDS = ("live_animals", "wildlife_products")
OUTCOMES = ("clean", *FINDS, "other_offence")
OUTCOME_STATUSES = ("provisional", "confirmed", "overturned")
INSPECTION_TYPES = ("documents", "scan", "dog", "partial", "full")
SELECTED_BY = (
    "model",
    "random",
    "officer",
    "rule",
    "intelligence",
    "dog",
    "other_system",
)

_DTYPES = {
    "text": "str",
    "code": "str",
    "list": "str",
    "items": "str",
    "choice": "str",
    "number": "float64",
    "time": "datetime64[us]",
    "flag": "boolean",
}


@dataclass(frozen=True)
class Column:
    """One column of the shipment table.

    Attributes
    ----------
    name : str
        Canonical name.
    group : str
        Which part of the shipment it describes (``identity``, ``parties``, ...).
    kind : str
        One of the kinds in the module's table.
    meaning : str
        One line, for people.
    unit : str
        Unit of a number (``kg``, ``m3``, ``1``), empty otherwise.
    low, high : float or None
        Inclusive plausible limits of a number; a value outside is dropped with a note.
    values : tuple of str
        Allowed values of a ``choice``; for ``list`` and ``outcome`` of its members.
    code : str
        What kind of code a ``code`` or ``list`` holds: ``country``, ``place``, ``currency``,
        ``hs``, ``container``, or empty.
    """

    name: str
    group: str
    kind: str
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    code: str = ""

    @property
    def dtype(self) -> str:
        """Pandas dtype of the column in a shipment table."""
        return _DTYPES[self.kind]


def _party(role: str, who: str) -> list[Column]:
    return [
        Column(f"{role}_name", "parties", "text", f"Name of the {who}"),
        Column(f"{role}_address", "parties", "text", f"Address of the {who}"),
        Column(f"{role}_country", "parties", "code", f"Country of the {who}'s address", code="country"),
        Column(f"{role}_id", "parties", "code", f"Tax, trader or registration number of the {who}"),
        Column(f"{role}_phone", "parties", "text", f"Telephone of the {who}"),
        Column(f"{role}_email", "parties", "text", f"E-mail of the {who}"),
    ]


COLUMNS: tuple[Column, ...] = (
    Column("shipment_id", "identity", "text", "Number of the house bill, air waybill or postal item"),
    Column("master_id", "identity", "text", "Number of the master bill it travels under"),
    Column("manifest_id", "identity", "text", "Number of the manifest it was declared in"),
    Column("registration_number", "identity", "text", "Number customs registered the manifest under"),
    Column("line_number", "identity", "text", "Line of the manifest"),
    Column("declaration_id", "identity", "text", "Number of the customs declaration"),
    Column("customs_office", "identity", "code", "Code of the customs office"),
    Column("mode", "identity", "choice", "How it travels", values=MODES),
    Column("direction", "identity", "choice", "Customs movement at this port", values=DIRECTIONS),
    Column("known_at", "identity", "time", "When the port knew this version of the row"),
    Column("arrives_at", "time_place", "time", "When it arrives at this port"),
    Column("available_until", "time_place", "time", "When it is released or goes on"),
    Column("location", "time_place", "text", "Terminal or shed"),
    Column("lane", "time_place", "text", "Lane the port's own system gave it"),
    Column("trusted_trader", "time_place", "flag", "Marked as a trusted trader by the port's own system"),
    *_party("shipper", "shipper (consignor)"),
    *_party("consignee", "consignee"),
    *_party("notify", "party to notify"),
    Column("broker_name", "parties", "text", "Customs broker or clearing agent"),
    Column("carrier_name", "parties", "text", "Carrier"),
    Column("bill_level", "message", "choice", "Level of the bill", values=("master", "house", "direct")),
    Column("is_consolidation", "message", "flag", "The bill covers several consignments"),
    Column("source_file", "message", "text", "File the row was read from"),
    Column("source_position", "message", "text", "Where in that file"),
    Column("items", "goods", "items", "Lines: description, hs, packages, kg, value, currency, origin"),
    Column("goods_description", "goods", "text", "What the goods are declared to be"),
    Column("marks", "goods", "text", "Marks and numbers"),
    Column("hs_codes", "goods", "list", "Harmonized System codes, 2 to 10 digits", code="hs"),
    Column("permit_refs", "goods", "list", "Permit, licence and certificate numbers"),
    Column("handling_codes", "goods", "list", "Special handling codes (AVI, PER, ...)"),
    Column("origin_country", "route", "code", "Country the goods come from", code="country"),
    Column("loading_port", "route", "code", "Where it was loaded", code="place"),
    Column(
        "transhipment_ports", "route", "list", "Where it changed vessel or aircraft, in order", code="place"
    ),
    Column("discharge_port", "route", "code", "Where it is unloaded", code="place"),
    Column("delivery_place", "route", "code", "Where it goes in the end", code="place"),
    Column("destination_country", "route", "code", "Country the goods go to", code="country"),
    Column("gross_weight_kg", "quantities", "number", "Gross weight", "kg", 0.0, 1e9),
    Column("net_weight_kg", "quantities", "number", "Net weight", "kg", 0.0, 1e9),
    Column("packages", "quantities", "number", "Number of packages", "1", 0.0, 1e8),
    Column("package_type", "quantities", "text", "Kind of package"),
    Column("volume_m3", "quantities", "number", "Volume", "m3", 0.0, 1e7),
    Column("declared_value", "quantities", "number", "Declared value, in its currency", "1", 0.0, 1e13),
    Column("currency", "quantities", "code", "Currency of the declared value", code="currency"),
    Column(
        "container_ids",
        "equipment",
        "list",
        "Container numbers (ISO 6346); by air, unit load devices",
        code="container",
    ),
    Column("container_types", "equipment", "list", "Container size and type codes"),
    Column(
        "container_load_status",
        "equipment",
        "choice",
        "Container load",
        values=("full", "part", "empty"),
    ),
    Column("is_refrigerated", "equipment", "flag", "Carried refrigerated"),
    Column("seal_ids", "equipment", "list", "Seal numbers"),
    Column("vessel_or_flight", "equipment", "text", "Vessel name, flight or vehicle"),
    Column("voyage", "equipment", "text", "Voyage number"),
    Column("amendment_count", "changes", "number", "How often the row was amended", "1", 0.0, 1e4),
    Column("last_amended_at", "changes", "time", "When it was last amended"),
    Column("inspected_at", "outcome", "time", "When the outcome was known; empty = never inspected"),
    Column(
        "inspection_type",
        "outcome",
        "choice",
        "How far it was inspected",
        values=INSPECTION_TYPES,
    ),
    Column("outcome", "outcome", "list", "What was found (a set)", values=OUTCOMES),
    Column(
        "outcome_status",
        "outcome",
        "choice",
        "How certain the outcome is",
        values=OUTCOME_STATUSES,
    ),
    Column("permit_valid", "outcome", "flag", "The permit shown was valid"),
    Column(
        "selected_by",
        "outcome",
        "choice",
        "Who or what chose it for inspection",
        values=SELECTED_BY,
    ),
    Column(
        "selection_probability",
        "outcome",
        "number",
        "Probability with which it was chosen",
        "1",
        0.0,
        1.0,
    ),
    Column("found_taxa", "outcome", "list", "What was found, by taxon"),
    Column("found_quantity", "outcome", "text", "How much was found"),
)

BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(column.group for column in COLUMNS))
OUTCOME_COLUMNS: tuple[str, ...] = tuple(c.name for c in COLUMNS if c.group == "outcome")

#: The fields a Hong Kong cargo manifest holds by law (Cap. 60C); the score works on these alone.
LEGAL_MINIMUM: tuple[str, ...] = (
    "shipment_id",
    "shipper_name",
    "consignee_name",
    "goods_description",
    "packages",
    "gross_weight_kg",
    "loading_port",
    "discharge_port",
    "vessel_or_flight",
)


def empty_column(name: str, index: pd.Index) -> pd.Series:
    """Return an all-missing column of the shipment table, of the right dtype."""
    return pd.Series(index=index, dtype=BY_NAME[name].dtype)


def complete(table: pd.DataFrame) -> pd.DataFrame:
    """Add every missing canonical column, in canonical order; other columns stay, at the end.

    Parameters
    ----------
    table : DataFrame, shape (n, any)
        Columns that exist must already have their canonical dtype.

    Returns
    -------
    DataFrame, shape (n, len(COLUMNS) + extra columns)
    """
    data = {
        column.name: table[column.name] if column.name in table else empty_column(column.name, table.index)
        for column in COLUMNS
    }
    data.update({name: table[name] for name in table.columns if name not in BY_NAME})
    return pd.DataFrame(data, index=table.index)
