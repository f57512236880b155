import pytest

from benchmarks.results import table, write_section


def test_a_section_is_replaced_and_the_others_stay(tmp_path):
    path = tmp_path / "docs" / "results.md"
    write_section("one", "first", path)
    write_section("two", "second", path)
    write_section("one", "new", path)
    text = path.read_text()
    assert "first" not in text
    assert text.index("new") < text.index("second")
    assert text.count("begin:one") == 1
    before = text
    write_section("two", "second", path)
    assert path.read_text() == before


def test_broken_markers_and_names_are_refused(tmp_path):
    path = tmp_path / "results.md"
    path.write_text("<!-- end:one -->\n")
    with pytest.raises(ValueError, match="do not pair"):
        write_section("one", "x", path)
    with pytest.raises(ValueError, match="section name"):
        write_section("One!", "x", path)
    with pytest.raises(ValueError, match="own markers"):
        write_section("two", "<!-- end:two -->", path)


def test_table():
    assert table(["a", "b"], [["x", 0.12345]]) == "| a | b |\n|---|---|\n| x | 0.123 |"
