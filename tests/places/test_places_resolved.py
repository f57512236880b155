import numpy as np
import pandas as pd
import pytest

from features import places
from features.manifest import schema
from features.places import distances, wildlife_routes
from features.places.gazetteer import country_code, gazetteer, locate
from features.reference import table as reference


def _resolve(**columns):
    n = len(next(iter(columns.values())))
    columns = {"shipment_id": [f"S{i}" for i in range(n)]} | columns
    data = {k: pd.Series(v, dtype=schema.BY_NAME[k].dtype) for k, v in columns.items()}
    return places.resolve(schema.complete(pd.DataFrame(data)))


@pytest.mark.parametrize(
    ("text", "code", "country"),
    [
        ("HKHKG", "HKHKG", "HK"),
        ("HONG KONG", "HKHKG", "HK"),
        ("Ho Chi Minh City", "VNSGN", "VN"),
        ("Haiphong", "VNHPH", "VN"),
        ("Hải Phòng", "VNHPH", "VN"),
        ("Haiphong, Vietnam", "VNHPH", "VN"),
        ("VN HPH", "VNHPH", "VN"),
        ("Mombasa Port", "KEMBA", "KE"),
        ("Laem Chabang (THLCH)", "THLCH", "TH"),
        ("JNB", "JNB", "ZA"),
        ("LAVTE", "VTE", "LA"),
        ("VIETNAM", "VN", "VN"),
        ("Brazil", "BR", "BR"),
        ("Georgetown, Guyana", "GYGEO", "GY"),
    ],
)
def test_a_place_is_found_by_code_or_name(text, code, country):
    point = locate(text)
    assert (gazetteer().code[point], gazetteer().country[point]) == (code, country)


@pytest.mark.parametrize(
    "text", ["", "  ", "nowhere at all", "ZZZZZ", "QQQ", "x" * 5000, "\x00", "Georgetown", "1"]
)
def test_what_is_no_place_or_several_is_left_out(text):
    assert locate(text) == -1


def test_a_city_with_port_and_airport_follows_the_mode():
    found = _resolve(mode=["sea", "air"], loading_port=["Bangkok", "Bangkok"])
    assert list(found["loading_code"]) == ["THBKK", "BKK"]


def test_countries_by_code_and_name():
    assert [country_code(t) for t in ("VN", "vnm", "Viet Nam", "UK", "Côte d'Ivoire", "NA", "nonsense")] == [
        "VN", "VN", "VN", "GB", "CI", "NA", "",
    ]  # fmt: skip


def test_origin_and_destination_fall_back_in_order():
    found = _resolve(
        origin_country=["NG", None, None, None],
        loading_port=["SGSIN", "SGSIN", None, None],
        shipper_country=["CN", "CN", "CN", None],
        destination_country=["LA", None, None, None],
        delivery_place=["VNHPH", "KHPNH", None, None],
        discharge_port=["THLCH", "THLCH", "THLCH", None],
    )
    assert found["origin"].fillna("").tolist() == ["NG", "SG", "CN", ""]
    assert found["origin_source"].tolist() == ["declared", "loading", "shipper", "missing"]
    assert found["destination"].fillna("").tolist() == ["LA", "KH", "TH", ""]
    assert found["destination_source"].tolist() == ["declared", "delivery", "discharge", "missing"]


def test_mode_is_inferred_only_where_it_is_not_declared():
    found = _resolve(
        shipment_id=["a", "160-12345675", "RR123456789CN", "d", "e", "f", "g"],
        mode=["road", None, None, None, None, None, None],
        container_ids=["CSQU3054383", None, None, "CSQU3054383", None, None, None],
        vessel_or_flight=["CX 838", None, None, None, "CX 838", "EVER GIVEN", "EVER GIVEN"],
        loading_port=[None, None, None, None, None, "SGSIN", "Singapore"],
        discharge_port=[None, None, None, None, None, "VNHPH", "Haiphong"],
    )
    assert found["mode"].fillna("").tolist() == ["road", "air", "post", "sea", "air", "sea", ""]
    assert found["mode_source"].tolist() == ["declared", *["inferred"] * 5, "missing"]


def test_transhipment_is_followed_in_order():
    found = _resolve(transhipment_ports=["SGSIN;MYPKG;nowhere", None])
    assert found["via"].fillna("").tolist() == ["SG;MY", ""]
    assert found["hops"].tolist() == [3.0, 0.0]


def _km(a, b):
    points = np.array([locate(a)]), np.array([locate(b)])
    return distances.by_sea(*points)[0], distances.direct(*points)[0]


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        ("CNSHA", "NLRTM", 18_500, 20_500),  # by Suez, 10,500 nautical miles
        ("SGSIN", "HKHKG", 2_500, 2_900),  # 1,460 nautical miles
        ("KEMBA", "VNHPH", 9_000, 11_000),
        ("USNYC", "USLAX", 8_500, 9_800),  # by Panama, 4,900 nautical miles
    ],
)
def test_sea_distances_of_known_routes(a, b, low, high):
    sea, straight = _km(a, b)
    assert low <= sea <= high
    assert sea >= straight


def test_distances_are_symmetric_nil_to_itself_and_never_shorter_than_straight():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, len(gazetteer().code), (2, 2000))
    sea = distances.by_sea(a, b)
    np.testing.assert_allclose(sea, distances.by_sea(b, a), rtol=1e-6)
    assert (sea >= distances.direct(a, b) - 1e-6).all()
    assert (distances.by_sea(a, a) == 0).all()
    assert np.isnan(distances.by_sea(a, np.full(2000, -1))).all()


def test_every_country_has_one_gateway_and_tables_name_known_countries():
    lands = set(reference("countries")["iso2"])
    assert set(gazetteer().gateway) == lands
    for name, column in (("taxon_routes", "country"), ("ports", "country"), ("trade_partners", "origin")):
        unknown = set(reference(name)[column]) - lands
        assert len(unknown) <= (5 if name == "trade_partners" else 0), (name, unknown)
    assert not reference("ports")["code"].duplicated().any()


def test_taxon_tables_speak_of_the_same_taxa_and_known_words():
    routes, covers = reference("taxon_routes"), reference("taxon_covers")
    assert set(routes["taxon"]) == set(covers["taxon"])
    assert set(routes["head"]) == set(wildlife_routes.HEADS)
    assert set(routes["role"]) == {"source", "transit", "destination"}
    assert set(routes["weight"]) <= {"1", "2", "3"}
    assert set(covers["strength"]) <= {"1", "2", "3"}
    assert not routes.duplicated(["taxon", "role", "country"]).any()
    assert set(covers["goods_group"]) <= set(reference("hs_headings")["group"])
