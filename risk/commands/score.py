"""``wildcargo score``: manifests in, a ranked and explained worklist out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.commands import options, terminal
from risk.commands.mistakes import Mistake
from risk.commands.state import load_state
from risk.language import LANGUAGES

if TYPE_CHECKING:
    from features.history import State
    from features.manifest import Manifest
    from risk.earlier import Earlier
    from risk.engine import Engine, Scored
    from risk.reading import Tally
    from risk.triage import Draw
    from risk.worklist import Collector, Worklist

SHOWN = 10
PROBLEMS_SHOWN = 20

PRIOR = (
    "The score is a prior, learnt elsewhere, not from this port's outcomes. Use it to order shipments: it is "
    "not the chance of a find here, and a low rank clears nothing."
)

_EPILOG = """\b
Examples:
  wildcargo score day.csv --capacity 30 --out list.csv
  wildcargo score sea.xlsx air.csv --capacity sea=4,air=20,post=60 --out list.parquet
  wildcargo score night air.zip --capacity 30 --out list.csv
  wildcargo score day.csv --capacity teams.csv --random-share 0.2 --state port-past --out list.csv
  wildcargo score sad.xml --earlier list.csv --capacity 3 --out list2.csv

A capacity file is a CSV with a column `slots` and any of `mode`, `location` and
`inspection_type`. Every row of the output, on the list or not, carries the probability with
which it was to be chosen. Without --capacity shipments are ranked and none is chosen.

