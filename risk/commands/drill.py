"""``wildcargo drill``: a simulated day to work as a real one, with its answers kept back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from risk.commands import port_place, sample, terminal
from risk.commands.mistakes import Mistake

if TYPE_CHECKING:
    import pandas as pd

    from data_samples.simulate import Days

_EPILOG = """\b
Example:
  wildcargo drill --data out/drill --per-day 1500 --capacity sea=6,air=10,post=14
  wildcargo app --data out/drill

Officers work the day as a real one: publish, claim, hold, open. What is inside is told on the page
Debrief once a supervisor ends the drill. More is hidden than in real life, so that a shift finds
something. The answers lie in drill.answers in the folder: who can read the folder can read them,
and who knows the seed can make the day again.
"""


@click.command("drill", epilog=_EPILOG)
@click.option(
    "--data",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to make: the drill's own database and what belongs to it.",
)
@click.option("--world", metavar="NAME|FILE", help="A world of the package or a world file.")
@click.option(
    "--per-day", default=1500, show_default=True, type=click.IntRange(50, 20_000), help="Shipments."
)
@click.option(
    "--hidden",
    default=0.02,
    show_default=True,
    type=click.FloatRange(0.001, 0.2),
    help="Share of the shipments in which something is hidden.",
)
@click.option("--seed", type=click.IntRange(0), help="The same gives the same day.  [default: drawn]")
@click.option(
    "--capacity", metavar="POOLS", default="", help="Inspections possible, as sea=4,air=20,post=60."
)
@click.option("--zone", default="UTC", show_default=True, help="Zone times are shown in, as Asia/Hong_Kong.")
@click.option("--overwrite", is_flag=True, help="Replace a drill that is there; never a port's own data.")
def command(
    folder: Path,
    world: str | None,
    per_day: int,
    hidden: float,
    seed: int | None,
    capacity: str,
    zone: str,
    overwrite: bool,
) -> None:
    """Make a day to practise on, in a database of its own, with its answers kept back."""
    import secrets

    from data_samples import world as worlds
    from data_samples.simulate import simulate
    from risk import drill
    from risk.store import drills, settings
    from risk.worker import clock

    drawn = secrets.randbits(48) if seed is None else seed
    place = replace(worlds.load(world or "base"), base_rate=hidden)
    days = simulate(place, days=1, per_day=per_day, seed=drawn, slots_per_day=0)
    folder, url = sample.place(folder, overwrite)
    chosen: dict[str, str | int | float | bool] = {
        "drill": True,
        "clock": _moment(days).isoformat(),
        "time_zone": zone,
        "port_name": "Drill",
        "capacity": capacity,
    }
    database = port_place.opened(url)
    try:
        with database.write() as connection:
            settings.change(connection, chosen, at=clock(), actor="system")
    except settings.SettingError as error:
        raise Mistake(str(error)) from error
    about = {"world": place.name, "seed": drawn, "shipments": per_day, "hidden_share": hidden}
    digest = drill.keep(drill.Answers(_hidden(days), about), folder)
    with database.write() as connection:
        drills.begin(connection, digest, at=clock())
    with TemporaryDirectory() as work:
        path = Path(work) / "day.parquet"
        days.manifests.to_parquet(path, index=False)
        job = sample.load(database, folder, [path])
    database.close()
    if job.state != "done":
        raise Mistake("the day could not be loaded", job.message.splitlines())
    loaded = (job.result or {}).get("shipments", 0)
    terminal.say(f"Drill:     {loaded:,} shipments in {folder}; the answers are kept back")


def _moment(days: Days) -> pd.Timestamp:
    """Return four in the morning of the simulated day: night shift, most of it still to come."""
    import pandas as pd

    first = days.manifests["arrives_at"].dropna().min()
    return pd.Timestamp(first).normalize() + pd.Timedelta(hours=4)


def _hidden(days: Days) -> dict[str, dict[str, Any]]:
    from features.manifest.schema import FINDS

    truth = days.truth
    hides = truth[truth[list(FINDS)].any(axis=1)]
    return {
        str(row["shipment_id"]): {
            "found": [name for name in FINDS if row[name]],
            "taxon": str(row["taxon"]),
            "kg": float(row["kg"]),
            "scheme": str(row["scheme"]),
        }
        for row in hides.to_dict("records")
    }
