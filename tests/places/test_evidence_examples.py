import numpy as np
import pandas as pd
import pytest

from features import view as views
from features.evidence import documents, equipment, quantity, route, siblings, timing
from features.manifest import schema
from features.reference import table as reference


def _view(**columns):
    n = len(next(iter(columns.values())))
    columns = {"shipment_id": [f"S{i}" for i in range(n)]} | columns
    return views.prepare(
        pd.DataFrame({k: pd.Series(v, dtype=schema.BY_NAME[k].dtype) for k, v in columns.items()})
    )


@pytest.mark.parametrize("number", ["CSQU3054383", "MSKU6011672", "TEMU1234565", "GESU1234568"])
def test_iso_6346_check_digit(number):
    digit = equipment.check_digit(number)
    if number == "CSQU3054383":  # the standard's own example
        assert digit == 3
    wrong = number[:10] + str((digit + 1) % 10)
    found = equipment.compute(_view(container_ids=[number[:10] + str(digit), wrong, "CSQ 12"]))
    assert found["container_numbers_valid"].tolist() == [1.0, 0.0, 0.0]
    assert found["container_check_digit_wrong"].tolist() == [0.0, 1.0, 0.0]
    assert found["container_number_malformed"].tolist() == [0.0, 0.0, 1.0]


def test_unit_load_devices_of_aircraft_are_no_containers():
    ids = ["AKE12345QR;PMC1234LH", "AKE12345QR", "CSQU3054383;AKE12345QR", "ODD 1"]
    by_air = equipment.compute(_view(mode=["air"] * 4, container_ids=ids))
    assert by_air["container_count"].fillna(-1).tolist() == [-1.0, -1.0, 1.0, 1.0]
    assert by_air["container_number_malformed"].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert by_air["seal_missing"].tolist() == [0.0, 0.0, 1.0, 1.0]
    by_sea = equipment.compute(_view(mode=["sea"] * 4, container_ids=ids))
    assert by_sea["container_number_malformed"].tolist() == [1.0, 1.0, 1.0, 1.0]


def test_reefer_with_dry_goods_and_dry_container_with_frozen_goods():
    found = equipment.compute(
        _view(
            hs_codes=["950300", "030389", "030389"],
            container_ids=["CSQU3054383"] * 3,
            container_types=["45R1", "22G1", "45R1"],
        )
    )
    assert found["refrigerated_dry_goods"].tolist() == [1.0, 0.0, 0.0]
    assert found["frozen_goods_in_dry_container"].tolist() == [0.0, 1.0, 0.0]


def test_light_control_is_never_a_reason_for_less():
    entry = next(f for f in equipment.FEATURES if f.name == "lightly_controlled")
    assert entry.monotone == 1
    found = equipment.compute(_view(lane=["Green", "red", None], trusted_trader=[None, False, True]))
    assert found["lightly_controlled"].tolist() == [1.0, 0.0, 1.0]


def test_value_is_compared_in_dollars_and_unknown_currency_is_missing():
    view = _view(
        hs_codes=["080131"] * 4,
        gross_weight_kg=[1000.0] * 4,
        declared_value=[5000.0, 5000.0 / 0.0000385, 5000.0, 0.0],
        currency=["USD", "VND", "XXX", "USD"],
    )
    found = quantity.compute(view)
    assert found["value_per_kg"][0] == pytest.approx(np.log10(5.0))
    assert found["value_per_kg"][1] == pytest.approx(np.log10(5.0), abs=1e-6)
    assert np.isnan(found["value_per_kg"][2])
    assert found["currency_unknown"].tolist() == [0.0, 0.0, 1.0, 0.0]
    assert found["value_nil"].tolist() == [0.0, 0.0, 0.0, 1.0]


def test_kg_per_package_is_compared_with_the_usual_packing():
    view = _view(hs_codes=["080131"] * 3, gross_weight_kg=[6000.0, 140.0, 90_000.0], packages=[100.0] * 3)
    found = quantity.compute(view)
    z = found["kg_per_package_deviation"]
    assert abs(z[0]) < 0.5
    assert z[1] < -4
    assert z[2] > 4
    assert (found["usual_kg_low"] < 60).all()
    assert (found["usual_kg_high"] > 60).all()


def test_trailing_zeros():
    zeros = quantity.trailing_zeros(np.array([20_000.0, 120.0, 7.0, 100.5, 0.0, np.nan]))
    np.testing.assert_array_equal(zeros, [4, 1, 0, 0, np.nan, np.nan])


def test_lines_are_summed_and_broken_ones_are_missing():
    items = ['[{"kg": 60, "packages": 6}, {"kg": 50, "packages": 1}]', "[", '[{"kg": 5}, {"kg": "?"}]']
    found = quantity.compute(_view(items=items, gross_weight_kg=[100.0] * 3, packages=[7.0] * 3))
    assert found["lines_weight_gap"][0] == pytest.approx(0.1)
    assert found["lines_packages_gap"][0] == 0.0
    assert found["lines_packing_spread"][0] == pytest.approx(np.log10(5))
    assert found.loc[1:, ["lines_weight_gap", "lines_packages_gap"]].isna().all(axis=None)


def test_a_route_known_for_a_taxon_scores_above_one_that_is_not():
    view = _view(
        mode=["sea", "sea", "air", "air"],
        loading_port=["NGAPP", "NOOSL", "MAA", "ARN"],
        transhipment_ports=["SGSIN", None, None, None],
        discharge_port=["VNHPH", "DEHAM", "BKK", "HEL"],
        hs_codes=["080131", "080131", "030633", "030633"],
    )
    found = route.compute(view)
    assert found["route_products_cover"][0] > 0.5 > found["route_products_cover"][1]
    assert found["route_live_cover"][2] > 0.5 > found["route_live_cover"][3]
    assert found["passes_hub"].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert found["route_text"][0] == "Nigeria → Singapore → Vietnam"


