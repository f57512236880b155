"""Cargo-IMP messages that are broken, or meant to break the reader."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.manifest.messages import cargo_imp
from features.manifest.messages.form import Broken, Shipment

_FOLDER = Path(__file__).parents[1] / "samples" / "cargo_imp"
FWB16, FWB17, FHL4, FFM8 = SAMPLES = [
    (_FOLDER / f"{name}.txt").read_text(encoding="ascii") for name in ("fwb16", "fwb17", "fhl4", "ffm8")
]


def test_a_broken_message_costs_itself_alone(read):
    text = "FWB/16\nNONSENSE\nSHP\n/X\n" + FWB17 + "FHL/4\nMBI/117-41380802ARNEWR/T3K2\nTXT/X\n" + FHL4
    found = read(text)
    broken = [each for each in found if isinstance(each, Broken)]
    assert [each.place for each in broken] == ["line 1", f"line {5 + FWB17.count(chr(10))}"]
    assert "air waybill" in broken[0].expected
    assert broken[1].shipment_id == "117-41380802"
    assert [each.values["shipment_id"] for each in found if isinstance(each, Shipment)] == [
        "117-41380802",
        "CVGA00176739",
        "CVGA00177173",
    ]


def test_a_house_without_number_costs_itself_alone(read):
    found = read(FHL4.replace("HBS/CVGA00176739", "HBS/"))
    assert isinstance(found[0], Broken)
    assert found[0].place == "line 3"
    assert isinstance(found[1], Shipment)


def test_a_list_without_master_keeps_its_houses(read):
    (found,) = read("FHL/4\nHBS/H1/HKGBKK/1/K2//FISH\n")
    assert isinstance(found, Shipment)
    assert found.values["shipment_id"] == "H1"
    assert [column for column, _, _ in found.doubts] == ["master_id"]


def test_other_messages_are_told_and_left_out(read):
    text = (
        "FSU/14\n157-53806270HKGNLU/P2K505.0T10\nRCF/QR1/20JUN1039/DOH/P2K5\n"
        "FNA\nACK/AWB0005\nFWB/17\n176-20649506HKGBKK/T1K1\n" + FWB16
    )
    found = read(text)
    assert [type(each).__name__ for each in found] == ["Broken", "Broken", "Shipment"]
    assert "FSU" in found[0].expected
    assert "FNA" in found[1].expected
    assert found[1].place == "line 4"


def test_places_are_lines_of_the_file(read):
    found = read(FWB16 + FWB16 + FHL4)
    lines = (FWB16 + FWB16 + FHL4).split("\n")
    for each in found:
        line = lines[int(each.place.removeprefix("line ")) - 1]
        assert line.startswith(("FWB/", "HBS/"))
    assert len({each.place for each in found}) == 4


@pytest.mark.parametrize(
    "text",
    [
        "FWB/16\n157-41510976DACFRA/T" + "9" * 4000 + "K1e999MC" + "1" * 5000 + "\n",
        "FWB/16\n157-41510976DACFRA/T1K1\nRTD/1/NG/" + "A" * 10_000_000,
        "FWB/16\n157-41510976DACFRA/T1K1\nRTD/1/NG/" + "/" * 3_000_000,
        "FWB/16\n157-41510976DACFRA/T1K1\nRTD" + "\n/NG/A" * 300_000,
        "FWB/16\n157-41510976DACFRA/T1K1\nSHP" + "\n/AB" * 300_000,
        "FWB/16\n157-41510976DACFRA/T1K1\nSHP" + "\nNAM/AB" * 100_000,
        "FWB/16\n157-41510976DACFRA/T1K1\nOCI" + "\n/AB/SHP/T/1" * 200_000,
        "FWB/16\n157-41510976DACFRA/T1K1\nRTG" + "/ABCDE" * 300_000,
        "FWB/16\n157-41510976DACFRA/T1K1\n" + "SPH/AVI\n" * 300_000,
        "FWB/16\n157-41510976DACFRA/T1K1\n" + "SHP/1\n/A\n/B\n/C\n/BD\n" * 50_000,
        "FWB/16\n157-41510976DACFRA/T1K1\nCVD/USD//PP/NVD/" + "9" * 40_000 + "/XXX\nRTD/1/NH/" + "1" * 90_000,
        "FHL/4\nMBI/117-41380802ARNEWR/T3K2\nHBS/X/Y/Z\n" + "TXT/A\n" * 300_000,
        "FFM/8\n1/KZ134/15APR/HKG\nORD\n" + "933-34686853HKGORD/S1K1T92/FISH\n" * 100_000,
        "FFM/8\n1/KZ134/15APR/HKG\nORD\n933-34686853HKGORD/T1K1/FISH" + "/" * 3_000_000 + "\n",
        "FFM/8\n1/KZ134/15APR/HKG\nORD\n933-34686853HKGORD/T1K1/FISH" + "/GO" * 1_000_000 + "\n",
        "FFM/8\n1/KZ134/15APR/HKG\nORD\n" + "933-34686853HKGORD/S1K1/" + "CONSOL " * 100_000 + "\n" * 2,
        "FFM/8\n1/KZ134/15APR/HKG\nORD\n"
        + "".join(f"933-34686853HKGORD/S1K1/{n} {'CONSO ' * 20_000}\n" for n in range(150)),
        "FHL/4\nMBI/117-41380802ARNEWR/T3K2\nHBS/X/HKGBKK/1/K1//Y\n" * 50_000,
        "FFM/8\n1/KZ134/99XXX/HKG\nORD//99ABC9999\n933-34686853/\nULD/\n/\n///\n",
        "FWB/16\n" * 100_000,
        "FWB/16\n157-41510976DACFRA/T1K1\nISU/99999999\nFLT/////\nSHP\n/\nCNE\n/\n/\n/\n",
        "/" * 100_000 + "\n/A\n/B\nFWB/16\n157-41510976DACFRA/T1K1",
        "FWB/16\n157-41510976DACFRA/T1K1\nSHP\nNAM\nADR\nLOC\nNAM/\nADR/\nLOC/\n/\n//\nOCI\nOCI/\nCVD\nRTD\nSPH\nOPI\n",
        "FWB/16\n157-41510976DACFRA/T1K1\nRTD/1/NG/" + "\u0e01\ud800\u202e\U0001f40d" * 1000,
    ],
    ids=range(24),
)
def test_hostile_text_is_read_in_time(text, read):
    begun = time.process_time()
    found = read(text)
    assert time.process_time() - begun < 8
    assert found
    assert all(
        set(each.values) <= set(cargo_imp.FORM.columns) for each in found if isinstance(each, Shipment)
    )


def test_any_bytes_are_read(read):
    rng = np.random.default_rng(7)
    assert read(rng.integers(0, 256, 300_000, dtype=np.uint8).tobytes()) == []
    assert isinstance(read(b"FWB/16\n" + bytes(range(256)) * 1000)[0], Broken)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sample=st.sampled_from(SAMPLES),
    edits=st.lists(
        st.tuples(
            st.integers(0, 3000),
            st.integers(0, 12),
            st.sampled_from(
                [
                    "",
                    "/",
                    "\n",
                    "\n/",
                    "//",
                    "T",
                    "K9",
                    "1e999",
                    "\x00",
                    "FWB/16\n",
                    "HBS",
                    "ULD/",
                    "\u0e01",
                    " ",
                    "\r",
                ]
            ),
        ),
        max_size=8,
    ),
)
def test_mutated_messages_never_fail(sample, edits, read):
    for at, length, new in edits:
        at %= len(sample)
        sample = sample[:at] + new + sample[at + length :]
    for each in read(sample):
        if isinstance(each, Shipment):
            assert each.values["shipment_id"]
            assert set(each.values) <= set(cargo_imp.FORM.columns)
            for column in ("packages", "gross_weight_kg", "volume_m3", "declared_value"):
                assert float(each.values.get(column, "1")) > 0
        else:
            assert each.place.startswith("line ")
        assert int(each.place.removeprefix("line ")) <= sample.count("\n") + sample.count("\r") + 1


def test_reading_takes_time_in_proportion(read):
    def seconds(times: int) -> float:
        text = (FWB16 + FHL4 + FFM8) * times
        best = 9.0
        for _ in range(3):
            begun = time.process_time()
            read(text)
            best = min(best, time.process_time() - begun)
        return best

    assert seconds(1600) < 12 * seconds(200)
