"""A port's own conditions: read, printed, worked out, and refused with the place."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.manifest import schema
from risk import conditions
from risk.condition_fields import FIELDS
from risk.conditions import All, Any, Compare, Condition, ConditionError, Not, parse, told
from risk.watch_entries import COLUMNS, LEAD_COLUMNS
from risk.watch_values import KINDS


def shipments(**columns: list) -> pd.DataFrame:
    length = len(next(iter(columns.values())))
    table = pd.DataFrame(
        {
            name: pd.Series(cells, dtype=schema.BY_NAME[name].dtype)
            for name, cells in {"shipment_id": [f"B{i}" for i in range(length)], **columns}.items()
        }
    )
    return schema.complete(table)


def held(text: str, table: pd.DataFrame) -> list[int]:
    return np.flatnonzero(conditions.holds(parse(text), table)).tolist()


TABLE = shipments(
    mode=["air", "sea", "air", None],
    hs_codes=["051191;420212", "0511", None, "4403"],
    origin_country=["CM", "NG", "IN", None],
    gross_weight_kg=[120.0, 100.0, None, 50.0],
    packages=[10.0, 0.0, 4.0, None],
    goods_description=["Used PERSONAL EFFECTS", "frozen fish", "personal, effects-other", "velvet boxes"],
    loading_port=["CMDLA", "NGAPP", "DEL", None],
    handling_codes=["PER;AVI", None, "GEN", "AVI"],
    consignee_name=["Golden Lotus Trading Co., Ltd.", "Other GmbH", None, "GOLDEN LOTUS TRADING"],
    is_refrigerated=[True, False, None, None],
    items=[None, '[{"hs":"030389","description":"dried scales"}]', None, None],
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("mode = air", [0, 2]),
        ("mode != air", [1]),
        ("mode in (air, sea)", [0, 1, 2]),
        ("mode not in (sea)", [0, 2]),
        ("not mode = air", [1]),
        ("mode is missing", [3]),
        ("not mode is missing", [0, 1, 2]),
        ("gross_weight_kg > 100", [0]),
        ("weight >= 100", [0, 1]),
        ("gross_weight_kg = 100", [1]),
        ("gross_weight_kg != 100", [0, 3]),
        ("kg_per_package > 10", [0]),
        ("hs starts 0511", [0, 1]),
        ("hs = 4202", [0]),
        ("hs = 0303", [1]),
        ("hs != 0511", [3]),
        ("origin in (CM, Nigeria)", [0, 1]),
        ("origin = IN", [2]),
        ("loading = CMDLA", [0]),
        ("loading in (CM, NG)", [0, 1]),
        ("loading starts CM", [0]),
        ('goods has "personal effect"', [0, 2]),
        ("goods has vet", []),
        ("goods has scale", [1]),
        ("handling = AVI", [0, 3]),
        ("handling != AVI", [2]),
        ('consignee = "golden lotus trading"', [0, 3]),
        ('consignee != "golden lotus trading"', [1]),
        ("refrigerated = yes", [0]),
        ("refrigerated = no", [1]),
        ("bill starts B", [0, 1, 2, 3]),
        ("mode = air and gross_weight_kg > 100 or origin = NG", [0, 1]),
        ("mode = air and (gross_weight_kg > 100 or origin = IN)", [0, 2]),
        ("mode = air or gross_weight_kg > 0", [0, 1, 2, 3]),
        ("not (mode = air or origin = NG)", []),
        ("not (mode = air and gross_weight_kg > 130)", [0, 1, 3]),
    ],
)
def test_a_condition_holds_where_it_is_true(text: str, rows: list[int]) -> None:
    assert held(text, TABLE) == rows


def test_nothing_is_true_of_what_was_not_declared() -> None:
    bare = shipments(goods_description=[None])
    for field in FIELDS.values():
        if field.name == "bill":
            continue
        values = {
            "expected one of {allowed}": field.allowed.split(",")[0],
            "expected yes or no": "yes",
            "expected a whole name in quotes, that is not many people's": '"Xeniqua Holdings"',
        }
        plain = "0511" if "code" in field.expects or "number" in field.expects else "CM"
        value = values.get(field.expects, plain)
        for operator in field.operators:
            given = f"({value})" if operator == "in" else value
            assert held(f"{field.name} {operator} {given}", bare) == [], (field.name, operator)
            assert held(f"not {field.name} {operator} {given}", bare) == [], (field.name, operator)
        assert held(f"{field.name} is missing", bare) == [0]


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 0, "expected a field"),
        ("modde = air", 0, "did you mean mode"),
        ("shipper_country = CM", 0, "no field"),
        ("mode = plain", 7, "expected one of sea, air"),
        ("mode == air", 6, "expected one of"),
        ("mode = air mode", 11, 'expected "and", "or" or the end'),
        ("hs starts 5x", 10, "expected a tariff code"),
        ('goods has "x', 10, "closing quote"),
        ("(mode = air", 11, '")"'),
        ("gross_weight_kg has 5", 16, "is compared by"),
        ("origin in (CM", 13, 'expected "," or ")"'),
        ("origin = Atlantis", 9, "expected a country"),
        ("mode is air", 8, '"missing" or "declared"'),
        ("mode = air and", 14, "expected a field"),
        ("weight > 1,000", 10, 'expected "and"'),
        ("weight > nan", 9, "expected a number"),
        ("not " * 400 + "mode = air", 41 * 4, "within each other"),
        ("(" * 1500, 41, "within each other"),
        ("mode = air or " * 1000, 2000, "at most 2000"),
        ("goods has '", 10, "expected a word"),
        ("__import__ = 1", 0, "no field"),
        ("consignee has nguyen", 10, "is compared by"),
        ("consignee = Nguyen", 12, "whole name"),
    ],
)
def test_what_cannot_be_read_is_refused_where_it_stands(text: str, position: int, expected: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert caught.value.position == position
    assert expected in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.position) == (str(caught.value), position)


def test_what_must_be_quoted_is_quoted() -> None:
    condition = parse('goods has "and" or goods has "a \\"b\\" \\\\ c" or origin = IN')
    assert told(condition) == 'goods has "and" or goods has "a \\"b\\" \\\\ c" or origin = IN'
    assert parse(told(condition)) == condition


def test_the_fields_a_condition_looks_at() -> None:
    assert conditions.fields_of(parse("mode = air and (hs = 05 or not mode = sea)")) == ("mode", "hs")


# --- any condition --------------------------------------------------------------------------

_TEXTS = st.text(min_size=1, max_size=12)
_VALUES = {
    "mode": st.sampled_from(["sea", "air", "post"]),
    "hs": st.from_regex(r"[0-9]{2,10}", fullmatch=True),
    "origin": st.sampled_from(["CM", "IN", "IS", "NG"]),
    "loading": st.sampled_from(["CMDLA", "CM", "PORT OF, SPAIN"]),
    "goods": _TEXTS,
    "consignee": _TEXTS,
    "container": _TEXTS,
    "gross_weight_kg": st.floats(-1e9, 1e9, allow_nan=False),
    "refrigerated": st.sampled_from(["yes", "no"]),
}


@st.composite
def _compares(draw: st.DrawFn) -> Compare:
    field = FIELDS[draw(st.sampled_from(sorted(_VALUES)))]
    operator = draw(st.sampled_from((*field.operators, "is missing", "is declared")))
    if operator.startswith("is"):
        return Compare(field.name, operator, ())
    if operator == "in":
        operator = draw(st.sampled_from(("in", "not in")))
    size = 3 if operator.endswith("in") else 1

    def read(value: object) -> str | float | None:
        return field.read(repr(value) if isinstance(value, float) else str(value))

    values = draw(
        st.lists(_VALUES[field.name].map(read).filter(lambda v: v is not None), min_size=1, max_size=size)
    )
    return Compare(field.name, operator, tuple(dict.fromkeys(values)))


def _more(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=2, max_size=3)
    return several.map(conditions.all_of) | several.map(conditions.any_of) | inner.map(Not)


_CONDITIONS = st.recursive(_compares(), _more, max_leaves=8)


@given(_CONDITIONS)
@settings(max_examples=300, deadline=None)
def test_what_is_printed_is_read_as_the_same(condition: Condition) -> None:
    assert parse(told(condition)) == condition


@given(_CONDITIONS)
@settings(max_examples=100, deadline=None)
def test_nothing_holds_together_with_its_negation(condition: Condition) -> None:
    holds = conditions.holds(condition, TABLE)
    against = conditions.holds(Not(condition), TABLE)
    assert holds.dtype == bool
    assert holds.shape == (len(TABLE),)
    assert not (holds & against).any()
    assert (conditions.holds(Not(Not(condition)), TABLE) == holds).all()


@given(_CONDITIONS, _CONDITIONS)
@settings(max_examples=100, deadline=None)
def test_and_and_or_are_what_they_are(one: Condition, other: Condition) -> None:
    both = conditions.holds(All((one, other)), TABLE)
    either = conditions.holds(Any((one, other)), TABLE)
    left, right = conditions.holds(one, TABLE), conditions.holds(other, TABLE)
    assert (both == (left & right)).all()
    assert (either == (left | right)).all()


@given(st.text(max_size=60) | st.text(alphabet='modeairhs =<>!(),"\\andornot05', max_size=60))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    place, condition = 0, None
    try:
        condition = parse(text)
    except ConditionError as error:
        place = error.position
    assert 0 <= place <= len(text)
    assert condition is None or parse(told(condition)) == condition


def test_every_field_and_column_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "lists.md").read_text(encoding="utf-8")
    for field in FIELDS.values():
        operators = " ".join(f"`{each}`" for each in field.operators)
        assert f"| `{field.name}` | {field.meaning} | {operators} |" in text
    for name in (*COLUMNS, *LEAD_COLUMNS, *KINDS):
        assert f"`{name}`" in text, name
