"""Entry summary declarations read."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from features import manifest
from features.manifest.messages.ens import recognise
from features.manifest.messages.form import Broken, Shipment

Read = Callable[[str | bytes], list[Shipment | Broken]]

_FOLDER = Path(__file__).parent.parent / "samples" / "ens"
SEA, CYPRUS = ((_FOLDER / f"{name}.xml").read_text(encoding="utf-8") for name in ("sea", "cyprus"))


def item(inside: str) -> str:
    return f"<CC315A><HEAHEA><RefNumHEA4>L1</RefNumHEA4></HEAHEA>{inside}</CC315A>"


def test_each_transport_document_is_a_shipment(read: Read) -> None:
    assert recognise(SEA.encode())
    house, bill = read(SEA)
    assert isinstance(house, Shipment)
    assert isinstance(bill, Shipment)
    assert house.values == {
        "shipment_id": "HOUSE1",
        "master_id": "MASTER1",
        "bill_level": "house",
        "manifest_id": "LRN20201104",
        "line_number": "1",
        "customs_office": "GB000060",
        "mode": "sea",
        "known_at": "202011040915",
        "arrives_at": "202011100800",
        "shipper_name": "Example Exports",
        "shipper_address": "1 Harbour Rd, Shenzhen, 518000",
        "shipper_country": "CN",
        "consignee_name": "Anne Example",
        "consignee_address": "2 High St, London, E1 6AN",
        "consignee_country": "GB",
        "consignee_id": "GB987654321000",
        "notify_name": "Notified Ltd",
        "notify_country": "GB",
        "broker_name": "Line Agencies",
        "carrier_name": "GB111111111000",
        "goods_description": "Wooden furniture; Chairs",
        "marks": "N/M",
        "hs_codes": "94036010;9401",
        "permit_refs": "CITES9",
        "items": '[{"description":"Wooden furniture","hs":"94036010","packages":50.0,"kg":1500.5},'
        '{"description":"Chairs","hs":"9401","packages":2.0,"kg":50.0}]',
        "origin_country": "CN",
        "destination_country": "GB",
        "loading_port": "CNYTN",
        "discharge_port": "GBFXT",
        "gross_weight_kg": "1550.5",
        "packages": "52.0",
        "package_type": "CT",
        "container_ids": "MSCU1234566;TGHU7654327",
        "seal_ids": "S1;S2",
        "vessel_or_flight": "9501368",
        "voyage": "0FA2WE",
    }
    assert bill.values["shipment_id"] == "BILL2"
    assert "bill_level" not in bill.values
    assert bill.values["gross_weight_kg"] == "100"
    assert "items" not in bill.values
    assert "consignee_name" not in bill.values


def test_amendments_with_suffixed_names_in_an_envelope(read: Read) -> None:
    assert recognise(CYPRUS.encode("utf-16"))
    (fish,) = read(CYPRUS)
    assert isinstance(fish, Shipment)
    assert fish.values == {
        "shipment_id": "160-12345675",
        "registration_number": "20CY000000000000X1",
        "line_number": "1",
        "customs_office": "CY000120",
        "mode": "express",
        "known_at": "202011051200",
        "amendment_count": "1",
        "last_amended_at": "202011051130",
        "goods_description": "LIVE FISH",
        "gross_weight_kg": "20.5",
        "packages": "3",
        "package_type": "BX",
        "container_ids": "AKE12345CX",
        "vessel_or_flight": "CX251",
        "broker_name": "Broker & Sons",
        "carrier_name": "Airline",
    }


def test_amendment_replaces_what_was_declared(read: Read) -> None:
    later = SEA.replace("CC315A", "CC313A").replace("Tea", "Coffee").replace("202011040915", "202011061000")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ens.xml"
        path.write_text(SEA + later)
        found = manifest.read(path)
    assert found.table["shipment_id"].tolist() == ["HOUSE1", "BILL2"]
    assert found.table["goods_description"].tolist()[1] == "Coffee"
    # What says the same again is no amendment.
    assert found.table["amendment_count"].isna().tolist() == [True, False]
    assert found.table["known_at"].tolist()[1] == pd.Timestamp("2020-11-06 10:00")


@pytest.mark.parametrize(
    "text",
    [
        "<html><body>CC315A <CC315A> </body></html>",
        "<Awmds><Bol_segment/></Awmds>",
        "<CC015B><GOOITEGDS/></CC015B>",
        '<?xml version="1.0"?><rsm:Waybill xmlns:rsm="x"/>',
        "bl_no,shipper\nCC315A,<CC315A>\n",
        "UNB+UNOA:1+A+B'",
        "",
        "\x00<",
        "<",
    ],
)
def test_is_no_other_message(text) -> None:
    assert not recognise(text.encode())


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([("N703", "H"), ("N741", "M")], ("H", "M", "house")),
        ([("N740", "A"), ("703", "H")], ("H", "A", "house")),
        ([("704", "M")], ("M", None, "master")),
        ([("N705", "B"), ("N704", "M")], ("B", "M", None)),
        ([("N730", "C")], ("C", None, None)),
        ([], ("UCR1", None, None)),
    ],
)
def test_which_document_is_the_bill(read: Read, documents, expected) -> None:
    said = "".join(
        f"<PRODOCDC2><DocRefDC23>{number}</DocRefDC23><DocTypDC21>{kind}</DocTypDC21></PRODOCDC2>"
        for kind, number in documents
    )
    (found,) = read(item(f"<GOOITEGDS><ComRefNumGIM1>UCR1</ComRefNumGIM1>{said}</GOOITEGDS>"))
    assert isinstance(found, Shipment)
    assert tuple(found.values.get(n) for n in ("shipment_id", "master_id", "bill_level")) == expected


def test_without_any_document_the_declaration_is_the_shipment(read: Read) -> None:
    (found,) = read(item("<GOOITEGDS><GooDesGDS23>Tea</GooDesGDS23></GOOITEGDS>"))
    assert isinstance(found, Shipment)
    assert found.values == {"shipment_id": "L1", "goods_description": "Tea"}
    papers = "".join(
        f"<PRODOCDC2><DocTypDC21>{kind}</DocTypDC21><DocRefDC23>{kind} 1</DocRefDC23></PRODOCDC2>"
        for kind in ("N380", "C400", "ZZ12")
    )
    (found,) = read(item(f"<GOOITEGDS>{papers}</GOOITEGDS>"))
    assert isinstance(found, Shipment)
    assert found.values["shipment_id"] == "ZZ12 1"  # no invoice, no permit
    (found,) = read("<CC315A><GOOITEGDS><GooDesGDS23>Tea</GooDesGDS23></GOOITEGDS></CC315A>")
    assert isinstance(found, Broken)
    (found,) = read(item(""))
    assert isinstance(found, Broken)
    assert found.shipment_id == "L1"


def test_wrong_counts_are_doubts(read: Read) -> None:
    text = SEA.replace("<TotNumOfIteHEA305>3<", "<TotNumOfIteHEA305>4<").replace(">60</Tot", ">61</Tot")
    house, bill = read(text)
    assert [doubt[0] for doubt in house.doubts] == ["items", "packages"]
    assert bill.doubts == ()


def test_post_and_consolidations(read: Read) -> None:
    documents = "<PRODOCDC2><DocTypDC21>{}</DocTypDC21><DocRefDC23>X1</DocRefDC23></PRODOCDC2>"
    (post,) = read(item(f"<GOOITEGDS>{documents.format('N750')}</GOOITEGDS>"))
    assert post.values["mode"] == "post"
    goods = "<GooDesGDS23>CONSOLIDATION AS PER LIST</GooDesGDS23>"
    (master,) = read(item(f"<GOOITEGDS>{goods}{documents.format('N741')}</GOOITEGDS>"))
    assert master.values["bill_level"] == "master"
    assert master.values["is_consolidation"] == "true"
