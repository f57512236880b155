from __future__ import annotations

import contextlib
import io
import json
import tempfile
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from features import manifest
from features.manifest import codes, schema
from features.manifest.messages.ens import FORM, recognise
from features.manifest.messages.ens_writing import split
from features.manifest.messages.form import Broken, Shipment

SEA = """<?xml version="1.0" encoding="UTF-8"?>
<ie:CC315A xmlns:ie="http://ics.dgtaxud.ec/CC315A">
  <MesSenMES3>GB123456789000</MesSenMES3><MesRecMES6>GBCD1234</MesRecMES6>
  <DatOfPreMES9>201104</DatOfPreMES9><TimOfPreMES10>0915</TimOfPreMES10>
  <MesIdeMES19>ABC1</MesIdeMES19><MesTypMES20>CC315A</MesTypMES20>
  <HEAHEA>
    <RefNumHEA4>LRN20201104</RefNumHEA4><TraModAtBorHEA76>1</TraModAtBorHEA76>
    <IdeOfMeaOfTraCroHEA85>9501368</IdeOfMeaOfTraCroHEA85><NatOfMeaOfTraCroHEA87>HK</NatOfMeaOfTraCroHEA87>
    <TotNumOfIteHEA305>3</TotNumOfIteHEA305><TotNumOfPacHEA306>60</TotNumOfPacHEA306>
    <TotGroMasHEA307>1650.5</TotGroMasHEA307><DecPlaHEA394>London</DecPlaHEA394>
    <ConRefNumHEA>0FA2WE</ConRefNumHEA><PlaLoaGOOITE334>CNYTN</PlaLoaGOOITE334>
    <PlaUnlGOOITE334>GBFXT</PlaUnlGOOITE334><DecDatTimHEA114>202011040915</DecDatTimHEA114>
  </HEAHEA>
  <TRACONCO1>
    <NamCO17>Example Exports</NamCO17><StrAndNumCO122>1 Harbour Rd</StrAndNumCO122>
    <PosCodCO123>518000</PosCodCO123><CitCO124>Shenzhen</CitCO124><CouCO125>CN</CouCO125>
  </TRACONCO1>
  <GOOITEGDS>
    <IteNumGDS7>1</IteNumGDS7><GooDesGDS23>Wooden
       furniture</GooDesGDS23><GroMasGDS46>1500.5</GroMasGDS46>
    <PRODOCDC2><DocTypDC21>N704</DocTypDC21><DocRefDC23>MASTER1</DocRefDC23></PRODOCDC2>
    <PRODOCDC2><DocTypDC21>N714</DocTypDC21><DocRefDC23>HOUSE1</DocRefDC23></PRODOCDC2>
    <PRODOCDC2><DocTypDC21>C400</DocTypDC21><DocRefDC23>CITES9</DocRefDC23></PRODOCDC2>
    <PRODOCDC2><DocTypDC21>N380</DocTypDC21><DocRefDC23>INVOICE1</DocRefDC23></PRODOCDC2>
    <SPEMENMT2><AddInfCodMT23>10600</AddInfCodMT23></SPEMENMT2>
    <COMCODGODITM><ComNomCMD1>94036010</ComNomCMD1></COMCODGODITM>
    <TRACONCE2><NamCE27>Anne Example</NamCE27><StrAndNumCE222>2 High St</StrAndNumCE222>
      <PosCodCE223>E1 6AN</PosCodCE223><CitCE224>London</CitCE224><CouCE225>GB</CouCE225>
      <TINCE259>GB987654321000</TINCE259></TRACONCE2>
    <CONNR2><ConNumNR21>MSCU1234566</ConNumNR21></CONNR2><CONNR2><ConNumNR21>TGHU7654327</ConNumNR21></CONNR2>
    <PACGS2><KinOfPacGS23>CT</KinOfPacGS23><NumOfPacGS24>50</NumOfPacGS24>
      <MarNumOfPacGSL21>N/M</MarNumOfPacGSL21></PACGS2>
    <PRTNOT640><NamPRTNOT642>Notified Ltd</NamPRTNOT642><CouCodGINOT647>GB</CouCodGINOT647></PRTNOT640>
  </GOOITEGDS>
  <GOOITEGDS>
    <IteNumGDS7>2</IteNumGDS7><GooDesGDS23>Tea</GooDesGDS23><GroMasGDS46>100</GroMasGDS46>
    <PRODOCDC2><DocTypDC21>705</DocTypDC21><DocRefDC23>BILL2</DocRefDC23></PRODOCDC2>
    <COMCODGODITM><ComNomCMD1>0902</ComNomCMD1></COMCODGODITM>
    <PACGS2><KinOfPacGS23>BG</KinOfPacGS23><NumOfPacGS24>8</NumOfPacGS24></PACGS2>
  </GOOITEGDS>
  <GOOITEGDS>
    <IteNumGDS7>3</IteNumGDS7><GooDesGDS23>Chairs</GooDesGDS23><GroMasGDS46>50</GroMasGDS46>
    <PRODOCDC2><DocTypDC21>N714</DocTypDC21><DocRefDC23>HOUSE1</DocRefDC23></PRODOCDC2>
    <COMCODGODITM><ComNomCMD1>9401</ComNomCMD1></COMCODGODITM>
    <PACGS2><KinOfPacGS23>CT</KinOfPacGS23><NumOfPacGS24>2</NumOfPacGS24></PACGS2>
  </GOOITEGDS>
  <ITI><CouOfRouCodITI1>CN</CouOfRouCodITI1></ITI><ITI><CouOfRouCodITI1>SG</CouOfRouCodITI1></ITI>
  <ITI><CouOfRouCodITI1>GB</CouOfRouCodITI1></ITI>
  <PERLODSUMDEC><NamPLD1>Line Agencies</NamPLD1><TINPLD1>GB123456789000</TINPLD1></PERLODSUMDEC>
  <SEAID529><SeaIdSEAID530>S1</SeaIdSEAID530></SEAID529><SEAID529><SeaIdSEAID530>S2</SeaIdSEAID530></SEAID529>
  <CUSOFFFENT730><RefNumCUSOFFFENT731>GB000060</RefNumCUSOFFFENT731>
    <ExpDatOfArrFIRENT733>202011100800</ExpDatOfArrFIRENT733></CUSOFFFENT730>
  <TRACARENT601><TINTRACARENT602>GB111111111000</TINTRACARENT602></TRACARENT601>
</ie:CC315A>
"""
CYPRUS = """<EnveloppeMessage><MessageBody><CC313A>
<DatOfPreMES9>20201105</DatOfPreMES9><TimOfPreMES10>1200</TimOfPreMES10>
<HEAHEA313><DocNumHEA5>20CY000000000000X1</DocNumHEA5><TraModAtBorHEA76>4</TraModAtBorHEA76>
<ConRefNumHEA>CX251</ConRefNumHEA><SpeCirIndHEA1>A</SpeCirIndHEA1>
<DatTimAmeHEA113>202011051130</DatTimAmeHEA113></HEAHEA313>
<GOOITEGDS313><IteNumGDS7>1</IteNumGDS7><GooDesGDS23>LIVE FISH</GooDesGDS23><GroMasGDS46>20,5</GroMasGDS46>
<PRODOCDC2351><DocTypDC21>740</DocTypDC21><DocRefDC23>160-12345675</DocRefDC23></PRODOCDC2351>
<CONNR2351><ConNumNR21>AKE12345CX</ConNumNR21></CONNR2351>
<PACGS2><KinOfPacGS23>BX</KinOfPacGS23><NumOfPacGS24>3</NumOfPacGS24></PACGS2></GOOITEGDS313>
<TRAREP313><NamTRE1>Broker &amp; Sons</NamTRE1></TRAREP313>
<PERLODSUMDEC><NamPLD1>Airline</NamPLD1></PERLODSUMDEC>
<CUSOFFFENT730313><RefNumCUSOFFFENT731>CY000120</RefNumCUSOFFFENT731></CUSOFFFENT730313>
<TRACARENT601313><NamTRACARENT604>Airline</NamTRACARENT604></TRACARENT601313>
</CC313A></MessageBody></EnveloppeMessage>"""


