"""Cargo-IMP messages written by hand from the standard, read."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from features import manifest
from features.manifest import schema
from features.manifest.messages import cargo_imp
from features.manifest.messages.form import Shipment

_FOLDER = Path(__file__).parents[1] / "samples" / "cargo_imp"
FWB16, FWB17, FHL4, FFM8 = SAMPLES = [
    (_FOLDER / f"{name}.txt").read_text(encoding="ascii") for name in ("fwb16", "fwb17", "fhl4", "ffm8")
]


def test_a_direct_waybill_with_bare_lines(read):
    (found,) = read(FWB16)
    assert isinstance(found, Shipment)
    assert found.place == "line 1"
    assert found.doubts == ()
    assert found.values == {
        "shipment_id": "157-41510976",
        "mode": "air",
        "bill_level": "direct",
        "is_consolidation": "false",
        "known_at": "2026-06-03",
        "declaration_id": "26DE0000000001",
        "container_ids": "PMC12345QR",
        "container_types": "PMC",
        "shipper_name": "DHAKA GARMENT EXPORTS",
        "shipper_address": "NAFI TOWER LEVEL-12 53 GULSHAN A, DHAKA, 1212",
        "shipper_country": "BD",
        "shipper_id": "BIN0011223344",
        "consignee_name": "HELLWEG TEXTIL GMBH",
        "consignee_address": "ADMIRAL-ROSENDAHL-STRASSE 11, FRANKFURT, HE, 63263",
        "consignee_country": "DE",
        "consignee_id": "DE812345678",
        "consignee_phone": "49696952160",
        "notify_name": "MR ALSO NOTIFY",
        "notify_address": "NOTIFY STREET 1, AN PLACE, AN STATE, 3321",
        "notify_country": "KR",
        "notify_phone": "556644",
        "carrier_name": "QR",
        "vessel_or_flight": "QR69",
        "goods_description": "COTTON MENS SHIRTS AND TROUSERS",
        "hs_codes": "620520;620342",
        "permit_refs": "CITES-26-0042",
        "seal_ids": "SEAL77",
        "handling_codes": "EAW;PER;SPX",
        "origin_country": "BD",
        "loading_port": "DAC",
        "transhipment_ports": "DOH",
        "discharge_port": "FRA",
        "gross_weight_kg": "1599",
        "packages": "108",
        "volume_m3": "7.957",
        "declared_value": "12500.50",
        "currency": "USD",
    }


def test_a_consolidation_with_nam_adr_loc(values):
    (found,) = values(FWB17)
    assert found["bill_level"] == "master"
    assert found["is_consolidation"] == "true"
    assert found["goods_description"] == "CONSOLIDATION AS PER ATTACHED LIST"
    assert found["shipper_name"] == "NORDIC FORWARDING AND LOGISTICS SERVICES"
    assert found["consignee_address"] == "90 MERRICK AVENUE SUITE 505, EAST MEADOW, NY, 11554"
    assert float(found["gross_weight_kg"]) == pytest.approx(592.6 * 0.45359237)
    assert float(found["volume_m3"]) == pytest.approx(103.47 * 0.028316846592)
    assert found["broker_name"] == "HARBOUR CUSTOMS BROKERS"
    assert found["carrier_name"] == "SCANDINAVIAN AIRLINES"
    assert found["known_at"] == "2025-05-22"
    assert "declared_value" not in found
    assert "currency" not in found
    assert "transhipment_ports" not in found


def test_houses_of_a_list(values):
    first, second = values(FHL4)
    assert first["shipment_id"] == "CVGA00176739"
    assert first["master_id"] == second["master_id"] == "117-41380802"
    assert first["bill_level"] == second["bill_level"] == "house"
    described = "GLASS VASES AND PLATES HAND BLOWN DIMS 13X12X15 IN X 2 DIMS 48X40X40 IN X 1"
    assert first["goods_description"] == described
    assert first["hs_codes"] == "70139900;701391"
    assert first["handling_codes"] == "NSC;PEF"
    assert first["loading_port"] == "HEL"
    assert first["transhipment_ports"] == "ARN"
    assert first["shipper_name"] == "HARRIS FORD OY"
    assert first["shipper_address"] == "9307 KATU 56, HELSINKI, 00100"
    assert first["consignee_id"] == "TAX NO.13-2793095"
    assert first["consignee_phone"] == "1201555"
    assert (first["declared_value"], first["currency"]) == ("4289.68", "USD")
    assert second["goods_description"] == "BOTANICAL EXTRACTS"
    assert second["origin_country"] == "SE"
    assert second["delivery_place"] == "ORD"
    assert second["discharge_port"] == "EWR"
    assert float(second["gross_weight_kg"]) == pytest.approx(150 * 0.45359237)
    assert second["shipper_name"] == "SOMEONE ELSE AB"


def test_a_flight_manifest_joins_the_parts_of_a_waybill(read):
    found = read(FFM8)
    split, fish, orchids = [each for each in found if isinstance(each, Shipment)]
    assert len(found) == 3
    assert split.values["shipment_id"] == "933-34686853"
    assert split.values["packages"] == "30"
    assert split.values["gross_weight_kg"] == "606"
    assert float(split.values["volume_m3"]) == pytest.approx(0.45)
    assert split.values["container_ids"] == "PMC12345KZ"
    assert split.values["is_consolidation"] == "true"
    assert split.values["handling_codes"] == "SPX;EAW"
    assert ("packages", "30", "all 92 pieces of the bill; the others are not on this flight") in split.doubts
    assert any(column == "arrives_at" and said == "15APR1235" for column, said, _ in split.doubts)
    assert fish.values == {
        "shipment_id": "933-10000002",
        "manifest_id": "KZ134-15APR-HKG",
        "mode": "air",
        "carrier_name": "KZ",
        "vessel_or_flight": "KZ134",
        "loading_port": "CAN",
        "transhipment_ports": "HKG",
        "discharge_port": "ORD",
        "delivery_place": "JFK",
        "packages": "5",
        "gross_weight_kg": "120.5",
        "goods_description": "TROPICAL FISH",
        "handling_codes": "AVI",
    }
    assert orchids.values["container_ids"] == "AKE54321KZ"
    assert orchids.values["handling_codes"] == "PER;PEF"
    assert float(orchids.values["gross_weight_kg"]) == pytest.approx(4.5359237)
    assert orchids.place == "line 17"


def test_a_flight_without_cargo_is_no_fault(read):
    assert read("FFM/8\n1/LH8400/15OCT/FRA\nHKG/NIL\nLAST\n") == []


def test_houses_know_the_flight_of_the_master_before_them(values):
    house = FHL4.partition("FHL/5")[0]
    master = FWB17.replace("RTG/ARNSK/EWRSK", "FLT/SK903/23\nRTG/CPHSK/EWRSK")
    _, found = values(master + house)
    assert found["vessel_or_flight"] == "SK903"
    assert found["known_at"] == "2025-05-22"
    assert found["transhipment_ports"] == "ARN"  # as the house says itself
    (_, other) = values(master + house.replace("/HELEWR/", "/ARNEWR/"))
    assert other["transhipment_ports"] == "CPH"
    assert "vessel_or_flight" not in values(house + master)[0]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n", " \n", "\n\n", "\x0c\n"])
@pytest.mark.parametrize("text", SAMPLES)
def test_line_ends_and_blanks_do_not_matter(text, end, values):
    assert values(text.replace("\n", end)) == values(text)


@pytest.mark.parametrize("text", SAMPLES)
def test_case_encoding_and_truncated_ends_do_not_matter(text, values):
    told = values(text)
    assert values(text.lower()) == told
    assert values(b"\xef\xbb\xbf" + text.encode()) == told
    assert values(text.encode("utf-16")) == told
    assert values(text.rstrip()) == told
    assert values("\n\n" + text.replace("\n", "\n  ")) == told


def test_envelopes_around_messages(values):
    first = "\x01QU HKGFMQR\r\n.DACFMQR 040910\r\n\x02" + FWB16.replace("\n", "\r\n") + "\x03\r\nNNNN\r\n"
    second = (
        "=HEADER\nRCV,2026/06/05 12:34\n=PRIORITY\nQN\n=DESTINATION TYPE B\nSTX,FRAFMQR\n=ORIGIN\nDOHFMQR\n"
        "=MSGID\n051234\n=SMI\nFHL\n=TEXT\n" + FHL4
    )
    found = values(first + second)
    assert [each["shipment_id"] for each in found] == ["157-41510976", "CVGA00176739", "CVGA00177173"]
    assert found[0]["known_at"] == "2026-06-04T09:10"
    assert found[1]["known_at"] == "2026-06-05T12:34"
    assert "known_at" not in found[2]


def test_the_number_may_stand_on_the_first_line(values):
    (found,) = values(FWB16.replace("FWB/16\n", "FWB/16 "))
    assert found["shipment_id"] == "157-41510976"
    (found,) = values(
        FWB16.replace(
            "FWB/16\n157-41510976DACFRA/T108K1599MC7.957", "FWB/16\nAWB/15741510976DACFRA/T108/K1599"
        )
    )
    assert (found["shipment_id"], found["packages"]) == ("157-41510976", "108")


def test_lines_of_rates_become_items(read):
    text = FWB16[: FWB16.index("RTD")] + (
        "RTD/1/P100/K1500/CQ/W1500\n/NG/COTTON SHIRTS\n/2/NH/620520\n/3/NO/BD\n"
        "/4/P9/K99/CQ/W99\n/NG/LEATHER BELTS\n/5/NH/420330\nISU/03JUN26/DAC\n"
    )
    (found,) = read(text)
    assert isinstance(found, Shipment)
    assert json.loads(found.values["items"]) == [
        {"description": "COTTON SHIRTS", "hs": "620520", "origin": "BD", "packages": 100.0, "kg": 1500.0},
        {"description": "LEATHER BELTS", "hs": "420330", "packages": 9.0, "kg": 99.0},
    ]
    assert found.values["goods_description"] == "COTTON SHIRTS; LEATHER BELTS"
    assert ("packages", "108", "108 pieces in the lines of rates, which have 109") in found.doubts


def test_hs_codes_in_words_are_left_to_the_common_reading(values, tmp_path):
    text = FWB16.replace("/3/NH/6205.20\n/4/NH/620342\n", "").replace("ND TROUSERS", "ND HS CODE 6205.20")
    assert "hs_codes" not in values(text)[0]
    (tmp_path / "fwb.txt").write_text(text)
    assert manifest.read(tmp_path / "fwb.txt").table["hs_codes"].tolist() == ["620520"]


def test_a_wrong_check_digit_is_a_doubt(read):
    (found,) = read(FWB16.replace("157-41510976", "157-41510975"))
    assert isinstance(found, Shipment)
    assert found.values["shipment_id"] == "157-41510975"
    assert [column for column, _, _ in found.doubts] == ["shipment_id"]


@pytest.mark.parametrize("issued", ["31FEB26", "03XXX26", "3JUN26/", "ABCDEFG", "99JUN26"])
def test_a_day_that_is_none_is_a_doubt(issued, read):
    (found,) = read(FWB16.replace("03JUN26", issued))
    assert isinstance(found, Shipment)
    assert "known_at" not in found.values
    assert [column for column, _, _ in found.doubts] == ["known_at"]


def test_zero_stands_for_not_known(values):
    (found,) = values(FWB16.replace("T108K1599MC7.957", "T0K0.0").replace("MC7.957", "MC0"))
    assert not {"packages", "gross_weight_kg", "volume_m3"} & set(found)


def test_consoles_are_no_consolidation(values):
    (found,) = values(
        FWB16.replace("COTTON MENS SHIRTS A", "GAME CONSOLES").replace("ND TROUSERS", "CONSOLE PARTS")
    )
    assert found["bill_level"] == "direct"


@pytest.mark.parametrize("text", SAMPLES)
@pytest.mark.parametrize(
    "before",
    [
        "",
        "\n\n \n",
        "\ufeff",
        "QK HKGFMTG BKKFMTG\n.HKGFMXX 061234\n",
        "\x01\r\nZCZC\r\n\x02",
        "FSU/14\nRCF/X\n",
    ],
)
def test_recognised_with_any_envelope(text, before):
    for encoded in (
        (before + text).encode(),
        (before + text).encode("utf-16"),
        (before + text).lower().encode(),
    ):
        assert cargo_imp.recognise(encoded)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shipment_id,goods_description\nFWB/16,FISH\n",
        "shipment_id;goods_description;kg\nFWB/16\n",
        "<html><body>\nFWB/16\n217-08722685HKGBKK/T1K1\n",
        "<?xml version='1.0'?>\n<a>\nFWB/16\n</a>",
        '{"a":\n"FWB/16"}\n',
        "UNA:+.? '\nUNB+UNOA:1+A+B'\nUNH+1+CUSCAR:D:95B:UN'\nBGM+785'\n",
        "ISA*00*          *00*\n",
        "bill,shipper,consignee,goods\n1,2,3,4\nFWB/16\n217-08722685HKGBKK/T1K1\n",
        "FWB/16,217-08722685\n",
        "About FWB/16 messages\n\nFWB/16 is a message of airlines\n",
        "%PDF-1.4\nFWB/1\n|<>\n",
    ],
)
def test_other_formats_are_not_taken(text):
    assert not cargo_imp.recognise(text.encode())


@pytest.mark.parametrize("text", SAMPLES)
def test_never_fills_a_column_that_is_not_told_of(text, values):
    columns = {field.column for field in cargo_imp.FORM.fields}
    for found in values(text):
        assert set(found) <= columns
    assert columns <= set(schema.BY_NAME)


def test_the_whole_way(tmp_path):
    path = tmp_path / "day.txt"
    path.write_text(FWB16 + "FWB/16\nBROKEN\n" + FHL4 + FFM8, encoding="ascii")
    read_back = manifest.read(path)
    table = read_back.table.set_index("shipment_id")
    assert table.loc["157-41510976", "gross_weight_kg"] == 1599
    assert table.loc["157-41510976", "known_at"] == pd.Timestamp("2026-06-03")
    assert table.loc["CVGA00176739", "master_id"] == "117-41380802"
    assert table.loc["933-10000002", "handling_codes"] == "AVI"
    assert len(read_back.rejected) == 1
    assert (table["mode"] == "air").all()


def test_years_of_the_last_century(values):
    assert values(FWB16.replace("03JUN26", "03JUN99"))[0]["known_at"].startswith("1999-06-03")
    assert values(FWB16.replace("03JUN26", "03JUN36"))[0]["known_at"].startswith("2036-06-03")
