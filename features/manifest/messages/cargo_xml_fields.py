"""Which part of a Cargo-XML message becomes which column, and what is lost, in the standard's own words."""

from __future__ import annotations

from features.manifest.messages.form import Field

_MASTER = "MasterConsignment"
_HOUSE = "IncludedHouseConsignment"
_ITEM = "IncludedMasterConsignmentItem, IncludedHouseConsignmentItem"


def _party(role: str, element: str, subject: str) -> tuple[Field, ...]:
    address = (
        "PostalStructuredAddress: PostOfficeBox, StreetName, PostcodeCode, CityName, CountrySubDivisionName"
    )
    contact = f"{element}/DefinedTradeContact"
    return (
        Field(f"{role}_name", f"{element}/Name"),
        Field(f"{role}_address", f"{element}/{address}", "joined by commas"),
        Field(f"{role}_country", f"{element}/PostalStructuredAddress/CountryID", "else CountryName"),
        Field(
            f"{role}_id",
            f"IncludedCustomsNote with ContentCode T and SubjectCode {subject}",
            "else AdditionalID or PrimaryID; the carrier's AccountID is none",
        ),
        Field(
            f"{role}_phone",
            f"{contact}/DirectTelephoneCommunication/CompleteNumber",
            "else IncludedCustomsNote CT",
        ),
        Field(
            f"{role}_email",
            f"{contact}/URIEmailCommunication/URIID",
            "else IncludedCustomsNote with an address, or MU and MD",
        ),
    )


