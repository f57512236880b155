"""Cargo-IMP as airlines and forwarders send it: manifests in parts, short lists, notes to customs."""

from __future__ import annotations

import pytest

from features.manifest.messages.form import Broken, Shipment

FFM5 = """FFM/5
1/ZZ134/20JUN/NRT/JA99ZZ
ORD
ULD/PMC98669ZZ
999-22405670NRTORD/D2K440.1MC0.39T8/CONSOLIDATED CA/EAWGEN
OSI/FIRMS-X338
ULD/PMC96188ZZ/W-2190.0 C-L
999-33450222PEKORD/T145K2280MC12.31/PHONE CASE/EAPSPX
OSI/10PCS OF IT ARE HEAVY
CONT
FFM/5
2/ZZ134/20JUN/NRT/JA99ZZ
ORD
ULD/AKE00155ZZ
999-22405670NRTORD/D6K1000MC2T8/CONSOLIDATED CA/EAWPER
999-33470242BKKATL/T1K86MC0.65/ORCHIDS/PEF
/ATLZZ9195/21JUN
LAST
"""
LIST = """FHL/4
MBI/999-27754882NRTORD/T32K2571.3
HBS/NUSH2381471/NRTORD/1/K18/1/FLOW SENSOR . E
TXT/FLOW SENSOR . ETC.
OCI/US/SHP/MU/K-TANAKA
/US/SHP/MD/EXAMPLE.CO.JP
/US/CNE/MU/X
/US/CNE/MD/X
/US/CUS/AN/SOMEONE CO..LTD.
HBS/NUSH7008742/NRTORD/1/K117/1/FORMING MOLD
HBS/NUSH2102451/NRTORD/1/K76/4/COVER GLASS
"""


def told(found: list[Shipment | Broken]) -> dict[str, Shipment]:
    """Return the shipments by their number."""
    return {each.values["shipment_id"]: each for each in found if isinstance(each, Shipment)}


def test_a_flight_manifest_of_several_messages_is_one(read):
    found = read(FFM5)
    split = told(found)["999-22405670"]
    assert len(found) == 3
    assert split.values["packages"] == "8"
    assert split.values["gross_weight_kg"] == "1440.1"
    assert split.values["container_ids"] == "PMC98669ZZ;AKE00155ZZ"
    assert split.values["container_types"] == "PMC;AKE"
    assert not any(column == "packages" for column, _, _ in split.doubts)


def test_a_manifest_sent_again_is_another_version(read):
    first = FFM5.partition("FFM/5\n2/")[0]
    found = read(first + first)
    assert [each.values["shipment_id"] for each in found] == ["999-22405670", "999-33450222"] * 2
    assert found[0].values == found[2].values
    assert [each.values["packages"] for each in found] == ["2", "145"] * 2


@pytest.mark.parametrize("flight", ["2/ZZ135/20JUN/NRT", "2/ZZ134/21JUN/NRT", "2/ZZ134/20JUN/HND"])
def test_another_flight_is_not_joined(read, flight):
    found = read(FFM5.replace("2/ZZ134/20JUN/NRT", flight))
    assert [each.values["packages"] for each in found] == ["2", "145", "6", "1"]


def test_special_handling_codes_stand_behind_the_description(read):
    found = told(read(FFM5))
    assert found["999-22405670"].values["handling_codes"] == "EAW;GEN;PER"
    assert found["999-22405670"].values["goods_description"] == "CONSOLIDATED CA"
    assert found["999-33470242"].values["handling_codes"] == "PEF"
    assert found["999-33470242"].values["goods_description"] == "ORCHIDS"


def test_other_service_information_is_no_point_of_unloading(read):
    found = told(read(FFM5))
    assert {each.values["discharge_port"] for each in found.values()} == {"ORD"}
    assert found["999-33470242"].values["delivery_place"] == "ATL"


def test_a_description_may_hold_a_stroke(read):
    (found,) = read("FFM/8\n1/ZZ134/20JUN/NRT\nORD\n999-33470242BKKORD/T1K86/TOYS/GAMES SETS\nLAST\n")
    assert found.values["goods_description"] == "TOYS GAMES SETS"
    assert "handling_codes" not in found.values


def test_entries_of_a_flight_manifest_and_of_a_short_list_are_summaries(read):
    assert all(each.summary for each in read(FFM5))
    assert all(each.summary for each in read(LIST))
    whole = LIST + "SHP/A SHIPPER\n/1 STREET\n/OSAKA\n/JP\nCNE/A CONSIGNEE\n/2 ROAD\n/CHICAGO\n/US\n"
    assert [each.summary for each in read(whole)] == [True, True, False]


