"""Types of names and the row features of the parties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import reference
from features.evidence import party
from features.manifest import schema
from features.parties import normal_form
from features.parties.names import KINDS, take_apart
from features.view import View


def view(**columns):
    size = max(len(values) for values in columns.values())
    route = {name: columns.pop(name, [None] * size) for name in ("loading", "destination")}
    table = pd.DataFrame({n: pd.Series(v).astype(schema.BY_NAME[n].dtype) for n, v in columns.items()})
    return View(
        table=schema.complete(table),
        goods=pd.DataFrame(index=table.index),
        route=pd.DataFrame(route).astype("str"),
    )


@pytest.mark.parametrize(
    ("name", "kind", "legal"),
    [
        ("Shenzhen Hongda Trading Co., Ltd.", "company", "private"),
        ("深圳市宏达贸易有限公司", "company", "private"),
        ("CÔNG TY TNHH Thương Mại Hải Nam", "company", "private"),
        ("บริษัท สยามใจดี จำกัด", "company", "private"),
        ("ООО «Ромашка»", "company", "private"),
        ("شركة النور ذ.م.م", "company", "private"),
        ("株式会社山田", "company", "public"),
        ("주식회사 한울", "company", "public"),
        ("प्राइवेट लिमिटेड राम", "company", "private"),
        ("Γεωργίου Α.Ε.", "company", "public"),
        ("Maersk A/S", "company", "private"),
        ("S.A.R.L. Dupont", "company", "private"),
        ("NESTLE S.A.", "company", "public"),
        ("Hapa Logistics JSC", "forwarder", "public"),
        ("广州顺风物流有限公司", "forwarder", "private"),
        ("บริษัท เร็ว โลจิสติกส์ จำกัด", "forwarder", "private"),
        ("Vietcom Bank", "bank", None),
        ("大使馆", "government", None),
        ("TO THE ORDER OF HSBC BANK", "to_order", None),
        ("凭指示", "to_order", None),
        ("Mr John Barker", "individual", None),
        ("陈伟先生", "individual", None),
        ("นายสมชาย ใจดี", "individual", None),
        ("Nguyễn Thị Sa", "unknown", None),
        ("John Barker", "unknown", None),
        ("陈伟", "unknown", None),
        ("محمد علي", "unknown", None),
        ("Иван Петров", "unknown", None),
        ("สมชาย ใจดี", "unknown", None),
        ("김철수", "unknown", None),
        ("Ong Mei Lin", "unknown", None),
        ("Sidhu Singh", "unknown", None),
    ],
)
def test_type_and_legal_form_of_a_name(name, kind, legal):
    taken = take_apart(name)
    assert taken.kind == kind
    assert (legal in taken.legal) if legal else not taken.legal


def test_every_form_and_word_of_the_tables_is_recognised():
    forms = reference.table("legal_forms")
    for form, place in zip(forms["form"], forms["place"], strict=True):
        name = f"{form} Brizolak" if place == "start" else f"Brizolak {form}"
        assert take_apart(name).legal, form
        assert "brizolak" in take_apart(name).core, form
    words = reference.table("party_words")
    for word, group in zip(words["word"], words["class"], strict=True):
        if group in KINDS:
            assert take_apart(f"Brizolak {word}").kind == group, word


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Room 5, 12/F, No. 88 Nathan Road", "88 Nathan Rd. RM 5 - 12 fl no"),
        ("12 Phố Hàm Nghi, Hà Nội", "12 PHO HAM NGHI HA NOI"),
        ("１２ Ham Nghi Street 7", "7, 12 HAM NGHI ST"),
    ],
)
def test_spellings_of_an_address_have_one_form(one, other):
    assert normal_form.address(one) == normal_form.address(other) != ""


def test_what_says_too_little_is_empty():
    assert normal_form.address("Hong Kong") == ""
    assert normal_form.identifier("N/A") == normal_form.identifier("000000000") == ""
    assert normal_form.identifier("123456789") == ""
    assert normal_form.identifier(" 0312-345 678 ") == "0312345678"
    assert normal_form.phone("000000000") == normal_form.phone("12") == ""
    assert normal_form.phone("+84 (0)90 123 4567") == normal_form.phone("090-1234567") != ""
    assert normal_form.email("nobody") == normal_form.email("@x.com") == ""


@given(st.text(max_size=600))
def test_no_text_breaks_a_form_and_forms_are_stable(text):
    for form in (
        normal_form.simplify,
        normal_form.address,
        normal_form.phone,
        normal_form.identifier,
        normal_form.email,
    ):
        assert isinstance(form(text), str)
    taken = take_apart(text)
    assert taken.kind in KINDS
    assert normal_form.simplify(text) == normal_form.simplify(normal_form.simplify(text)) or len(text) > 100


def test_flags_of_a_row():
    frame = party.compute(
        view(
            shipper_name=["Bako Ltd", None, "BAKO LIMITED"],
            shipper_address=["P.O. Box 12, Lagos", None, "5 Dock Road"],
            shipper_email=["bako@gmail.com", None, "sales@bako.ng"],
            shipper_country=["NG", "NG", None],
            shipper_id=["NG12345", "N/A", None],
            consignee_name=["TO ORDER", "Fast Freight Ltd", "Bako"],
            notify_name=["Hai Nam Logistics", "SAME AS CONSIGNEE", None],
            loading=["KE", "NG", "NG"],
        )
    )
    assert frame["shipper_po_box"].tolist()[::2] == [1.0, 0.0]
    assert frame["shipper_free_mail"].tolist()[::2] == [1.0, 0.0]
    assert frame["shipper_not_named"].tolist() == [0.0, 1.0, 0.0]
    assert frame["shipper_no_number"].tolist() == [0.0, 1.0, 1.0]
    assert frame["consignee_is_to_order"].tolist() == [1.0, 0.0, 0.0]
    assert frame["consignee_is_forwarder"].tolist() == [0.0, 1.0, 0.0]
    assert frame["notify_is_forwarder"].tolist()[:2] == [1.0, 1.0]
    assert frame["notify_is_consignee"].tolist()[:2] == [0.0, 1.0]
    assert frame["consignee_is_shipper"].tolist()[::2] == [0.0, 1.0]
    assert frame["shipper_away_from_loading"].tolist()[:2] == [1.0, 0.0]
    gone = frame.isna()
    assert gone.loc[1, "shipper_po_box"]
    assert gone.loc[1, "shipper_type"]
    assert gone.loc[2, "notify_is_consignee"]
    assert gone.loc[2, "shipper_away_from_loading"]


def test_columns_are_those_of_the_registry():
    frame = party.compute(view(shipper_name=["Bako Ltd", None]))
    assert list(frame.columns) == [f.name for f in (*party.FEATURES, *party.FACTS)]
    for feature in party.FEATURES:
        if feature.dtype == "flag":
            assert frame[feature.name].dtype == np.float64
            assert frame[feature.name].dropna().isin([0.0, 1.0]).all()
        else:
            assert frame[feature.name].dtype == "str"


def test_people_of_any_script_have_the_same_features():
    people = [
        "John Barker",
        "Nguyễn Thị Sa",
        "陈伟",
        "王芳芳",
        "محمد علي",
        "สมชาย ใจดี",
        "Иван Петров",
        "김철수",
        "Mohammed bin Ali al-Farsi",
        "Sidhu Singh",
        "María José García López",
        "Le Co",
        "Γιώργος Παππάς",
    ]
    frame = party.compute(
        view(shipper_name=people, consignee_name=people[1:] + people[:1], notify_name=people[3:] + people[:3])
    )
    assert len(frame.drop_duplicates()) == 1
