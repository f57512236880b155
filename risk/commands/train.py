"""``wildcargo train``: from a port's history of inspections to a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.commands import options, terminal
from risk.commands.state import load_state

if TYPE_CHECKING:
    from models.bundle import Bundle
    from risk.histories import Port

_EPILOG = """\b
Examples:
  wildcargo train port-2025 --out model
  wildcargo train 2024.csv 2025.csv --mapping port.toml --outcomes seizures.csv --out model
  wildcargo train world-a world-b world-c --out starter --risk-basis prior

A HISTORY is a folder with manifests.parquet and outcomes.parquet (one port), or manifest files
(together one port). Only inspected rows teach; a shipment never inspected is not clean. A head
is trained only where there are enough finds; if not, the output says what it would take.
"""


@click.command("train", epilog=_EPILOG)
@options.histories
@click.option(
    "--out", required=True, metavar="BUNDLE", type=options.FILE, help="Folder to make for the model."
)
@options.mapping
@options.outcomes
@options.state
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of the training."
)
@click.option(
    "--validation",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "time", "blocks"]),
    help="Split by time, or in blocks of days; auto: blocks where a kind of find has fewer than 300.",
)
@click.option(
    "--risk-basis",
    type=click.Choice(["prior", "port"]),
    help="What the probabilities rest on.  [default: port for one port's own outcomes; prior if simulated]",
)
@click.option(
    "--as-starter",
    is_flag=True,
    help="Learn as the starter model does, for ports never seen: thin manifests, teach every row with "
    "and without its past, leave out what simulated ports cannot teach.",
)
@click.option(
    "--without",
    multiple=True,
    metavar="NAME",
    help="Leave out a feature, a family, or `country` (all that depends on a country). Repeatable.",
)
@click.option("--overwrite", is_flag=True, help="Replace an existing model in BUNDLE.")
@options.now
def command(
    histories: tuple[Path, ...],
    out: Path,
    mapping: Path | None,
    outcomes: Path | None,
    state_dir: Path | None,
    seed: int,
    validation: str,
    risk_basis: str | None,
    as_starter: bool,
    without: tuple[str, ...],
    overwrite: bool,
    now: str | None,
) -> None:
    """Train a model on a port's inspections.

    Splits by time with a gap for label delay, trains a head for live animals and a head for
    wildlife products, calibrates on later rows, measures on the newest, and writes a bundle with
    its card.
    """
    from dataclasses import replace

    from models import bundle as bundles
    from models.training import Options
    from risk import learning
    from risk.histories import is_simulated, read_ports

    paths = options.existing(histories)
    recipe = learning.STARTER if as_starter else learning.Recipe(Options(), 0.0, ())
    bundles.check_place(out, overwrite=overwrite)
    ports = read_ports(paths, mapping=mapping, outcomes=outcomes, now=options.moment(now))
    chosen = learning.with_basis(
        replace(recipe.options, seed=seed, validation=validation),
        ports,
        simulated=is_simulated(paths),
    )
    if risk_basis is not None:
        chosen = replace(chosen, risk_basis=risk_basis)
    _say_ports(ports)
    bundle = learning.learn(
        ports,
        chosen,
        state=load_state(state_dir)[0],
        thinned=recipe.thinned,
        without=(*recipe.without, *without),
    )
    bundle = bundles.save(bundle, out, overwrite=overwrite)
    _say_bundle(bundle, out)


def _say_ports(ports: list[Port]) -> None:
    for port in ports:
        terminal.say(f"Port {port.name}. {port.tally.sentence('kept')}; {len(port.inspected):,} inspected")
        say_problems(port)


def say_problems(port: Port, shown: int = 20) -> None:
    """List what was wrong with a history: rows and values not used, outcomes of no shipment."""
    from risk.sentences import clean

    wrong = [*port.tally.problems(), *port.remarks]
    if wrong:
        terminal.say(f"  {len(wrong):,} rows or values could not be used:")
        terminal.items(wrong[:shown], indent="    ")
        if len(wrong) > shown:
            terminal.say(f"    … and {len(wrong) - shown:,} more")
    if port.unmatched:
        terminal.say(f"  {len(port.unmatched):,} outcomes belong to no shipment in these files:")
        terminal.items([clean(i) for i in port.unmatched[:shown]], indent="    ")
        if len(port.unmatched) > shown:
            terminal.say(f"    … and {len(port.unmatched) - shown:,} more")


def _say_bundle(bundle: Bundle, out: Path) -> None:
    terminal.heading(f"Model {bundle.model_id}, risk basis {bundle.risk_basis}")
    for head in bundle.heads:
        finds, rows = head.facts.get("training_finds"), head.facts.get("training_rows")
        trees = head.facts.get("trees")
        terminal.say(f"  {head.name}: {finds:,} finds in {rows:,} rows, {trees} trees")
    terminal.items(bundle.absent.values())
    terminal.say(f"  Written: {out} (read {out / 'card.md'})")
    terminal.say(f"Next: {terminal.program()} evaluate {terminal.quoted(out)} HISTORY…")
