"""``wildcargo simulate``: a port's days to learn and practise on."""

from __future__ import annotations

from pathlib import Path

import click

from risk.commands import options

_EPILOG = """\b
Examples:
  wildcargo simulate --days 2 --per-day 500 --seed 1 --out port
  wildcargo simulate --world my-world.toml --days 365 --per-day 2000 --slots-per-day 100 \\
      --random-share 0.5 --seed 7 --out port-a

Everything in it is invented; where its facts come from stands in docs/simulator.md. Writes
manifests.parquet, outcomes.parquet and truth.parquet (what was really inside; training never
reads it). The same seed gives the same bytes.
"""


@click.command("simulate", epilog=_EPILOG)
@click.option("--out", required=True, metavar="DIR", type=options.FILE, help="Folder to make.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1), help="Days to simulate.")
@click.option("--per-day", default=2000, show_default=True, type=click.IntRange(1), help="Shipments a day.")
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed: the same gives the same."
)
@click.option("--world", metavar="NAME|FILE", help="A world of the package or a world file.")
@click.option("--slots-per-day", type=click.IntRange(1), help="Inspections a day.  [default: the world's]")
@click.option(
    "--random-share",
    type=click.FloatRange(0, 1),
    help="Share of inspections drawn at random.  [default: the world's]",
)
def command(
    out: Path,
    days: int,
    per_day: int,
    seed: int,
    world: str | None,
    slots_per_day: int | None,
    random_share: float | None,
) -> None:
    """Make a port's days: manifests, outcomes of inspections, and the truth kept apart."""
