"""Cargo-XML messages, what they are built of, and what is read of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from features.manifest.messages.cargo_xml import FORM
from features.manifest.messages.form import Broken, Shipment

_HEADER = """<rsm:MessageHeaderDocument><ram:ID>M-1</ram:ID><ram:TypeCode>{code}</ram:TypeCode>
 <ram:IssueDateTime>{at}</ram:IssueDateTime><ram:PurposeCode>{purpose}</ram:PurposeCode>
 <ram:VersionID>3.00</ram:VersionID></rsm:MessageHeaderDocument>"""
_CODE = "<ram:DescriptionCode>PES</ram:DescriptionCode>"
_SEAFOOD = f"<ram:HandlingSPHInstructions>{_CODE}</ram:HandlingSPHInstructions>"


def document(root: str, body: str, *, number: str = "", purpose: str = "Creation", code: str = "741") -> str:
    business = f"<rsm:BusinessHeaderDocument><ram:ID>{number}</ram:ID></rsm:BusinessHeaderDocument>"
    header = _HEADER.format(code=code, purpose=purpose, at="2026-03-04T05:06:07+07:00")
    space = f'xmlns:rsm="iata:{root.lower()}:1" xmlns:ram="iata:datamodel:3"'
    inner = header + (business if number else "") + body
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<rsm:{root} {space}>{inner}</rsm:{root}>\n'


def listed(number: str, split: str, pieces: int, kilos: float, text: str = "SHRIMPS", more: str = "") -> str:
    return f"""<ram:IncludedMasterConsignment>
 <ram:GrossWeightMeasure unitCode="KGM">{kilos}</ram:GrossWeightMeasure>
 <ram:PackageQuantity>1</ram:PackageQuantity><ram:TotalPieceQuantity>{pieces}</ram:TotalPieceQuantity>
 <ram:SummaryDescription>{text}</ram:SummaryDescription>
 <ram:TransportSplitDescription>{split}</ram:TransportSplitDescription>
 <ram:TransportContractDocument><ram:ID>{number}</ram:ID></ram:TransportContractDocument>
 <ram:OriginLocation><ram:ID>NBO</ram:ID></ram:OriginLocation>
 <ram:FinalDestinationLocation><ram:ID>CAN</ram:ID></ram:FinalDestinationLocation>{more}
</ram:IncludedMasterConsignment>"""


def cargo(kind: str, inner: str, unit: str = "") -> str:
    if unit:
        unit = f"""<ram:UtilizedUnitLoadTransportEquipment><ram:ID>{unit[3:-2]}</ram:ID>
 <ram:CharacteristicCode>{unit[:3]}</ram:CharacteristicCode><ram:OperatingParty>
 <ram:PrimaryID>{unit[-2:]}</ram:PrimaryID></ram:OperatingParty></ram:UtilizedUnitLoadTransportEquipment>"""
    return (
        f"<ram:AssociatedTransportCargo><ram:TypeCode>{kind}</ram:TypeCode>{unit}{inner}"
        "</ram:AssociatedTransportCargo>"
    )


def house_entry(number: str, text: str, order: str = "") -> str:
    return f"""<ram:IncludedHouseConsignment><ram:SequenceNumeric>{order}</ram:SequenceNumeric>
 <ram:GrossWeightMeasure unitCode="KGM">12.5</ram:GrossWeightMeasure>
 <ram:TotalPieceQuantity>2</ram:TotalPieceQuantity><ram:SummaryDescription>{text}</ram:SummaryDescription>
 <ram:TransportContractDocument><ram:ID>{number}</ram:ID></ram:TransportContractDocument>
 <ram:OriginLocation><ram:ID>FRA</ram:ID></ram:OriginLocation>
 <ram:FinalDestinationLocation><ram:ID>VCP</ram:ID></ram:FinalDestinationLocation>{_SEAFOOD}
 </ram:IncludedHouseConsignment>"""


def note(code: str, content: str, subject: str = "") -> str:
    subject = f"<ram:SubjectCode>{subject}</ram:SubjectCode>" if subject else ""
    return (
        f"<ram:IncludedCustomsNote><ram:ContentCode>{code}</ram:ContentCode><ram:Content>{content}</ram:Content>"
        f"{subject}</ram:IncludedCustomsNote>"
    )


@pytest.fixture
def build() -> SimpleNamespace:
    """Parts of messages: `document`, `listed`, `cargo`, `house_entry`, `note`."""
    return SimpleNamespace(
        document=document, listed=listed, cargo=cargo, house_entry=house_entry, note=note, seafood=_SEAFOOD
    )


@pytest.fixture
def read_text(tmp_path: Path) -> Callable[[str | bytes], list[Shipment | Broken]]:
    """Everything a text gives."""

    def read(text: str | bytes) -> list[Shipment | Broken]:
        path = tmp_path / "message.xml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return list(FORM.read(path))

    return read


@pytest.fixture
def values_of(
    read_text: Callable[[str | bytes], list[Shipment | Broken]],
) -> Callable[[str | bytes], list[dict[str, str]]]:
    """The values of every shipment of a text that holds nothing else."""

    def values(text: str | bytes) -> list[dict[str, str]]:
        found = read_text(text)
        assert all(isinstance(each, Shipment) for each in found), found
        return [each.values for each in found if isinstance(each, Shipment)]

    return values


@pytest.fixture
def shipments_of(
    read_text: Callable[[str | bytes], list[Shipment | Broken]],
) -> Callable[[str | bytes], dict[str, Shipment]]:
    """The shipments of a text by their number."""

    def shipments(text: str | bytes) -> dict[str, Shipment]:
        return {each.values["shipment_id"]: each for each in read_text(text) if isinstance(each, Shipment)}

    return shipments
