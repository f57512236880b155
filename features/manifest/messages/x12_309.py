"""ANSI X12 customs manifest: transaction set 309, of any release."""

from __future__ import annotations

import re

from features.manifest.messages.form import Field, Form
from features.manifest.messages.segments import opening
from features.manifest.messages.x12_309_reading import read
from features.manifest.messages.x12_309_writing import write
from features.manifest.messages.xml import decoded

_SET = re.compile(r"(?:^|[^\w \t])\s*ST([^\w \t\r\n])\s*309(?:\1|\s*[^\w \t])", re.I)
_FIRST = re.compile(r"(?:^|[\n\r\x00-\x1f])\s*(?:ISA|GS|ST)([^\w \t\r\n,;])", re.I)


def recognise(head: bytes) -> bool:
    """Tell an interchange with a transaction set 309, in any encoding and with any separators."""
    text = decoded(head).lstrip("\ufeff")
    first = opening(text, _FIRST)
    if first is None:
        return False
    return any(match[1] == first[1] for match in _SET.finditer(text))


def _party(role: str, codes: str) -> tuple[Field, ...]:
    return (
        Field(f"{role}_name", f"N1*{codes} 02; N2", "the first 60 characters are written"),
        Field(f"{role}_address", f"N3, N4 01-03, N2, beneath N1*{codes}", "220 characters are written"),
        Field(f"{role}_country", f"N4 04 beneath N1*{codes}"),
        Field(f"{role}_id", f"N1*{codes} 04"),
        Field(f"{role}_phone", f"PER TE beneath N1*{codes}"),
        Field(f"{role}_email", f"PER EM beneath N1*{codes}"),
    )


FORM = Form(
    name="x12_309",
    title="ANSI X12 309",
    messages=("309",),
    suffix=".x12",
    begins=(b"ISA",),
    recognise=recognise,
    read=read,
    write=write,
    fields=(
        Field("shipment_id", "M11 11 (house), M11 01, N9*BM", "digits alone follow their issuer, M11 12"),
        Field("master_id", "M11 01 of a house, N9*MB"),
        Field("manifest_id", "M10 07"),
        Field("line_number", "LX 01"),
        Field("declaration_id", "M12 02", "written with transit and transhipment"),
        Field("mode", "M10 02"),
        Field("direction", "M10 09; M12 01", "62 transit, 63 transhipment"),
        Field("known_at", "GS 04, 05; ISA 09, 10"),
        Field("arrives_at", "P4 02, 05"),
        Field("location", "P4 04"),
        *_party("shipper", "SH, CZ, EX, SF, SU"),
        *_party("consignee", "CN, UC, IM, ST"),
        *_party("notify", "N1, NP, N2, NI"),
        Field("broker_name", "N1*CB"),
        Field("carrier_name", "N1*CA; M10 01"),
        Field("bill_level", "M11 11, N9*MB", "direct is not written"),
        Field("is_consolidation", "N10 02", "where the text says so", written=False),
        Field("items", "N10", "of two items or more"),
        Field("goods_description", "N10 02", "an N10 without quantities goes on with the one before"),
        Field("marks", "N10 03"),
        Field("hs_codes", "N10 05"),
        Field("permit_refs", "N9*IL, EL, PE; X1 02"),
        Field("handling_codes", "H1", "as DGR", written=False),
        Field("origin_country", "N10 11"),
        Field("loading_port", "M11 02", "numbers of Schedule D and K stay as they are"),
        Field("transhipment_ports", "P5*T, R4*T", written=False),
        Field("discharge_port", "P4 01"),
        Field("delivery_place", "M12 03; P5*E, R4*E", written=False),
        Field("destination_country", "N10 12"),
        Field("gross_weight_kg", "M11 05, 06; N10 08"),
        Field("packages", "M11 03; N10 01"),
        Field("package_type", "M11 04, N10 10", "codes of three letters are written"),
        Field("volume_m3", "M11 07, 08"),
        Field("declared_value", "N10 06", "eight digits; US dollars where no currency is said"),
        Field("currency", "N10 13"),
        Field("container_ids", "VID 02, 03"),
        Field("container_types", "VID 09", "types of four characters are written"),
        Field("container_load_status", "VID 10"),
        Field("is_refrigerated", "VID 01: AT, CZ, RC, RT; a refrigerated type in VID 09; W09"),
        Field("seal_ids", "VID 04, 05; M7"),
        Field("vessel_or_flight", "M10 05, 04"),
        Field("voyage", "M10 06"),
        Field("amendment_count", "M10 09: B, C, D, F, V, X, Y; M13", "1; M13 03 D cancels"),
        Field("last_amended_at", "GS 04, 05 of an amendment"),
    ),
    lost=(
        "Written in ASCII, other scripts transliterated; names beyond 60 and addresses beyond 220 "
        "characters; amounts beyond their width are rounded; the value of a bill beside its items'; net "
        "weight, customs office, registration, lane, trusted trader, time of release, outcomes; line breaks; "
        "fractions of a second."
    ),
    tried=(
        "Messages constructed after public guides (ocean and truck, United States) and after what a public "
        "program writes (ocean, Jamaica), releases 003040 to 006050; no real one."
    ),
)
