"""``wildcargo evaluate``: a model on a port's inspections, beside simpler ways of choosing."""

from __future__ import annotations

import json
from pathlib import Path

import click

from risk.commands import options, terminal
from risk.commands.state import load_state
from risk.commands.train import say_problems

_EPILOG = """\b
Examples:
  wildcargo evaluate model port-2026
  wildcargo evaluate model other-world --baselines port-2025 --truth other-world/truth.parquet
  wildcargo evaluate model 2026.csv --mapping port.toml --outcomes seizures.csv --json report.json

Figures speak for inspected shipments; every one has a 95 % interval and the finds behind it.
Without --baselines the older part of a history teaches the baselines and the newest part
(--test-share) judges all; with it, every row of the history is judged.
"""


@click.command("evaluate", epilog=_EPILOG)
@click.argument("bundle_dir", metavar="BUNDLE", type=options.FILE)
@options.histories
@options.mapping
@options.outcomes
@click.option(
    "--truth", metavar="FILE", type=options.FILE, help="What was really inside (simulated data only)."
)
@click.option(
    "--baselines",
    metavar="HISTORY",
    multiple=True,
    type=options.FILE,
    help="Teach the baselines on this instead.",
)
@click.option(
    "--test-share",
    default=0.15,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Newest share of the labelled rows that judges.",
)
@click.option(
    "--traffic",
    is_flag=True,
    help="Judge also by inspections weighted to speak for all shipments, where it is recorded with what "
    "probability each was selected.",
)
@click.option("--per-day", multiple=True, type=click.IntRange(1), help="Also measure the top N of each day.")
@click.option(
    "--replicates", default=200, show_default=True, type=click.IntRange(20), help="Bootstrap draws."
)
@click.option("--seed", default=0, show_default=True, help="Seed of bootstrap and baselines.")
@click.option("--json", "json_out", metavar="OUT", type=options.FILE, help="Write the report as JSON.")
@options.state
@options.now
def command(
    bundle_dir: Path,
    histories: tuple[Path, ...],
    mapping: Path | None,
    outcomes: Path | None,
    truth: Path | None,
    baselines: tuple[Path, ...],
    test_share: float,
    traffic: bool,
    per_day: tuple[int, ...],
    replicates: int,
    seed: int,
    json_out: Path | None,
    state_dir: Path | None,
    now: str | None,
) -> None:
    """Measure a model on a port's inspections.

    Prints average precision, AUC, precision and recall at the top, lift, Brier score and
    reliability with bootstrap intervals, beside random choice, a red-flag scorecard, a look-up,
    logistic regression and default LightGBM on raw columns.
    """
    from models import evaluation
    from risk import learning, writing
    from risk.engine import Engine
    from risk.histories import read_ports, read_truth

    if json_out is not None:
        writing.check(json_out, (".json",))
    bundle = Engine.load(bundle_dir).bundle
    time = options.moment(now)
    ports = read_ports(options.existing(histories), mapping=mapping, outcomes=outcomes, now=time)
    teachers = read_ports(options.existing(baselines), mapping=mapping, now=time)
    report = learning.assess(
        bundle,
        ports,
        truth=read_truth(truth) if truth is not None else None,
        teachers=teachers,
        state=load_state(state_dir)[0],
        test_share=test_share,
        traffic=traffic,
        per_day=per_day,
        replicates=replicates,
        seed=seed,
    )
    if json_out is not None:
        with writing.Whole() as whole:
            text = json.dumps(report, indent=1, sort_keys=True, ensure_ascii=False)
            whole.part(json_out).write_text(text + "\n", encoding="utf-8")
    for port in ports:
        terminal.heading(f"Port {port.name}, model {bundle.model_id} (risk basis {bundle.risk_basis})")
        terminal.say(port.tally.sentence("kept"))
        say_problems(port)
        terminal.say(evaluation.render(report["ports"][port.name]))
    if json_out is not None:
        terminal.say(f"Written: {json_out}")
