"""How fast messages are read, beside a bare parse of the same bytes; writes ``docs/performance.md``.

    python -m benchmarks.message_reading
    python -m benchmarks.message_reading --large 2000   # and the memory files of 2 GB take

Simulated shipments are written in each format, read by its reader, and walked by a bare parser that keeps
nothing: lxml with the same hardening for XML, ``str.split`` on the separators for EDI and lines, the csv
module for tables. UN/EDIFACT is also cut into segments by pydifact, a library kept for it, where that is
installed (the extra ``benchmarks``). The same files at a hundredth, a tenth and the whole of the size show
whether time grows with it. Each reads in a process of its own; times are those of its processor, memory is
the most that process ever held.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import time
import warnings
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from lxml import etree

from benchmarks.kernel import PAGE, _peak
from benchmarks.results import table, write_section

SHARES = (0.01, 0.1, 1.0)
_PYDIFACT = version("pydifact") if find_spec("pydifact") else ""
_DECLARATION = re.compile(rb"<\?xml [^>]*\?>")


def bare(path: Path, form: str) -> int:
    """Parse a file and walk over everything in it; return how many parts there were."""
    if path.suffix == ".xml":
        parts = 0
        with open(path, "rb") as stream:
            parser = etree.XMLPullParser(
                events=("end",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
            )
            parser.feed(b"<documents>")
            rest = b""
            while block := stream.read(1 << 18):
                # A declaration inside is no XML; one cut by the end of a block waits for the next.
                whole = _DECLARATION.sub(b"", rest + block)
                cut = whole.rfind(b"<")
                whole, rest = (whole[:cut], whole[cut:]) if cut >= 0 else (whole, b"")
                parser.feed(whole)
                for _, element in parser.read_events():
                    parts += bool(element.tag) + bool(element.text)
                    element.clear()
                    while element.getprevious() is not None:
                        del element.getparent()[0]
        return parts
    if form == "itmatt":
        with open(path, encoding="utf-8", newline="") as lines:
            return sum(len(row) for row in csv.reader(lines))
    ends, within = {"cuscar": ("'", "+:"), "x12_309": ("~", "*")}.get(form, ("\n", "/"))
    parts, rest = 0, ""
    with open(path, encoding="utf-8", newline="") as text:
        while piece := text.read(1 << 18):
            segments = (rest + piece).split(ends)
            rest = segments.pop()
            for segment in segments:
                parts += sum(len(element.split(within[-1])) for element in segment.split(within[0]))
    return parts


def by_pydifact(path: Path, form: str) -> int:
    """Cut a file of UN/EDIFACT into segments with pydifact; return how many there were."""
    from pydifact.parser import Parser

    with open(path, encoding="utf-8", newline="") as text:
        interchanges = re.split(r"(?=^UNA:)", text.read(), flags=re.MULTILINE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about every message without a schema of its own
        return sum(len(list(Parser().parse(each))) for each in interchanges if each.strip())


def read(path: Path, form: str) -> int:
    """Read a file to its end; return the shipments."""
    from features.manifest.messages import BY_NAME, Shipment

    return sum(isinstance(each, Shipment) for each in BY_NAME[form].read(path))


def convert(path: Path, form: str) -> int:
    """Convert a file to a table as people do; return the shipments."""
    import pyarrow.parquet as pq

    from risk.commands import cli

    out = path.with_suffix(".parquet")
    cli.main(["convert", str(path), "--out", str(out)], standalone_mode=False)
    return int(pq.ParquetFile(out).metadata.num_rows)


def measured(path: Path, form: str, who: str) -> dict[str, float]:
    """Read in a process of its own; return seconds, megabytes and how many were found."""
    call = [sys.executable, "-m", "benchmarks.message_reading", "--read", str(path), "--form", form]
    # As the command line sets it.
    pool = os.environ | {"ARROW_DEFAULT_MEMORY_POOL": "system"}
    done = subprocess.run([*call, "--who", who], check=True, stdout=subprocess.PIPE, text=True, env=pool)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def written(folder: Path, form: str, shipments: pd.DataFrame, megabytes: float) -> Path:
    """Write a file of about so many megabytes: the shipments again and again under other numbers."""
    from features.manifest.messages import BY_NAME

    chosen = BY_NAME[form]
    path = folder / f"{form}-{megabytes}{chosen.suffix}"
    with open(path, "wb") as stream:
        number = 0
        while stream.tell() < megabytes * 1e6:
            again = shipments.copy()
            for column in ("shipment_id", "master_id", "manifest_id", "voyage"):
                again[column] = again[column] + f"{number}"
            chosen.write(again, stream)
            number += 1
    return path


def main() -> None:
    """Measure every format and write the section."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--large", type=float, default=0, help="megabytes of one more file")
    parser.add_argument("--large-forms", nargs="+", default=["awmds", "cargo_xml"])
    parser.add_argument("--forms", nargs="+")
    parser.add_argument("--no-page", action="store_true", help="leave docs/performance.md alone")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--form", help=argparse.SUPPRESS)
    parser.add_argument("--who", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        begun = time.process_time()
        ways = {"reader": read, "bare": bare, "pydifact": by_pydifact, "convert": convert}
        found = ways[given.who](given.read, given.form)
        spent = time.process_time() - begun
        print(json.dumps({"found": found, "seconds": spent, "megabytes": _peak() / 1e6}))
        return
    text = page(given.forms, given.megabytes, given.large, given.large_forms)
    print(text)
    if not given.no_page:
        write_section("message_reading", text, PAGE)


def page(forms: list[str] | None, megabytes: float, large: float, large_forms: list[str]) -> str:
    """Measure; return the section."""
    from data_samples.simulate import simulate
    from features.manifest import schema
    from features.manifest.messages import FORMS

    shipments = schema.complete(simulate("base", days=1, per_day=2000, seed=1, slots_per_day=0).manifests)
    rows, big = [], []
    for form in FORMS:
        if forms and form.name not in forms:
            continue
        with TemporaryDirectory() as name:
            times, library = [], None
            for share in SHARES:
                path = written(Path(name), form.name, shipments, megabytes * share)
                size = path.stat().st_size / 1e6
                reader, rival = (measured(path, form.name, who) for who in ("reader", "bare"))
                times.append(reader["seconds"] / size)
                if form.name == "cuscar" and _PYDIFACT and share < 1.0:
                    library = measured(path, form.name, "pydifact")["seconds"] / reader["seconds"]
            rows.append(_line(form.name, size, reader, rival, library, times))
            print(rows[-1], flush=True)
            path.unlink()
            if large and form.name in large_forms:
                path = written(Path(name), form.name, shipments, large)
                held = [measured(path, form.name, who) for who in ("reader", "convert")]
                line = [f"`{form.name}`", f"{path.stat().st_size / 1e6:,.0f}", f"{held[1]['found']:,.0f}"]
                big.append([*line, *(f"{each['megabytes']:.0f}" for each in held)])
                print(big[-1], flush=True)
    header = ["format", "MB", "shipments/s", "MB/s", "speed by the bare parse's", "by pydifact's"]
    header += ["ms per MB at 1 %, 10 %, 100 % of the size", "most memory, MB"]
    parts = [
        "## Reading messages (`benchmarks/message_reading.py`)",
        "Simulated shipments in each format, read to the end by the format's reader and walked by a bare "
        "parser of the same bytes that keeps nothing; a tenth of the UN/EDIFACT is also cut into segments by "
        f"pydifact {_PYDIFACT or '(not installed)'}. Seconds are the processor's.",
        table(header, rows),
    ]
    if big:
        parts += [
            "Most memory on one large file, in the reader alone and in `wildcargo convert`:",
            table(["format", "MB", "shipments", "reader, MB", "convert, MB"], big),
        ]
    return "\n\n".join(parts)


def _line(
    name: str,
    size: float,
    reader: dict[str, float],
    rival: dict[str, float],
    library: float | None,
    times: list[float],
) -> list[str]:
    seconds = reader["seconds"]
    speeds = [
        f"{reader['found'] / seconds:,.0f}",
        f"{size / seconds:.1f}",
        f"{rival['seconds'] / seconds:.2f}",
        f"{library:.1f}" if library else "",
    ]
    growth = " / ".join(f"{each * 1e3:.0f}" for each in times)
    return [f"`{name}`", f"{size:.0f}", *speeds, growth, f"{reader['megabytes']:.0f}"]


if __name__ == "__main__":
    main()
