"""``wildcargo replay``: a past score computed again from its record, to the bit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.commands import options, terminal
from risk.commands.mistakes import FAULT, Mistake

if TYPE_CHECKING:
    from models.bundle import Bundle
    from models.predict import Prediction
    from risk.reasons import Words
    from risk.records import Record

_EPILOG = """\b
Example:
  wildcargo replay HLCU123456 --records list.records.parquet

Contributions are in log-odds: +0.69 doubles the odds, -0.69 halves them, against the average
shipment. Values that move the risk by less than 0.01 are added up unless --all is given. Exit
code 1 when the replay differs from the record in any bit; every difference is named.
"""

_TITLES = {"live_animals": "live animals", "wildlife_products": "wildlife products"}

#: Values that move the log-odds by less are added up in one line.
_SMALL = 0.01

#: What the card says of a head: finds and shipments it learnt from and was calibrated on.
_BASIS = ("training_finds", "training_rows", "calibrated_on_finds", "calibrated_on_rows")


@click.command("replay", epilog=_EPILOG)
@click.argument("shipment_id")
@click.option("--records", required=True, metavar="FILE", type=options.FILE, help="Score records of the run.")
@options.model
@click.option("--all", "everything", is_flag=True, help="List every value, however little it moves the risk.")
def command(shipment_id: str, records: Path, model_dir: Path | None, everything: bool) -> None:
    """Compute the score of one shipment again and take it apart.

    Reads what the model saw from the score records, computes margins, contributions and risk
    anew, compares every bit, and prints the full breakdown.
    """
    from features import reference
    from risk import records as score_records
    from risk.engine import check_features, load_bundle

    record = score_records.read(records, shipment_id)
    # The record holds what the model saw, so definitions that changed since do not matter.
    bundle = load_bundle(model_dir)
    check_features(bundle)
    prediction, differences = score_records.replay(record, bundle)
    if prediction is not None:
        _say(record, prediction, bundle, everything)
    if differences:
        raise Mistake("the replay differs from the record:", differences, exit_code=FAULT)
    terminal.say()
    if record.about["code"] != score_records.code_digest():
        terminal.say("The program has changed since (code digest), and gives the same score.")
    if record.about.get("reference", reference.digest()[:16]) != reference.digest()[:16]:
        terminal.say("The reference tables have changed since; the score rests on the values recorded.")
    terminal.say("Replayed: every number is the same to the bit.")


def _say(record: Record, prediction: Prediction, bundle: Bundle, everything: bool) -> None:
    import pandas as pd

    from features import matrix
    from risk.engine import registry
    from risk.reasons import Words, summarise
    from risk.sentences import clean

    declared = {k: v for k, v in record.declared.items() if v is not None}
    table = pd.DataFrame([{**declared, "shipment_id": record.shipment_id}])
    p = prediction
    assert p.risk_contributions is not None
    summed = summarise(
        p.risk_contributions, p.features, p.risk_base, p.risk_log_odds, record.values, registry(bundle)
    )
    words = Words(summed, record.values, table, matrix.facts())
    about = record.about
    terminal.say(f"Shipment {clean(record.shipment_id)}, scored {about['scored_at']} UTC")
    terminal.say(f"Model {about['model_id']}, code {about['code']}, state {about['state'] or 'none'}")
    _drawn(about.get("draw"))
    _followed(record)
    _declared(declared)
    _risk(p, bundle)
    _rests_on(bundle)
    _heads(p, words)
    _families(words, prediction, record, everything)


def _drawn(draw: object) -> None:
    """Say with what key the list was drawn, so that it can be made again."""
    from risk.sentences import clean

    if isinstance(draw, dict):
        key = draw.get("key")
        again = (
            f"--seed {clean(str(key), 40)} makes the same list again"
            if key
            else "the seed was the port's own"
        )
        terminal.say(f"Its list was drawn at random in part; {again}")


def _followed(record: Record) -> None:
    """Say which record this one follows, and what the risk was then."""
    from risk.sentences import clean

    files = {each["sha256"]: each for each in record.about.get("follows") or () if isinstance(each, dict)}
    before = files.get(record.besides.get("follows"))
    if before is not None:
        name, digest = clean(str(before.get("records")), 80), str(before["sha256"])[:16]
        risk = record.besides.get("earlier_risk")
        was = f"; its risk was {_chance(risk)}" if isinstance(risk, float) else ""
        terminal.say(f"Scored again: follows its record in {name} (SHA-256 {digest}…){was}")
    elif files:
        terminal.say("New on its list, which follows an earlier one")


def _declared(declared: dict[str, Any]) -> None:
    from risk.sentences import clean

    terminal.heading("Declared")
    rows = [[name.replace("_", " "), clean(_cell(value), 70)] for name, value in declared.items()]
    for line in terminal.columns(rows):
        terminal.say(line)


def _cell(value: object) -> str:
    """Return a declared value as people write it: times to the minute, whole numbers without a point."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.15g}"
    return re.sub(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d[.0]*$", r"\1 \2", str(value))


def _risk(p: Prediction, bundle: Bundle) -> None:
    known = bundle.risk_basis == "port"
    terminal.heading("Risk")
    rows = [["", "probability" if known else "score", "log-odds", "average shipment", "raw margin"]]
    for head in p.margins:
        numbers = (p.log_odds[head][0], p.bases[head], p.margins[head][0])
        rows.append([_TITLES.get(head, head), _chance(p.probabilities[head][0]), *map(_signed, numbers)])
    combined = (p.risk_log_odds[0], p.risk_base)
    rows.append(["either of them", _chance(p.risk[0]), *map(_signed, combined), ""])
    for line in terminal.columns(rows, right=(1, 2, 3, 4)):
        terminal.say(line)


def _chance(value: float) -> str:
    return f"{100.0 * value:.3g}%"


def _signed(value: float) -> str:
    return f"{value:+.4f}"


def _rests_on(bundle: Bundle) -> None:
    """Say what the probability rests on: finds learnt from, finds calibrated on, and where."""
    from risk.commands.score import PRIOR

    terminal.heading("What the number rests on")
    lines = [] if bundle.risk_basis == "port" else [PRIOR]
    if bundle.risk_basis == "port":
        lines.append("Calibrated on this port's own outcomes.")
    for head, facts in bundle.card.get("heads", {}).items():
        number = {name: _count(facts.get(name)) for name in _BASIS}
        lines.append(
            f"{_TITLES.get(head, head).capitalize()}: learnt from {number['training_finds']} finds in "
            f"{number['training_rows']} inspected shipments, calibrated on {number['calibrated_on_finds']} "
            f"finds in {number['calibrated_on_rows']}; speaks for "
            f"{facts.get('population', 'a population not named')}."
        )
    terminal.items(lines)


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "an unknown number of"


def _heads(p: Prediction, words: Words) -> None:
    """Print what each family moves, for the risk and for each head."""
    from features.registry import FAMILIES

    terminal.heading("What moves it away from the average shipment (log-odds)")
    heads = list(p.contributions)
    rows = [["", "risk", "of all", *(_TITLES.get(head, head) for head in heads)]]
    for reason in words.records(0):
        members = [j for j, family in enumerate(p.families) if family == reason.family]
        apart = [_signed(float(p.contributions[head][0, members].sum())) for head in heads]
        share = f"{100.0 * reason.share:.0f}%"
        rows.append([FAMILIES[reason.family], _signed(reason.contribution), share, *apart])
    totals = [_signed(float(p.contributions[head][0].sum())) for head in heads]
    assert p.risk_contributions is not None
    rows.append(["all together", _signed(float(p.risk_contributions[0].sum())), "100%", *totals])
    for line in terminal.columns(rows, right=tuple(range(1, len(rows[0])))):
        terminal.say(line)


def _families(words: Words, prediction: Prediction, record: Record, everything: bool) -> None:
    from features.registry import FAMILIES
    from risk.sentences import counted

    p, moved = prediction, prediction.risk_contributions
    assert moved is not None
    for reason in words.records(0):
        terminal.heading(
            f"{FAMILIES[reason.family]}: {reason.direction} the risk by {reason.contribution:+.4f}"
        )
        weights: dict[str, float] = {}
        for j, family in enumerate(p.families):
            if family == reason.family:
                weights[p.features[j]] = weights.get(p.features[j], 0.0) + float(moved[0, j])
        ordered = sorted((f for f in weights if weights[f] != 0.0), key=lambda f: -abs(weights[f]))
        shown = [f for f in ordered if everything or abs(weights[f]) >= _SMALL]
        for feature in shown:
            text = words.of_feature(0, feature) or _without_sentence(record, feature)
            first = f"  {_signed(weights[feature])}  "
            value = f"[{feature}: {_value(record, feature)}]"
            terminal.say(terminal.wrapped(f"{text}  {value}", first, " " * len(first)))
        rest = [weights[f] for f in ordered if f not in shown]
        if rest:
            terminal.say(f"  {_signed(sum(rest))}  {counted(str(len(rest)), 'more value')} together")


def _without_sentence(record: Record, feature: str) -> str:
    """Return what a value without a sentence of its own says: what is measured, and that it is not so."""
    from features import matrix

    value = record.values[feature].iloc[0]
    meaning = next((f.meaning for f in matrix.features() if f.name == feature), feature)
    said = "Not known" if value != value else "Not so" if value == 0 else "Measured"
    meaning = meaning.split("; missing", 1)[0]
    return f"{said}: {meaning[:1].lower()}{meaning[1:]}"


def _value(record: Record, feature: str) -> str:
    import pandas as pd

    from risk.sentences import clean

    value = record.values[feature].iloc[0]
    if pd.isna(value):
        return "missing"
    return f"{value:.6g}" if isinstance(value, float) else clean(str(value))
