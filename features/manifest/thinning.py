"""Take fields away from manifests: other ports fill other fields.

A model that learnt where every manifest carries codes, values and addresses leans on them. To be
of use where they are missing it must have seen manifests without them, so part of the manifests
it learns from are thinned here. Whole groups of fields go, for whole manifests at a time, since
what is filled in is a habit of the carrier or the port and not of one shipment.
"""

from __future__ import annotations

import pandas as pd

from features.manifest import schema
from features.stable_hash import uniform

_PARTY_DETAILS = ("address", "country", "id", "phone", "email")

#: Group -> columns. What is in no group (the id, times, description) always stays.
FIELD_GROUPS: dict[str, tuple[str, ...]] = {
    "codes": ("hs_codes", "items"),
    "value": ("declared_value", "currency"),
    "weights": ("gross_weight_kg", "net_weight_kg", "volume_m3"),
    "packages": ("packages", "package_type"),
    "party_names": (
        "shipper_name",
        "consignee_name",
        "notify_name",
        "broker_name",
        "carrier_name",
    ),
    "party_details": tuple(
        f"{role}_{detail}" for role in ("shipper", "consignee", "notify") for detail in _PARTY_DETAILS
    ),
    "documents": (
        "permit_refs",
        "handling_codes",
        "declaration_id",
        "amendment_count",
        "last_amended_at",
    ),
    "equipment": (
        "container_ids",
        "container_types",
        "container_load_status",
        "is_refrigerated",
        "seal_ids",
        "vessel_or_flight",
        "voyage",
    ),
    "countries": ("origin_country", "destination_country"),
    "route_details": ("transhipment_ports", "delivery_place", "direction"),
    "message": (
        "master_id",
        "registration_number",
        "line_number",
        "bill_level",
        "is_consolidation",
        "marks",
        "location",
        "lane",
        "trusted_trader",
        "available_until",
    ),
}


#: Smallest chance with which a group goes from a thinned manifest.
LEAST = 0.2


def without(table: pd.DataFrame, groups: tuple[str, ...]) -> pd.DataFrame:
    """Return the table with the columns of some groups missing in every row.

    Raises
    ------
    KeyError
        For a name that is not in `FIELD_GROUPS`.
    """
    columns = [name for group in groups for name in FIELD_GROUPS[group] if name in table]
    return table.assign(**{name: schema.empty_column(name, table.index) for name in columns})


def thin(table: pd.DataFrame, share: float, *, seed: int = 0) -> pd.DataFrame:
    """Take groups of fields away from a share of the manifests.

    Each thinned manifest has its own chance, even from `LEAST` to 1, with which each group goes:
    some manifests lose a little, some keep little more than the description and the ports.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
        Complete shipment table.
    share : float
        Share of the manifests to thin, 0 to 1.
    seed : int
        The same table and seed give the same result; a manifest's fate depends on its number
        alone, not on the other rows.

    Returns
    -------
    DataFrame, shape (n, k)
    """
    manifest = table["manifest_id"].fillna(table["shipment_id"])
    thinned = table.copy()
    chosen = uniform(manifest, f"{seed}") < share
    chance = LEAST + (1 - LEAST) * uniform(manifest, f"{seed} chance")
    for group, columns in FIELD_GROUPS.items():
        gone = chosen & (uniform(manifest, f"{seed} {group}") < chance)
        for name in columns:
            if name in thinned:
                thinned[name] = thinned[name].mask(gone)
    return thinned
