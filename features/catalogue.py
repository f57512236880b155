"""The registry and the reference tables as Markdown: ``python -m features.catalogue > docs/features.md``."""

from __future__ import annotations

import math
from collections.abc import Iterable

from features import matrix, reference
from features.registry import FAMILIES, Feature

_INTRO = """# Features

Written by `python -m features.catalogue` from the registry; a test fails when it differs.

Every feature is known either from the shipment alone (*row*), from its manifest or master bill
(*context*), or from strictly earlier shipments and outcomes of the port (*history*). Numbers in
brackets are the red-flag indicators a feature computes. `+` or `-` marks features the models may
only use in one direction; `c` marks those that depend on a country or place of the goods.
"""


def render() -> str:
    """Return the catalogue as Markdown text."""
    features = matrix.features()
    parts = [_INTRO, f"{len(features)} features in {len({f.family for f in features})} families.\n"]
    for family, title in FAMILIES.items():
        members = [f for f in features if f.family == family]
        if members:
            parts.append(f"## {title} (`{family}`)\n")
            parts.append(_table(members))
    parts.append("## Facts\n\nQuoted in sentences and kept in score records, never seen by a model.\n")
    parts.append(
        "| fact | meaning | unit |\n|---|---|---|\n"
        + "".join(f"| `{f.name}` | {f.meaning} | {f.unit} |\n" for f in matrix.facts())
    )
    parts.append("## Reference tables\n")
    parts.append(
        "| table | what | source | date | licence | status |\n|---|---|---|---|---|---|\n"
        + "".join(
            f"| `{r.table}` | {r.what} | {r.source} | {r.date} | {r.licence} | {r.status} |\n"
            for r in reference.table("SOURCES").itertuples()
        )
    )
    return "\n".join(parts)


def _table(features: Iterable[Feature]) -> str:
    head = "| feature | meaning | type | unit | range | known | |\n|---|---|---|---|---|---|---|\n"
    return head + "".join(_row(f) for f in features)


def _row(feature: Feature) -> str:
    marks = "".join(
        [
            {1: "+", -1: "-"}.get(feature.monotone, ""),
            "c" if feature.uses_country else "",
            f" [{', '.join(map(str, feature.indicators))}]" if feature.indicators else "",
        ]
    )
    span = "levels" if feature.dtype == "category" else f"{_number(feature.low)} to {_number(feature.high)}"
    return (
        f"| `{feature.name}` | {feature.meaning.replace('|', '/')} | {feature.dtype} | {feature.unit} "
        f"| {span} | {feature.known} | {marks.strip()} |\n"
    )


def _number(value: float) -> str:
    return ("∞" if value > 0 else "-∞") if math.isinf(value) else f"{value:g}"


if __name__ == "__main__":
    print(render(), end="")
