"""IATA Cargo-IMP: air waybills (FWB), house lists (FHL) and flight manifests (FFM), as telexes.

A message is lines that begin with an identifier of three letters; lines that begin with ``/`` go on with
the one before. FWB and FHL write a party as bare lines (name, address, place, country) or, in the latest
versions, as NAM, ADR and LOC. Dates in them have no year but for the day of issue.
"""

from __future__ import annotations

from collections.abc import Iterator

from features.manifest.messages import xml
from features.manifest.messages.cargo_imp_flight import FLIGHT_LINE
from features.manifest.messages.cargo_imp_lines import WAYBILL
from features.manifest.messages.cargo_imp_reading import HEADER, read
from features.manifest.messages.cargo_imp_writing import write
from features.manifest.messages.customs_notes import ROLES
from features.manifest.messages.form import Field, Form


def recognise(head: bytes) -> bool:
    """Tell Cargo-IMP: a line that names the message, below nothing but the lines of a telex."""
    text = xml.decoded(head)
    for line in text.replace("\r", "\n").split("\n", 400)[:400]:
        line = line.strip("\ufeff \t\x00\x01\x02\x03\x07\x0b\x0c\x1a\x1b").upper()
        if HEADER.match(line):
            said = HEADER.fullmatch(line)
            return bool(said and (not said[3] or WAYBILL.match(said[3]) or FLIGHT_LINE.match(said[3])))
        if len(line) > 130 or line.count(",") > 2 or any(mark in line for mark in '<>{}[];|\t"%'):
            return False
    return False


def _fields() -> Iterator[Field]:
    not_houses = "of masters and direct bills; FHL has no line for it"
    yield Field(
        "shipment_id",
        "FWB line 2, FFM: air waybill; FHL: HBS",
        "a number the field cannot hold stands in OCI//HWB/U as well, where only this program looks for it",
    )
    yield Field("master_id", "FHL: MBI")
    yield Field(
        "manifest_id",
        "FFM: flight, day and point of loading",
        "the day with its year where the telex's header has one, as KZ134-2026-04-15-HKG; else without",
        written=False,
    )
    yield Field("declaration_id", "OCI: M, movement reference number")
    yield Field("mode", "every message", "always air", written=False)
    yield Field("known_at", "FWB: ISU, and the telex's time of origin", "the day is written", written=False)
    yield Field("arrives_at", "FFM: point of unloading", "where the telex's header has a year", written=False)
    yield Field("location", "OCI: TID/F, where it is transferred to at its destination")
    for tag, role in ROLES.items():
        rest = not_houses if role == "notify" else ""
        yield Field(f"{role}_name", f"{tag}: first line or NAM", rest)
        yield Field(f"{role}_address", f"{tag}: lines or ADR and LOC, post code", rest)
        yield Field(f"{role}_country", f"{tag}: country of the address", rest)
        yield Field(f"{role}_id", f"OCI: {tag}/T", "the airline's account number is none")
        yield Field(f"{role}_phone", f"{tag}: TE; OCI: {tag}/CT", "letters and digits alone are written")
        yield Field(
            f"{role}_email",
            f"OCI: {tag}/MU and {tag}/MD, user and domain; {tag}: a contact with @",
            written=False,
        )
    yield Field("broker_name", "OPI: participant BRK", not_houses)
    yield Field("carrier_name", "OPI: participant AIR; else the designator in FLT or RTG", not_houses)
    yield Field("bill_level", "the message; FWB of a consolidation: master, else direct")
    yield Field("is_consolidation", "RTD/NC, or words of it (CONSOL, AS PER ATTACHED LIST)")
    yield Field("items", "RTD: several rate lines", not_houses)
    yield Field("container_ids", "FFM: ULD; FWB: RTD/NU", "unit load devices; " + not_houses)
    yield Field("container_types", "FFM: ULD; FWB: RTD/NU", "the first three letters", written=False)
    yield Field("goods_description", "RTD/NG, RTD/NC; FHL: TXT, else HBS; FFM: description")
    yield Field("hs_codes", "RTD/NH; HTS; OCI: HS")
    yield Field("permit_refs", "OCI: DOC/C, certificate number; LI, licence")
    yield Field("handling_codes", "SPH; codes below HBS, and below or behind lines of FFM")
    yield Field("origin_country", "RTD/NO; a line GOODS ORIGIN and the country")
    yield Field("loading_port", "airport of origin of the air waybill or HBS")
    yield Field("transhipment_ports", "FWB: RTG; FFM: point of loading that is not the origin", not_houses)
    yield Field("discharge_port", "airport of destination of the air waybill; FFM: point of unloading")
    yield Field("delivery_place", "HBS: destination where it is not the master's", "of houses alone")
    yield Field("gross_weight_kg", "K, or L in pounds")
    yield Field("packages", "pieces; FFM: those on this flight")
    yield Field("volume_m3", "MC, CF, CI or CC; RTD/NV", not_houses)
    yield Field("declared_value", "CVD: value for customs, else for carriage")
    yield Field("currency", "CVD", "where a value is declared")
    yield Field("seal_ids", "OCI: N, seal number")
    yield Field("vessel_or_flight", "FWB: FLT, the last; FFM: flight", not_houses)


FORM = Form(
    name="cargo_imp",
    title="IATA Cargo-IMP",
    messages=("FWB (air waybill)", "FHL (house list)", "FFM (flight manifest)"),
    suffix=".txt",
    begins=(b"FWB/", b"FHL/", b"FFM/"),
    recognise=recognise,
    read=read,
    write=write,
    fields=tuple(_fields()),
    lost=(
        "The format holds capitals A to Z, digits, point, hyphen and blank: other scripts are "
        "transliterated, other marks become blanks. Names and addresses are cut at 70 characters, "
        "descriptions at 12 lines of 20 (FWB) or 9 of 65 (FHL), locations at 35. FHL has no flight, date, "
        "volume, unit load device, notify party, broker or carrier; FWB and FHL have no arrival time, marks, "
        "kind of package, net weight, containers of ships or e-mail address. Charges, dimensions, agents, "
        "security and references of messages are read over; of several movement reference numbers the "
        "first is kept. FFM gives days without a year. The format has no amendments and cancellations: a "
        "message sent again is a new version."
    ),
    tried=(
        "FWB 16 and 17, FHL 4 and FFM 5 on messages of live lines that are public (cargo airlines and "
        "forwarders in Japan, Thailand, Hong Kong, the United States and Europe), FWB 14, FHL 5 and FFM 8 on "
        "public examples of systems and of the manual; FWB 8 to 13 and 15, FHL 2 and 3, FFM 4, 6 and 7 on "
        "constructed messages alone."
    ),
)
