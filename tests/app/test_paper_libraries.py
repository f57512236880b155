"""Libraries for drawing beside Python are found; where there are none nothing is changed."""

import os
import sys

import pytest

from app.paper import libraries


@pytest.fixture
def beside(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    for name in ("PATH", "FONTCONFIG_FILE", "LIBTHAI_DICTDIR"):
        monkeypatch.setenv(name, "as it was")
    monkeypatch.delenv("FONTCONFIG_FILE")
    return tmp_path


def test_without_libraries_beside_nothing_is_changed(beside):
    before = dict(os.environ)
    libraries.use.__wrapped__()
    assert dict(os.environ) == before


def test_windows_is_told_where_they_are(beside, monkeypatch):
    """WeasyPrint asks for gobject-2.0-0, to which Windows adds no ending: it is found on the path alone."""
    added = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "add_dll_directory", added.append, raising=False)
    (beside / "drawing").mkdir()
    (beside / "fonts.conf").write_text("")
    libraries.use.__wrapped__()
    assert added == [str(beside / "drawing")]
    assert os.environ["PATH"].split(os.pathsep) == [str(beside / "drawing"), "as it was"]
    assert os.environ["FONTCONFIG_FILE"] == str(beside / "fonts.conf")
    assert os.environ["LIBTHAI_DICTDIR"] == "as it was", "what a person chose stands"
