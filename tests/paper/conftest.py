import hashlib
import io
from dataclasses import replace

import pandas as pd
import pytest
from PIL import Image

from app.paper.facts import Case, Deed, Finding, Frame, Hold, Left, Photo, PublishedList, Rate, Row, Shift

AT = pd.Timestamp("2026-11-22T09:00")
DIGEST = hashlib.sha256(b"list").hexdigest()
HEAD = "1234-0af3bc5599aa0011"
GOODS = ("FROZEN FISH 冷冻鱼", "ปลาแช่แข็ง", "ត្រីកក", "أسماك مجمدة", "Cá đông lạnh", "냉동 생선", "ပင်လယ်စာ")


def _jpeg():
    held = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 80, 80)).save(held, "JPEG")
    return held.getvalue()


@pytest.fixture
def frame():
    plain = Frame("en", "Hải Phòng", "Asia/Ho_Chi_Minh", AT, "n.tran", HEAD)
    return lambda language="en", **other: replace(plain, language=language, **other)


@pytest.fixture
def published():
    pools = [
        {"slots": 20, "mode": "sea", "location": "Terminal 4", "inspection_type": "scan"},
        {"slots": 10, "mode": "", "location": "", "inspection_type": ""},
    ]
    plain = PublishedList(7, DIGEST, AT, "m.le", "Night A", pools, 4012, "prior", "starter-2026.11")
    return lambda **other: replace(plain, **other)


@pytest.fixture
def row():
    def made(place=1, **other):
        plain = Row(
            place=place,
            bill=f"MAEU{123455 + place}",
            mode="sea",
            location="Terminal 4",
            conveyance="EVER GIVEN 012W",
            arrives_at=AT,
            available_until=AT + pd.Timedelta(hours=30),
            master_bill="MBL99",
            containers="MSKU1234565 TCLU7654321",
            goods=GOODS[place % len(GOODS)],
            heading="0303",
            origin="NG",
            loading_port="NGAPP",
            discharge_port="VNHPH",
            destination="VN",
            packages=1200.0,
            gross_weight_kg=24000.0,
            inspection="scan",
            reasons=(
                "Goods named “\u2068FROZEN FISH\u2069” do not come from there",
                "Second reason",
                "THIRD",
            ),
        )
        return replace(plain, **other)

    return made


@pytest.fixture
def hold():
    return Hold(
        reference="H-7/3",
        addressee="Terminal 4",
        bill="MAEU123456",
        containers="MSKU1234565",
        mode="sea",
        location="Terminal 4",
        packages=1200.0,
        present_at="Shed 3",
        contact="+84 1",
        present_by=AT,
    )


@pytest.fixture
def case():
    first = Finding(
        at=AT,
        who="a.one",
        inspection="scan",
        in_force=False,
        status="provisional",
        found=("clean",),
    )
    second = Finding(
        at=AT,
        who="b.two",
        inspection="full",
        in_force=True,
        status="confirmed",
        permit_valid=False,
        found=("live_animals", "wildlife_products"),
        taxa=("Manis javanica", "Python bivittatus"),
        where_in_load="walls",
        pieces=12,
        alive=9,
        kg=31.5,
        evidence_reference="EV-1",
        selected_by="random",
        inspected_at=AT,
        remark="behind plywood",
    )
    deeds = (Deed(AT, "c.three", "step", "located"), Deed(AT, "d.four", "raise", "tip", "called in"))
    return Case(
        bill="MAEU123456",
        declared=(("Goods", "FROZEN FISH"), ("Shipper", "X & Sons <Ltd>")),
        rank=3,
        shipments=4012,
        risk=0.0123,
        risk_basis="port",
        model_id="hp-2026.11",
        reasons=("The first", "The second"),
        list_number=7,
        listed_at=AT,
        deeds=deeds,
        findings=(first, second),
        hashes=(("Score record", DIGEST),),
        photos=(Photo(1, DIGEST, AT, True, small=_jpeg()), Photo(2, DIGEST, AT, True, lacks="gone")),
    )


@pytest.fixture
def shift():
    rates = (Rate("model", 400, 12, 0.016, 0.051), Rate("random", 90, 9, 0.05, 0.18))
    return Shift(
        name="Night A",
        since=AT,
        until=AT + pd.Timedelta(hours=8),
        listed=30,
        opened=21,
        finds=1,
        gone=4,
        missed_draws=2,
        risk_basis="prior",
        model_id="starter-2026.11",
        rates=rates,
        not_inspected={"no_time": 5, "gone": 4},
        remarks=("Scanner 2 is down",),
        left=(Left("MAEU9", "located", "Terminal 4", AT, "n.tran", "ask again"),),
    )


@pytest.fixture
def read():
    """Return the texts of the pages of a PDF."""
    from pypdf import PdfReader

    return lambda made: [page.extract_text() for page in PdfReader(io.BytesIO(made)).pages]
