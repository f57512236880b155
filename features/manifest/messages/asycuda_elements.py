"""Elements of ASYCUDA World manifests: what they mean, and which column they become."""

from __future__ import annotations

from features.manifest.messages.asycuda_records import Meanings
from features.manifest.messages.form import Field


def _trader(role: str, name: str) -> dict[str, str]:
    return {
        f"{role}_name": f"{name}_name {name}_segment.name {name}.name",
        f"{role}_address": (
            f"{name}_address {name}_address1 {name}_address2 {name}_address3 {name}_address4 "
            f"{name}_segment.address {name}.address"
        ),
        f"{role}_id": f"{name}_code {name}_segment.code {name}.code",
        f"_{role}_country": f"{name}_country {name}_country_code {name}_segment.country {name}.country",
        f"{role}_phone": f"{name}_phone {name}_telephone {name}_tel",
        f"{role}_email": f"{name}_email {name}_mail",
    }


#: Where the bill has these, though empty, the manifest's do not stand in.
_PRESENT = frozenset(("loading_port", "discharge_port", "vessel_or_flight"))
#: Keys that begin with ``_`` are no columns yet.
MEANINGS = Meanings(
    leaves={
        "shipment_id": "bol_reference",
        "line_number": "line_number",
        "_sub_line": "sub_line_number",
        "_nature": "bol_nature nature",
        "_type": "bol_type_code bol_type bol_type_segment.code",
        "_status": "bol_specific_segment.status",
        "master_id": "master_bol_ref_number master_bol_reference master_bol.reference_number",
        "_consolidated": "consolidated_cargo consolidated",
        "loading_port": (
            "place_of_loading_code place_of_loading place_of_loading_segment.code place_of_loading.code"
        ),
        "discharge_port": (
            "place_of_unloading_code place_of_unloading place_of_unloading_segment.code "
            "place_of_unloading.code place_of_unloading.destport_code"
        ),
        "_origin": "port_of_origin_code port_of_origin",
        "_first_loading": "original_port_of_loading_code",
        "delivery_place": "place_of_delivery_code place_of_delivery",
        "_last": "place_of_ultimate_destination_code ultimate_destination_code",
        "_origin_country": "country_of_origin country_of_origin_code country_info.country",
        "transhipment_ports": "transhipment_location_code transipment_location_code transhipment_port_code",
        "location": "location_code location_segment.code location.code",
        "_location": "location_info location_segment.information location.information",
        **_trader("shipper", "exporter"),
        **_trader("consignee", "consignee"),
        **_trader("notify", "notify"),
        "carrier_name": "carrier_name carrier_segment.name carrier.name",
        "_carrier_code": "carrier_code carrier_segment.code carrier.code",
        "customs_office": "customs_office_code customs_office_segment.code",
        "voyage": "voyage_number voyage",
        "vessel_or_flight": "identity_of_transporter name_of_transporter transporter_name",
        "_mode": "mode_of_transport_code mode_of_transport mode_of_transport_segment.code",
        "_departure": "date_of_departure",
        "_arrival": "date_of_arrival",
        "_arrival_time": "time_of_arrival",
        "_departure_place": "place_of_departure_code departure_segment.code",
        "_destination_place": "place_of_destination_code destination_segment.code",
        "registration_number": (
            "general_segment_id.registration_number manifest_registration.registration_number "
            "registration.registration_number registration_segment.registration_number "
            "identification_segment.registration_number manifest_registration_number registry_number "
            "import_rotation export_rotation manifest_number"
        ),
        "_registered": (
            "general_segment_id.registration_date manifest_registration.registration_date "
            "registration.registration_date registration_segment.registration_date "
            "identification_segment.registration_date manifest_registration_date identification_segment.date"
        ),
        "_registered_time": "registration_time",
        "_bols": "total_number_of_bols",
        "_declared_office": "sad_office_code",
        "_declared_year": "registration_year",
        "_declared_serial": "registration_serial",
        "_declared_number": "sad_segment.registration_number",
        "declared_value": "customs_value customs_segment.value",
        "currency": "customs_currency customs_segment.currency",
        "_reference": (
            "ctn_reference container_code container_number container_data.number container.reference "
            "containers.reference"
        ),
        "_container_type": "type_of_container container_type container.type container_data.type",
        "_load": "empty_full ctn_segment.status full container_efi",
        "_temperature": "minimum_temperature maximum_temperature temperature min_temp max_temp",
        "_seals": (
            "marks1 marks2 marks3 mark1 mark2 mark3 seal_number marks_of_seals mark_of_seals "
            "container_seal1 container_seal2 container_seal3"
        ),
        "_all_seals": "seals",
        "_heading": "commodity_code hs_code harmonized_code goods_hs_code",
        "_packages": "number_of_packages",
        "_mass": "gross_mass total_gross_mass_manifested",
        "_container_mass": "gross_weight goods_weight",
        "_net_mass": "net_mass net_weight",
        "_volume": "volume_in_cubic_meters volume",
        "_package_type": "package_type_code package_type_name",
        "_marks": "shipping_marks",
        "_description": "goods_description commercial_description item_description",
        "_information": "goods_segment.information information_part_a remarks",
        "_containers": "num_of_ctn_for_this_bol",
    },
    repeated={
        "bill": "bol_specific_segment",
        "container": "ctn_segment containers_segment containers container",
        "goods": "goods_segment items item",
        "line": (
            "hs_compliance commodity_segment harmonized_code_segment hs_segment commodity "
            "goods_detail_segment"
        ),
        "vehicle": "vehicle_segment vehicle",
    },
    other=("attached_document", "previous_manifest", "transporter_registration", "coloader"),
    joined={
        **dict.fromkeys(("_seals", "_heading"), ";"),
        **dict.fromkeys(("_description", "_marks"), "; "),
        **dict.fromkeys(("shipper_address", "consignee_address", "notify_address"), "\n"),
    },
    present=_PRESENT,
)