def test_what_a_country_exports_is_more_plausible():
    found = route.compute(
        _view(origin_country=["CI", "IS"], destination_country=["VN", "VN"], hs_codes=["080131"] * 2)
    )
    assert found["origin_goods_share"][0] > found["origin_goods_share"][1]
    assert "cocoa" in found["origin_main_exports"][0]


def test_a_detour_is_longer_than_the_direct_way():
    found = route.compute(
        _view(
            mode=["sea"] * 3,
            loading_port=["KEMBA"] * 3,
            transhipment_ports=[None, "SGSIN", "NLRTM"],
            discharge_port=["VNHPH"] * 3,
        )
    )
    ratio = found["detour_ratio"]
    assert ratio[0] == 1.0
    assert 1.0 <= ratio[1] < 1.1  # Singapore lies on the way
    assert ratio[2] > 2.0  # Rotterdam does not


def test_transit_regime_and_landlocked_destination():
    found = route.compute(
        _view(
            direction=["import", "transit", "import"],
            discharge_port=["VNDAD", "VNDAD", "VNDAD"],
            delivery_place=[None, None, "LAVTE"],
            destination_country=["VN", "VN", "LA"],
        )
    )
    assert found["in_transit"].tolist() == [0.0, 1.0, 1.0]
    assert found["landlocked_destination"].tolist() == [0.0, 0.0, 1.0]
    assert found["destination_beyond_discharge"].tolist() == [0.0, 0.0, 1.0]


def test_handling_codes_against_goods():
    found = documents.compute(
        _view(
            mode=["air"] * 4,
            hs_codes=["010620", "847130", "010620", "030111"],
            handling_codes=["AVI", "avi", "GEN", "PER"],
        )
    )
    assert found["live_code_without_live_goods"].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert found["live_goods_without_code"].tolist() == [0.0, 0.0, 1.0, 0.0]


def test_permit_missing_only_where_one_is_usual():
    found = documents.compute(_view(hs_codes=["010620", "010620", "950300"], permit_refs=[None, "C 1", None]))
    assert found["permit_missing"].tolist() == [1.0, 0.0, 0.0]
    assert found["cites_permit_missing"].tolist() == [1.0, 0.0, 0.0]


def test_late_amendment():
    found = documents.compute(
        _view(
            arrives_at=["2026-01-10 12:00"] * 3,
            last_amended_at=["2026-01-10 02:00", "2026-01-05", None],
        )
    )
    assert found["amended_before_arrival"][0] == 10.0
    assert found["amended_late"].tolist() == [1.0, 0.0, 0.0]


def test_split_consignments_and_mixed_airway_bill():
    found = siblings.compute(
        _view(
            manifest_id=["M"] * 4 + [None],
            master_id=["A", "A", "A", None, "A"],
            consignee_name=["Cee Ltd", "CEE LTD.", "Dee", "Dee", "Cee Ltd"],
            shipper_name=["x", "y", "z", "z", "x"],
            hs_codes=["0305", "0305", "0106", "9503", "0305"],
            handling_codes=[None, None, "AVI", None, None],
            goods_description=["dried fish", "dried fish", "birds", "toys", "dried fish"],
        )
    )
    assert found["manifest_split_consignment"].fillna(-1).tolist() == [1, 1, 0, 0, -1]
    assert found["manifest_split_shippers"].fillna(-1).tolist() == [1, 1, 0, 0, -1]
    assert found["master_bills"].fillna(-1).tolist() == [2, 2, 2, -1, 0]
    # Seafood may be alive and share the waybill; toys under another master do not count.
    assert found["live_beside_other_goods"].fillna(-1).tolist() == [0, 0, 0, -1, 0]


def test_live_animals_beside_machines_on_one_master():
    found = siblings.compute(_view(master_id=["A", "A"], hs_codes=["8471", "0106"], manifest_id=["M", "M"]))
    assert found["live_beside_other_goods"].tolist() == [1.0, 1.0]


def test_season_and_holidays():
    found = timing.compute(
        _view(
            arrives_at=["2026-02-07 03:00", "2026-07-01 03:00", None],
            discharge_port=["HKHKG"] * 3,
            hs_codes=["0307"] * 3,
            known_at=["2026-02-07 09:00", "2026-06-20", None],
            mode=["sea"] * 3,
        )
    )
    assert found["days_to_lunar_new_year"].fillna(-99).tolist() == [10.0, -60.0, -99.0]
    assert found["eel_season_goods"].fillna(-99).tolist() == [1.0, 0.0, -99.0]
    assert found["late_lodging"].fillna(-99).tolist() == [1.0, 0.0, -99.0]
    assert found["night_arrival"].fillna(-99).tolist() == [0.0, 0.0, -99.0]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AVI", "live"),
        ("SPF", "live"),
        ("SPX", ""),
        ("CAO", ""),
        ("DGR", ""),
        ("EAW", ""),
        ("PES", "perishable"),
    ],
)
def test_codes_of_security_and_danger_are_known_and_say_nothing_of_animals(code, kind):
    assert code in set(reference("handling_codes")["code"])
    flags = documents.code_flags(pd.Series([code], dtype="str"))
    assert {name for name in ("live", "perishable", "wildlife") if flags[name][0]} == (
        {kind} if kind else set()
    )
