"""Which shipments the entries of watch lists hit."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.manifest import schema
from risk import watch_values, watching, whole_words
from risk.refusals import Refusal

MONDAY = pd.Timestamp("2026-11-16")


def entries(*pairs: tuple[str, str], **times: object) -> pd.DataFrame:
    table = pd.DataFrame(pairs, columns=["kind", "value"])
    for name, default in (("valid_from", MONDAY), ("expires_at", pd.NaT), ("ended_at", pd.NaT)):
        table[name] = pd.Series([times.get(name, default)] * len(table), dtype="datetime64[us]")
    return table


def shipments(**columns: list) -> pd.DataFrame:
    length = len(next(iter(columns.values())))
    given = {
        "shipment_id": [f"BILL0000{i}" for i in range(length)],
        "known_at": [MONDAY + pd.Timedelta(days=1)] * length,
        **columns,
    }
    made = {name: pd.Series(cells, dtype=schema.BY_NAME[name].dtype) for name, cells in given.items()}
    return schema.complete(pd.DataFrame(made))


def hit(kind: str, value: str, **columns: list) -> list[tuple[int, str]]:
    watch_values.form(kind, value)
    found = watching.hits(entries((kind, value)), shipments(**columns))
    return list(zip(found["row"].tolist(), found["column"].tolist(), strict=True))


def test_a_party_is_found_by_the_rules_for_names() -> None:
    names = [
        "GOLDEN LOTUS TRADING CO., LTD.",
        "Golden Lótus Trading",
        "Lotus Golden Trading Company Limited",
        "Golden Lotus Trading GmbH",
        "Golden Lotus Foods",
        None,
        "TO ORDER",
    ]
    assert hit("party", "Golden Lotus Trading Co Ltd", consignee_name=names) == [
        (0, "consignee_name"),
        (1, "consignee_name"),
        (2, "consignee_name"),
        (3, "consignee_name"),
    ]


def test_firms_of_other_legal_forms_are_other_firms() -> None:
    public = "Xeniqua Holdings PLC"
    found = hit(
        "party", public, shipper_name=["Xeniqua Holdings plc", "Xeniqua Holdings GmbH", "Xeniqua Holdings"]
    )
    assert found == [(0, "shipper_name"), (2, "shipper_name")]


def test_characters_are_not_joined_by_their_sound() -> None:
    found = hit(
        "party",
        "张伟贸易有限公司",
        consignee_name=["张伟贸易有限公司", "章炜贸易有限公司", "ZHANG WEI TRADING"],
    )
    assert found == [(0, "consignee_name")]


def test_every_role_is_looked_at() -> None:
    for column in ("shipper_name", "consignee_name", "notify_name", "broker_name", "carrier_name"):
        assert hit("party", "Blue Macaw Imports", **{column: ["BLUE MACAW IMPORTS"]}) == [(0, column)]


def test_a_handle_is_found_in_an_email_address() -> None:
    mails = ["Exotic.Pets88@mail.example", "exotic.pets@mail.example", "info@exotic-pets88.example"]
    assert hit("party", "@exotic_pets88", shipper_email=mails) == [(0, "shipper_email")]


def test_an_address_is_found_within_a_longer_one() -> None:
    declared = [
        "Flat 5, 12 Nathan Rd., Kowloon, Hong Kong",
        "NATHAN ROAD 12 KOWLOON FLAT 5",
        "12 Nathan Road, Mong Kok",
        "Kowloon",
        None,
    ]
    assert hit("address", "Flat 5, 12 Nathan Road, Kowloon", consignee_address=declared) == [
        (0, "consignee_address"),
        (1, "consignee_address"),
    ]


def test_numbers_are_found_in_whatever_writing() -> None:
    assert hit(
        "phone", "+84 90 123 4567", consignee_phone=["0084901234567", "0901234567 / 0281112223", "0901234568"]
    ) == [
        (0, "consignee_phone"),
        (1, "consignee_phone"),
    ]
    assert hit("email", "A@B.example", notify_email=["x@y.example; a@b.EXAMPLE", "aa@b.example"]) == [
        (0, "notify_email")
    ]
    assert hit("email", "@b.example", notify_email=["x@b.example", "x@bb.example"]) == [(0, "notify_email")]
    assert hit("identifier", "vn-123 456", consignee_id=["VN123456", "VN1234567"]) == [(0, "consignee_id")]
    assert hit("identifier", "MSKU 123456 5", container_ids=["TGHU1234567;MSKU1234565", None]) == [
        (0, "container_ids")
    ]


def test_goods_are_found_by_the_beginning_of_their_code() -> None:
    found = hit(
        "goods",
        "0511.99",
        hs_codes=["420212;051199", "051191", None, "0511", None],
        items=[None, None, '[{"hs":"05119985"}]', None, "not json"],
    )
    assert found == [(0, "hs_codes"), (2, "items")]


@pytest.mark.parametrize(
    ("word", "texts", "rows"),
    [
        (
            "pangolin scale",
            ["dried PANGOLIN  SCALES", "pangolin, scale", "scale pangolin", "pangolinscale"],
            [0, 1],
        ),
        ("vet", ["velvet", "VET. supplies"], [1]),
        ("穿山甲", ["冷冻穿山甲片", "穿山 甲片", "山甲"], [0, 1]),
        ("ngà voi", ["đồ NGA VOI", "nga ngoi"], [0]),
        ("งาช้าง", ["ขายงาช้างเก่า", "ช้าง"], [0]),
        ("عاج", ["تماثيل العاج", "معالج"], [0]),
        ("상아", ["상아를 판매", "상품"], [0]),
        ("слоновая кость", ["Слоновая Кость 2 шт", "слоновая"], [0]),
    ],
)
def test_words_are_found_whole_in_any_script(word: str, texts: list[str], rows: list[int]) -> None:
    assert [row for row, _ in hit("word", word, goods_description=texts)] == rows


def test_words_are_found_in_marks_and_lines_too() -> None:
    found = hit(
        "word",
        "ivory",
        goods_description=["ivory", "a", "b"],
        marks=["IVORY 1/3", None, None],
        items=[None, '[{"description":"carved ivory"}]', None],
    )
    assert found == [(0, "goods_description"), (0, "marks"), (1, "items")]


def test_routes_are_found_by_country_and_port() -> None:
    columns = {
        "origin_country": ["CM", None, "NG", None, "CM"],
        "loading_port": ["CMDLA", "CMDLA", "NGAPP", "NGAPP", None],
        "transhipment_ports": [None, "AEDXB;MYPKG", None, None, None],
        "discharge_port": ["HKHKG", "HKHKG", "VNHPH", None, None],
        "destination_country": [None, None, None, "VN", None],
        "mode": ["sea"] * 5,
    }
    wanted = {
        "CM > HK": [0, 1],
        "CM → MY → HK": [1],
        "NG > *": [2, 3],
        "* > VN": [2, 3],
        "Cameroon -> HKHKG": [0, 1],
        "MYPKG": [1],
        "NGAPP": [2, 3],
    }
    for value, rows in wanted.items():
        assert [row for row, _ in hit("route", value, **columns)] == rows, value


def test_where_a_shipper_lives_is_no_route() -> None:
    assert hit("route", "CM > *", shipper_country=["CM"], loading_port=["HKHKG"]) == []


def test_an_entry_counts_only_for_its_time() -> None:
    times = [MONDAY + pd.Timedelta(hours=hours) for hours in (-1, 0, 1, 24, 25)]
    table = shipments(goods_description=["ivory"] * 6, known_at=[*times, None])

    def rows(**ends: pd.Timestamp) -> list[int]:
        return watching.hits(entries(("word", "ivory"), **ends), table)["row"].tolist()

    assert rows() == [2, 3, 4]
    assert rows(expires_at=times[3]) == [2]
    assert rows(ended_at=times[3]) == [2]
    assert rows(expires_at=times[4], ended_at=times[2]) == []
    assert watching.counts(entries(("word", "ivory")), table).tolist() == [6]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("party", "Nguyen"),
        ("party", "Trading Co Ltd"),
        ("party", "TO ORDER"),
        ("party", "!!"),
        ("address", "Hanoi"),
        ("route", "CM"),
        ("route", "* > *"),
        ("route", "Atlantis > HK"),
        ("goods", "5"),
        ("goods", "fish"),
        ("goods", "12345678901"),
        ("word", "x"),
        ("word", "..."),
        ("word", "  "),
        ("phone", "123"),
        ("email", "nobody"),
        ("email", "@gmail.com"),
        ("identifier", "12345678"),
        ("colour", "red"),
        ("word", "ivory " * 100),
    ],
)
def test_what_says_too_little_is_refused(kind: str, value: str) -> None:
    with pytest.raises(Refusal):
        watch_values.form(kind, value)


def test_too_broad_is_told_by_the_last_shipments() -> None:
    assert watching.too_broad(21, 100)
    assert not watching.too_broad(20, 100)
    assert not watching.too_broad(10, 20)


TEXTS = st.text(alphabet="ab 穿山งา", max_size=12)


@given(st.lists(TEXTS, max_size=6), st.lists(TEXTS, max_size=6))
@settings(max_examples=200, deadline=None)
def test_all_phrases_at_once_as_one_by_one(phrases: list[str], texts: list[str]) -> None:
    phrase, text = whole_words.find(phrases, texts)
    expected = {
        (p, t)
        for p, wanted in enumerate(phrases)
        for t, said in enumerate(texts)
        if whole_words.tokens(wanted) and whole_words.apart(wanted) in whole_words.apart(said)
    }
    assert set(zip(phrase.tolist(), text.tolist(), strict=True)) == expected
    assert len(phrase) == len(expected)


@given(st.sampled_from(watch_values.KINDS), st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_value_is_read_or_refused(kind: str, value: str) -> None:
    try:
        form = watch_values.form(kind, value)
    except Refusal:
        return
    assert form
    watching.hits(entries((kind, value)), shipments(goods_description=[value], consignee_name=[value]))


@given(st.permutations(range(6)))
@settings(max_examples=20, deadline=None)
def test_order_changes_nothing(order: list[int]) -> None:
    table = shipments(goods_description=["ivory", "fish", "ivory fish", None, "horn", "fish horn"])
    wanted = entries(("word", "ivory"), ("word", "fish"), ("word", "horn"))
    first = watching.hits(wanted, table)
    turned = watching.hits(wanted, table.iloc[order].reset_index(drop=True))
    back = {(e, order[r]) for e, r in zip(turned["entry"], turned["row"], strict=True)}
    assert back == set(zip(first["entry"], first["row"], strict=True))


@pytest.mark.slow
def test_a_day_against_five_thousand_entries_takes_seconds() -> None:
    n, m = 20_000, 5_000
    number = [str(i) for i in range(n)]
    table = shipments(
        consignee_name=[f"Firm {i % 7_000:x} Trading Ltd" for i in range(n)],
        consignee_address=[f"{i} Harbour Road, Port {i % 90}" for i in number for i in (int(i),)],
        consignee_phone=[f"+84 9{i:08d}" for i in range(n)],
        goods_description=[f"parts of machines lot {i}" for i in number],
        loading_port=["CMDLA"] * n,
    )
    kinds = ("party", "address", "phone", "word", "route")
    values = {
        "party": "Firm {0:x} Trading",
        "address": "{0} Harbour Road Port",
        "phone": "09{0:08d}",
        "word": "machine lot {0}",
        "route": "CM > NG",
    }
    wanted = entries(*((kinds[i % 5], values[kinds[i % 5]].format(i)) for i in range(m)))
    start = time.process_time()
    found = watching.hits(wanted, table)
    assert time.process_time() - start < 8.0
    per_kind = wanted["kind"].to_numpy()[found["entry"]]
    assert {kind: int(np.sum(per_kind == kind)) > 0 for kind in kinds} == {
        "party": True, "address": True, "phone": True, "word": True, "route": False,
    }  # fmt: skip
