"""Random shipment tables: every kind of value a manifest brings, and every kind of gap."""

import json

import numpy as np
import pandas as pd
import pytest

from features.manifest import schema

PLACES = [
    "NGAPP",
    "VNHPH",
    "HKG",
    "Ho Chi Minh City",
    "LAVTE",
    "nowhere",
    "MYPKG",
    "JNB",
    "US",
    "KEMBA",
    "  ",
]
COUNTRIES = ["NG", "VN", "CN", "LA", "XX", "Viet Nam", "NA", "uk"]
POOLS = {
    "mode": ["sea", "air", "post", "express"],
    "direction": ["import", "transit", "transhipment"],
    "origin_country": COUNTRIES,
    "shipper_country": COUNTRIES,
    "destination_country": COUNTRIES,
    "loading_port": PLACES,
    "discharge_port": PLACES,
    "delivery_place": PLACES,
    "transhipment_ports": ["SGSIN", "MYPKG;LKCMB", "??;SIN", ";".join(["SGSIN"] * 12)],
    "goods_description": ["cashew nuts", "live mud crab", "toys", "frozen fish", "sawn timber", "gift", "香"],
    "hs_codes": ["080131", "0306", "44", "950300;0106", "9999", "abc", "0301", "020230"],
    "handling_codes": ["AVI", "PER;EAT", "GEN", "avi; PES", ";"],
    "permit_refs": ["CITES 123", "A;B"],
    "manifest_id": ["M1", "M2", "M3"],
    "master_id": ["A", "B"],
    "shipper_name": ["Ace Ltd", "ACE LTD.", "Bee & Co", "   "],
    "consignee_name": ["Cee", "Dee Trading", "CEE"],
    "consignee_address": ["1 High St", "1 HIGH ST.", "2 Low Rd"],
    "vessel_or_flight": ["EVER GIVEN", "TG 338", "CX0838"],
    "package_type": ["CT", "bags", "LOG", "?"],
    "currency": ["USD", "VND", "XXX", "EUR"],
    "container_ids": ["CSQU3054383", "CSQU3054384;MSKU1234565", "BAD", "CSQU 305438-3", ";"],
    "container_types": ["22G1", "45R1", "40RF", "20GP"],
    "container_load_status": ["full", "part", "empty"],
    "seal_ids": ["S1", "S1;S2"],
    "lane": ["Green", "red"],
    "items": [
        json.dumps([{"description": "a", "kg": 10, "packages": 2}, {"kg": 5.5, "packages": 1}]),
        json.dumps([{"kg": "x", "packages": None}]),
        "[]",
        "{",
        "[[1]]",
        '[{"kg": 1e400, "packages": true}]',
    ],
}
NUMBERS = ["gross_weight_kg", "net_weight_kg", "packages", "volume_m3", "declared_value", "amendment_count"]
TIMES = ["known_at", "arrives_at", "last_amended_at"]
FLAGS = ["is_refrigerated", "is_consolidation", "trusted_trader"]


def _table(seed, n=30, missing=0.3):
    rng = np.random.default_rng(seed)
    columns = {"shipment_id": pd.Series([f"S{i}" for i in range(n)], dtype="str")}
    for name, pool in POOLS.items():
        columns[name] = pd.Series(rng.choice(np.array(pool, dtype=object), n), dtype="str")
    for name in NUMBERS:
        odd = [0.0, 1.0, 100.0, schema.BY_NAME[name].high, 1e-9]
        values = np.where(rng.random(n) < 0.3, rng.choice(odd, n), np.round(rng.lognormal(4, 3, n), 3))
        columns[name] = pd.Series(np.minimum(values, schema.BY_NAME[name].high))
    for name in TIMES:
        hours = pd.to_timedelta(rng.integers(0, 24 * 900, n), unit="h")
        columns[name] = pd.Series(pd.Timestamp("2023-06-01") + hours).astype("datetime64[us]")
    for name in FLAGS:
        columns[name] = pd.Series(rng.random(n) < 0.5, dtype="boolean")
    table = schema.complete(pd.DataFrame(columns))
    for name in columns:
        if name != "shipment_id":
            table[name] = table[name].mask(rng.random(n) < missing)
    return table


@pytest.fixture(scope="session")
def random_table():
    """Return ``f(seed, n=30, missing=0.3)``: a complete shipment table of hostile and usual values."""
    return _table
