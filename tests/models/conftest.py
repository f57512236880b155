"""Made-up ports with a known signal, and one bundle trained on them."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from features.registry import Feature, category
from models.training import TrainingSet, train


@dataclass(frozen=True)
class Port:
    features: pd.DataFrame
    table: pd.DataFrame
    registry: list
    truth: object = None

    def rows(self, mask):
        return Port(
            self.features[mask].reset_index(drop=True), self.table[mask].reset_index(drop=True), self.registry
        )

    def training_set(self, name="port"):
        return TrainingSet(name, self.features, self.table)


def number(name, family="quantity", known="row", monotone=0, dtype="number", indicators=()):
    return Feature(
        name,
        family,
        name,
        dtype,
        "1",
        -math.inf,
        math.inf,
        known,
        "s",
        monotone=monotone,
        indicators=indicators,
    )


REGISTRY = [
    number("kg_per_package", monotone=1, indicators=(4,)),
    number("detour", "route"),
    number("earlier_finds", "record", "history", indicators=(9,), monotone=1),
    number("word", "words", dtype="flag", indicators=(22,)),
    category("heading", "goods", "heading", "s"),
]


def make_port(n=5000, seed=0, days=300, inspected=0.6):
    r = np.random.default_rng(seed)
    f = pd.DataFrame(
        {
            "kg_per_package": r.normal(size=n),
            "detour": r.normal(size=n),
            "earlier_finds": np.where(r.random(n) < 0.3, np.nan, r.poisson(0.5, n)),
            "word": (r.random(n) < 0.1).astype(float),
            "heading": pd.Series(r.choice([f"{i:04}" for i in range(101, 131)], n), dtype="str"),
        }
    )
    f.loc[r.random(n) < 0.05, "heading"] = np.nan
    past = f["earlier_finds"].fillna(0)
    live = -4 + 1.2 * f["kg_per_package"] + 2 * f["word"] + 2 * (f["heading"] == "0103")
    products = -4 + f["detour"] + f["word"] + 2 * (f["heading"] == "0105") + past
    a = r.random(n) < 1 / (1 + np.exp(-live))
    b = r.random(n) < 1 / (1 + np.exp(-products))
    both = np.where(a & b, "live_animals;wildlife_products", np.where(a, "live_animals", "wildlife_products"))
    outcome = np.where(a | b, both, "clean")
    opened = r.random(n) < inspected
    at = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.sort(r.integers(0, days * 24, n)), unit="h")
    at = pd.Series(at.astype("datetime64[us]"))
    table = pd.DataFrame(
        {
            "shipment_id": pd.Series([f"S{i:06}" for i in range(n)], dtype="str"),
            "mode": pd.Series(r.choice(["sea", "air"], n), dtype="str"),
            "known_at": at,
            "hs_codes": f["heading"],
            "goods_description": pd.Series(["wood"] * n, dtype="str"),
            "origin_country": pd.Series(np.where(f["detour"] > 0, "CN", "VN"), dtype="str"),
            "gross_weight_kg": f["kg_per_package"],
            "inspected_at": (at + pd.Timedelta(days=2)).where(opened),
            "outcome": pd.Series(outcome, dtype="str").where(opened),
            "selection_probability": r.choice([0.1, 0.5, 1.0], n),
        }
    )
    truth = pd.DataFrame({"live_animals": a.astype(float), "wildlife_products": b.astype(float)})
    return Port(f, table, REGISTRY, truth)


@pytest.fixture(scope="session")
def port():
    return make_port()


@pytest.fixture(scope="session")
def make():
    return make_port


@pytest.fixture(scope="session")
def bundle(port):
    return train([port.training_set("Port A")], port.registry)
