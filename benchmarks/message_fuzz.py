"""Break the readers of messages on purpose, guided by which lines of code an input reaches.

    pip install -e '.[benchmarks]'
    python -m benchmarks.message_fuzz awmds --seconds 600

Atheris (libFuzzer) changes the sample messages of ``data_samples/messages`` and what it made of them. A
reader must end, in bounded time and memory, with shipments and broken parts alone, fill no column it does
not own up to, and raise nothing; the whole way through `features.manifest.read` may raise `ManifestError`
alone. An input that breaks a promise is kept in ``out/fuzz/NAME`` and belongs into the tests.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data_samples" / "messages"
#: Seconds one input may take: libFuzzer's inputs are a few kilobytes.
SLOWEST = 5.0


def promise(form: Any, file: Path) -> Callable[[bytes], None]:
    """Return what must hold of any bytes."""
    from features import manifest
    from features.manifest.messages import Broken, Shipment

    columns = set(form.columns)

    def check(data: bytes) -> None:
        file.write_bytes(data)
        begun = time.perf_counter()
        for each in form.read(file):
            assert isinstance(each, (Shipment, Broken)), type(each)
            assert each.place
            if isinstance(each, Shipment):
                assert set(each.values) <= columns, set(each.values) - columns
                assert all(type(value) is str for value in each.values.values())
        if form.recognise(data[: 1 << 16]):
            try:
                found = manifest.read(file)
            except manifest.ManifestError:
                pass
            else:
                counts = found.counts
                assert counts["rows_read"] == sum(n for name, n in counts.items() if name != "rows_read")
        assert time.perf_counter() - begun < SLOWEST, "too slow"

    return check


def main() -> None:
    """Fuzz one format for a time."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="a format of `wildcargo formats`")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()

    import atheris

    with atheris.instrument_imports(include=["features.manifest.messages"], enable_loader_override=False):
        from features.manifest.messages import BY_NAME

    form = BY_NAME[given.name]
    kept = ROOT / "out" / "fuzz" / form.name
    kept.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for sample in SAMPLES.glob(f"{form.name}*"):
            (corpus / sample.name).write_bytes(sample.read_bytes())
        check = promise(form, Path(folder) / f"input{form.suffix}")
        limits = [f"-max_total_time={given.seconds}", "-max_len=20000", "-timeout=30", "-rss_limit_mb=2048"]
        options = [f"-seed={given.seed}", f"-artifact_prefix={kept}/", "-print_final_stats=1", "-verbosity=0"]
        atheris.Setup([sys.argv[0], *limits, *options, str(corpus)], check)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
