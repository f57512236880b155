"""UN/EDIFACT customs cargo reports: CUSCAR of D.95B to today, and IFTMCS, which has the same segments."""

from __future__ import annotations

import re

from features.manifest.messages.cuscar_reading import MESSAGES, read
from features.manifest.messages.cuscar_writing import write
from features.manifest.messages.form import Field, Form
from features.manifest.messages.segments import opening
from features.manifest.messages.xml import decoded

_HEADER = re.compile(rf"UNH([^\w \t\r\n])[^'\n]{{0,40}}?\1\s*(?:{'|'.join(MESSAGES)})\b", re.I)
_FIRST = re.compile(r"(?:^|[\n\r\x00-\x1f])\s*UN(?:A[^\w\s]|[BGH][^\w \t\r\n])", re.I)


def recognise(head: bytes) -> bool:
    """Tell an interchange with one of the messages read, among others, in any encoding."""
    text = decoded(head).lstrip("\ufeff")
    first = opening(text, _FIRST)
    if first is None:
        return False
    return _HEADER.search(text.replace("\r", "").replace("\n", "")) is not None


def _party(role: str, qualifiers: str) -> tuple[Field, ...]:
    return (
        Field(f"{role}_name", f"NAD+{qualifiers}, C080 or C058", "one text with commas is parted"),
        Field(f"{role}_address", f"NAD+{qualifiers}, C059, C058, 3164, 3229, 3251"),
        Field(f"{role}_country", f"NAD+{qualifiers}, 3207", "or a country named in full at the end"),
        Field(f"{role}_id", f"NAD+{qualifiers}, C082; RFF+VA, AHP, XA"),
        Field(f"{role}_phone", f"COM, TE, beneath NAD+{qualifiers}"),
        Field(f"{role}_email", f"COM, EM, beneath NAD+{qualifiers}"),
    )


FORM = Form(
    name="cuscar",
    title="UN/EDIFACT CUSCAR",
    messages=MESSAGES,
    suffix=".edi",
    begins=(b"UNA", b"UNB"),
    recognise=recognise,
    read=read,
    write=write,
    fields=(
        Field("shipment_id", "RFF+BH, HWB, BM, AWB, AAS, AAM, MB, MWB; CNI 1004; BGM 1004 (IFTMCS)"),
        Field(
            "master_id", "RFF+MB, MWB, MAB of the bill or before the first CNI; CNI 1004", "of another number"
        ),
        Field("manifest_id", "BGM 1004; RFF+AFB"),
        Field("registration_number", "RFF+ABT, AAE, MRN before the first CNI"),
        Field("line_number", "CNI 1490"),
        Field("declaration_id", "RFF+ABT, AAE, MRN, AFM, ABE of the bill"),
        Field("customs_office", "LOC+22, 41, 42"),
        Field("mode", "TDT+20, 8067, 8066, 8179", "express is written as air"),
        Field("direction", "GIS, GEI, STS: 22, 23, 24, 28"),
        Field("known_at", "DTM+137; UNB S004"),
        Field("arrives_at", "DTM+178, 132, 232"),
        Field("location", "LOC+14, 18, 16"),
        *_party("shipper", "CZ, SH, EX, SU, SE"),
        *_party("consignee", "CN, UC, IM, ST, DP, BY"),
        *_party("notify", "NI, N1, NP, N2"),
        Field("broker_name", "NAD+CB, AE, DT"),
        Field("carrier_name", "NAD+CA, CG, VO; TDT C040"),
        Field("bill_level", "RFF+BH, HWB house; MB alone master; MB like BM direct"),
        Field("is_consolidation", "FTX+AAA, CUS, ACB", "where the text says so"),
        Field("items", "GID and what stands beneath it", "of two items or more"),
        Field("goods_description", "FTX+AAA; GID 7064"),
        Field("marks", "PCI C210; FTX+MKS"),
        Field("hs_codes", "CST; PIA; RFF+HS; PCI text"),
        Field("permit_refs", "RFF+EP, IP, EX, IM; DOC 811, 911, 851-853"),
        Field("handling_codes", "HAN 4079; DGS", "DGS is DGR"),
        Field("origin_country", "LOC+27, 35"),
        Field("loading_port", "LOC+76, 9; of the message LOC+9, 5, 125, 178"),
        Field("transhipment_ports", "LOC+13", "and LOC+9 where LOC+76 differs"),
        Field("discharge_port", "LOC+11, 12; of the message also LOC+60, 179, 87, 8"),
        Field("delivery_place", "LOC+7, 8, 20"),
        Field("destination_country", "LOC+28, 36, 20"),
        Field(
            "gross_weight_kg",
            "CNT+7; MEA+AAE+G, WT, AAB",
            "the total, else the sum of the items and, beneath SGP, containers",
        ),
        Field("net_weight_kg", "MEA+AAE+AAL, AAC, AAF, N"),
        Field("packages", "CNT+8, 11; GID C213; PAC"),
        Field("package_type", "GID 7065, 7064; PAC C202"),
        Field("volume_m3", "CNT+15; MEA in MTQ, FTQ, LTR"),
        Field("declared_value", "MOA+43, 40, 44, 14, 39, 77, 38, 63, 123"),
        Field("currency", "MOA 6345; CUX"),
        Field("container_ids", "SGP; RFF+AAQ; EQD where the message has one bill"),
        Field("container_types", "EQD C224"),
        Field("container_load_status", "EQD 8169; TSR; PAC FCL, LCL"),
        Field("is_refrigerated", "TMP; a refrigerated type in EQD C224"),
        Field("seal_ids", "SEL beneath EQD or SGP; RFF+SN of the bill"),
        Field("vessel_or_flight", "TDT C222, 8212", "else of an airline C040 and 8028"),
        Field("voyage", "TDT 8028; RFF+VON"),
        Field("amendment_count", "BGM 1225: 4, 5, 18, 20, 21, 33, 36", "1; 1, 3, 17 and 50 cancel"),
        Field("last_amended_at", "DTM+137 of an amendment"),
    ),
    lost=(
        "Lane, trusted trader, time of release and outcomes; fractions of a second; line breaks; addresses "
        "beyond 280 and names beyond 175 characters; how often a bill was amended beyond once; that a bill "
        "is no consolidation or not refrigerated; seals, types and load where no container is named; which "
        "container holds which goods; parts of a bill of one item that differ from the bill."
    ),
    tried=(
        "Read by eye: public test messages, and what public programs write, of D.95B (Great Britain), 96A "
        "(Malaysia), 96B (carriers to Argentina and Paraguay), 99B (Australia: sea, air, export, outturn), "
        "01A in UTF-16 (Guatemala), 03B (United States: trucks), 16A (South Africa: sea, air, road), IFCSUM "
        "01B, IFTMCS 99B. Nothing of a day's real traffic."
    ),
)