def read(text: str | bytes) -> list[Shipment | Broken]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ens.xml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        found = list(FORM.read(path))
    for each in found:
        if isinstance(each, Shipment):
            assert set(each.values) <= set(FORM.columns)
            assert all(isinstance(value, str) and value for value in each.values.values())
    return found


def test_each_transport_document_is_a_shipment():
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


def test_amendments_with_suffixed_names_in_an_envelope():
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


def test_amendment_replaces_what_was_declared():
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
def test_is_no_other_message(text):
    assert not recognise(text.encode())


def item(inside: str) -> str:
    return f"<CC315A><HEAHEA><RefNumHEA4>L1</RefNumHEA4></HEAHEA>{inside}</CC315A>"


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
def test_which_document_is_the_bill(documents, expected):
    said = "".join(
        f"<PRODOCDC2><DocRefDC23>{number}</DocRefDC23><DocTypDC21>{kind}</DocTypDC21></PRODOCDC2>"
        for kind, number in documents
    )
    (found,) = read(item(f"<GOOITEGDS><ComRefNumGIM1>UCR1</ComRefNumGIM1>{said}</GOOITEGDS>"))
    assert isinstance(found, Shipment)
    assert tuple(found.values.get(n) for n in ("shipment_id", "master_id", "bill_level")) == expected


