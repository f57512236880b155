"""``wildcargo import-outcomes``: what inspections found, from the port's own system."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.commands import options, terminal
from risk.commands.mistakes import Mistake

if TYPE_CHECKING:
    import pandas as pd

    from risk.outcomes import Added
    from risk.statements import Taken

UNMATCHED_SHOWN = 50
KNOWN_SHOWN = 10
FORMATS = (".csv", ".parquet")

#: What helps where a row is not taken.
TO_DO = {
    "unknown": "no shipment given has that number; give the list or manifest it was in",
    "ambiguous": "several shipments share what these rows name; results that name the bill too are clear",
    "contradictory": "what a row names belongs to different shipments",
    "another time": "inspected before the shipment was known, or long after it came: an earlier use of the "
    "number, or day and month exchanged ([read] dayfirst)",
    "no identifier": "the row names no bill, declaration or container; the mapping says which columns do",
    "no time of inspection": "an inspection without a time cannot be placed",
    "inspected after the moment of the import": "day and month exchanged ([read] dayfirst), or a wrong clock",
}

_EPILOG = """\b
Examples:
  wildcargo import-outcomes results.csv --mapping port.toml --list list.csv --out outcomes.csv
  wildcargo import-outcomes results.xlsx --mapping port.toml --manifest day.csv --into outcomes.csv
  wildcargo train day-*.csv --outcomes outcomes.csv --out model

