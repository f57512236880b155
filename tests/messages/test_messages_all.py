"""What holds of every message format."""

import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import message_fuzz
from data_samples import make_samples
from features import manifest
from features.manifest import schema
from features.manifest.messages import BY_NAME, FORMS, Broken, Shipment, glued, guide, recognise

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data_samples" / "messages"
NAMES = sorted(BY_NAME)


def sample(name):
    return SAMPLES / f"{name}{BY_NAME[name].suffix}"


def wildcargo(*words):
    call = [sys.executable, "-c", "from risk.commands import main; main()", *map(str, words)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "110"}
    return subprocess.run(call, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture(scope="module")
def day():
    return make_samples.port_day()


def test_samples_are_what_the_writers_write(day, tmp_path):
    for file in make_samples.messages(day, tmp_path / "messages"):
        assert file.read_bytes() == (SAMPLES / file.name).read_bytes(), file.name


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_of_its_own_format_alone(name):
    head = sample(name).read_bytes()[: 1 << 16]
    assert [form.name for form in FORMS if form.recognise(head)] == [name]
    assert recognise(head) is BY_NAME[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_read_without_loss_of_a_shipment(name):
    form = BY_NAME[name]
    found = list(form.read(sample(name)))
    assert not [each for each in found if isinstance(each, Broken)]
    filled = {column for each in found for column in each.values}
    assert filled <= set(form.columns)
    assert {"shipment_id", "goods_description"} <= filled
    read = manifest.read(sample(name))
    assert len(read.table) == 20
    assert read.counts["rejected"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_column_is_told_once_and_is_one(name):
    form = BY_NAME[name]
    columns = [field.column for field in form.fields]
    assert set(columns) <= set(schema.BY_NAME)
    assert len(columns) == len(set(columns))
    assert not set(columns) & set(schema.OUTCOME_COLUMNS)
    assert form.tried.strip()
    assert form.lost.strip()


def test_the_page_on_formats_is_what_the_readers_say():
    text = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    assert text[text.index(guide.START) + len(guide.START) : text.index(guide.END)].strip() == guide.render()


@pytest.mark.parametrize("name", NAMES)
def test_cut_anywhere_a_sample_is_read_as_far_as_it_goes(name, tmp_path):
    content = sample(name).read_bytes()
    for share in (0.2, 0.5, 0.9, 0.99):
        (tmp_path / "cut").write_bytes(content[: int(share * len(content))])
        found = list(BY_NAME[name].read(tmp_path / "cut"))
        assert all(isinstance(each, (Shipment, Broken)) for each in found)
        assert share < 0.5 or any(isinstance(each, Shipment) for each in found)


_PUT = (b"", b"'", b'"', b"<", b">", b"/", b"+", b"&", b"\n", b"\r\n\r\n", b"\x00", b"\xff\xfe", b"9" * 400)


def mutant(content, other, chance):
    """Return a sample with pieces cut out, doubled, replaced, or of another format's."""
    for _ in range(chance.randint(1, 8)):
        at, size = chance.randrange(len(content) + 1), chance.choice((0, 1, 2, 8, 64, 900))
        put = chance.choice((*_PUT, content[at : at + size] * 2, other[-at:][:size], chance.randbytes(3)))
        content = content[:at] + put + content[at + size :]
    return content[: chance.choice((len(content), chance.randrange(len(content) + 1)))]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_changed_a_reader_keeps_its_promises(name, tmp_path):
    """The short run of `benchmarks.message_fuzz`, without a guide."""
    form, chance = BY_NAME[name], random.Random(name)
    check = message_fuzz.promise(form, tmp_path / f"input{form.suffix}")
    message_fuzz.begin(form, tmp_path / "seeds")
    seeds = [seed.read_bytes() for seed in sorted((tmp_path / "seeds").iterdir())]
    for _ in range(60):
        check(mutant(chance.choice(seeds), sample(chance.choice(NAMES)).read_bytes(), chance))


BEHIND = ("awmds", "cargo_xml", "cuscar", "x12_309", "cargo_imp")


@pytest.mark.parametrize("first", NAMES)
def test_where_another_format_begins_is_found(first, tmp_path):
    for second in BEHIND:
        for glue in (b"\n", b"\r\n\r\n \x03\r\n"):
            (tmp_path / "glued").write_bytes(sample(first).read_bytes() + glue + sample(second).read_bytes())
            lines = sample(first).read_bytes().count(b"\n") + glue.count(b"\n") + 1
            begun = [each.line for each in glued.stretches(tmp_path / "glued", BY_NAME[first])]
            assert begun == ([1] if first == second else [1, lines])


@pytest.mark.parametrize(("number", "first"), list(enumerate(NAMES)))
def test_two_formats_in_one_file_are_both_read(number, first, tmp_path):
    second = BEHIND[number % len(BEHIND)]
    one, other = (manifest.read(sample(name)).table["shipment_id"] for name in (first, second))
    (tmp_path / "glued").write_bytes(sample(first).read_bytes() + b"\n" + sample(second).read_bytes())
    assert set(manifest.read(tmp_path / "glued").table["shipment_id"]) == set(one) | set(other)


def test_a_name_that_looks_like_a_message_is_none(tmp_path):
    content = sample("awmds").read_bytes()
    content = content.replace(b"</Goods_description>", b"\nFWB/17\nUNB+1'\nISA*00*\n</Goods_description>")
    (tmp_path / "day.xml").write_bytes(content)
    found = manifest.read(tmp_path / "day.xml")
    assert len(found.table) == 20
    assert set(found.table["source_file"]) == {"day.xml"}


def test_where_a_format_changes_is_found_across_blocks(tmp_path, monkeypatch):
    one, other = sample("cargo_imp").read_bytes(), sample("awmds").read_bytes()
    (tmp_path / "glued").write_bytes(one + b"\n" + other + b"\n" + one)
    begin = len(one) + 1
    for block in (begin - 1, begin, begin + 1, begin + 3, 5000, 1 << 22):
        monkeypatch.setattr(glued, "_BLOCK", block)
        found = glued.stretches(tmp_path / "glued", BY_NAME["cargo_imp"])
        assert [each.begin for each in found] == [0, begin, begin + len(other) + 1]


def test_a_mix_of_all_in_a_folder(tmp_path):
    found = manifest.read(SAMPLES)
    alone = [manifest.read(sample(name)).table["shipment_id"] for name in NAMES]
    assert set(found.table["shipment_id"]) == set(pd.concat(alone))


def test_convert_writes_messages_and_reads_them_again(tmp_path):
    for name in NAMES:
        out = tmp_path / f"again{BY_NAME[name].suffix}"
        done = wildcargo("convert", sample(name), "--to", name, "--out", out)
        assert done.returncode == 0, done.stderr + done.stdout
        first, again = manifest.read(sample(name)).table, manifest.read(out).table
        written = [field.column for field in BY_NAME[name].fields if field.written]
        pd.testing.assert_frame_equal(first[written], again[written], check_exact=True)


def test_simulate_writes_a_file_of_messages_a_day(tmp_path):
    done = wildcargo(
        "simulate", "--days", 2, "--per-day", 30, "--format", "awmds", "--out", tmp_path / "port"
    )
    assert done.returncode == 0, done.stderr
    files = sorted((tmp_path / "port" / "awmds").iterdir())
    assert [bool(re.fullmatch(r"202\d-\d\d-\d\d\.xml", file.name)) for file in files] == [True] * len(files)
    ids = pd.read_parquet(tmp_path / "port" / "manifests.parquet")["shipment_id"]
    assert set(manifest.read(files).table["shipment_id"]) <= set(ids)


def test_messages_of_a_port_simulated_anew_are_its_own_alone(tmp_path):
    for seed, shipments in ((1, 60), (2, 5)):
        words = ("--days", 1, "--per-day", shipments, "--seed", seed, "--format", "itmatt")
        assert wildcargo("simulate", *words, "--out", tmp_path / "port").returncode == 0
    told = manifest.read(tmp_path / "port/itmatt").table["shipment_id"]
    assert sorted(told) == sorted(pd.read_parquet(tmp_path / "port/manifests.parquet")["shipment_id"])


def test_an_unknown_format_is_a_mistake(tmp_path):
    done = wildcargo("convert", sample(NAMES[0]), "--to", "telepathy", "--out", tmp_path / "x")
    assert done.returncode == 2
    assert "'telepathy' is none of" in done.stderr


def test_formats_lists_them_all():
    done = wildcargo("formats")
    assert done.returncode == 0
    for form in FORMS:
        assert f"{form.name}: {form.title}" in done.stdout
