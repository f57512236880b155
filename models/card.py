"""The model card: what a model is and is not, as data, and the same for people.

Every number comes with its interval and the finds behind it; what has no number says why. The
words follow the project's rule for prior models: until a port's own outcomes calibrate a model, it
gives ranks, and probabilities read "not known for this port".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from features.registry import FAMILIES
from models.calibration import POPULATIONS
from models.metrics import Estimate

if TYPE_CHECKING:
    from models.bundle import Bundle

WHAT: dict[str, str] = {
    "prior": (
        "A prior. It has not learnt from this port's outcomes: use it for drills, for set-up, and in the "
        "shadow of the port's own selection. Read ranks and bands (“first 30 of 4,000”); "
        "probabilities and expected finds are not known for this port."
    ),
    "port": (
        "Calibrated on this port's own outcomes. Its probabilities speak for the population named "
        "below, and for the time its rows come from."
    ),
}

SIMULATED = (
    "It learnt from **simulated port days**, whose traffic follows real trade and whose concealments "
    "follow documented seizures; docs/simulator.md says what in them is real, assumed and invented. The "
    "figures below say how well it finds what the simulator hid, not how well it finds what people hide."
)

LIMITS: tuple[str, ...] = (
    "The risk is of a shipment, never of a person or a firm.",
    "Not on the list does not mean free of risk: what is not inspected is not known.",
    "It learnt from what was inspected; what inspections never looked at, it has not learnt.",
    "Ways of hiding change. The figures hold for the days they were measured on.",
    "It uses the country of goods and of addresses, never a person's nationality or a name's ethnicity.",
)

_TITLES = {
    "average_precision": "Average precision",
    "auc": "AUC",
    "precision@1%": "Precision in the top 1 %",
    "recall@1%": "Recall in the top 1 %",
    "precision@5%": "Precision in the top 5 %",
    "recall@5%": "Recall in the top 5 %",
    "recall@10%": "Recall in the top 10 %",
    "brier": "Brier score",
    "base_rate": "Finds per inspected row",
}


def make(bundle: Bundle, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Write the card of a bundle.

    Parameters
    ----------
    bundle : Bundle
    facts : mapping
        ``ports`` (rows, finds and windows per port) and ``options`` of the training.

    Returns
    -------
    dict
        JSON-ready.
    """
    families = Counter(column.family for column in bundle.schema.columns)
    return {
        "what": WHAT[bundle.risk_basis],
        "risk_basis": bundle.risk_basis,
        "ports": list(facts["ports"]),
        "options": dict(facts["options"]),
        "columns": {name: families[name] for name in FAMILIES if name in families},
        "heads": {
            head.name: dict(head.facts)
            | {
                "calibrated_on_finds": head.calibrator.finds,
                "calibrated_on_rows": head.calibrator.rows,
                "population": POPULATIONS[head.calibrator.population],
            }
            for head in bundle.heads
        },
        "absent": dict(bundle.absent),
        "limits": list(LIMITS),
        "versions": dict(bundle.versions),
    }


def render(card: Mapping[str, Any]) -> str:
    """Return the card as Markdown."""
    if not card:
        return "# Model card\n\nThis model has no card.\n"
    lines = ["# Model card", "", card["what"], ""]
    if card["options"].get("simulated"):
        lines += [SIMULATED, ""]
    lines += ["## Data", ""]
    for port in card["ports"]:
        finds = ", ".join(f"{n} {head.replace('_', ' ')}" for head, n in port["finds"].items())
        lines.append(
            f"- **{port['name']}**: {port['rows']:,} shipments, {port['inspected']:,} inspected; {finds}."
        )
        lines += [f"  - {w['name']}: {w['start'][:10]} to {w['end'][:10]}" for w in port["split"]["windows"]]
        lines.append(f"  - gap for late labels: {port['split']['gap_days']:g} days")
    if card["options"]["validation"] == "blocks":
        lines += ["", "Few finds: settings and calibration rest on held-back days, not on later ones."]
    columns = ", ".join(f"{FAMILIES[name].lower()} {n}" for name, n in card["columns"].items())
    lines += ["", f"Columns the model sees: {columns}."]
    for name, head in card["heads"].items():
        lines += ["", *_head(name, head)]
    for reason in card["absent"].values():
        lines += ["", f"**{reason}**"]
    lines += ["", "## Limits", "", *[f"- {limit}" for limit in card["limits"]], ""]
    libraries = ", ".join(f"{name} {number}" for name, number in sorted(card["versions"].items()))
    return "\n".join([*lines, f"Made with {libraries}.", ""])


def _head(name: str, head: Mapping[str, Any]) -> list[str]:
    lines = [
        f"## Head: {name.replace('_', ' ')}",
        "",
        f"Trained on {head['training_finds']} finds in {head['training_rows']:,} inspected shipments: "
        f"{head['trees']} trees, settings “{head['settings']}”, weighting “{head['weighting']}”.",
        f"Calibrated on {head['calibrated_on_finds']} finds in {head['calibrated_on_rows']:,} rows; "
        f"its probabilities speak for {head['population']}.",
    ]
    test = head.get("test")
    if not test:
        return [*lines, "", "Not measured on later rows."]
    lines += ["", f"Measured on the newest {test['rows']:,} inspected shipments ({test['finds']} finds):", ""]
    lines += ["| measure | value (95 % interval) |", "|---|---|"]
    estimates = {key: Estimate(**entry) for key, entry in test["estimates"].items()}
    lines += [f"| {title} | {estimates[key]} |" for key, title in _TITLES.items() if key in estimates]
    return lines
