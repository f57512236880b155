"""A small made-up port, and a model trained on it through the real features."""

import numpy as np
import pandas as pd
import pytest

GOODS = [
    ("FROZEN SQUID", "030743", "ID", 2.0),
    ("COTTON T SHIRTS", "610910", "BD", 0.3),
    ("PLASTIC TOYS", "950300", "CN", 0.8),
    ("CHARCOAL", "440290", "ID", 20.0),
    ("MACHINE PARTS", "847990", "DE", 25.0),
    ("DRIED FISH MAW", "030572", "VN", 5.0),
]


def port_table(n=600, seed=0, start="2026-01-01"):
    """A shipment table of n rows over n/20 days; squid and charcoal of odd weight hide finds."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, len(GOODS), n)
    goods = pd.DataFrame(GOODS, columns=["text", "hs", "origin", "kg"]).iloc[kind].reset_index(drop=True)
    packages = rng.integers(5, 400, n).astype(float)
    odd = rng.random(n) < 0.25
    hot = odd & np.isin(kind, [0, 3])
    known = pd.Timestamp(start) + pd.to_timedelta(np.sort(rng.integers(0, n // 20 * 1440, n)), unit="min")
    live = hot & (kind == 0)
    return pd.DataFrame(
        {
            "shipment_id": pd.Series([f"BL{seed}{i:05d}" for i in range(n)], dtype="str"),
            "manifest_id": pd.Series([f"M{seed}{i // 25:04d}" for i in range(n)], dtype="str"),
            "mode": pd.Series(rng.choice(["sea", "air"], n, p=[0.8, 0.2]), dtype="str"),
            "known_at": pd.Series(known).astype("datetime64[us]"),
            "shipper_name": pd.Series([f"Exporter {i % 37}" for i in range(n)], dtype="str"),
            "consignee_name": pd.Series([f"Importer {i % 53}" for i in range(n)], dtype="str"),
            "goods_description": goods["text"].astype("str"),
            "hs_codes": goods["hs"].astype("str"),
            "origin_country": goods["origin"].astype("str"),
            "destination_country": pd.Series(["HK"] * n, dtype="str"),
            "discharge_port": pd.Series(["HKHKG"] * n, dtype="str"),
            "gross_weight_kg": packages * goods["kg"] * np.where(odd, 0.05, rng.uniform(0.7, 1.4, n)),
            "packages": packages,
            "inspected_at": pd.Series(known + pd.Timedelta(hours=8)).astype("datetime64[us]"),
            "inspection_type": pd.Series(["full"] * n, dtype="str"),
            "outcome": pd.Series(
                np.where(live, "live_animals", np.where(hot, "wildlife_products", "clean")), dtype="str"
            ),
        }
    )


def manifest_of(table):
    """The table without its outcomes, as a port receives it."""
    return table.drop(columns=["inspected_at", "inspection_type", "outcome"])


@pytest.fixture(scope="session")
def port():
    """The maker of made-up ports: ``port(n, seed)``."""
    return port_table


@pytest.fixture(scope="session")
def learnt():
    """A bundle trained on the made-up port."""
    from features import matrix
    from features.view import prepare
    from models import boosting
    from models.training import Options, TrainingSet, train

    table = port_table(900)
    view = prepare(table)
    frame = matrix.build(view)
    options = Options(
        validation="blocks",
        test=0.0,
        rounds=40,
        minimum_training_finds=10,
        settings=tuple(boosting.SETTINGS)[:1],
    )
    return train([TrainingSet("made up", frame, view.table)], matrix.features(), options)


@pytest.fixture(scope="session")
def bundle_dir(learnt, tmp_path_factory):
    """The bundle in a folder."""
    from models import bundle

    folder = tmp_path_factory.mktemp("bundle") / "model"
    bundle.save(learnt, folder)
    return folder


@pytest.fixture
def day_file(tmp_path):
    """A day of 60 shipments as a CSV file."""
    path = tmp_path / "day.csv"
    manifest_of(port_table(60, seed=5)).to_csv(path, index=False, date_format="%Y-%m-%dT%H:%M:%S")
    return path
