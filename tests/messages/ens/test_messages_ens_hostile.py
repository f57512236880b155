"""Entry summary declarations broken in many ways."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest.messages.ens import recognise
from features.manifest.messages.form import Broken, Shipment

Read = Callable[[str | bytes], list[Shipment | Broken]]

_FOLDER = Path(__file__).parent.parent / "samples" / "ens"
SEA, CYPRUS = ((_FOLDER / f"{name}.xml").read_text(encoding="utf-8") for name in ("sea", "cyprus"))


def item(inside: str) -> str:
    return f"<CC315A><HEAHEA><RefNumHEA4>L1</RefNumHEA4></HEAHEA>{inside}</CC315A>"


def test_a_broken_message_costs_itself(read: Read) -> None:
    found = read(SEA[: len(SEA) // 2] + SEA)
    assert [each.__class__ for each in found].count(Broken) == 1
    assert sum(isinstance(each, Shipment) and each.values["shipment_id"] == "BILL2" for each in found) >= 1
    assert found[-1].values["shipment_id"] == "BILL2"


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]><CC315A><HEAHEA><RefNumHEA4>&a;</RefNumHEA4></HEAHEA></CC315A>',
        item("<GOOITEGDS><GroMasGDS46>1e999</GroMasGDS46><IteNumGDS7>x</IteNumGDS7></GOOITEGDS>"),
        item(f"<GOOITEGDS><GroMasGDS46>{'9' * 4000}</GroMasGDS46></GOOITEGDS>"),
        item(f"<GOOITEGDS><PACGS2><NumOfPacGS24>{'9' * 4000}</NumOfPacGS24></PACGS2></GOOITEGDS>" * 2),
        item(f"<GOOITEGDS>{'<a>' * 2000}{'</a>' * 2000}</GOOITEGDS>"),
        item("<GOOITEGDS><!-- c --><?p i?><PRODOCDC2/><PACGS2>5</PACGS2></GOOITEGDS>"),
        item(f"<GOOITEGDS><GooDesGDS23>{'A' * 3_000_000}</GooDesGDS23></GOOITEGDS>"),
        SEA.replace("202011040915", "99999999").replace("201104", "999999"),
        SEA[:-20],
        "<CC315A",
    ],
)
def test_hostile_messages(read: Read, text) -> None:
    read(text)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ens.xml"
        path.write_text(text)
        with contextlib.suppress(manifest.ManifestError):
            found = manifest.read(path)
            assert len(found.table) + len(found.rejected) >= 1


def test_many_items_and_bills_take_time_in_proportion(read: Read) -> None:
    def took(bills: int) -> float:
        body = "".join(
            "<GOOITEGDS><GooDesGDS23>Tea</GooDesGDS23><GroMasGDS46>1</GroMasGDS46>"
            f"<PRODOCDC2><DocTypDC21>N705</DocTypDC21><DocRefDC23>B{n % bills}</DocRefDC23></PRODOCDC2>"
            "</GOOITEGDS>"
            for n in range(30_000)
        )
        began = time.perf_counter()
        found = read(item(body))
        assert len(found) == bills
        return time.perf_counter() - began

    assert took(1) < 10
    assert took(15_000) < 20


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_mutations_never_raise(read: Read, data) -> None:
    text = data.draw(st.sampled_from([SEA, CYPRUS])).encode()
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 60))
        put = data.draw(
            st.sampled_from(
                [b"", b"<", b">", b"</", b"&", b"<x>", b"\x00", b"\xff", b"9e999", b"<![CDATA[", b"<?xml "]
            )
        )
        text = text[:at] + put + text[at + cut :]
    recognise(text)
    read(text)


def test_a_declaration_that_is_none_ends(read: Read) -> None:
    found = read("<?xml <?xml <a" + SEA)
    assert found[-1].values["shipment_id"] == "BILL2"
