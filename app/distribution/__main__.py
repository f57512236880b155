"""``python -m app.distribution``: make the folders for officers' machines."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from app.distribution import building, checksums
from app.distribution.target import Undeliverable


def main(arguments: list[str] | None = None) -> int:
    """Make folders and say what they are."""
    parser = argparse.ArgumentParser(prog="python -m app.distribution", description=__doc__)
    parser.add_argument("--system", choices=("windows", "linux"), action="append", help="default: both")
    parser.add_argument("--out", type=Path, default=Path("out/dist"), help="where folders are put")
    parser.add_argument("--pack", action="store_true", help="also as one file each, zip or tar.gz")
    given = parser.parse_args(arguments)
    # What is made is for others to run, whatever the maker keeps to himself.
    os.umask(0o022)
    root = Path(__file__).resolve().parents[2]
    for system in given.system or ("windows", "linux"):
        source = os.environ.get(f"PYTHON_FOR_{system.upper()}", "")
        try:
            built = building.build(
                system, given.out, root, python=source, say=lambda what: print(f"  {what} …", flush=True)
            )
        except Undeliverable as error:
            print(f"{system}: {error}", file=sys.stderr)
            return 1
        python = ".".join(map(str, built.target.python))
        print(f"{built.folder}\n  {built.files:,} files, {built.size / 1e6:,.0f} MB, Python {python}")
        print(f"  {checksums.NAME}  {built.digest}")
        if given.pack:
            path = building.packed(built)
            print(f"  {path}  {path.stat().st_size / 1e6:,.0f} MB  {checksums.digest(path)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
