"""Wildlife words: what counts, what does not."""

from __future__ import annotations

import time

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import goods
from features.evidence import words as words_evidence
from features.goods import text as goods_text
from features.goods.wildlife import concepts, counted, lexicon
from features.manifest import schema
from features.reference import table
from features.view import View


def named(text: str, heading: str = "") -> set[str]:
    return {hit.term.concept for hit in counted(lexicon().read(goods_text.fold(text)), heading)}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("raw ivory tusks", "ivory"),
        ("pangolin scales", "pangolin"),
        ("vảy tê tê đông lạnh", "pangolin"),
        ("VAY TE TE", "pangolin"),
        ("穿山甲鳞片", "pangolin"),
        ("chuan shan jia", "pangolin"),
        ("เกล็ดลิ่น", "pangolin"),
        ("sừng tê giác", "rhino horn"),
        ("pembe za ndovu", "ivory"),
        ("слоновая кость", "ivory"),
        ("star tortoises", "turtles and tortoises"),
        ("sea horse dried", "seahorse"),
        ("gỗ trắc", "rosewood"),
        ("Dalbergia logs", "rosewood"),
        ("agarwod chips", "agarwood"),
        ("rhinocerous horn", "rhino horn"),
        ("pan\u200bgolin", "pangolin"),
        ("ＩＶＯＲＹ carvings", "ivory"),
        ("\u202eyrovi\u202c", "ivory"),
        ("p.a.n.g.o.l.i.n", "pangolin"),
        ("ivоry", "ivory"),
        ("live turtle", "turtles and tortoises"),
        ("sun dried fish maw", "fish maw"),
    ],
)
def test_wildlife_words_are_found(text: str, concept: str) -> None:
    assert concept in named(text)


@pytest.mark.parametrize(
    "text",
    [
        "elephant brand rice",
        "ivory coloured paint",
        "tiger beer",
        "tortoise shell colour frames",
        "bear hug toy",
        "horn speaker",
        "bone china",
        "fish plate",
        "Ivory Coast cocoa",
        "Côte d'Ivoire cajou",
        "velvet fabric",
        "turtleneck sweater",
        "teddy bear",
        "tiger balm",
        "black tiger shrimp",
        "white rice",
        "black pepper",
        "leopard print dress",
        "crocodile pattern pu bag",
        "coral fleece blanket",
        "python software",
        "shark fin antenna",
        "monkey wrench",
        "kobe beef",
        "oud perfume",
        "rosewood colour lipstick",
        "os",
        "macaco hidraulico",
        "กระดาษ",
        "กระเป๋า",
        "猕猴桃",
        "珊瑚绒毯",
        "veterinary vaccine",
        "transport of goods",
        "plush turtle doll",
        "snake cable",
        "falcon tube",
        "gorilla glass",
        "red onion",
        "jelly candy",
    ],
)
def test_ordinary_phrases_are_not_wildlife(text: str) -> None:
    assert named(text) == set()


def test_a_common_word_needs_other_evidence() -> None:
    assert named("turtle") == set()
    assert named("turtle", "0106") == {"turtles and tortoises"}
    assert named("live turtle") == {"turtles and tortoises"}
    assert named("cow bone") == set()
    assert named("cow bone, elephant tusk") == {"ivory"}
    assert named("white") == set()


def test_spelling_variants_of_ordinary_words_stay_ordinary() -> None:
    for text in (
        "tortillas",
        "pangasius fillet",
        "crocheted tops",
        "sealion brand tape",
        "macaroon",
        "roseville",
    ):
        assert named(text) == set(), text


def test_every_distinct_plain_term_finds_its_own_concept() -> None:
    rows = table("wildlife_terms")
    rows = rows[(rows["kind"] == "plain") & (rows["common"] == "0")]
    missed = [row.term for row in rows.itertuples() if row.concept not in named(str(row.term))]
    assert missed == []


def test_concepts_cover_all_terms() -> None:
    rows = table("wildlife_terms")
    assert set(rows[rows["kind"] != "ordinary"]["concept"]) == set(concepts())
    assert set(rows["kind"]) == {"plain", "code", "ordinary"}
    assert set(rows[rows["kind"] != "ordinary"]["form"]) == {"live", "product", "either"}


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["pangolin scales", "elephant tusk", "star tortoise"]))
def test_padding_with_digits_and_signs_hides_nothing(noise: str, term: str) -> None:
    signs = "".join(c for c in noise if c in "0123456789,;:!?()[]/&%#+= \n\t")
    assert named(f"{signs} {term} {signs}")


def test_a_huge_text_takes_bounded_time() -> None:
    lexicon().read("warm up")
    start = time.process_time()
    for text in ("ivory " * 200_000, "pangolim" * 100_000, "p a " * 250_000, "穿" * 1_000_000):
        lexicon().read(goods_text.fold(text))
    assert time.process_time() - start < 6.0


def test_place_of_the_words() -> None:
    frame = pd.DataFrame(
        {
            "goods_description": [
                "sun dried fish maws",
                "toys",
                "star tortoise",
                "ivory coloured paint",
                None,
            ],
            "marks": [None, "tê tê", None, None, None],
            "hs_codes": ["0305", "9503", "0306", None, None],
        }
    ).astype("str")
    complete = schema.complete(frame)
    shipments = View(complete, goods.identify(complete), pd.DataFrame(index=complete.index))
    found = words_evidence.compute(shipments)
    assert found["wildlife_words_in_place"].tolist()[:4] == [1.0, 0.0, 0.0, 0.0]
    assert found["wildlife_words_out_of_place"].tolist()[:4] == [0.0, 1.0, 1.0, 0.0]
    assert found["wildlife_words_figurative"].tolist()[:4] == [0.0, 0.0, 0.0, 1.0]
    assert found["wildlife_words"].isna().tolist() == [False, False, False, False, True]
    assert found.loc[1, "words_found"] == "tê tê"
    assert found.loc[1, "wildlife_words_not_english"] == 1.0
