"""``wildcargo simulate``: a port's days to learn and practise on."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.commands import options, terminal

if TYPE_CHECKING:
    import pandas as pd

    from features.manifest.messages import Form

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
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    default="2025-01-06",
    show_default=True,
    help="First day.",
)
@click.option("--world", metavar="NAME|FILE", help="A world of the package or a world file.")
@click.option("--slots-per-day", type=click.IntRange(1), help="Inspections a day.  [default: the world's]")
@click.option(
    "--random-share",
    type=click.FloatRange(0, 1),
    help="Share of inspections drawn at random.  [default: the world's]",
)
@options.message_format("--format", "Write each day's manifests as messages too (`wildcargo formats`).")
def command(
    out: Path,
    days: int,
    per_day: int,
    seed: int,
    start: datetime,
    world: str | None,
    slots_per_day: int | None,
    random_share: float | None,
    form: Form | None,
) -> None:
    """Make a port's days to learn and practise on.

    Writes manifests, outcomes of the inspections a port would have made, and the truth, apart.
    """
    from data_samples import world as worlds
    from data_samples.simulate import simulate, write
    from risk.commands.mistakes import Mistake

    around = next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.exists())
    if not around.is_dir():
        raise Mistake(f"{around}: is a file, expected a folder")
    if not os.access(around, os.W_OK):
        raise Mistake(f"{around}: no permission to write here")
    kept = [name for name in ("manifests.parquet", "outcomes.parquet") if (out / name).exists()]
    if kept and not (out / "truth.parquet").exists():
        # Without its truth it was not simulated: a port's own history is never replaced by a made-up one.
        raise Mistake(f"{out}: holds {' and '.join(kept)} that were not simulated; name another folder")
    made = simulate(
        worlds.load(world or "base"),
        days=days,
        per_day=per_day,
        seed=seed,
        start=start.date(),
        slots_per_day=slots_per_day,
        random_share=random_share,
    )
    files = write(made, out)
    if form is not None:
        files += _messages(made.manifests, out / form.name, form)
    inspected = len(made.outcomes)
    finds = int(made.outcomes["outcome"].str.contains("live_animals|wildlife_products", na=False).sum())
    terminal.say(f"{len(made.manifests):,} shipments, {inspected:,} inspected, {finds:,} with a find")
    terminal.items([str(path) for path in files[:10]], indent="  ", bullet="")
    if len(files) > 10:
        terminal.say(f"  and {len(files) - 10:,} more")
    terminal.say(f"Next: {terminal.program()} score {terminal.quoted(files[0])} --capacity 30 --out list.csv")


def _messages(manifests: pd.DataFrame, folder: Path, form: Form) -> list[Path]:
    """Write one file of messages per day; return their paths. Days of an earlier port there are removed."""
    from features.manifest import schema
    from features.scratch import Draft

    folder.mkdir(exist_ok=True)
    files = []
    for day, shipments in manifests.groupby(manifests["known_at"].dt.date, sort=True):
        files.append(folder / f"{day}{form.suffix}")
        with Draft(files[-1]) as draft:
            with open(draft.path, "wb") as stream:
                form.write(schema.complete(shipments.reset_index(drop=True)), stream)
            draft.settle()
            draft.finish()
    for path in folder.glob(f"[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]{form.suffix}"):
        if path not in files:  # of other shipments than those of manifests.parquet beside it
            path.unlink()
    return files
