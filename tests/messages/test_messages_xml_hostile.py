"""XML whose declaration lies, and what stands outside of every encoding."""

import codecs

import pytest

from features import manifest

BILL = (
    "<Awmds><Bol_segment><Bol_id><Bol_reference>B{n}</Bol_reference></Bol_id><Goods_segment>"
    "<Goods_description>café {n}</Goods_description></Goods_segment></Bol_segment></Awmds>"
)


def read(path, content):
    path.write_bytes(content)
    return manifest.read(path)


LIES = "zlib hex base64 rot13 bz2 uu quopri utf-7 unicode_escape raw_unicode_escape punycode idna undefined"


@pytest.mark.parametrize(
    "name", [*LIES.split(), "cp037", "utf-16", "utf-32", "klingon", "x" * 500, "latin-1"]
)
def test_an_encoding_that_cannot_be_is_not_believed(tmp_path, name):
    content = f'<?xml version="1.0" encoding="{name}"?>{BILL.format(n=1)}'.encode("latin-1")
    found = read(tmp_path / "a.xml", content)
    assert found.table["shipment_id"].tolist() == ["B1"]
    assert found.table["goods_description"].tolist() == ["café 1"]


@pytest.mark.parametrize("name", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_unicode_is_read_whatever_is_declared(tmp_path, name):
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    content = f'<?xml version="1.0" encoding="iso-8859-7"?>{BILL.format(n=1)}'.encode(name)
    found = read(tmp_path / "a.xml", marks.get(name, b"") + content)
    assert found.table["goods_description"].tolist() == ["café 1"]