The same input and --seed give the same bytes. Without --seed the system draws one for this list
alone: the terminal tells it and the records keep it, so that the list can be made again.
"""


@click.command("score", epilog=_EPILOG)
@options.manifests
@click.option(
    "--out",
    required=True,
    metavar="OUT",
    type=options.FILE,
    help="Worklist to write: .csv, .parquet or .jsonl.",
)
@options.model
@options.mapping
@options.state
@click.option(
    "--capacity",
    metavar="N|POOL=N,…|FILE",
    help="Inspections possible today: for all, per mode, or a CSV file.",
)
@click.option(
    "--random-share",
    default=0.10,
    show_default=True,
    metavar="S",
    help="Share of the inspections drawn at random, above 0 and below 1.",
)
@click.option(
    "--seed",
    help="Key of the random draw (text or number), for making a list again; who knows it beforehand can "
    "foresee the draw.  [default: a new one, told with the list]",
)
@click.option(
    "--reasons",
    default=4,
    show_default=True,
    metavar="K",
    type=click.IntRange(0, 11),
    help="Reasons told per shipment.",
)
@click.option(
    "--language",
    default="en",
    show_default=True,
    type=click.Choice(LANGUAGES),
    help="Language of the reasons.",
)
@click.option(
    "--records", metavar="FILE", type=options.FILE, help="Score records.  [default: OUT.records.parquet]"
)
@click.option("--no-records", is_flag=True, help="Write no score records (the scores cannot be replayed).")
@click.option(
    "--earlier",
    metavar="LIST",
    multiple=True,
    type=options.FILE,
    help="List made before (or its records): shipments of it of which FILE says something new (declarations, "
    "amendments, flight manifests) are scored again, beside new ones, on a list of their own. Repeatable.",
)
@options.strict
@options.now
def command(
    files: tuple[Path, ...],
    out: Path,
    model_dir: Path | None,
    mapping: Path | None,
    state_dir: Path | None,
    capacity: str | None,
    random_share: float,
    seed: str | None,
    reasons: int,
    language: str,
    records: Path | None,
    no_records: bool,
    earlier: tuple[Path, ...],
    strict: bool,
    now: str | None,
) -> None:
    """Score manifests and write a ranked worklist with reasons.

    Reads CSV, XLSX/XLS, Parquet, JSON Lines and messages (`wildcargo formats`), folders and zip
    archives of them; form, encoding and delimiter are told by the content. Every shipment gets
    a risk between 0 and 1, what it rests on (`prior`: not known for this port, or `port`), and
    reasons for and against. What cannot be read is listed and the rest is scored.
    """
    from risk import earlier as follows
    from risk import records as score_records
    from risk import triage, worklist, writing
    from risk.engine import Engine

    paths = options.existing(files)
    out, kept = _outputs(out, records, no_records)
    before = [path for each in earlier for path in follows.beside(each)]
    options.apart((out, kept), (*paths, mapping, _pool_file(capacity), *before))
    draw = triage.plan(capacity, random_share, seed)
    time = options.moment(now)
    engine = Engine.load(model_dir)
    past = follows.read(earlier, engine.bundle, engine.extra) if earlier else None
    state, digest = load_state(state_dir)
    with ExitStack() as stack:
        whole = stack.enter_context(writing.Whole())
        collector = stack.enter_context(worklist.Collector(reasons, language, out.parent))
        record = None
        if kept is not None:
            recorder = score_records.RecordWriter(
                whole.part(kept),
                engine.bundle,
                state_digest=digest,
                scored_at=time,
                draw=draw,
                earlier=past,
            )
            record = stack.enter_context(recorder).add
        batches = _batches(engine, paths, mapping, time, state, past)
        ranked = worklist.build(batches, collector, draw=draw, state_digest=digest, each=record, earlier=past)
        problems = _problems(collector, ranked)
        _refuse(collector, ranked, problems if strict else [])
        writing.write(whole.part(out), ranked.chunks(), suffix=out.suffix)
        top = ranked.described(ranked.chosen(SHOWN))
        report = _Report(collector.tally, ranked, draw, top, reasons, problems, time, _past(state))
    report.say(out, kept, engine)


def _outputs(out: Path, records: Path | None, no_records: bool) -> tuple[Path, Path | None]:
    """Return where the list and its records go, None for records that are not wanted."""
    from risk import records as score_records
    from risk import writing

    out = writing.check(out)
    if no_records:
        return out, None
    return out, writing.check(records or score_records.beside(out), (".parquet",))


def _pool_file(capacity: str | None) -> Path | None:
    return Path(capacity) if capacity and capacity.lower().endswith((".csv", ".txt")) else None


def _refuse(collector: Collector, ranked: Worklist, problems: list[str]) -> None:
    """Stop before anything is written: nothing was scored, or problems that are not to be accepted."""
    if not len(ranked) and collector.tally.unchanged:
        raise Mistake(
            "nothing new is said of any shipment of the earlier list; nothing was written",
            [collector.tally.sentence("new or changed"), *collector.tally.rejections()],
        )
    if not len(ranked):
        reasons = collector.tally.rejections() or ["the files hold no rows"]
        raise Mistake("no shipment could be scored", reasons)
    if problems:
        raise Mistake("the input has problems and --strict was asked for; nothing was written", problems)


def _batches(
    engine: Engine,
    paths: list[Path],
    mapping: Path | None,
    time: Any,
    state: State | None,
    earlier: Earlier | None,
) -> Iterator[Scored]:
    """Score the files batch by batch, and say how far it is."""
    from features.manifest import stream
    from risk.engine import BATCH

    def manifests() -> Iterable[Manifest]:
        before = () if earlier is None else earlier.tables()
        return stream(paths, mapping, rows=BATCH, now=time, earlier=before)

    progress = terminal.Progress("scoring")
    for scored in engine.score_batches(manifests, state, changed=earlier is not None):
        progress.add(len(scored))
        yield scored
    progress.done()


def _problems(collector: Collector, ranked: Worklist) -> list[str]:
    problems = collector.tally.rejections()
    noted = collector.tally.noted
    if noted:
        columns = ", ".join(f"{name} on {n:,}" for name, n in collector.tally.noted_columns())
        where = f"{columns}; see column `notes`" if columns else "see column `notes`"
        problems.append(f"{noted:,} shipments scored with values left out or in doubt ({where})")
    if ranked.selection is not None:
        problems += ranked.selection.messages
    return problems


class _Report:
    """What the officer reads when the list is written."""

    def __init__(
        self,
        tally: Tally,
        ranked: Worklist,
        draw: Draw,
        top: Any,
        reasons: int,
        problems: list[str],
        now: Any,
        past: str,
    ) -> None:
        self.now = now
        self.past = past
        self.tally = tally
        self.ranked = ranked
        self.draw = draw
        self.top = top
        self.reasons = reasons
        self.problems = problems

    def say(self, out: Path, records: Path | None, engine: Engine) -> None:
        """Print summary, problems, the top of the list and what to do next."""
        self._summary(engine)
        if self.problems:
            terminal.heading("Problems")
            if self.tally.rejected > PROBLEMS_SHOWN:
                terminal.items(self.tally.reasons())
            terminal.items(self.problems[:PROBLEMS_SHOWN])
            if len(self.problems) > PROBLEMS_SHOWN:
                terminal.say(f"  … and {len(self.problems) - PROBLEMS_SHOWN:,} more; --strict lists them all")
        if self.tally.general():
            terminal.heading("Notes")
            terminal.items(self.tally.general())
        self._list()
        self._next(out, records)

    def _summary(self, engine: Engine) -> None:
        if self.tally.of_files():
            terminal.say(self.tally.of_files())
        terminal.say(self.tally.sentence("scored"))
        if self.ranked.story:
            terminal.say(f"Earlier:   {self.ranked.story}")
        terminal.say(f"Model:     {engine.bundle.model_id} ({_basis(self.ranked.risk_basis)})")
        terminal.say(f"Past:      {self.past}")
        terminal.say(f"List:      {self.ranked.list_id}")
        if self.draw.fresh:
            key = self.draw.key
            terminal.say(f"Draw:      {key}, new for this list; --seed {key} makes the same list again")
        expected = self.ranked.expected
        if expected is not None:
            text = f"{expected.mean:.1f} ({expected.low} to {expected.high} in 9 of 10 such lists)"
            terminal.say(f"Finds to expect on the list: {text}")
        elif self.ranked.selection is not None:
            terminal.say("Finds to expect on the list: not known for this port")
        if self.ranked.risk_basis != "port":
            terminal.say()
            terminal.items([PRIOR], indent="", bullet="")

    def _list(self) -> None:
        total = len(self.ranked.chosen())
        n = len(self.ranked)
        if self.ranked.selection is None:
            terminal.heading(f"Highest risks: first {len(self.top):,} of {n:,}")
        else:
            terminal.heading(f"To open today: {total:,} of {n:,} shipments; the first {len(self.top):,}")
        for place, row in enumerate(self.top.to_dict("records")):
            if place:
                terminal.say()
            for line in _shipment(row, self.reasons, self.ranked.risk_basis, n, self.now):
                terminal.say(line)
        if self.ranked.selection is not None:
            terminal.say()
            terminal.say("  A shipment that is not on the list is not cleared; it is only not chosen today.")

    def _next(self, out: Path, records: Path | None) -> None:
        terminal.heading("Files")
        terminal.say(f"  {out}  (all {len(self.ranked):,} shipments, in order of risk)")
        if records is not None:
            terminal.say(f"  {records}  (what every score was made of)")
        terminal.heading("Next")
        lines = []
        if records is not None and len(self.top):
            name = terminal.quoted(str(self.top["shipment_id"].iloc[0]))
            lines.append(f"{terminal.program()} replay {name} --records {terminal.quoted(records)}")
        if self.ranked.selection is None:
            lines.append(f"{terminal.program()} score … --capacity 30 --out {terminal.quoted(out)}")
        for line in lines or [f"{terminal.program()} score --help"]:
            terminal.say(f"  {line}")


def _past(state: State | None) -> str:
    """Return what the scores could compare with: one too short to be used says so."""
    from features.history import DAYS_NEEDED

    if state is None:
        return "none given (--state): nothing is known here of earlier shipments"
    if state.covers_from is None or state.covers_until is None:
        return "the state given holds no shipments: nothing is known of earlier ones"
    first, last = state.covers_from, state.covers_until
    text = f"{len(state.shipments):,} shipments, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    return text if (last - first).days >= DAYS_NEEDED else f"{text}; used from {DAYS_NEEDED} days on"


def _basis(basis: str) -> str:
    if basis == "port":
        return "calibrated on this port's outcomes"
    return "a prior, see below"


def _shipment(row: dict[str, Any], reasons: int, basis: str, n: int, now: Any) -> list[str]:
    """Return the lines of one shipment on the list."""
    from risk.commands import shipment_line
    from risk.sentences import clean

    risk = f"risk {100 * row['risk']:.2g}%" if basis == "port" else f"rank {row['rank']:,} of {n:,}"
    chosen = {"model": "by risk", "random": "drawn at random"}.get(row["selected_by"], "")
    pool = row["pool"] if row["pool"] not in ("", "all") else ""
    marks = ", ".join(filter(None, (risk, chosen, pool)))
    lines = [f"{row['rank']:>6}  {click.style(clean(row['shipment_id'], 40), bold=True)}  ({marks})"]
    for text in shipment_line.lines(row, now):
        lines += terminal.wrapped(text, " " * 8, " " * 8).splitlines()
    for i in range(1, reasons + 1):
        text = row[f"reason_{i}"]
        if isinstance(text, str) and text:
            mark = "-" if text.startswith("Against: ") else "+"
            lines += terminal.wrapped(
                text.removeprefix("Against: "), f"        {mark} ", " " * 10
            ).splitlines()
    return lines
