import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.documented_seizures import cases as case_file
from benchmarks.documented_seizures import knowledge, taxa
from features import reference


@pytest.fixture(scope="module")
def told(case_path):
    return knowledge.stories(case_file.read(case_path), knowledge.goods_groups())


ROUTES = pd.DataFrame(
    [
        ("ivory", "wildlife_products", "source", "NG", "expert prior"),
        ("ivory", "wildlife_products", "source", "UG", "expert prior"),
        ("ivory", "wildlife_products", "source", "KE", "expert prior"),
        ("ivory", "wildlife_products", "transit", "AE", "public route reports, generalised"),
        ("pangolin", "wildlife_products", "source", "GH", "cases file"),
        ("live_pangolins", "live_animals", "source", "GH", "cases file"),
    ],
    columns=["taxon", "head", "role", "country", "basis"],
)


def kept(table, held, known, configuration):
    cut = knowledge.cut_table(table, held, known, configuration)
    return set(zip(cut["taxon"], cut["role"], cut["country"], strict=True))


def test_strict_takes_out_what_only_held_out_cases_state(told):
    held, known = knowledge.split(told, range(10), 8)  # ivory from UG through KE and AE
    left = kept(ROUTES, held, known, "strict")
    assert ("ivory", "source", "UG") not in left
    assert ("ivory", "transit", "AE") not in left
    assert {("ivory", "source", "NG"), ("ivory", "source", "KE"), ("pangolin", "source", "GH")} <= left


def test_a_case_in_another_fold_keeps_the_statement(told):
    held, known = [told[0]], [told[1]]  # both ivory from NG
    assert ("ivory", "source", "NG") in kept(ROUTES, held, known, "strict")
    assert ("ivory", "source", "NG") not in kept(ROUTES, held, [], "strict")


def test_basis_takes_out_only_what_says_it_rests_on_cases(told):
    left = kept(ROUTES, told, [], "basis")
    assert ("ivory", "source", "NG") in left
    assert ("pangolin", "source", "GH") not in left
    assert ("live_pangolins", "source", "GH") in left  # the case was a product


def test_nothing_is_taken_out_without_held_out_cases(told):
    for name in knowledge.STATEMENTS:
        table = reference.table(name)
        pd.testing.assert_frame_equal(knowledge.cut(name, table, [], told, "strict"), table)


def test_covers_are_cut_by_goods_group(told):
    covers = pd.DataFrame(
        [
            ("pangolin", "horn_shell_feathers", "own"),
            ("pangolin", "timber", "own"),
            ("abalone", "timber", "own"),
        ],
        columns=["taxon", "goods_group", "basis"],
    )
    cut = knowledge.cut_table(covers, [told[2]], [], "strict")
    assert set(zip(cut["taxon"], cut["goods_group"], strict=True)) == {
        ("pangolin", "timber"),
        ("abalone", "timber"),
    }


def test_reported_covers_of_held_out_cases_fall_to_neighbours(told):
    columns = ["heading", "cover_live", "cover_products", "basis"]
    covers = pd.DataFrame(
        [("0508", "0", "3", "own"), ("0801", "2", "3", "named in public reports"), ("9503", "3", "1", "own")],
        columns=columns,
    )
    strict = knowledge.cut("cover_goods", covers, [told[0], told[2], told[3]], [told[4]], "strict")
    assert strict["cover_products"].tolist() == ["1", "1", "1"]
    assert strict["cover_live"].tolist() == ["0", "2", "3"]  # toys: another fold reports them too
    basis = knowledge.cut("cover_goods", covers, [told[0], told[2], told[3]], [], "basis")
    assert basis["cover_products"].tolist() == ["3", "1", "1"]
    assert basis["cover_live"].tolist() == ["0", "2", "3"]


@dataclass(frozen=True)
class Scheme:
    head: str = "wildlife_products"
    taxa: dict = field(default_factory=lambda: {"elephant": 2.0, "pangolin": 1.0})
    sources: dict = field(default_factory=lambda: {"NG": 5.0, "CM": 1.0})
    hubs: dict = field(default_factory=lambda: {"SG": 1.0})
    destinations: dict = field(default_factory=lambda: {"VN": 1.0, "TH": 1.0})
    covers: dict = field(default_factory=lambda: {"nuts_oilseeds": 1.0, "0801": 1.0, "timber": 1.0})


def test_schemes_lose_what_only_held_out_cases_state(told):
    cut = knowledge.cut_scheme(Scheme(), [told[0]], [told[8]])
    assert cut.sources == {"CM": 1.0}
    assert cut.hubs == {"none": 1.0}
    assert cut.destinations == {"TH": 1.0}
    assert cut.covers == {"timber": 1.0}
    assert knowledge.cut_scheme(Scheme(sources={"NG": 1.0}), [told[0]], []) is None
    assert knowledge.cut_scheme(Scheme(), [], told) == Scheme()


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("ivory", "elephant"),
        ("rhinoceros beetle", "insect"),
        ("leopard tortoise", "tortoise"),
        ("alligator lizard", "lizard"),
        ("sea turtle", "sea_turtle"),
        ("red_sanders_and_sandalwood", "red_sanders"),
    ],
)
def test_taxa_fall_into_one_group(text, group):
    assert taxa.groups(text) == {group}


def test_most_taxa_of_the_tables_are_known():
    names = reference.table("taxon_routes")["taxon"].unique()
    unknown = [name for name in names if not taxa.groups(name)]
    assert len(unknown) <= 3, unknown


def test_a_process_of_its_own_reads_the_folds_tables(told, tmp_path):
    counts = knowledge.write_reference(tmp_path / "reference", told, [], "strict")
    assert (counts["taken_out"] > 0).all()
    code = "from features import reference; print(len(reference.table('taxon_routes')))"
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), reference.SETTING: str(tmp_path / "reference")}
    told_lines = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, check=True, capture_output=True, text=True
    )
    routes = counts.set_index("table").loc["taxon_routes"]
    assert int(told_lines.stdout) == routes["entries"] - routes["taken_out"]
