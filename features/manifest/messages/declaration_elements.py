"""Elements of ASYCUDA World declarations: what they mean, and which column they become."""

from __future__ import annotations

from features.manifest.messages.asycuda_records import Meanings
from features.manifest.messages.form import Field

#: Keys that begin with ``_`` are no columns yet.
MEANINGS = Meanings(
    leaves={
        "customs_office": "customs_clearance_office_code office_segment.code",
        "_type": "type_of_declaration",
        "_flow": "sad_flow",
        "_serial": "registration.serial_number registration.serial registration_serial",
        "_number": "registration.number registration_number",
        "_registered": "registration.date registration_date",
        "_year": "registration.year registration_year",
        "_declared": "date_of_declaration",
        "_declarant_reference": "reference.number",
        "_status": "status declaration_status document_status sad_status",
        "registration_number": "manifest_reference_number",
        "shipper_id": "exporter_code",
        "shipper_name": "exporter_name",
        "shipper_address": "exporter_address exporter_street exporter_city",
        "shipper_country": "exporter_country exporter_country_code exporter_ctycod",
        "shipper_phone": "exporter_phone exporter_telephone",
        "shipper_email": "exporter_email",
        "consignee_id": "consignee_code",
        "consignee_name": "consignee_name",
        "consignee_address": "consignee_address consignee_street consignee_city",
        "consignee_country": "consignee_country consignee_country_code consignee_ctycod",
        "consignee_phone": "consignee_phone consignee_telephone",
        "consignee_email": "consignee_email",
        "broker_name": "declarant_name",
        "lane": (
            "lane lane_code lane_color lane_colour selectivity_lane selectivity_color selectivity_colour "
            "selectivity.color selectivity.colour selectivity.code selectivity.name selected_lane "
            "color_of_selectivity declaration_color declaration_colour"
        ),
        "_red": "pty_red red_lane",
        "_yellow": "pty_yel pty_yellow yellow_lane",
        "_blue": "pty_blu pty_blue blue_lane",
        "_green": "pty_gre pty_green green_lane",
        "trusted_trader": (
            "trusted_trader aeo aeo_status aeo_flag is_aeo authorised_economic_operator "
            "authorized_economic_operator gold_card"
        ),
        "_export_country": "export_country_code",
        "destination_country": "destination_country_code",
        "vessel_or_flight": "departure_arrival_information.identity border_information.identity",
        "voyage": "voyage_number",
        "_mode": "border_information.mode",
        "_inland_mode": "inland_mode_of_transport",
        "_place": "place_of_loading.code place_of_loading_code",
        "location": "location_of_goods",
        "_invoice": "gs_invoice.amount_foreign_currency total_invoice invoice_amount",
        "_invoice_currency": "gs_invoice.currency_code invoice_currency_code",
        "_item_value": "item_invoice.amount_foreign_currency invoice.amount_foreign_currency",
        "_item_currency": "item_invoice.currency_code invoice.currency_code item_currency_code",
        "_price": "item_price",
        "_cif": "statistical_value total_cif_itm",
        "_gross": "gross_weight_itm gross_weight total_weight",
        "_net": "net_weight_itm net_weight",
        "_packages": "number_of_packages total_number_of_packages",
        "_kind": "kind_of_packages_code",
        "_kind_name": "kind_of_packages_name",
        "_marks1": "marks1_of_packages",
        "_marks2": "marks2_of_packages",
        "_heading": "hscode.commodity_code harmonized_system.commodity_code commodity_code",
        "_precision": "precision_1",
        "_origin": "country_of_origin_code",
        "_tariff_words": "description_of_goods",
        "_words": "commercial_description",
        "_bill": (
            "summary_declaration transport_document transport_document_number transport_document_reference "
            "bill_of_lading bill_of_lading_number bol_reference bl_number awb_number"
        ),
        "_previous": "previous_document_reference",
        "_licence": "licence_number",
        "_code": "attached_document_code prevdoccod",
        "_name": "attached_document_name",
        "_reference": "attached_document_reference prevdocnbr",
        "_item": "item_number",
        "_identity": "container_identity",
        "_boxes": "goods_description.container_1 goods_description.container_2",
        "_container_type": "container_type",
        "_load": "empty_full_indicator",
        "_seals": "seals.identity container_seals seal_number seal1 seal2 seal3",
    },
    repeated={
        "item": "item items",
        "container": "container containers",
        "document": "attached_documents attached_document previous_documents",
    },
    other=(
        "assessment_notice",
        "global_taxes",
        "prev_decl",
        "taxation",
        "export_release",
        "guarantee",
        "bank",
    ),
    joined={
        **dict.fromkeys(("_seals", "_boxes"), ";"),
        **dict.fromkeys(("_words", "_tariff_words"), "; "),
        **dict.fromkeys(("shipper_address", "consignee_address"), "\n"),
    },
)