def test_without_any_document_the_declaration_is_the_shipment():
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


def test_wrong_counts_are_doubts():
    text = SEA.replace("<TotNumOfIteHEA305>3<", "<TotNumOfIteHEA305>4<").replace(">60</Tot", ">61</Tot")
    house, bill = read(text)
    assert [doubt[0] for doubt in house.doubts] == ["items", "packages"]
    assert bill.doubts == ()


def test_post_and_consolidations():
    documents = "<PRODOCDC2><DocTypDC21>{}</DocTypDC21><DocRefDC23>X1</DocRefDC23></PRODOCDC2>"
    (post,) = read(item(f"<GOOITEGDS>{documents.format('N750')}</GOOITEGDS>"))
    assert post.values["mode"] == "post"
    goods = "<GooDesGDS23>CONSOLIDATION AS PER LIST</GooDesGDS23>"
    (master,) = read(item(f"<GOOITEGDS>{goods}{documents.format('N741')}</GOOITEGDS>"))
    assert master.values["bill_level"] == "master"
    assert master.values["is_consolidation"] == "true"


# --- both ways ----------------------------------------------------------------------------------

LETTERS = st.one_of(
    st.sampled_from(list("ABC abc 019,:'\"+?*/-.&<>|")),
    st.sampled_from(list("中文香港สวัสดีمرحباПриветñéÜß😀🐢")),
)


def texts(most: int) -> st.SearchStrategy[str]:
    return st.text(LETTERS, min_size=1, max_size=most).map(lambda text: " ".join(text.split()) or "x")


def long_texts(times: int) -> st.SearchStrategy[str]:
    """Return texts of words and of none, long enough to be cut into several pieces."""
    blanks = st.sampled_from([" ", ""])
    return st.builds(lambda text, n, by: by.join([text] * n), texts(24), st.integers(1, times), blanks)


