"""Documents cannot drift: what is printed from the code must equal what is written."""

import re
from pathlib import Path

from features import catalogue, matrix, reference
from features.registry import FAMILIES

ROOT = Path(__file__).parents[2]


def test_the_feature_catalogue_is_up_to_date():
    assert (ROOT / "docs/features.md").read_text(encoding="utf-8") == catalogue.render()


def test_every_reference_table_has_source_date_and_licence():
    sources = reference.table("SOURCES").set_index("table")
    files = {p.stem for p in (ROOT / "features/reference").glob("*.csv")} - {"SOURCES"}
    assert files == set(sources.index)
    assert sources.index.is_unique
    elsewhere = {p for p in (ROOT / "features").rglob("*.csv") if p.parent.name != "reference"}
    assert not elsewhere, "a table outside features/reference has no row in SOURCES.csv"
    for column in ("what", "source", "date", "licence", "status"):
        assert (sources[column].str.strip() != "").all(), column


def test_every_red_flag_indicator_is_computed_by_a_feature():
    computed = {i for f in matrix.features() for i in f.indicators}
    assert computed >= set(range(1, 25)) - {14}


def test_every_feature_says_what_it_measures_and_how_to_say_it():
    for feature in matrix.features():
        assert len(feature.meaning) > 10, feature.name
        assert feature.unit, feature.name
        assert feature.sentence, feature.name
        assert feature.family in FAMILIES
        words = f"{feature.sentence} {feature.sentence_zero} {feature.sentence_missing}".lower()
        assert "smuggl" not in words, feature.name
        assert " safe" not in words, feature.name
        assert "guilty" not in words, feature.name


def test_the_design_says_where_every_module_is():
    spans = re.findall(r"`([^`\n]+)`", (ROOT / "docs/design.md").read_text(encoding="utf-8"))
    named = {word for span in spans for word in re.findall(r"\w+", span)}
    rooms = ("features", "features/*", "models", "risk", "benchmarks")
    modules = {path for room in rooms for path in ROOT.glob(f"{room}/*.py")}
    # Of evidence and commands the design gives the rule, not the list.
    told = {path for path in modules if not path.is_relative_to(ROOT / "features/evidence")}
    assert sorted(path.stem for path in told if path.stem != "__init__" and path.stem not in named) == []


def test_every_make_target_named_in_a_document_exists():
    makefile = (ROOT / "Makefile").read_text()
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for line in document.read_text(encoding="utf-8").splitlines():
            for part in line.split("`"):
                if part.startswith("make ") and len(part.split()) == 2:
                    assert f"\n{part.split()[1]}:" in makefile, f"{document.name}: {part}"
