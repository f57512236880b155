"""How fast a large manifest is read, and in how much memory; writes its section of ``docs/results.md``.

    python -m benchmarks.reading --rows 5000000

A CSV of simulated shipments is written to a temporary folder, a share of them on several lines of one
bill, and read by `features.manifest.stream` (every cell checked, lines joined, repeats settled) and by
``pandas.read_csv`` as text, which checks nothing and holds the whole table. Each reads in a process of its
own; memory is the most that process ever held.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from benchmarks.results import table, write_section
from data_samples.simulate import simulate
from features.manifest import stream

#: Share of bills that stand on three lines.
LINED = 0.1
#: Rows made at once.
BLOCK = 100_000


def write_day(path: Path, rows: int) -> None:
    """Write a CSV of `rows` rows: one simulated block again and again, each time with bills of its own."""
    made = simulate("base", days=20, per_day=BLOCK // 20, seed=1, slots_per_day=0).manifests
    lines = made.iloc[: int(LINED * BLOCK)]
    block = pd.concat([made.iloc[: BLOCK - 2 * len(lines)], lines, lines], ignore_index=True)
    block["line_number"] = block.groupby("shipment_id").cumcount() + 1
    for number, start in enumerate(range(0, rows, BLOCK)):
        part = block.iloc[: rows - start].copy()
        for column in ("shipment_id", "master_id", "manifest_id"):
            part[column] = part[column] + f"-{number}"
        part.to_csv(path, mode="a", header=number == 0, index=False)


def read_by_stream(path: Path) -> int:
    """Return the rows accounted for: shipments, joined lines and rejected rows."""
    counts = [manifest.counts for manifest in stream([path])]
    return sum(each["rows_read"] for each in counts)


def read_by_pandas(path: Path) -> int:
    """Return the rows read."""
    return len(pd.read_csv(path, dtype="str", low_memory=False))


READERS = {"wildcargo": read_by_stream, "pandas.read_csv, as text": read_by_pandas}


def measured(reader: str, path: Path) -> dict[str, float]:
    """Read in a process of its own; return rows, seconds and megabytes."""
    call = [sys.executable, "-m", "benchmarks.reading", "--read", str(path), "--reader", reader]
    done = subprocess.run(call, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    """Measure both and write the section."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--no-page", action="store_true", help="leave docs/results.md alone")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--reader", choices=READERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        begun = time.perf_counter()
        rows = READERS[given.reader](given.read)
        seconds = time.perf_counter() - begun
        # Not ru_maxrss: that of a child begins at what its parent held.
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        most = int(peak[1]) / 1024 if peak else float("nan")
        print(json.dumps({"rows": rows, "seconds": seconds, "megabytes": most}))
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "day.csv"
        write_day(path, given.rows)
        size = path.stat().st_size / 2**20
        found = {reader: measured(reader, path) for reader in READERS}
    rival = found["pandas.read_csv, as text"]
    rows = [
        (
            reader,
            f"{one['rows']:,.0f}",
            f"{one['seconds']:,.0f}",
            f"{one['rows'] / one['seconds']:,.0f}",
            f"{one['megabytes']:,.0f}",
            f"{one['seconds'] / rival['seconds']:.1f}",
            f"{one['megabytes'] / rival['megabytes']:.2f}",
        )
        for reader, one in found.items()
    ]
    header = ("reader", "rows", "seconds", "rows a second", "MB at most", "time, ratio", "memory, ratio")
    words = f"""## Reading a large manifest (`benchmarks/reading.py`)

A CSV of {given.rows:,} rows ({size:,.0f} MB), {3 * LINED:.0%} of them lines of bills of three. wildcargo
checks every cell, joins the lines and settles repeats in bounded memory; pandas only splits the text.
"""
    text = f"{words}\n{table(header, rows)}"
    if not given.no_page:
        write_section("reading", text)
    print(text)


if __name__ == "__main__":
    main()