FIELDS = (
    Field(
        "shipment_id",
        "Item/Previous_doc/Summary_declaration",
        "else a bill among Attached_documents, Previous_document_reference, the declaration's own number",
    ),
    Field(
        "master_id", "Attached_documents with a master bill's code", "or Summary_declaration beside a house"
    ),
    Field("registration_number", "Identification/Manifest_reference_number", "of the manifest"),
    Field(
        "declaration_id",
        "Identification/Registration: Date, Office_segment, Serial_number, Number",
        "year, office, serial and number; before registration the declarant's reference",
    ),
    Field("customs_office", "Identification/Office_segment/Customs_clearance_office_code"),
    Field("mode", "Transport/Means_of_transport/Border_information/Mode", "express is written as air"),
    Field("direction", "Identification/Type/Type_of_declaration", "else Property/Sad_flow"),
    Field(
        "known_at", "Identification/Registration/Date", "the day, of which the time is lost", written=False
    ),
    Field("location", "Transport/Location_of_goods"),
    Field("lane", "Selectivity/Lane, or an element of such a name"),
    Field("trusted_trader", "Trusted_trader, AEO or an element of such a name"),
    *(
        field
        for role, name in (("shipper", "Exporter"), ("consignee", "Consignee"))
        for field in (
            Field(f"{role}_name", f"Traders/{name}/{name}_name", "its first line"),
            Field(f"{role}_address", f"Traders/{name}/{name}_name", "its further lines, with a name only"),
            Field(f"{role}_country", f"Traders/{name}/{name}_name", "the last line of the address"),
            Field(f"{role}_id", f"Traders/{name}/{name}_code"),
            Field(f"{role}_phone", f"Traders/{name}/{name}_name", "what follows TEL in the address"),
            Field(f"{role}_email", f"Traders/{name}/{name}_name", "in the address"),
        )
    ),
    Field("broker_name", "Declarant/Declarant_name", "its first line"),
    Field("items", "Item", "several of a bill; written where they add up to it", written=False),
    Field("goods_description", "Goods_description/Description_of_goods and Commercial_Description"),
    Field("marks", "Item/Packages/Marks1_of_packages and Marks2_of_packages"),
    Field("hs_codes", "Tarification/HScode/Commodity_code and Precision_1"),
    Field("permit_refs", "Attached_documents that are permits, licences or certificates; Licence_number"),
    Field("origin_country", "Goods_description/Country_of_origin_code", "else Export_country_code"),
    Field("loading_port", "Transport/Place_of_loading/Code", "box 27, where it is not of the destination"),
    Field("discharge_port", "Transport/Place_of_loading/Code", "box 27, of the destination", written=False),
    Field("destination_country", "General_information/Country/Destination/Destination_country_code"),
    Field("gross_weight_kg", "Valuation_item/Weight_itm/Gross_weight_itm", "summed"),
    Field("net_weight_kg", "Valuation_item/Weight_itm/Net_weight_itm", "summed"),
    Field("packages", "Item/Packages/Number_of_packages", "summed; the total where items share packages"),
    Field("package_type", "Item/Packages/Kind_of_packages_code", "its name where the code is a number"),
    Field(
        "declared_value", "Valuation/Gs_Invoice/Amount_foreign_currency", "else the items' invoices, summed"
    ),
    Field("currency", "Valuation/Gs_Invoice/Currency_code"),
    Field("container_ids", "Container/Container_identity"),
    Field("container_types", "Container/Container_type", "no more of them than containers"),
    Field("container_load_status", "Container/Empty_full_indicator", "with containers only"),
    Field("is_refrigerated", "Container/Container_type", "third character R", written=False),
    Field("seal_ids", "Transit/Seals/Identity"),
    Field("vessel_or_flight", "Means_of_transport/Departure_arrival_information/Identity"),
    Field("voyage", "Voyage_number", "where it is sent", written=False),
    Field("amendment_count", "Status", "1 where it says amended", written=False),
    Field("last_amended_at", "Status", "the day of registration then", written=False),
)