Rows are matched by bill, declaration, registration and line, master or container; every identifier
given must agree, and the time of the inspection must fit. What cannot be matched is listed with its
candidates. A later statement supersedes an earlier one, which is kept. The same file twice changes
nothing. docs/way_back.md describes the mapping of codes.
"""


@click.command("import-outcomes", epilog=_EPILOG)
@click.argument("file", metavar="FILE", type=options.FILE)
@click.option(
    "--mapping",
    metavar="M.toml",
    type=options.FILE,
    help="How the file's columns and codes become outcomes.",
)
@click.option(
    "--list",
    "lists",
    metavar="LIST",
    multiple=True,
    type=options.FILE,
    help="A list of `wildcargo score` with its records beside it; says who chose. Repeatable.",
)
@click.option(
    "--manifest",
    "manifests",
    metavar="FILE",
    multiple=True,
    type=options.FILE,
    help="Manifests of the shipments inspected. Repeatable.",
)
@click.option(
    "--manifest-mapping", metavar="M.toml", type=options.FILE, help="Mapping file of the manifests."
)
@click.option(
    "--out",
    metavar="OUT",
    type=options.FILE,
    help="Table of outcomes to write: .csv or .parquet.  [default: the one of --into]",
)
@click.option(
    "--into", metavar="FILE", type=options.FILE, help="Table of outcomes to add to; nothing of it is lost."
)
@click.option(
    "--unmatched", metavar="FILE", type=options.FILE, help="Also write what was not matched (.csv)."
)
@options.strict
@options.now
def command(
    file: Path,
    mapping: Path | None,
    lists: tuple[Path, ...],
    manifests: tuple[Path, ...],
    manifest_mapping: Path | None,
    out: Path | None,
    into: Path | None,
    unmatched: Path | None,
    strict: bool,
    now: str | None,
) -> None:
    """Take in the results of inspections from the port's own system.

    Results may name a bill, a declaration or a container. What was not inspected is counted and is
    never clean.
    """
    from features import scratch
    from features.manifest.results import read_results
    from risk import matching, outcomes, statements, writing

    if not lists and not manifests:
        raise click.UsageError("give the shipments the results are of: --list LIST or --manifest FILE")
    if out is None and into is None:
        raise click.UsageError("give --out FILE, or --into FILE to add to")
    options.existing((file, *lists, *manifests, *([into] if into else [])))
    target = writing.check(out or into or Path(), FORMATS)
    if unmatched is not None:
        writing.check(unmatched, (".csv",))
    # A table of outcomes may be replaced by itself with more in it, and by nothing else.
    options.apart((target, unmatched), (file, mapping, manifest_mapping, *lists, *manifests))
    options.apart((unmatched,), (into,))
    time = options.moment(now)
    with scratch.alone(target):
        if target.exists() and (into is None or not target.samefile(into)):
            raise Mistake(
                f"{target}: holds outcomes already; add to it with --into {terminal.quoted(target)}"
            )
        stamp = _stamp(into)
        before = outcomes.empty() if into is None else outcomes.read(into)
        results = read_results(file, mapping)
        statements.check(results)
        shipments, selection = _shipments(lists, manifests, manifest_mapping, time)
        matches = matching.match(results.table, shipments)
        taken = statements.take(results, matches, shipments, time, selection)
        _refuse(taken, strict)
        added = outcomes.add(before, taken.statements)
        with writing.Whole() as whole:
            writing.write(whole.part(target), [added.table], suffix=target.suffix, for_people=False)
            if unmatched is not None:
                writing.write(whole.part(unmatched), [taken.unmatched], suffix=".csv")
            if _stamp(into) != stamp:
                raise Mistake(f"{into}: changed while results were taken in; nothing was written, try again")
    _say(taken, added, target, unmatched)


def _stamp(path: Path | None) -> tuple[int, int, int] | None:
    """Return what tells that a file was replaced by another program's."""
    if path is None:
        return None
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _shipments(
    lists: Sequence[Path], manifests: Sequence[Path], mapping: Path | None, now: pd.Timestamp
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Return the shipments results may be of, every version, and how the lists chose."""
    import pandas as pd

    from features.manifest import read
    from risk import listed
    from risk import records as score_records

    tables, drawn = [], []
    for path in lists:
        rows, _ = listed.read(path)
        beside = score_records.beside(path)
        taken = listed.take_up(rows, record_path=beside if beside.is_file() else None, reasons=False)
        tables.append(taken.declared)
        drawn.append(listed.selection(taken))
    if manifests:
        tables.append(read(list(manifests), mapping, now=now, versions="all").table)
    return pd.concat(tables, ignore_index=True), pd.concat(drawn, ignore_index=True) if drawn else None


def _problems(taken: Taken) -> list[str]:
    from risk.sentences import clean

    lines = []
    for row in taken.unmatched.to_dict("records"):
        where = " ".join(filter(None, (row["source_file"], row["source_position"])))
        candidates = f" ({clean(row['candidates'], 200)})" if row["candidates"] else ""
        said = ": ".join(filter(None, (where, clean(row["value"], 120), clean(row["why"], 120))))
        lines.append(said + candidates)
    return lines


def _counts(taken: Taken) -> list[str]:
    """Return how many rows were not taken for each reason, and what to do about it."""
    reasons = taken.unmatched["why"].str.partition(":")[0].value_counts()
    return [f"{n:,} {why}" + (f": {TO_DO[why]}" if why in TO_DO else "") for why, n in reasons.items()]


def _refuse(taken: Taken, strict: bool) -> None:
    from risk.matching import WHY

    if not taken.matched:
        said = "no row tells of an inspection"
        if len(taken.unmatched):
            named = taken.unmatched["why"].isin(WHY).all()
            said = "no result belongs to a shipment of these files" if named else "no result can be taken in"
        raise Mistake(f"{said}; nothing was written", [taken.sentence(), *_counts(taken), *_problems(taken)])
    if strict and len(taken.unmatched):
        raise Mistake(
            "rows are not matched and --strict was asked for; nothing was written",
            [*_counts(taken), *_problems(taken)],
        )


def _say(taken: Taken, added: Added, target: Path, unmatched: Path | None) -> None:
    terminal.say(taken.sentence())
    said = [f"{added.first:,} new", f"{added.corrections:,} correct an earlier one"]
    said += [f"{added.earlier:,} kept but not in force"] if added.earlier else []
    said += [f"{added.unchanged:,} known already"]
    terminal.say(f"Outcomes:  {len(taken.statements):,} = {' + '.join(said)}")
    if len(taken.unmatched):
        terminal.heading("Not matched")
        terminal.items(_counts(taken))
        terminal.items(_problems(taken)[:UNMATCHED_SHOWN])
        if len(taken.unmatched) > UNMATCHED_SHOWN:
            terminal.say(
                f"  … and {len(taken.unmatched) - UNMATCHED_SHOWN:,} more; --unmatched writes them all"
            )
    if known := _known(taken, added):
        terminal.heading("Notes")
        terminal.items([f"not inspected, though an outcome is known, which stands: {known}"])
    terminal.heading("Files")
    terminal.say(f"  {target}  ({len(added.table):,} outcomes, corrections and what they corrected)")
    if unmatched is not None:
        terminal.say(f"  {unmatched}  (what was not matched)")


def _known(taken: Taken, added: Added) -> str:
    """Return shipments whose rows tell of no inspection and of which an outcome is known all the same."""
    from risk.sentences import clean

    of_outcomes = set(added.table["shipment_id"])
    named = [name for name in taken.idle if name in of_outcomes]
    told = ", ".join(clean(name, 40) for name in named[:KNOWN_SHOWN])
    more = len(named) - KNOWN_SHOWN
    return f"{told} and {more:,} more" if more > 0 else told
