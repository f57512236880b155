"""A batch of several files, some broken: what was read, what was not and why, in the summary."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from risk.commands import cli

MESSAGES = Path(__file__).parents[2] / "data_samples/messages"


def run(*words):
    return CliRunner().invoke(cli, [str(w) for w in words], prog_name="wildcargo")


@pytest.fixture
def batch(tmp_path):
    """Five message files, of which one stops in the middle of its second document."""
    folder = tmp_path / "day"
    folder.mkdir()
    for name in ("awmds.xml", "cargo_imp.txt", "cuscar.edi", "itmatt.csv"):
        shutil.copy(MESSAGES / name, folder / name)
    whole = (MESSAGES / "cargo_xml.xml").read_bytes()
    (folder / "cut.xml").write_bytes(whole[: len(whole) // 2])
    return folder


def test_the_rest_of_a_batch_is_read_and_the_summary_says_what_was_lost(batch, tmp_path):
    done = run("convert", batch, "--out", tmp_path / "day.csv", "--now", "2026-11-20")
    assert done.exit_code == 0, done.output
    assert "Files: 5 = 5 read (1 of them in part) + 0 not read" in done.stdout
    assert "+ 1 rejected" in done.stdout
    assert "day/cut.xml line" in done.stdout
    refused = run("convert", batch, "--out", tmp_path / "strict.csv", "--strict")
    assert refused.exit_code == 2
    assert "day/cut.xml line" in refused.output
    assert not (tmp_path / "strict.csv").exists()


def test_a_file_that_is_no_manifest_counts_as_not_read(bundle_dir, batch, tmp_path):
    (batch / "report.pdf").write_bytes(b"%PDF-1.7 nothing of ours")
    call = ("score", batch, "--model", bundle_dir, "--out", tmp_path / "list.csv", "--now", "2026-11-20")
    done = run(*call)
    assert done.exit_code == 0, done.output
    assert "Files: 6 = 5 read (1 of them in part) + 1 not read" in done.stdout
    assert "report.pdf: not read" in done.stdout
    assert "+ 1 rejected\n" in done.stdout  # a bill that breaks off; a file without rows adds none


def test_only_when_nothing_can_be_read_is_it_an_error(tmp_path):
    folder = tmp_path / "day"
    folder.mkdir()
    (folder / "a.pdf").write_bytes(b"%PDF-1.7")
    (folder / "b.xml").write_bytes(b"<Awmds><Bol_segment>")
    done = run("convert", folder, "--out", tmp_path / "day.csv")
    assert done.exit_code == 2
    assert "day/a.pdf" in done.output
    assert "day/b.xml" in done.output
    assert not (tmp_path / "day.csv").exists()


def test_many_rejections_are_counted_by_reason(tmp_path):
    rows = "".join(f",goods {n}\n" for n in range(60))
    (tmp_path / "a.csv").write_text(f"shipment_id,goods_description\nB1,tea\n{rows}", encoding="utf-8")
    done = run("convert", tmp_path / "a.csv", "--out", tmp_path / "day.csv")
    assert done.exit_code == 0, done.output
    assert "60 rejected: no shipment_id" in done.stdout
    assert "and 10 more" in done.stdout
    assert "Files:" not in done.stdout
