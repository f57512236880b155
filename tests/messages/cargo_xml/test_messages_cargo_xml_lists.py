"""IATA Cargo-XML: flight manifests and house lists read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from features import manifest
from features.manifest.messages.form import Broken, Shipment

Read = Callable[[str | bytes], list[Shipment | Broken]]
Values = Callable[[str | bytes], list[dict[str, str]]]
Shipments = Callable[[str | bytes], dict[str, Shipment]]
_FOLDER = Path(__file__).parent.parent / "samples" / "cargo_xml"
_WAYBILL, _HOUSE, _FLIGHT, _LIST = (
    (_FOLDER / f"{name}.xml").read_bytes().decode() for name in ("waybill", "house", "flight", "list")
)


def test_a_flight_manifest_gives_its_waybills_and_joins_split_ones(values_of: Values) -> None:
    whole, split, blind = sorted(values_of(_FLIGHT), key=lambda v: -len(v.get("handling_codes", "")))
    assert split == {
        "shipment_id": "176-00000011",
        "manifest_id": "EK38020260304DXB",
        "mode": "air",
        "known_at": "2026-03-04T05:06:07+07:00",
        "arrives_at": "2026-03-04T13:25:00+08:00",
        "vessel_or_flight": "EK380",
        "carrier_name": "EK",
        "loading_port": "NBO",
        "transhipment_ports": "DXB",
        "discharge_port": "HKG",
        "delivery_place": "CAN",
        "goods_description": "SHRIMPS",
        "container_ids": "PMC1111EK;AKE22222EK",
        "container_types": "PMC;AKE",
        "packages": "8",
        "gross_weight_kg": "81",
    }
    assert (whole["shipment_id"], whole["packages"], whole["container_ids"]) == (
        "176-00000022",
        "9",
        "PMC1111EK",
    )
    assert whole["handling_codes"] == "PES"
    assert blind["shipment_id"] == "176-00000033"
    assert blind["is_consolidation"] == "true"
    assert "container_ids" not in blind


def test_a_house_list_gives_its_houses(read_text: Read) -> None:
    first, second = read_text(_LIST)
    assert isinstance(first, Shipment)
    assert isinstance(second, Shipment)
    assert first.place == "document 1, house 1"
    assert first.values == {
        "shipment_id": "HA",
        "master_id": "020-85326382",
        "bill_level": "house",
        "line_number": "1",
        "mode": "air",
        "known_at": "2026-03-04T05:06:07+07:00",
        "loading_port": "FRA",
        "discharge_port": "VCP",
        "goods_description": "PARTS <PUMP>",
        "handling_codes": "PES",
        "packages": "2",
        "gross_weight_kg": "12.5",
    }
    assert second.values["shipment_id"] == "HB"
    assert second.values["master_id"] == "020-85326382"


def test_houses_inside_a_flight_manifest_lie_under_their_waybill(
    values_of: Values, build: SimpleNamespace
) -> None:
    inner = build.house_entry("HA", "PARTS") + build.house_entry("HB", "ORCHIDS")
    text = _FLIGHT.replace(build.seafood + "\n</ram:Included", inner + "\n</ram:Included")
    houses = [v for v in values_of(text) if v.get("bill_level") == "house"]
    assert [v["shipment_id"] for v in houses] == ["HA", "HB"]
    assert {v["master_id"] for v in houses} == {"176-00000022"}
    assert {v["discharge_port"] for v in houses} == {"HKG"}
    (master,) = [v for v in values_of(text) if v["shipment_id"] == "176-00000022"]
    assert master["is_consolidation"] == "true"


def test_entries_of_lists_are_summaries_and_say_what_is_a_part(shipments_of: Shipments) -> None:
    listed = shipments_of(_FLIGHT) | shipments_of(_LIST)
    assert all(each.summary for each in listed.values())
    assert {number for number, each in listed.items() if each.part} == {"176-00000033"}
    assert not any(each.summary or each.part for each in shipments_of(_WAYBILL + _HOUSE).values())


def test_a_flight_says_the_level_only_of_consolidations(shipments_of: Shipments) -> None:
    levels = {n: each.values.get("bill_level") for n, each in shipments_of(_FLIGHT).items()}
    assert levels == {"176-00000011": None, "176-00000022": None, "176-00000033": "master"}


def test_the_name_of_the_means_is_the_aircraft_and_no_carrier(values_of: Values) -> None:
    for number, carrier in (("EK380", "EK"), ("3V-0405", "3V"), ("QR8015A", "QR"), ("NIGHT", None)):
        text = _FLIGHT.replace("<ram:ID>EK380<", f"<ram:ID>{number}<")
        assert {each.get("carrier_name") for each in values_of(text)} == {carrier}


def test_an_empty_flight_tells_of_no_shipment(read_text: Read, build: SimpleNamespace) -> None:
    place = "<ram:OccurrenceArrivalLocation><ram:ID>GRU</ram:ID></ram:OccurrenceArrivalLocation>"
    nil = f"<rsm:ArrivalEvent>{place}{build.cargo('NIL', '')}</rsm:ArrivalEvent>"
    assert read_text(build.document("FlightManifest", nil, number="LH506", code="122")) == []
    (broken,) = read_text(build.document("FlightManifest", "", number="LH506", code="122"))
    assert isinstance(broken, Broken)


def test_waybills_beside_the_flight_are_on_it(values_of: Values) -> None:
    flight, _, rest = _FLIGHT.partition("<rsm:ArrivalEvent>")
    event = "<rsm:ArrivalEvent>" + rest.partition("<ram:AssociatedTransportCargo>")[0] + "</rsm:ArrivalEvent>"
    bare = "<ram:ID>057-12345675</ram:ID><ram:TotalPieceQuantity>5</ram:TotalPieceQuantity>"
    bare = f"<rsm:MasterConsignment>{bare}</rsm:MasterConsignment>"
    flight = flight.replace("EK380", "AF 148")
    for body in (bare + event, event + bare):
        (values,) = values_of(flight + body + "</rsm:FlightManifest>")
        assert (values["shipment_id"], values["packages"]) == ("057-12345675", "5")
        assert (values["loading_port"], values["discharge_port"]) == ("DXB", "HKG")
        assert (values["vessel_or_flight"], values["carrier_name"]) == ("AF 148", "AF")
        assert "transhipment_ports" not in values


def test_a_waybill_of_a_flight_gives_way_to_the_house_that_names_it(tmp_path: Path) -> None:
    house = _HOUSE.replace("057 5198 7552", "17600000011")
    path = tmp_path / "day.xml"
    for text in (_FLIGHT + house, house + _FLIGHT):
        path.write_bytes(text.encode())
        table = manifest.read(path).table.set_index("shipment_id")
        assert set(table.index) == {"H1", "176-00000022", "176-00000033"}
        assert table.loc["H1", "is_consolidation"]
        assert table["bill_level"].isna().to_dict()["176-00000022"]