def test_a_year_is_told_by_the_header_of_the_telex_alone(read):
    message = FFM5.replace("\nORD\n", "\nORD//20JUN1235\n")
    bare = read(message)[0]
    assert bare.values["manifest_id"] == "ZZ134-20JUN-NRT"
    assert "arrives_at" not in bare.values
    assert [column for column, _, _ in bare.doubts] == ["arrives_at"]
    dated = read("RCV,2026/06/19 12:34\n" + message)[0]
    assert dated.values["manifest_id"] == "ZZ134-2026-06-20-NRT"
    assert dated.values["arrives_at"] == "2026-06-20T12:35"
    assert dated.values["known_at"] == "2026-06-19T12:34"
    assert dated.doubts == ()
    far = read("RCV,2026/12/19 12:34\n" + message)[0]
    assert far.values["manifest_id"] == "ZZ134-20JUN-NRT"
    turn = message.replace("20JUN", "01JAN")
    assert read("RCV,2026/12/31 22:00\n" + turn)[0].values["manifest_id"] == "ZZ134-2027-01-01-NRT"


def test_a_house_over_two_messages_is_one(read):
    second = (
        "FHL/4\nMBI/999-27754882NRTORD/T32K2571.3\nHBS/NUSH2102451/NRTORD/1/K76/4/COVER GLASS\n"
        "TXT/COVER GLASS FOR WATCHES\nHTS/701510\nHBS/NUSH2530245/NRTORD/1/K2.5/1/HALF SHAFT BRG\n"
    )
    found = told(read(LIST + second))
    assert len(found) == len(read(LIST + second)) == 4
    assert found["NUSH2102451"].values["goods_description"] == "COVER GLASS FOR WATCHES"
    assert found["NUSH2102451"].values["hs_codes"] == "701510"
    assert found["NUSH2102451"].place == "line 11"


def test_a_list_sent_twice_doubles_no_text(read):
    one = LIST[: LIST.index("HBS/NUSH7008742")]
    (found,) = read(one + one)
    assert found.values["goods_description"] == "FLOW SENSOR . ETC."


def test_the_two_sides_of_a_mail_address(read):
    found = told(read(LIST))["NUSH2381471"]
    assert found.values["shipper_email"] == "k-tanaka@example.co.jp"
    assert "consignee_email" not in found.values


def test_notes_to_customs(values):
    (found,) = values(
        "FWB/17\n999-33470242BKKATL/T1K86\n"
        "OCI/IT/IMP/M/07IT9876AB88901235\n//ULD/I/AKA12345XX\n///N/1234567890\n/US/TID/F/12345678\n"
        "/US/AGT/F/99999999\n//DOC/C/PERMIT 123\n//DOC/D/12345678\n/US//S/SYSTEM DOWN 0000-0030 05MAR10\n"
        "/GB/ISS/RA/001-011\n///ED/0213\n///SM/XRY\n///L/DIPL\n/TH/CNE/T/0105531040228\n"
    )
    assert found["declaration_id"] == "07IT9876AB88901235"
    assert found["seal_ids"] == "1234567890"
    assert found["location"] == "12345678"
    assert found["permit_refs"] == "PERMIT 123"
    assert found["consignee_id"] == "0105531040228"


def test_blanks_and_strokes_around_the_number_of_a_waybill(values):
    (found,) = values("FHL/5\nMBI/999-27754882/NRTORD/T32K2571.3\nHBS/H1/NRTORD/1/K18//FISH\n")
    assert found["master_id"] == "999-27754882"
    (found,) = values("FFM/8\n1/ZZ134/20JUN/NRT\nORD\n999- 27754882NRTORD/T8K250MC1/SPICES\nLAST\n")
    assert (found["shipment_id"], found["packages"], found["loading_port"]) == ("999-27754882", "8", "NRT")


def test_tags_may_stand_alone_in_their_line(values):
    (found,) = values(
        "FWB/16\n999-33470242BSLDOH/T2K500MC1.5\nSSR\n/HANDLE WITH CARE\nACC\n/GEN/PAYMENT\n"
        "SHP\n/A LTD\n/STREET 124\n/BASEL/BS\n/CH/4070\n/TE/41611234567\n"
        "RTD\n/1/P2/K500/CQ/W500/R5.50/T2750\n/1/NG/ELECTRONIC EQUIPMENT\n/1/NH/847130\n/1/NO/CH/E\n"
    )
    assert found["goods_description"] == "ELECTRONIC EQUIPMENT"
    assert (found["hs_codes"], found["origin_country"]) == ("847130", "CH")
    assert (found["shipper_phone"], found["shipper_country"]) == ("41611234567", "CH")
