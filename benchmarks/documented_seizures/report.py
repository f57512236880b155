"""The section of the results page and the tables beside it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from benchmarks.documented_seizures import controls, ranking
from benchmarks.documented_seizures.cases import DECLARED

PARTS = ("base", "origin", "goods")
#: Scored side by side: column of the scores -> name in the tables.
SCORERS = {
    "engine": "engine, trained without the fold's cases",
    "red_flags": "red-flag scorecard",
    "mechanical": "route × cover table alone",
    "random": "random",
}
#: Backgrounds of `sets.BACKGROUNDS` -> name in the tables.
BACKGROUNDS = {
    "simulated": "simulated trade",
    "hard": "simulated trade as in training ports",
    "tables": "trade tables",
}
#: The field's published mark: share of offences in the top 30 % of declarations.
MARK = "Grigoriou 2019 (customs declarations, all offences): 80 % of offences in the top 30 %"


def standings(
    scores: pd.DataFrame,
    cases: pd.DataFrame,
    scorer: str,
    *,
    inserted: str = "case",
    parts: tuple[str, ...] = PARTS,
) -> pd.DataFrame:
    """Return where every case stands under one score.

    Parameters
    ----------
    scores : DataFrame
        ``case_id``, ``part`` and one column per scorer.
    cases : DataFrame
        With ``event`` and ``fold``.
    scorer : str
        Column of `scores`.
    inserted : str
        ``case``, or ``control`` for the benign description inserted the same way.
    parts : tuple of str
        Background it is ranked among; a case without any of these parts is left out.

    Returns
    -------
    DataFrame
        The cases with ``before``, ``upto`` and ``percentile``.
    """
    rows = []
    for case_id, group in scores.groupby("case_id", sort=False):
        background = group.loc[group["part"].isin(parts), scorer].to_numpy()
        own = group.loc[group["part"] == inserted, scorer]
        if len(background) and len(own) == 1:
            rows.append((case_id, *ranking.standing(float(own.iloc[0]), background)))
    found = pd.DataFrame(rows, columns=["case_id", "before", "upto"])
    joined = cases.merge(found, on="case_id", how="inner")
    joined["percentile"] = ranking.percentile(joined["before"].to_numpy(), joined["upto"].to_numpy())
    return joined


def recall_table(places: pd.DataFrame) -> str:
    """Return a Markdown table of recall at every share, per group."""
    table = ranking.table(places)
    shares = [column for column in map(str, table.columns) if column.startswith("top")]
    lines = [f"| group | cases | events | {' | '.join(shares)} |", f"|---|---|---|{'---|' * len(shares)}"]
    for name, row in table.iterrows():
        cells = [_cell(row[share], int(row["events"])) for share in shares]
        lines.append(f"| {name} | {row['cases']} | {row['events']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(estimate: tuple[float, float, float], events: int) -> str:
    value, low, high = estimate
    if events < 10:
        return f"{value:.2f} (under 10 events: not estimable)"
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


def comparison(scored: Mapping[str, pd.DataFrame]) -> str:
    """Return a Markdown table of all scorers over all declared cases and live animals alone.

    Parameters
    ----------
    scored : mapping of str to DataFrame
        Name of the row -> standings.
    """
    shares = [f"{top:.0%}" for top in ranking.TOPS]
    head = " | ".join(f"top {share}" for share in shares)
    lines = [f"| score | {head} | live: top 10% | live: top 30% |", f"|---|{'---|' * (len(shares) + 2)}"]
    for name, places in scored.items():
        cells = [recall_cell(places, top) for top in ranking.TOPS]
        live = places[places["kind"] == "live"]
        cells += [recall_cell(live, 0.10), recall_cell(live, 0.30)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def recall_cell(places: pd.DataFrame, top: float) -> str:
    """Return recall at one share with its interval, as a cell of a table."""
    hits = ranking.caught(places["before"].to_numpy(), places["upto"].to_numpy(), top)
    return _cell(ranking.recall(hits, places["event"].to_numpy()), places["event"].nunique())


def declared(places: pd.DataFrame) -> pd.DataFrame:
    """Return the cases whose description was declared or written on the parcel."""
    return places[places["basis"].isin(DECLARED)]


def where_the_signal_is(scores: pd.DataFrame, cases: pd.DataFrame, scorer: str = "engine") -> str:
    """Return recall in the top 10 and 30 % when ranked among one part of the background alone."""
    names = {
        "base": "200 of the same mode and destination",
        "origin": "20 of the same origin too (goods must tell)",
        "goods": "20 of the same goods (route must tell)",
    }
    lines = ["| ranked among | cases | top 10% | top 30% |", "|---|---|---|---|"]
    for part, text in names.items():
        places = declared(standings(scores, cases, scorer, parts=(part,)))
        lines.append(
            f"| {text} | {len(places)} | {recall_cell(places, 0.10)} | {recall_cell(places, 0.30)} |"
        )
    return "\n".join(lines)


def control_lines(scores: pd.DataFrame, cases: pd.DataFrame) -> str:
    """Return the two controls as a Markdown list."""
    inserted = standings(scores, cases, "engine", inserted="control", parts=("base",))
    distance, p_value = controls.uniform(inserted["percentile"].to_numpy())
    tops = ", ".join(recall_cell(inserted, top) for top in (0.10, 0.30))
    texts = scores[scores["part"].isin(("case", *PARTS)) & scores["case_id"].isin(declared(cases)["case_id"])]
    texts = texts.assign(event=texts["case_id"].map(cases.set_index("case_id")["event"]))
    own = texts[texts["part"] == "case"]
    lines = [
        f"- A benign shipment inserted the same way, in words no background uses, should rank uniformly, and "
        f"{_ranks(inserted['percentile'], p_value)}: Kolmogorov-Smirnov distance {distance:.3f}, "
        f"p = {p_value:.2f} over {len(inserted)} sets; in the top 10 and 30 %: {tops}."
    ]
    for part, what in (("base", "any goods"), ("goods", "the same heading")):
        rows = texts[texts["part"] == part].groupby("case_id").head(20)
        both = pd.concat([own, rows])
        truth = (both["part"] == "case").to_numpy()
        for kind in ("style", "content"):
            found = controls.separate(both["goods_description"], truth, both["event"].to_numpy(), kind)
            auc = f"AUC {found.auc:.3f} [{found.low:.3f}, {found.high:.3f}]{_verdict(kind, part, found)}"
            told = f"Case texts told from background texts of {what} by {_KINDS[kind]}"
            lines.append(f"- {told}, cross-validated over events: {auc}")
    return "\n".join(lines)


def _ranks(percentile: pd.Series, p_value: float) -> str:
    if p_value >= 0.05:
        return "does as far as can be told"
    if percentile.mean() > 0.5:
        return "ranks somewhat lower than that, so being inserted lifts no case"
    return "ranks higher than that, so part of what cases reach is the way they are inserted"


_KINDS = {"style": "style alone (length, words, punctuation)", "content": "content (character n-grams)"}


def _verdict(kind: str, part: str, found: controls.Separation) -> str:
    if kind == "content" and part == "base":
        return " (what is declared does differ: that is the signal)."
    if found.low <= 0.5 <= found.high:
        return ": chance."
    return f": {abs(found.auc - 0.5):.2f} from chance; that much may be writing."


_SHOWN = """
case_id fold event basis mode kind taxa text origin destination heading
""".split()  # noqa: SIM905


def case_table(scores: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Return one row per case: its place overall and within each part, and what it was read as.

    Returns
    -------
    DataFrame
        Sorted from the worst place to the best.
    """
    table = standings(scores, cases, "engine")
    table = table[[*_SHOWN, "percentile"]]
    table["taxa"] = table["taxa"].map("; ".join)
    for part in PARTS:
        places = standings(scores, cases, "engine", parts=(part,)).set_index("case_id")["percentile"]
        table[f"among_{part}"] = table["case_id"].map(places).round(3)
    for scorer in ("red_flags", "mechanical"):
        places = standings(scores, cases, scorer).set_index("case_id")["percentile"]
        table[f"by_{scorer}"] = table["case_id"].map(places).round(3)
    own = scores[scores["part"] == "case"].set_index("case_id")
    for column in ("read_as", "live_animals", "wildlife_products", "for", "against"):
        if column in own:
            table[column] = table["case_id"].map(own[column])
    table["percentile"] = table["percentile"].round(3)
    return table.sort_values("percentile", ascending=False, ignore_index=True)


def weak_kinds(table: pd.DataFrame) -> str:
    """Return, per mode, head and what is missing, how far down the cases are (Markdown)."""
    kinds = table.assign(
        origin=np.where(table["origin"].eq(""), "origin unknown", "origin known"),
        mode=table["mode"].where(table["mode"].ne(""), "mode unknown"),
    )
    grouped = kinds.groupby(["mode", "kind", "origin"])["percentile"]
    below = (kinds["percentile"] > 0.3).groupby([kinds[name] for name in ("mode", "kind", "origin")]).mean()
    summary = pd.concat([grouped.size(), grouped.median(), below], axis=1).reset_index()
    summary.columns = ["mode", "kind", "origin", "cases", "median place", "below the top 30%"]
    lines = [
        "| mode | kind | origin | cases | median place | below the top 30% |",
        "|---|---|---|---|---|---|",
    ]
    for row in summary.sort_values("median place", ascending=False).itertuples(index=False):
        lines.append(f"| {row[0]} | {row[1]} | {row[2]} | {row[3]} | {row[4]:.2f} | {row[5]:.0%} |")
    return "\n".join(lines)
