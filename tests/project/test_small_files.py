"""Small files that people write: whatever stands in them, they are read or refused at once."""

import time

import pytest

from features import small_files


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 50_000 + " = 1",
        "[a" + ".a" * 50_000 + "]",
        "x = {a" + '."="' * 50_000 + " = 1}",
        "x = 1\n" + "'a'." * 100_000,
        '"' + '\\"' * 500_000 + "." * 101,
        '"' + '\\"' * 500_000 + "." * 101 + "\\",
        "a = " + "[" * 100_000,
    ],
)
def test_what_takes_a_parser_for_ever_is_refused_at_once(text):
    began = time.process_time()
    with pytest.raises(ValueError, match=r".+"):
        small_files.toml(text)
    assert time.process_time() - began < 2.0


def test_many_points_in_texts_are_no_deep_key():
    line = "map = { " + ", ".join(f'"{n}.1" = "No. {n}."' for n in range(100)) + " }"
    assert len(small_files.toml(line)["map"]) == 100
    assert small_files.toml(".".join("a" for _ in range(50)) + " = 1")