FIELDS = (
    Field("shipment_id", "Bol_segment/Bol_id/Bol_reference"),
    Field("master_id", "Bol_id/Master_bol_ref_number; Awbolds: Master_bol/Reference_number"),
    Field(
        "manifest_id",
        "General_segment_id: Customs_office_code, Voyage_number, Date_of_departure",
        "the three that identify a manifest in the system",
        written=False,
    ),
    Field(
        "registration_number",
        "General_segment_id/Registration_number or Import_rotation",
        "of the manifest, where the system exports it",
        written=False,
    ),
    Field("line_number", "Bol_id/Line_number (and Sub_line_number)", "numbered by the writer where none is"),
    Field("declaration_id", "Awbolegmds: Sad_segment", "year, office, serial and number", written=False),
    Field("customs_office", "General_segment_id/Customs_office_code"),
    Field("mode", "Transport_information/Mode_of_transport_code", "express is written as air"),
    Field("direction", "Bol_id/Bol_nature", "22 export, 23 import, 24 transit, 28 transhipment"),
    Field("known_at", "General_segment_id/Registration_date", "where it is sent", written=False),
    Field("arrives_at", "General_segment_id/Date_of_arrival and Time_of_arrival", "local time as it stands"),
    Field("location", "Location/Location_code, Location_info"),
    *(
        field
        for role, name in (("shipper", "Exporter"), ("consignee", "Consignee"), ("notify", "Notify"))
        for field in (
            Field(f"{role}_name", f"Traders_segment/{name}/{name}_name"),
            Field(f"{role}_address", f"Traders_segment/{name}/{name}_address", "or ..._address1 to 4"),
            Field(f"{role}_country", f"{name}_address", "its last line, or what follows its last comma"),
            Field(f"{role}_id", f"Traders_segment/{name}/{name}_code"),
            Field(f"{role}_phone", f"{name}_address", "what follows TEL"),
            Field(f"{role}_email", f"{name}_address"),
        )
    ),
    Field("carrier_name", "Carrier/Carrier_name, else Carrier_code", "of the bill, else of the manifest"),
    Field("bill_level", "Bol_id/Bol_type_code", "MSB master, HSB house; else by Master_bol_ref_number"),
    Field("is_consolidation", "Consolidated_Cargo, or the words of Goods_description"),
    Field(
        "items",
        "HS_Compliance, Commodity_Segment, Goods_detail_segment or several Goods_segment",
        "no value, no currency",
    ),
    Field("goods_description", "Goods_segment/Goods_description", "else Information or Remarks"),
    Field("marks", "Goods_segment/Shipping_marks"),
    Field(
        "hs_codes",
        "ctn_segment/Commodity_code; HS_Compliance/HS_code; Goods_hs_code",
        "of four digits or more",
    ),
    Field("origin_country", "Load_unload_place/Port_of_origin_code", "its country; else that of the lines"),
    Field("loading_port", "Load_unload_place/Place_of_loading_code", "else origin, else of the manifest"),
    Field("transhipment_ports", "Transhipment_segment/Transhipment_location_code", written=False),
    Field("discharge_port", "Load_unload_place/Place_of_unloading_code", "else of the manifest"),
    Field("delivery_place", "Load_unload_place/Place_of_delivery_code"),
    Field("destination_country", "Load_unload_place/Place_of_ultimate_destination_code", "its country"),
    Field("gross_weight_kg", "Goods_segment/Gross_mass", "else the containers' Gross_weight; summed"),
    Field("net_weight_kg", "Goods_segment/Net_mass", "summed", written=False),
    Field("packages", "Goods_segment/Number_of_packages", "summed"),
    Field("package_type", "Goods_segment/Package_type_code"),
    Field("volume_m3", "Goods_segment/Volume_in_cubic_meters", "summed; 0 is not said"),
    Field(
        "declared_value", "Value_segment/Customs_segment/Customs_value", "0 without a currency is not said"
    ),
    Field("currency", "Value_segment/Customs_segment/Customs_currency"),
    Field("container_ids", "ctn_segment/Ctn_reference"),
    Field("container_types", "ctn_segment/Type_of_container", "no more of them than containers"),
    Field("container_load_status", "ctn_segment/Empty_Full or Status", "with containers only"),
    Field(
        "is_refrigerated",
        "ctn_segment/Type_of_container",
        "third character R, or a temperature",
        written=False,
    ),
    Field("seal_ids", "ctn_segment/Marks1 to Marks3 or Seal_number; Seals_segment/Marks_of_seals"),
    Field("vessel_or_flight", "Transport_information/Identity_of_transporter", "by air else the voyage"),
    Field("voyage", "General_segment_id/Voyage_number"),
)
