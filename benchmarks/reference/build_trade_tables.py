"""Write the trade tables of ``features/reference`` from public trade statistics.

Run by hand when a newer year is wanted::

    python benchmarks/reference/build_trade_tables.py FOLDER_WITH_STATISTICS

The folder holds four CSV files (export mix by origin and HS4, total trade by country pair, USD/kg by
HS4 and by HS2). Only rounded shares and percentiles are written: what a country mainly exports, to
whom it mainly sells, what a kilogram of a heading usually costs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

OUT = Path(__file__).parents[2] / "features" / "reference"
#: A heading is kept for an origin at this share of its exports, or of the world's exports of the heading.
MIN_ORIGIN_SHARE, MIN_WORLD_SHARE = 4e-4, 0.01
MIN_PARTNER_SHARE = 1e-3
#: Below this many observed flows the spread of a heading is widened by its chapter's.
MIN_FLOWS = 12


def _rounded(values: pd.Series, digits: int = 2) -> pd.Series:
    """Round to significant digits (a fact for orientation, not a statistic to add up)."""
    return values.map(lambda v: float(f"{v:.{digits}g}"))


def export_mix(folder: Path) -> None:
    """Write ``export_mix``, ``world_trade`` and ``hs4_world``."""
    mix = pd.read_csv(
        folder / "export_mix_2016_hs4.csv", dtype={"origin": "str", "hs4": "str"}, na_filter=False
    )
    share = mix["share_of_origin_exports"].astype("float64")
    world_share = mix["share_of_world_exports"].astype("float64")
    value = mix["usd_k"].astype("float64")

    kept = mix.assign(share=_rounded(share))[(share >= MIN_ORIGIN_SHARE) | (world_share >= MIN_WORLD_SHARE)]
    kept.sort_values(["origin", "hs4"])[["origin", "hs4", "share"]].to_csv(
        OUT / "export_mix.csv", index=False
    )

    origins = (value.groupby(mix["origin"]).sum() / value.sum()).rename("share").reset_index()
    origins.assign(share=_rounded(origins["share"])).to_csv(OUT / "world_trade.csv", index=False)

    # The heading's world exports follow from the largest exporter's value and world share.
    largest = mix.assign(value=value, world_share=world_share).sort_values("value").groupby("hs4").tail(1)
    total = (largest["value"] / largest["world_share"]).set_axis(largest["hs4"]).sort_index()
    headings = (total / total.sum()).rename("share").rename_axis("hs4").reset_index()
    headings.assign(share=_rounded(headings["share"])).to_csv(OUT / "hs4_world.csv", index=False)


def partners(folder: Path) -> None:
    """Write ``trade_partners``."""
    pairs = pd.read_csv(folder / "pair_totals_wits2014.csv", na_filter=False)
    share = pd.to_numeric(pairs["share_of_origin_exports"], errors="coerce")
    kept = pairs.assign(share=share, destination=pairs["dest"])[share >= MIN_PARTNER_SHARE]
    kept = kept.assign(share=_rounded(kept["share"])).sort_values(["origin", "destination"])
    kept[["origin", "destination", "share"]].to_csv(OUT / "trade_partners.csv", index=False)


def unit_values(folder: Path) -> None:
    """Write ``unit_values``: percentiles of USD/kg per heading, widened or filled from the chapter."""
    seen = pd.read_csv(folder / "unit_values_hs4.csv", dtype={"hs4": "str"})
    chapters = pd.read_csv(folder / "unit_values_hs2_baci2024.csv", dtype={"hs2": "str"}).set_index("hs2")
    # Flow cells of pairs spread wider than shipments do: 2.5-97.5 % of pairs stands in for 10-90 %.
    log = np.log(chapters[["pair_p2_5", "pair_median", "pair_p97_5"]])
    step = ((log["pair_p97_5"] - log["pair_p2_5"]) / 2 / 1.96).clip(0.3, 1.3)
    # Trade-weighted and pair medians differ (small pairs trade dear goods): take the middle of both.
    centre = (log["pair_median"] + np.log(chapters["usd_per_kg_weighted"])) / 2

    headings = pd.Index(
        sorted(set(pd.read_csv(OUT / "hs4_world.csv", dtype="str")["hs4"]) | set(seen["hs4"]))
    )
    table = seen.set_index("hs4").reindex(headings)
    chapter = pd.Series(headings.str[:2], index=headings)
    fill_centre, fill_step = chapter.map(centre), chapter.map(step)
    few = ~(table["n_obs"] >= MIN_FLOWS)
    middle = np.log(table["median"]).where(table["median"].notna(), fill_centre)
    z = {"p10": -1.2816, "p25": -0.6745, "p50": 0.0, "p75": 0.6745, "p90": 1.2816}
    out = pd.DataFrame(index=headings.rename("hs4"))
    for name, deviate in z.items():
        modelled = np.exp(middle + deviate * fill_step)
        observed = table["median" if name == "p50" else name]
        # One odd flow must not make the range of a heading either empty or endless.
        bounded = observed.clip(np.exp(middle - 2.2 * fill_step), np.exp(middle + 2.2 * fill_step))
        out[name] = _rounded(bounded.where(~few, modelled).fillna(modelled))
    out["basis"] = np.select(
        [table["median"].isna(), few], ["chapter", "heading, spread of chapter"], "heading"
    )
    out.dropna().reset_index().to_csv(OUT / "unit_values.csv", index=False)


if __name__ == "__main__":
    source = Path(sys.argv[1])
    export_mix(source)
    partners(source)
    unit_values(source)
