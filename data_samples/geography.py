"""Who trades what with whom: arrays made once from the reference tables."""

from __future__ import annotations

from functools import cache

import numpy as np

from data_samples import facts
from features import reference
from features.manifest.schema import MODES

#: Moved in bulk, by pipe or in vaults and not on ordinary bills: next to nothing of the shipments.
_BULK = ("2709", "2711", "2716", "2601", "2701", "7108", "8802", "8901", "2707", "1001", "2606", "8401")


@cache
def country_index() -> dict[str, int]:
    """Country -> its number."""
    return {code: i for i, code in enumerate(facts.countries())}


@cache
def heading_index() -> dict[str, int]:
    """Heading -> its number."""
    return {code: i for i, code in enumerate(facts.headings().index)}


@cache
def trade() -> np.ndarray:
    """Value of trade, origin x destination, shape (countries, countries); world total about 1."""
    at = country_index()
    size = np.full(len(at), 1e-6)
    rows = reference.table("world_trade")
    for code, share in zip(rows["origin"], rows["share"], strict=True):
        if code in at:
            size[at[code]] += float(share)
    flow = 0.06 * np.outer(size, size)
    pairs = reference.table("trade_partners")
    pairs = pairs[pairs["origin"].isin(at) & pairs["destination"].isin(at)]
    o = pairs["origin"].map(at).to_numpy(dtype=int)
    d = pairs["destination"].map(at).to_numpy(dtype=int)
    np.add.at(flow, (o, d), size[o] * pairs["share"].astype(float).to_numpy())
    np.fill_diagonal(flow, 0.0)
    return flow


@cache
def mode_weights() -> np.ndarray:
    """How much a heading travels by a mode, shape (modes, headings)."""
    return facts.by_heading("mode_share", MODES).T


@cache
def world_mix() -> np.ndarray:
    """Relative number of shipments of a heading in world trade, shape (headings,)."""
    at = heading_index()
    mix = np.full(len(at), 2e-6)
    rows = reference.table("hs4_world")
    for code, share in zip(rows["hs4"], rows["share"], strict=True):
        if code in at:
            mix[at[code]] += float(share)
    return _counts(mix[None, :])[0]


@cache
def origin_mix() -> np.ndarray:
    """Relative number of shipments of a heading from an origin, shape (countries, headings)."""
    mix = np.zeros((len(country_index()), len(heading_index())))
    rows = reference.table("export_mix")
    rows = rows[rows["origin"].isin(country_index()) & rows["hs4"].isin(heading_index())]
    o = rows["origin"].map(country_index()).to_numpy(dtype=int)
    h = rows["hs4"].map(heading_index()).to_numpy(dtype=int)
    np.add.at(mix, (o, h), rows["share"].astype(float).to_numpy())
    return _counts(mix)


def _counts(value_shares: np.ndarray) -> np.ndarray:
    """Shipments grow slower than value, and bulk goods hardly make any."""
    counts = value_shares**0.65
    counts[:, [heading_index()[code] for code in _BULK if code in heading_index()]] *= 0.03
    total = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)


@cache
def parcel_mix() -> np.ndarray:
    """Relative number of parcels of a heading, shape (headings,): what people send and order."""
    mix = np.zeros(len(heading_index()))
    rows = facts.table("parcel_goods")
    for code, weight in zip(rows["hs4"], rows["weight"], strict=True):
        mix[heading_index()[code]] = float(weight)
    return mix / mix.sum()


@cache
def usd_per_kg() -> np.ndarray:
    """Percentiles 10, 25, 50, 75, 90 of USD per kg, shape (headings, 5)."""
    return np.maximum(facts.by_heading("unit_values", ("p10", "p25", "p50", "p75", "p90")), 0.01)


@cache
def goods_by_place() -> np.ndarray:
    """Weight of headings per mode and origin, shape (modes x countries, headings)."""
    own, world = origin_mix(), world_mix()
    own = np.where(own.sum(axis=1, keepdims=True) > 0, own, world)
    rows = []
    for m, mode in enumerate(MODES):
        weighted = (0.93 * own + 0.07 * world) * (mode_weights()[m] + 0.002)
        weighted /= weighted.sum(axis=1, keepdims=True)
        if mode in ("post", "express"):
            share = 0.65 if mode == "post" else 0.45
            local = (0.3 + np.minimum(own / np.maximum(world, 1e-9), 3.0)) * parcel_mix()
            weighted = (1 - share) * weighted + share * local / local.sum(axis=1, keepdims=True)
        rows.append(weighted)
    return np.concatenate(rows)


@cache
def same_region() -> np.ndarray:
    """Whether two countries are of one region, shape (countries, countries)."""
    region = np.array([facts.region_of()[c] for c in facts.countries()])
    return region[:, None] == region[None, :]
