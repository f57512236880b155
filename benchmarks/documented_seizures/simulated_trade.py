"""Ordinary trade of one country by one mode, drawn by the project's own simulator.

Origins and goods are those of `data_samples.simulate.benign`; the words are the benchmark's plain
ones, for a case's report says nothing in a port system's style. Two kinds: *plain* trade, as the
world's exports and the country's partners have it; and *hard* trade, as in the ports the model learns
from, where much ordinary trade runs along the routes of schemes, from the countries they start in,
and far more of it than in any real port is legal wildlife trade.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from benchmarks.documented_seizures import ordinary_trade
from data_samples import simulate
from data_samples import world as worlds

#: Countries a shipment to nowhere in particular is drawn from, so many of them per draw.
SPREAD = 5
#: Made at once for each shipment kept (some have no code, some headings no words), and days at most.
SPARE, MOST_DAYS = 2, 20

#: What makes training ports hard and is taken away for plain trade; the share of legal wildlife trade
#: left is assumed.
PLAIN = {"corridors": 0.0, "partners": {}, "wildlife_trade": 0.01}


@cache
def _world(hard: bool) -> worlds.World:
    world = worlds.load("base")
    return world if hard else replace(world, **PLAIN)


def draw(
    size: int,
    destination: str,
    mode: str,
    generator: np.random.Generator,
    *,
    origin: str = "",
    heading: str = "",
    hard: bool = False,
) -> pd.DataFrame:
    """Draw ordinary shipments: parameters and columns as of `ordinary_trade.draw`.

    Where destination or mode are not reported, shipments to several large importers, and by sea, are
    drawn; `hard` makes trade as in a training port.
    """
    places = [destination] if destination else list(generator.choice(ordinary_trade.ANYWHERE, SPREAD, False))
    parts: list[pd.DataFrame] = []
    while len(parts) < MOST_DAYS and sum(map(len, parts)) < size:
        for place in places:
            made = simulate.benign(
                mode or "sea",
                place,
                SPARE * size // len(places) + 20,
                seed=int(generator.integers(2**31)),
                world=_world(hard),
                origin=origin or None,
                heading=heading or None,
            )
            rows = pd.DataFrame({"origin": made["origin_country"].fillna("")})
            # A heading held fixed is the goods' own, whatever code some manifests declare.
            rows["heading"] = heading or made["hs_codes"].fillna("").str[:4]
            parts.append(rows[ordinary_trade.has_words(rows["heading"]) & rows["origin"].ne("")])
    drawn = pd.concat(parts, ignore_index=True)
    drawn = drawn.iloc[generator.permutation(len(drawn))[:size]].reset_index(drop=True)
    return drawn.assign(text=ordinary_trade.worded(drawn["heading"], mode, generator, vague=not heading))
