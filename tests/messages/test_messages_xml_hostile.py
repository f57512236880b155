"""XML whose declaration lies, and what stands outside of every encoding."""

import codecs

import pytest

from features import manifest
from features.manifest.messages import BY_NAME, Broken, Shipment

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


@pytest.mark.parametrize("kind", ["attribute", "marks in an attribute", "name", "text"])
def test_what_never_ends_is_not_held(tmp_path, kind):
    """lxml keeps a tag until it ends: a gigabyte of one would fill the memory."""
    resource = pytest.importorskip("resource")
    begin, fill = {
        "attribute": (b'<Awmds x="', b"A"),
        "marks in an attribute": (b'<Awmds x="', b">"),
        "name": (b"<Awmds><A", b"A"),
        "text": (b"<Awmds><A>", b"A"),
    }[kind]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open(tmp_path / "a.xml", "wb") as stream:
        stream.write(begin)
        for _ in range(150):
            stream.write(fill * 1_000_000)
        # What follows under a declaration of its own is read.
        stream.write(b'"></Awmds><?xml version="1.0"?>' + BILL.format(n=2).encode())
    found = list(BY_NAME["awmds"].read(tmp_path / "a.xml"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KB
    assert [type(each) for each in found] == [Broken, Shipment]
    assert found[1].values["shipment_id"] == "B2"


def test_a_break_is_told_in_lines_of_the_file(tmp_path):
    first = '<?xml version="1.0"?>\n' + BILL.format(n=1).replace("><", ">\n<") + "\n"
    lines = first.count("\n")
    second = '<?xml version="1.0"?>\n<Awmds>\n<Bol_segment>\n<Bol_id>'
    (rejected,) = read(tmp_path / "a.xml", (first + second).encode()).rejected.to_dict("records")
    assert rejected["source_position"] == f"line {lines + 4}"
    assert f"Bol_id line {lines + 4} and the end of the document" in rejected["reason"]
    assert "column" not in rejected["reason"]