NUMBERS = st.integers(0, 10**7).map(lambda n: n / 1000)
COUNTS = st.integers(1, 9999).map(float)
COUNTRIES = st.sampled_from(["GB", "CN", "TH", "ZA", "HK"])
WORDS = st.from_regex(r"[A-Z]{3}[A-Z0-9]{0,12}", fullmatch=True)
TIMES = st.datetimes(pd.Timestamp("2001-01-01"), pd.Timestamp("2060-01-01")).map(
    lambda at: pd.Timestamp(at).as_unit("us").floor("min")
)
LINES = st.lists(
    st.fixed_dictionaries(
        {"description": long_texts(20), "kg": NUMBERS},
        optional={"hs": st.sampled_from(["9503", "050790", "44219990"]), "packages": COUNTS},
    ),
    min_size=2,
    max_size=3,
    unique_by=lambda line: line["description"],
)
COLUMNS: dict[str, st.SearchStrategy[object]] = {
    "master_id": WORDS,
    "bill_level": st.just("house"),
    "manifest_id": WORDS,
    "customs_office": WORDS,
    "mode": st.sampled_from(["sea", "air", "road", "rail", "post", "express"]),
    "known_at": TIMES,
    "arrives_at": TIMES,
    **{f"{role}_name": texts(35) for role in ("shipper", "consignee", "notify")},
    **{f"{role}_address": texts(35) for role in ("shipper", "consignee", "notify")},
    **{f"{role}_country": COUNTRIES for role in ("shipper", "consignee", "notify")},
    **{f"{role}_id": WORDS for role in ("shipper", "consignee", "notify")},
    "broker_name": texts(35),
    "carrier_name": texts(35),
    "goods_description": long_texts(60),
    "marks": long_texts(25),
    "hs_codes": st.sampled_from(["9503", "050790;9503;44219990"]),
    "permit_refs": st.sampled_from(["P1", "P1;P2"]),
    "loading_port": st.sampled_from(["CNSHA", "SHANGHAI"]),
    "discharge_port": WORDS,
    "gross_weight_kg": NUMBERS,
    "packages": COUNTS,
    "package_type": st.sampled_from(["CT", "BX"]),
    "container_ids": st.sampled_from(["MSCU1234566", "MSCU1234566;TGHU7654327"]),
    "seal_ids": st.sampled_from(["S1", "S1;S2"]),
    "items": LINES.map(codes.dump_items),
}
TOGETHER = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"origin_country": COUNTRIES}, optional={"destination_country": COUNTRIES}),
    st.fixed_dictionaries({"vessel_or_flight": texts(27)}, optional={"voyage": texts(35)}),
    st.fixed_dictionaries({"amendment_count": st.just(1.0), "last_amended_at": TIMES, "known_at": TIMES}),
)
ROWS = st.lists(
    st.tuples(st.fixed_dictionaries({}, optional=COLUMNS), TOGETHER).map(lambda both: both[0] | both[1]),
    min_size=1,
    max_size=3,
)


def table_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, index=pd.RangeIndex(len(rows)))
    frame["shipment_id"] = [f"BILL {n}" for n in range(len(rows))]
    return schema.complete(frame.astype({n: schema.BY_NAME[n].dtype for n in frame.columns}))


def settled(table: pd.DataFrame, folder: str) -> pd.DataFrame:
    path = Path(folder) / "day.csv"
    manifest.write(table, path)
    return manifest.read(path).table


def carried(name: str, row: pd.Series) -> bool:
    """Tell what the form can carry of a row."""
    if name == "manifest_id":
        return pd.isna(row["amendment_count"])
    if name == "goods_description":
        return pd.isna(row["items"])  # else it stands in the lines
    if name == "hs_codes":
        return True
    return name in (*COLUMNS, "origin_country", "destination_country", "vessel_or_flight", "voyage") or (
        name in ("amendment_count", "last_amended_at")
    )


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(ROWS)
def test_nothing_is_lost_both_ways(rows):
    with tempfile.TemporaryDirectory() as folder:
        table = settled(table_of(rows), folder)
        path = Path(folder) / "ens.xml"
        with open(path, "wb") as stream:
            FORM.write(table, stream)
        assert recognise(path.read_bytes()[: 1 << 16])
        back = manifest.read(path).table
    assert back["shipment_id"].tolist() == table["shipment_id"].tolist()
    for (_, row), (_, again) in zip(table.iterrows(), back.iterrows(), strict=True):
        for name in schema.BY_NAME:
            if pd.isna(row[name]) or not carried(name, row):
                continue
            if name == "items":
                before, after = json.loads(row[name]), json.loads(again[name])
                assert before[1:] == after[1:]
                assert {**before[0], "description": ""} == {**after[0], "description": ""}
                assert after[0]["description"].endswith(before[0]["description"])
            elif name == "hs_codes":
                assert set(row[name].split(";")) <= set(again[name].split(";"))
            else:
                assert row[name] == again[name], name
        if not pd.isna(row["goods_description"]):
            assert row["goods_description"] in again["goods_description"]


