"""``wildcargo replay``: a past score computed again from its record, to the bit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.commands import options, terminal
from risk.commands.mistakes import FAULT, Mistake

if TYPE_CHECKING:
    from features.registry import Feature
    from models.predict import Prediction
    from risk.reasons import Words
    from risk.records import Record

_EPILOG = """\b
Example:
  wildcargo replay HLCU123456 --records list.records.parquet

Contributions are in log-odds: +0.69 doubles the odds, -0.69 halves them. Exit code 1 when the
replay differs from the record in any bit; every difference is named.
"""

_TITLES = {"live_animals": "live animals", "wildlife_products": "wildlife products"}


@click.command("replay", epilog=_EPILOG)
@click.argument("shipment_id")
@click.option("--records", required=True, metavar="FILE", type=options.FILE, help="Score records of the run.")
@options.model
def command(shipment_id: str, records: Path, model_dir: Path | None) -> None:
    """Compute the score of one shipment again and take it apart.

    Reads what the model saw from the score records, computes margins, contributions and risk
    anew, compares every bit, and prints the full breakdown.
    """
    from risk import records as score_records
    from risk.engine import Engine

    record = score_records.read(records, shipment_id)
    bundle = Engine.load(model_dir).bundle
    prediction, differences = score_records.replay(record, bundle)
    if prediction is not None:
        _say(record, prediction, bundle.risk_basis)
    if differences:
        raise Mistake("the replay differs from the record:", differences, exit_code=FAULT)
    terminal.say()
    if record.about["code"] != score_records.code_digest():
        terminal.say("The program has changed since (code digest), and gives the same score.")
    terminal.say("Replayed: every number is the same to the bit.")


def _say(record: Record, prediction: Prediction, basis: str) -> None:
    import pandas as pd

    from features import matrix
    from risk.reasons import Words, summarise
    from risk.sentences import clean

    declared = {k: v for k, v in record.declared.items() if v is not None}
    table = pd.DataFrame([{**declared, "shipment_id": record.shipment_id}])
    entries = (*matrix.features(), *_local(prediction))
    p = prediction
    assert p.risk_contributions is not None
    summed = summarise(p.risk_contributions, p.features, p.risk_base, p.risk_log_odds, record.values, entries)
    words = Words(summed, record.values, table, matrix.facts())
    about = record.about
    known = "" if basis == "port" else "  (a prior: probabilities are not known for this port)"
    terminal.say(f"Shipment {clean(record.shipment_id)}, scored {about['scored_at']} UTC{known}")
    terminal.say(f"Model {about['model_id']}, code {about['code']}, state {about['state'] or 'none'}")
    terminal.heading("Risk, log-odds")
    rows = [["", "probability" if basis == "port" else "score", "log-odds", "average shipment", "raw margin"]]
    for head in p.margins:
        numbers = (p.log_odds[head][0], p.bases[head], p.margins[head][0])
        rows.append(
            [_TITLES.get(head, head), f"{p.probabilities[head][0]:.4g}", *(f"{v:+.4f}" for v in numbers)]
        )
    rows.append(["risk", f"{p.risk[0]:.4g}", f"{p.risk_log_odds[0]:+.4f}", f"{p.risk_base:+.4f}", ""])
    for line in terminal.columns(rows, right=(1, 2, 3, 4)):
        terminal.say(line)
    _families(words, prediction, record)
    terminal.heading("Declared")
    for line in terminal.columns([[name, clean(str(value), 70)] for name, value in declared.items()]):
        terminal.say(line)


def _families(words: Words, prediction: Prediction, record: Record) -> None:
    from features.registry import FAMILIES

    p, moved = prediction, prediction.risk_contributions
    assert moved is not None
    terminal.heading("What moves it away from the average shipment (log-odds of risk)")
    for reason in words.records(0):
        title = f"{reason.contribution:+.4f}  {FAMILIES[reason.family]}, {100 * reason.share:.0f}% of all"
        terminal.say(f"  {title}: {reason.direction} the risk")
        terminal.items([words.sentence(0, reason.family)], indent="    ", bullet="")
        members = [j for j, family in enumerate(p.families) if family == reason.family]
        members.sort(key=lambda j: -abs(moved[0, j]))
        rows = [
            [f"{moved[0, j]:+.4f}", p.columns[j], _value(record, p.features[j])]
            for j in members
            if moved[0, j] != 0.0
        ]
        for line in terminal.columns(rows, indent="      "):
            terminal.say(terminal.cut(line, terminal.width()))


def _value(record: Record, feature: str) -> str:
    import pandas as pd

    from risk.sentences import clean

    value = record.values[feature].iloc[0]
    if pd.isna(value):
        return "missing"
    return f"{value:.6g}" if isinstance(value, float) else clean(str(value))


def _local(prediction: Prediction) -> tuple[Feature, ...]:
    from features import matrix

    extra: dict[str, list[str]] = {"categorical": [], "numeric": []}
    for feature, family, column in zip(
        prediction.features, prediction.families, prediction.columns, strict=True
    ):
        if family == "local" and feature == column:
            kind = "categorical" if feature in prediction.unseen else "numeric"
            extra[kind].append(feature)
    return matrix.local_features(extra)