FIELDS: tuple[Field, ...] = (
    Field(
        "shipment_id",
        "XFWB, XFZB: BusinessHeaderDocument/ID; XFHL, XFFM: TransportContractDocument/ID",
        "else ID of the consignment or of the MessageHeaderDocument; waybills as 020-12345675",
    ),
    Field(
        "master_id",
        f"XFZB, XFHL: {_MASTER}/TransportContractDocument/ID",
        "XFWB: AssociatedReferenceDocument with TypeCode 740 or 741",
    ),
    Field(
        "manifest_id",
        "XFFM: BusinessHeaderDocument/ID",
        "elsewhere AssociatedReferenceDocument with TypeCode 785 or 122",
    ),
    Field("line_number", f"XFHL: {_HOUSE}/SequenceNumeric", written=False),
    Field(
        "declaration_id",
        "IncludedCustomsNote with ContentCode M",
        "else AssociatedReferenceDocument with TypeCode 830, 929 or 952",
    ),
    Field("mode", "the message itself", "air"),
    Field("known_at", "MessageHeaderDocument/IssueDateTime"),
    Field(
        "arrives_at",
        "ArrivalEvent/ScheduledOccurrenceDateTime of the last main leg; XFFM: ArrivalOccurrenceDateTime",
    ),
    Field(
        "location",
        "IncludedCustomsNote with ContentCode F",
        "not the agent's; also M with CUSTOMSWAREHOUSE and a number",
    ),
    *_party("shipper", "ConsignorParty", "SHP"),
    *_party("consignee", "ConsigneeParty", "CNE"),
    *_party("notify", "AssociatedParty with RoleCode NI", "NFY"),
    Field("broker_name", "AssociatedParty with RoleCode CB, Name"),
    Field(
        "carrier_name",
        "UsedLogisticsTransportMeans/Name of the last main leg; XFFM: the flight's first two characters",
    ),
    Field(
        "bill_level",
        "MessageHeaderDocument/TypeCode: 740 direct, 741 master, 703 and 785 house",
        "740 is a master too where header note or description say that it is a consolidation; "
        "a flight manifest says no level of a waybill that it does not call a consolidation",
    ),
    Field(
        "is_consolidation",
        "TypeCode 741, IncludedHeaderNote/ContentCode C, a description that begins with CONSOL",
    ),
    Field("items", f"{_ITEM}, where there are several or the one says more", "see goods_description"),
    Field(
        "goods_description",
        "NatureIdentificationTransportCargo/Identification of every item; SummaryDescription",
        "each text once; an item that says only a text is a part of it and no line of items",
    ),
    Field("hs_codes", "TypeCode of every item", "and IncludedCustomsNote with ContentCode HS"),
    Field(
        "permit_refs",
        "IncludedCustomsNote with ContentCode C (certificate) or LI (licence)",
        "and AssociatedReferenceDocument of licences and certificates",
    ),
    Field("handling_codes", "HandlingSPHInstructions/DescriptionCode"),
    Field("origin_country", "OriginCountry/ID of the first item that has one"),
    Field("loading_port", "OriginLocation/ID", "XFFM: else where the flight departs"),
    Field(
        "transhipment_ports",
        "arrival and departure locations of SpecifiedLogisticsTransportMovement",
        "all but the first and the last; a master's origin where its house begins elsewhere",
    ),
    Field(
        "discharge_port",
        "FinalDestinationLocation/ID of the waybill; XFFM: ArrivalEvent/OccurrenceArrivalLocation/ID",
    ),
    Field(
        "delivery_place",
        "arrival location of an On-Carriage leg",
        "else the house's FinalDestinationLocation, or XFFM the waybill's, where it is another airport",
    ),
    Field(
        "gross_weight_kg",
        "IncludedTareGrossWeightMeasure, GrossWeightMeasure",
        "KGM, LBR, GRM, TNE, ONZ; else the items' together",
    ),
    Field("packages", "TotalPieceQuantity, PieceQuantity", "else PackageQuantity, or the items' together"),
    Field("volume_m3", "GrossVolumeMeasure", "MTQ, FTQ, CMQ, DMQ, INQ; else the items' together"),
    Field(
        "declared_value",
        "DeclaredValueForCustomsAmount",
        "else DeclaredValueForCarriageAmount; none where Nil...Indicator is true",
    ),
    Field("currency", "currencyID of the declared value", "else SourceCurrencyCode"),
    Field(
        "container_ids",
        "AssociatedUnitLoadTransportEquipment, UtilizedUnitLoadTransportEquipment",
        "CharacteristicCode, ID and OperatingParty/PrimaryID together: PMC12345XX; BLK is none",
    ),
    Field("container_types", "CharacteristicCode of the same", "each once", written=False),
    Field(
        "seal_ids", "IncludedCustomsNote with ContentCode N", "and AffixedLogisticsSeal/ID of a road vehicle"
    ),
    Field("vessel_or_flight", "ID of the last main leg; XFFM: LogisticsTransportMovement/ID"),
    Field("amendment_count", "MessageHeaderDocument/PurposeCode Update", "1"),
    Field("last_amended_at", "MessageHeaderDocument/IssueDateTime of an Update"),
)
LOST = (
    "Not read: charges, forwarder and agent, contact persons, further notify parties, special service and "
    "other service texts, notes of security, exemptions and exporters' declarations, the registration of "
    "the aircraft, further ratings of the same lines, dimensions. Not written: customs office, "
    "registration, line, direction, lane, marks, net weight, package types, types of containers "
    "that are no unit load devices, cooling, voyage, country of destination, outcomes; value and currency "
    "of single lines; the count of amendments beyond one. Waybill numbers of eleven digits come back with "
    "their hyphen, a bill of unknown level as a direct or a house bill, a master of which nothing more is "
    "known as a consolidation, express and post as air. A text that a waybill's lines do not say comes "
    "back joined to theirs."
)
TRIED = (
    "XFWB and XFZB version 3, XFHL version 2, on messages written from the standard and on public examples "
    "of forwarders' systems and of Brazil's customs; XFFM version 2 after public programs that write it for "
    "the customs of Brazil and Nigeria; versions 1 and 4 on messages written from the standard: untested on "
    "real messages."
)
