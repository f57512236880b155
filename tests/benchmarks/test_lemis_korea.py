"""Real records become shipments by the benchmarks' mapping files: what is a find, what is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import korea, lemis
from models.labels import labels

HEADER = (
    "control_number species_code taxa class genus species subspecies specific_name generic_name description "
    "quantity unit value country_origin country_imp_exp purpose source action disposition disposition_date "
    "disposition_year shipment_date shipment_year import_export port us_co foreign_co cleaning_notes"
)
COLUMNS = HEADER.split()


def record(**cells):
    usual = dict.fromkeys(COLUMNS, "NA") | {
        "species_code": "RANA",
        "class": "Amphibia",
        "genus": "Rana",
        "species": "sp.",
        "generic_name": "FROG",
        "description": "LIV",
        "quantity": "12",
        "unit": "NO",
        "country_origin": "GH",
        "country_imp_exp": "GH",
        "purpose": "T",
        "source": "W",
        "action": "C",
        "disposition_date": "2010-03-09",
        "shipment_date": "2010-03-02",
        "port": "NY",
    }
    return usual | cells


@pytest.fixture
def records(tmp_path):
    rows = [
        record(),
        record(action="R"),
        record(action="R", description="MEA"),
        record(action="R", country_origin="XX", country_imp_exp="MX"),
        record(shipment_date="2011-05-01", disposition_date="2011-02-01"),
        record(shipment_date="2011-06-01", disposition_date="2011-06-01", country_origin="NA"),
        record(shipment_date="2012-06-01", disposition_date="2012-06-03"),
    ]
    pd.DataFrame(rows, columns=COLUMNS).to_csv(tmp_path / "made_up_LEMIS.csv", index=False)
    return tmp_path / "made_up_LEMIS.csv"


def read(records, name):
    return lemis.read([records], lemis.MAPPINGS / name)


@pytest.mark.parametrize("name", lemis.VARIANTS.values())
def test_live_animals_refused_are_live_animals(records, name):
    rows, _ = read(records, name)
    found = labels(rows.table).values
    assert found["live_animals"].tolist() == [0, 1, 0, 1, 0, 0, 0]
    assert found["wildlife_products"].tolist() == [0, 0, 1, 0, 0, 0, 0]


@pytest.mark.parametrize("name", lemis.VARIANTS.values())
def test_no_outcome_is_known_before_its_record(records, name):
    table = read(records, name)[0].table
    assert (table["inspected_at"] >= table["known_at"]).all()
    assert table["inspected_at"].dt.strftime("%m-%d").tolist()[0] == "03-09"


def test_a_manifest_does_not_hold_what_an_inspector_writes(records):
    rows, features = read(records, "lemis_manifest.toml")
    assert not {"purpose", "source", "country_origin"} & {f.name for f in features}
    assert rows.table["origin_country"].tolist()[3] == "MX"
    everything, declared = read(records, "lemis.toml")
    assert {"purpose", "source", "country_origin"} <= {f.name for f in declared}
    assert everything.features["country_origin"].tolist()[3] == "XX"


def test_splits_keep_years_and_days_apart(records):
    rows, _ = read(records, "lemis.toml")
    made = dict(lemis.splits(rows.table))
    assert list(made)[:2] == ["2010–2011 → 2012", "2011–2012 → 2010"]
    days = rows.table["known_at"].dt.floor("D")
    for masks in made.values():
        for inside, outside in masks:
            assert not (inside & outside).any()
    for inside, outside in made["2012, folds of days"]:
        assert not set(days[inside]) & set(days[outside])
    judged = np.sum([outside for _, outside in made["2012, folds of rows"]], axis=0)
    assert judged.tolist() == [0, 0, 0, 0, 0, 0, 1]


KOREA = (
    "Declaration ID,Date,Office ID,Process Type,Import Type,Import Use,Payment Type,Mode of Transport,"
    "Declarant ID,Importer ID,Seller ID,Courier ID,HS6 Code,Country of Departure,Country of Origin,Tax Rate,"
    "Tax Type,Country of Origin Indicator,Net Mass,Item Price,Fraud,Critical Fraud\n"
)


def test_declarations_are_read_in_their_three_parts(tmp_path):
    for number, part in enumerate(korea.PARTS):
        goods = f"440890,BE,BE,8,A,G,108,372254,{number % 2},0"
        line = f"{number}7,2020-0{number + 1}-03,30,B,11,21,11,40,D1,I1,S1,,{goods}\n"
        Path(tmp_path / f"df_syn_{part}_eng.csv").write_text(KOREA + line)
    rows, features = korea.read(tmp_path)
    assert labels(rows.table).values["wildlife_products"].tolist() == [0, 1, 0]
    assert rows.table["mode"].tolist() == ["air"] * 3
    names = {f.name for f in features}
    assert "Tax Rate" in names
    assert not {"Fraud", "Critical Fraud"} & names
    declared = {*rows.table, *rows.features}
    assert set(korea.DECLARED) <= declared