def test_written_in_the_order_of_the_schema():
    row = {
        **{name: "WORD " * 100 for name in COLUMNS if schema.BY_NAME[name].kind in ("text", "code")},
        "mode": "sea",
        "known_at": pd.Timestamp("2026-01-02 03:04").as_unit("us"),
        "hs_codes": "9503;0902",
        "gross_weight_kg": 12.5,
        "container_ids": "MSCU1234566",
        "seal_ids": "S1;S2",
        "origin_country": "CN",
        "destination_country": "GB",
    }
    stream = io.BytesIO()
    FORM.write(table_of([row, row]), stream)
    documents = stream.getvalue().split(b"<?xml ")[1:]
    assert len(documents) == 2
    order = [
        "MesSenMES3",
        "MesRecMES6",
        "DatOfPreMES9",
        "TimOfPreMES10",
        "MesIdeMES19",
        "MesTypMES20",
        "HEAHEA",
        "TRACONCO1",
        "TRACONCE1",
        "NOTPAR670",
        "GOOITEGDS",
        "ITI",
        "TRAREP",
        "PERLODSUMDEC",
        "SEAID529",
        "CUSOFFFENT730",
        "TRACARENT601",
    ]
    for document in documents:
        root = etree.fromstring(b"<?xml " + document)
        assert etree.QName(root).localname == "CC315A"
        places = [order.index(child.tag) for child in root]
        assert places == sorted(places)
        for name, most in (("NamCO17", 35), ("GooDesGDS23", 280), ("MarNumOfPacGSL21", 140)):
            assert all(len(element.text) <= most for element in root.iter(name))


@given(st.text(LETTERS, max_size=300), st.integers(2, 20))
def test_pieces_are_no_longer_than_asked(text, width):
    assert all(len(piece) <= width for piece in split(text, width))


# --- hostile ------------------------------------------------------------------------------------


def test_a_broken_message_costs_itself():
    found = read(SEA[: len(SEA) // 2] + SEA)
    assert [each.__class__ for each in found].count(Broken) == 1
    assert sum(isinstance(each, Shipment) and each.values["shipment_id"] == "BILL2" for each in found) >= 1
    assert found[-1].values["shipment_id"] == "BILL2"


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]><CC315A><HEAHEA><RefNumHEA4>&a;</RefNumHEA4></HEAHEA></CC315A>',
        item("<GOOITEGDS><GroMasGDS46>1e999</GroMasGDS46><IteNumGDS7>x</IteNumGDS7></GOOITEGDS>"),
        item(f"<GOOITEGDS><GroMasGDS46>{'9' * 4000}</GroMasGDS46></GOOITEGDS>"),
        item(f"<GOOITEGDS><PACGS2><NumOfPacGS24>{'9' * 4000}</NumOfPacGS24></PACGS2></GOOITEGDS>" * 2),
        item(f"<GOOITEGDS>{'<a>' * 2000}{'</a>' * 2000}</GOOITEGDS>"),
        item("<GOOITEGDS><!-- c --><?p i?><PRODOCDC2/><PACGS2>5</PACGS2></GOOITEGDS>"),
        item(f"<GOOITEGDS><GooDesGDS23>{'A' * 3_000_000}</GooDesGDS23></GOOITEGDS>"),
        SEA.replace("202011040915", "99999999").replace("201104", "999999"),
        SEA[:-20],
        "<CC315A",
    ],
)
def test_hostile_messages(text):
    read(text)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ens.xml"
        path.write_text(text)
        with contextlib.suppress(manifest.ManifestError):
            found = manifest.read(path)
            assert len(found.table) + len(found.rejected) >= 1


def test_many_items_and_bills_take_time_in_proportion():
    def took(bills: int) -> float:
        body = "".join(
            "<GOOITEGDS><GooDesGDS23>Tea</GooDesGDS23><GroMasGDS46>1</GroMasGDS46>"
            f"<PRODOCDC2><DocTypDC21>N705</DocTypDC21><DocRefDC23>B{n % bills}</DocRefDC23></PRODOCDC2>"
            "</GOOITEGDS>"
            for n in range(30_000)
        )
        began = time.perf_counter()
        found = read(item(body))
        assert len(found) == bills
        return time.perf_counter() - began

    assert took(1) < 10
    assert took(15_000) < 20


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_mutations_never_raise(data):
    text = data.draw(st.sampled_from([SEA, CYPRUS])).encode()
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 60))
        put = data.draw(
            st.sampled_from(
                [b"", b"<", b">", b"</", b"&", b"<x>", b"\x00", b"\xff", b"9e999", b"<![CDATA[", b"<?xml "]
            )
        )
        text = text[:at] + put + text[at + cut :]
    recognise(text)
    read(text)


def test_a_declaration_that_is_none_ends():
    found = read("<?xml <?xml <a" + SEA)
    assert found[-1].values["shipment_id"] == "BILL2"
