"""Break the readers of messages on purpose, guided by which lines of code an input reaches.

    pip install -e '.[benchmarks]'
    python -m benchmarks.message_fuzz awmds --seconds 600
    python -m benchmarks.message_fuzz --all --seconds 480   # writes docs/performance.md

Atheris (libFuzzer) changes the sample messages of ``data_samples/messages``, the same with one shipment
each, and what it made of them. A reader must end, in bounded time and memory, with shipments and broken
parts alone, fill no column it does not own up to, and raise nothing; the whole way through
`features.manifest.read`, tried on one input in sixteen, may raise `ManifestError` alone. An input that
breaks a promise is kept in ``out/fuzz/NAME`` and belongs into the tests; the run goes on after it.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data_samples" / "messages"
KEPT = ROOT / "out" / "fuzz"
#: Seconds of the processor one input may take: libFuzzer's inputs are a few kilobytes.
SLOWEST = 5.0
#: One input in so many goes the whole way, which takes twenty times as long as the reader alone.
WHOLE_WAY = 16
#: Finds after which a format has had enough.
MOST_FINDS = 20
_WORD = re.compile(rb"[A-Za-z][A-Za-z0-9_:]{1,30}")
_MOST_WORDS = 500


def promise(form: Any, file: Path) -> Callable[[bytes], None]:
    """Return what must hold of any bytes."""
    from features import manifest
    from features.manifest.messages import Broken, Shipment

    columns = set(form.columns)

    def check(data: bytes) -> None:
        file.write_bytes(data)
        begun = time.process_time()
        known = form.recognise(data[: 1 << 16])
        for each in form.read(file):
            assert isinstance(each, (Shipment, Broken)), type(each)
            assert each.place
            if isinstance(each, Shipment):
                assert set(each.values) <= columns, set(each.values) - columns
                assert all(type(value) is str for value in each.values.values())
        if known and zlib.crc32(data) % WHOLE_WAY == 0:
            try:
                found = manifest.read(file)
            except manifest.ManifestError:
                pass
            else:
                counts = found.counts
                assert counts["rows_read"] == sum(n for name, n in counts.items() if name != "rows_read")
        assert time.process_time() - begun < SLOWEST, "too slow"

    return check


# --- one format, in a process of its own -----------------------------------------------------------


def fuzz(name: str, corpus: Path, seconds: int, seed: int) -> None:
    """Fuzz a format; libFuzzer ends the process at a find, or when the time is over."""
    import atheris

    with atheris.instrument_imports(include=["features.manifest.messages"], enable_loader_override=False):
        from features.manifest.messages import BY_NAME

    form = BY_NAME[name]
    kept = KEPT / name
    kept.mkdir(parents=True, exist_ok=True)
    begin(form, corpus)
    words = corpus.parent / "words"
    words.write_text("".join(f'"{word}"\n' for word in _words(name)), encoding="ascii")
    with TemporaryDirectory() as folder:
        check = promise(form, Path(folder) / f"input{form.suffix}")
        limits = [f"-max_total_time={seconds}", "-max_len=20000", "-timeout=30", "-rss_limit_mb=2048"]
        options = [f"-seed={seed}", f"-artifact_prefix={kept}/", f"-dict={words}", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *limits, *options, str(corpus)], check)
        atheris.Fuzz()


def begin(form: Any, corpus: Path) -> None:
    """Put samples into a corpus, unless something is there: the whole day, and one shipment of it."""
    corpus.mkdir(parents=True, exist_ok=True)
    if any(corpus.iterdir()):
        return
    from features import manifest

    for sample in SAMPLES.glob(f"{form.name}.*"):
        (corpus / sample.name).write_bytes(sample.read_bytes())
        table = manifest.read(sample).table
        for row in (0, len(table) // 2):
            with open(corpus / f"{row}{form.suffix}", "wb") as stream:
                form.write(table.iloc[[row]].reset_index(drop=True), stream)


def _words(name: str) -> list[str]:
    found: dict[bytes, None] = {}
    for sample in SAMPLES.glob(f"{name}.*"):
        found |= dict.fromkeys(_WORD.findall(sample.read_bytes()))
    return [word.decode("ascii") for word in list(found)[:_MOST_WORDS]]


# --- all formats, one after another ----------------------------------------------------------------


@dataclass
class Campaign:
    """What came of fuzzing one format.

    Attributes
    ----------
    name : str
    executions : int
    seconds : float
    edges : int
        Jumps of the readers' code that some input reached, out of those libFuzzer counts.
    corpus : int
        Inputs kept because each reaches something no other did.
    finds : list of str
        Files in ``out/fuzz/NAME`` that break a promise.
    """

    name: str
    executions: int = 0
    seconds: float = 0.0
    edges: int = 0
    corpus: int = 0
    finds: list[str] = field(default_factory=list)


def campaign(name: str, seconds: int, seed: int) -> Campaign:
    """Fuzz a format for a time, beginning anew with another seed after each find."""
    done = Campaign(name)
    kept = KEPT / name
    before = set(kept.glob("*"))
    begun = time.monotonic()
    with TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        while (left := seconds - int(time.monotonic() - begun)) > 0 and len(done.finds) < MOST_FINDS:
            call = [sys.executable, "-m", "benchmarks.message_fuzz", name, "--seconds", str(left)]
            call += ["--seed", str(seed), "--corpus", str(corpus)]
            ended = subprocess.run(call, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            told = ended.stdout.decode("utf-8", errors="replace")
            done.executions += _last(r"stat::number_of_executed_units:\s+(\d+)", told)
            done.edges = max(done.edges, _last(r"\bcov: (\d+)", told))
            found = sorted(file.name for file in set(kept.glob("*")) - before)
            if ended.returncode and len(found) == len(done.finds):
                raise RuntimeError(f"{name}: fuzzing ended without a find:\n{told[-2000:]}")
            done.finds = found
            seed += 1
        done.corpus = sum(1 for _ in corpus.iterdir())
    done.seconds = time.monotonic() - begun
    return done


def _last(pattern: str, text: str) -> int:
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def page(campaigns: list[Campaign]) -> str:
    """Return the section of the document."""
    from benchmarks.results import table

    header = ["format", "seconds", "inputs tried", "edges reached", "inputs kept", "promises broken"]
    rows = [
        [
            f"`{c.name}`",
            f"{c.seconds:,.0f}",
            f"{c.executions:,}",
            f"{c.edges:,}",
            f"{c.corpus:,}",
            len(c.finds),
        ]
        for c in campaigns
    ]
    total = sum(c.seconds for c in campaigns) / 60
    return "\n\n".join(
        [
            "## Fuzzing the readers (`benchmarks/message_fuzz.py`)",
            f"Coverage-guided changes of sample messages, {total:.0f} minutes in all, one format after "
            "another. What broke a promise before is kept as a test of its reader.",
            table(header, rows),
        ]
    )


def main() -> None:
    """Fuzz one format or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="*", help="formats of `wildcargo formats`")
    parser.add_argument("--all", action="store_true", help="every format, one after another")
    parser.add_argument("--seconds", type=int, default=600, help="of each format")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-page", action="store_true", help="leave docs/performance.md alone")
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.corpus:
        fuzz(given.name[0], given.corpus, given.seconds, given.seed)
        return
    from features.manifest.messages import BY_NAME

    if unknown := set(given.name) - set(BY_NAME):
        parser.error(f"{', '.join(sorted(unknown))}: expected of {', '.join(BY_NAME)}")
    campaigns = []
    for name in BY_NAME if given.all else given.name:
        campaigns.append(campaign(name, given.seconds, given.seed))
        print(json.dumps(asdict(campaigns[-1])), flush=True)
    if given.all:
        text = page(campaigns)
        print(text)
        if not given.no_page:
            from benchmarks.kernel import PAGE
            from benchmarks.results import write_section

            write_section("message_fuzz", text, PAGE)
    sys.exit(1 if any(c.finds for c in campaigns) else 0)


if __name__ == "__main__":
    main()
