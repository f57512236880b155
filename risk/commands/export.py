"""``wildcargo export``: a list as the port's own systems take it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.commands import options, terminal
from risk.commands.mistakes import Mistake

if TYPE_CHECKING:
    import pandas as pd

    from risk.handover import Handover
    from risk.listed import Listed
    from risk.template import Template

LEFT_OUT_SHOWN = 50
INCOMPLETE_SHOWN = 5

_EPILOG = """\b
Examples:
  wildcargo export list.csv --to selectivity --out selections.xml
  wildcargo export list.csv --to hold --out holds.csv
  wildcargo export list.csv --to hold --each csv --out holds-monday
  wildcargo export --to selectivity --show-template > ours.toml
  wildcargo export list.csv --to selectivity --template ours.toml --manifest day.csv --out selections.csv

What was declared is taken from the score records beside the list; --manifest adds what customs has
given since, such as registration numbers. Only chosen shipments go out; what cannot be handed over
is listed with the reason. docs/way_back.md describes templates.
"""


@click.command("export", epilog=_EPILOG)
@click.argument("listed", metavar="LIST", required=False, type=options.FILE)
@click.option(
    "--to",
    required=True,
    type=click.Choice(["selectivity", "hold"]),
    help="For the port's selectivity, or for who is to hold the goods (without reasons).",
)
@click.option(
    "--out", metavar="OUT", type=options.FILE, help="File to write: .csv or .xml; with --each, a new folder."
)
@click.option(
    "--template",
    metavar="T.toml",
    type=options.FILE,
    help="Columns, their names and order.  [default: the one --show-template prints]",
)
@click.option("--show-template", is_flag=True, help="Print the template that comes with wildcargo.")
@click.option(
    "--each",
    type=click.Choice(["csv", "xml"]),
    help="One file per terminal or airline instead of one for all (hold lists).",
)
@click.option(
    "--records", metavar="FILE", type=options.FILE, help="Score records.  [default: those beside LIST]"
)
@click.option(
    "--manifest",
    "manifests",
    metavar="FILE",
    multiple=True,
    type=options.FILE,
    help="Manifests again: what they declare now goes before the records. Repeatable.",
)
@options.mapping
@click.option(
    "--hours",
    metavar="H",
    type=click.FloatRange(0, 24 * 366, min_open=True),
    help="How long a choice stands where nothing says when the goods leave.  [default: the template's]",
)
@click.option("--all", "everything", is_flag=True, help="Hand over every row of the list, chosen or not.")
@click.option("--left-out", metavar="FILE", type=options.FILE, help="Also write what was left out (.csv).")
@options.strict
@options.now
def command(
    listed: Path | None,
    to: str,
    out: Path | None,
    template: Path | None,
    show_template: bool,
    each: str | None,
    records: Path | None,
    manifests: tuple[Path, ...],
    mapping: Path | None,
    hours: float | None,
    everything: bool,
    left_out: Path | None,
    strict: bool,
    now: str | None,
) -> None:
    """Hand a list over to the port's own selectivity, or ask terminals and airlines to hold.

    One row per container or shipment, columns as a template names and orders them.
    """
    from risk import handover
    from risk import template as templates

    if show_template:
        click.echo(templates.shipped(to), nl=False)
        return
    if listed is None or out is None:
        raise click.UsageError("a LIST and --out are needed (or --show-template)")
    if each is not None and to != "hold":
        raise click.UsageError("--each is for --to hold: a selectivity takes one file")
    options.existing((listed, *manifests))
    out, left_out = _outputs(out, each, left_out)
    kept = _records(listed, records)
    options.apart((out, left_out), (listed, template, kept, mapping, *manifests))
    form = templates.load(template, to)
    if "xml" in (each, out.suffix.lower().lstrip(".")):
        handover.check_names(form)
    time = options.moment(now)
    rows = _listed(listed, kept, manifests, mapping, time, everything)
    found = handover.hand_over(rows[0], form, time, hours=hours, not_chosen=rows[1])
    _refuse(found, strict, kept is None and not manifests)
    files = _write(found, form, out, each, left_out)
    _say(found, files, rows[0], left_out)


def _outputs(out: Path, each: str | None, left_out: Path | None) -> tuple[Path, Path | None]:
    from risk import handover, writing

    if each is None:
        out = writing.check(out, handover.FORMATS)
    elif out.exists():
        raise Mistake(f"{out}: is there already; --each makes a new folder")
    elif not out.parent.is_dir():
        raise Mistake(f"{out.parent}: no such folder")
    return out, None if left_out is None else writing.check(left_out, (".csv",))


def _records(listed: Path, records: Path | None) -> Path | None:
    """Return the records of a list: those named, else those beside it if there are any."""
    from risk import records as score_records

    if records is not None:
        options.existing((records,))
        return records
    beside = score_records.beside(listed)
    return beside if beside.is_file() else None


def _listed(
    path: Path,
    records: Path | None,
    manifests: Sequence[Path],
    mapping: Path | None,
    now: pd.Timestamp,
    everything: bool,
) -> tuple[Listed, int]:
    """Return the rows to hand over, and how many of the list are not among them."""
    from features.manifest import read
    from risk import handover
    from risk import listed as lists

    rows, broken = lists.read(path)
    wanted = rows if everything else rows[handover.chosen(rows)]
    if not len(wanted):
        raise Mistake(
            f"{path}: nothing on it is chosen; score with --capacity, or hand over everything with --all"
        )
    table = read(list(manifests), mapping, now=now).table if manifests else None
    taken = lists.take_up(wanted, record_path=records, manifest=table, broken=broken)
    return taken, len(rows) - len(wanted)


def _refuse(found: Handover, strict: bool, alone: bool) -> None:
    problems = [f"{i}: {why}" for i, why in zip(*(found.left_out[c] for c in found.left_out), strict=True)]
    if not found.shipments:
        hint = ["there are no score records beside the list; give --records or --manifest"] if alone else []
        raise Mistake("no shipment can be handed over", [*hint, *_reasons(found), *problems])
    if strict and problems:
        raise Mistake("rows are left out and --strict was asked for; nothing was written", problems)


def _reasons(found: Handover) -> list[str]:
    """Return how many rows were left out for each reason, and what helps."""
    from risk import handover

    lines = [f"{n:,} left out: {why}" for why, n in handover.summary(found.left_out["reason"]).items()]
    if found.left_out["reason"].str.startswith("no ").any():
        lines.append(
            "what has come since the list was drawn is added with --manifest FILE; "
            "what a row must have is said in `required` of the template"
        )
    return lines


def _write(
    found: Handover, form: Template, out: Path, each: str | None, left_out: Path | None
) -> list[tuple[str, str]]:
    """Write everything or nothing; return file and addressee."""
    from features.scratch import Draft
    from risk import handover, writing
    from risk.sentences import counted

    with writing.Whole() as whole:
        if left_out is not None:
            writing.write(whole.part(left_out), [found.left_out], suffix=".csv")
        if each is None:
            handover.write(whole.part(out), found.frame, form, suffix=out.suffix.lower())
            return [(str(out), counted(f"{len(found.frame):,}", "row"))]
        files = []
        with Draft(out, folder=True) as folder:
            for addressee, name, rows in handover.by_addressee(found):
                handover.write(folder.path / f"{name}.{each}", rows, form, suffix=f".{each}")
                files.append(
                    (str(out / f"{name}.{each}"), f"{addressee}: {counted(f'{len(rows):,}', 'row')}")
                )
            folder.settle()
            folder.path.chmod(0o755)
            folder.finish()
        return files


def _say(found: Handover, files: list[tuple[str, str]], taken: Listed, left_out: Path | None) -> None:
    from risk.sentences import clean

    terminal.say(found.sentence())
    if len(found.left_out):
        terminal.heading("Left out")
        terminal.items(_reasons(found))
        rows = found.left_out.head(LEFT_OUT_SHOWN).to_dict("records")
        terminal.items([f"{clean(row['shipment_id'], 40)}: {clean(row['reason'], 200)}" for row in rows])
        if len(found.left_out) > LEFT_OUT_SHOWN:
            terminal.say(f"  … and {len(found.left_out) - LEFT_OUT_SHOWN:,} more; --left-out writes them all")
    if notes := _notes(found, taken):
        terminal.heading("Notes")
        terminal.items(notes)
    terminal.heading("Files")
    for path, what in files:
        terminal.say(f"  {path}  ({clean(what, 80)})")
    if left_out is not None:
        terminal.say(f"  {left_out}  (what was left out)")


def _notes(found: Handover, taken: Listed) -> list[str]:
    """Return what the one who hands the file on should know of it."""
    from risk import handover
    from risk.sentences import clean

    notes = []
    for lacks, n in handover.summary(found.incomplete["lacks"]).items():
        ids = found.incomplete.loc[found.incomplete["lacks"] == lacks, "shipment_id"]
        told = ", ".join(clean(name, 40) for name in ids.head(INCOMPLETE_SHOWN))
        more = f" and {n - INCOMPLETE_SHOWN:,} more" if n > INCOMPLETE_SHOWN else ""
        notes.append(
            f"{n:,} handed over without {lacks}: {told}{more}. Export again with --manifest FILE once it is "
            "known; if the port's system cannot do without, name it in `required` of the template"
        )
    if not (taken.families != "").any():
        notes.append("no score records at hand: reasons are not stated")
    return notes
