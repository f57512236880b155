"""World files with anything anywhere: refused with every problem, or simulated; never a fault."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_samples import world as worlds

BASE = (worlds.files("data_samples") / "worlds" / "base.toml").read_text(encoding="utf-8")
LINES = BASE.splitlines()
KEYS = [number for number, line in enumerate(LINES) if re.match(r"\w+ = ", line)]
VALUES = [
    "0",
    "-1",
    "nan",
    "inf",
    "1e308",
    '"x"',
    "true",
    "[]",
    "[[1]]",
    "{}",
    "{ a = 1 }",
    "1979-05-27",
    "9" * 30,
]


@settings(max_examples=150, deadline=None)
@given(line=st.sampled_from(KEYS), value=st.sampled_from(VALUES), inner=st.booleans())
def test_any_value_in_any_place_is_taken_or_refused_in_words(tmp_path_factory, line, value, inner):
    changed = list(LINES)
    key, _, old = changed[line].partition(" = ")
    changed[line] = f"{key} = " + (re.sub(r"= [\d.]+", f"= {value}", old, count=1) if inner else value)
    path = tmp_path_factory.mktemp("world") / "w.toml"
    path.write_text("\n".join(changed), encoding="utf-8")
    said = None
    try:
        worlds.load(path)
    except worlds.WorldError as error:
        said = error
    assert said is None or (said.problems and all(str(path) in line for line in str(said).splitlines()))


SECTIONS = ["port", "traffic", "risk", "fields", "text", "schemes", "scheme", "inspection"]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_that_is_no_table_is_refused(tmp_path, section):
    kept, skipping = [], False
    for line in LINES:
        if line.startswith("["):
            skipping = line.strip("[] ").split(".")[0] == section
        kept += [] if skipping else [line]
    (tmp_path / "w.toml").write_text(f"{section} = 1\n" + "\n".join(kept), encoding="utf-8")
    with pytest.raises(worlds.WorldError, match=f"{section}: 1, expected a table"):
        worlds.load(tmp_path / "w.toml")


@pytest.mark.parametrize("text", ["", "a = " + "[" * 5_000 + "]" * 5_000, "\x00", "name = 'x'\nname = 'y'"])
def test_what_is_no_world_is_refused(tmp_path, text):
    (tmp_path / "w.toml").write_text(text, encoding="utf-8")
    with pytest.raises(worlds.WorldError):
        worlds.load(tmp_path / "w.toml")
