"""Small made-up ports for the tests of the history."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.manifest import schema
from features.view import View

START = pd.Timestamp("2024-01-01")


def _view(rows: pd.DataFrame) -> View:
    """Make a view of rows in shipment columns plus `heading`, `origin`, `destination`."""
    rows = rows.reset_index(drop=True)
    given = {
        name: rows[name].astype(schema.BY_NAME[name].dtype) for name in rows.columns if name in schema.BY_NAME
    }
    table = schema.complete(pd.DataFrame(given, index=rows.index))
    text = {
        name: rows[name].astype("str") if name in rows else pd.Series(np.nan, rows.index, dtype="str")
        for name in ("heading", "origin", "destination")
    }
    missing = pd.Series(np.nan, rows.index, dtype="str")
    route = pd.DataFrame(
        {
            "origin": text["origin"],
            "loading": missing,
            "discharge": missing,
            "destination": text["destination"],
        }
    )
    return View(table=table, goods=pd.DataFrame({"heading": text["heading"]}), route=route)


def _port(seed: int, size: int, days: float = 200.0, step_hours: float = 6.0) -> pd.DataFrame:
    """Make rows of a small port: few parties, many ties in time, amendments, outcomes of all kinds."""
    rng = np.random.default_rng(seed)
    steps = int(days * 24 / step_hours)
    known = START + pd.to_timedelta(rng.integers(0, steps, size) * step_hours, unit="h")
    names = np.array(
        [
            "Hongda Timberworks Co Ltd",
            "Hongda Timberworks Ltd",
            "Hongda Timberwork Co Ltd",
            "Nguyen Van An",
            "Chen Wei",
            "Mr Ade Bako",
            "ООО Ромашкаторг",
            "深圳市宏达伟业有限公司",
            "Kwikfreight Logistics",
            "TO ORDER",
        ]
    )
    ids = np.array([None, None, None, "VN1234567", "VN7654321"], dtype=object)
    places = np.array(
        [None, "12 Ham Nghi St Hanoi", "88 Nathan Rd Kowloon", "5 Dock Rd Durban"], dtype=object
    )
    phones = np.array([None, None, "+84 90 123 4567", "0912 345 678"], dtype=object)

    def pick(values: np.ndarray) -> np.ndarray:
        return values[rng.integers(0, len(values), size)]

    inspected = rng.random(size) < 0.35
    when = known + pd.to_timedelta(rng.integers(-8, 80, size) * step_hours, unit="h")
    outcome = pick(
        np.array(
            [
                "clean",
                "clean",
                "live_animals",
                "wildlife_products",
                "live_animals;wildlife_products",
                "other_offence",
            ]
        )
    )
    return pd.DataFrame(
        {
            "shipment_id": [f"S{i}" for i in rng.integers(0, max(1, int(size * 0.9)), size)],
            "known_at": known,
            "shipper_name": pick(names),
            "shipper_id": pick(ids),
            "shipper_address": pick(places),
            "consignee_name": pick(names),
            "consignee_id": pick(ids),
            "consignee_address": pick(places),
            "consignee_phone": pick(phones),
            "notify_name": pick(np.array([None, "SAME AS CONSIGNEE", "Kwikfreight Logistics", "Chen Wei"])),
            "broker_name": pick(np.array([None, "Fast Clearing Ltd"])),
            "carrier_name": pick(np.array(["Blue Line", "Red Line"])),
            "location": pick(np.array(["Shed 1", "Shed 2"])),
            "gross_weight_kg": rng.integers(1, 500, size).astype(float),
            "packages": rng.integers(0, 9, size).astype(float),
            "declared_value": rng.integers(0, 900, size).astype(float),
            "currency": pick(np.array([None, "USD", "VND"])),
            "heading": pick(np.array([None, "0301", "4407"])),
            "origin": pick(np.array(["NG", "KE", None])),
            "destination": pick(np.array(["VN", "HK"])),
            "inspected_at": pd.Series(when).where(inspected),
            "outcome": pd.Series(outcome).where(inspected).astype("str"),
            "outcome_status": pick(np.array([None, "provisional", "confirmed", "overturned"])),
            "permit_valid": pd.array(pick(np.array([None, None, True, False])), dtype="boolean"),
            "inspection_type": pick(np.array([None, "scan", "full", "documents"])),
        }
    )


@pytest.fixture(scope="session")
def make_view():
    """Return the function that makes a view of plain rows."""
    return _view


@pytest.fixture(scope="session")
def make_port():
    """Return the function that makes the rows of a small port."""
    return _port
