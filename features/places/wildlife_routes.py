"""Priors of wildlife routes: where a taxon comes from, passes and goes, and what covers it.

The tables ``taxon_routes`` and ``taxon_covers`` are dated expert knowledge (weights 0 to 3). A route
is scored per taxon, so that source, destination, mode and cover must fit one and the same taxon.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from features.manifest.schema import FINDS, MODES
from features.places.distinct import distinct
from features.places.gazetteer import Floats, Ints
from features.places.trade import trade
from features.reference import table as reference

HEADS = FINDS
TOP_WEIGHT = 3.0
#: A country that usually passes a taxon on counts this much as its source when goods start there.
REEXPORT = 0.6
#: A mode that is not the taxon's usual one leaves this much of the score.
OTHER_MODE = 0.4
#: Passing a country where the taxon usually changes hands adds this share to the product.
BY_THE_WAY = 0.25
SCORES = ("source", "transit", "destination", "source_sum", "pair", "pair_sum", "cover", "cover_sum")
#: Rows of distinct routes scored at a time (memory).
BLOCK = 20_000


@dataclass(frozen=True)
class Priors:
    """Weights 0 to 1 by taxon; the last row of each table is the unknown (zero; 1 for mode; 1/3 for cover).

    Attributes
    ----------
    taxa : object array, shape (t,)
        Names in words.
    head : int array, shape (t,)
        Position in `HEADS`.
    source, transit, destination : float array, shape (countries + 1, t)
    mode : float array, shape (modes + 1, t)
    groups : dict
        Goods group to row of ``cover``.
    cover : float array, shape (groups + 1, t)
    """

    taxa: npt.NDArray[np.object_]
    head: Ints
    source: Floats
    transit: Floats
    destination: Floats
    mode: Floats
    groups: dict[str, int]
    cover: Floats


@cache
def priors() -> Priors:
    """Read the priors (cached)."""
    routes, covers = reference("taxon_routes"), reference("taxon_covers")
    taxa = list(dict.fromkeys(routes["taxon"]))
    position = {name: i for i, name in enumerate(taxa)}
    lands = trade().countries
    roles = {name: np.zeros((len(lands) + 1, len(taxa))) for name in ("source", "transit", "destination")}
    mode = np.full((len(MODES) + 1, len(taxa)), OTHER_MODE)
    mode[-1] = 1.0
    head = np.zeros(len(taxa), dtype=np.int64)
    columns = ("taxon", "head", "role", "country", "modes", "weight")
    for taxon, of_head, role, country, modes, weight in zip(*(routes[c] for c in columns), strict=True):
        t = position[taxon]
        head[t] = HEADS.index(of_head)
        if country in lands:
            roles[role][lands[country], t] = min(float(weight), TOP_WEIGHT) / TOP_WEIGHT
        for name in modes.split(";"):
            mode[MODES.index(name), t] = 1.0
    # Groups that cover nothing stand there too: goods that are known are not goods that are unknown.
    known = dict.fromkeys([*covers["goods_group"], *reference("hs_headings")["group"]])
    groups = {name: i for i, name in enumerate(name for name in known if name != "unknown")}
    cover = np.zeros((len(groups) + 1, len(taxa)))
    # Goods that are not known could be anything: a weak cover for every taxon.
    cover[-1] = 1.0 / TOP_WEIGHT
    for taxon, group, strength in zip(
        covers["taxon"], covers["goods_group"], covers["strength"], strict=True
    ):
        if taxon in position:
            cover[groups[group], position[taxon]] = min(float(strength), TOP_WEIGHT) / TOP_WEIGHT
    names = np.array([name.replace("_", " ") for name in taxa], dtype=object)
    return Priors(names, head, **roles, mode=mode, groups=groups, cover=cover)


@dataclass(frozen=True)
class Routes:
    """Distinct routes, by position (-1 unknown): arrays of shape (n,), ``via`` of shape (n, v)."""

    origin: Ints
    loading: Ints
    discharge: Ints
    destination: Ints
    via: Ints
    mode: Ints
    group: Ints


def score(routes: Routes) -> tuple[dict[str, Floats], npt.NDArray[np.int64]]:
    """Score distinct routes against the priors.

    Parameters
    ----------
    routes : Routes
        n distinct combinations of places, mode and goods group.

    Returns
    -------
    scores : dict of float array, shape (n, 2)
        Per head (order of `HEADS`), all 0 to 1 but the sums:

        - ``source``, ``transit``, ``destination``: strongest taxon's weight in that role;
        - ``source_sum``: sum over taxa of the source weights;
        - ``pair``: strongest product of source and destination of one taxon, with its mode;
        - ``pair_sum``: that product summed over taxa;
        - ``cover``: strongest product that also counts how well the goods cover that taxon;
        - ``cover_sum``: summed over taxa.
    taxon : int array, shape (n, 2)
        The taxon with the strongest ``cover`` product, else ``pair``, -1 where there is none.
    """
    n = len(routes.origin)
    scores = {name: np.zeros((n, len(HEADS))) for name in SCORES}
    taxon = np.full((n, len(HEADS)), -1, dtype=np.int64)
    passed, stopover = _stopovers(routes.via)
    for start in range(0, n, BLOCK):
        rows = slice(start, start + BLOCK)
        block = Routes(**{name: getattr(routes, name)[rows] for name in routes.__dataclass_fields__})
        mine = {name: values[rows] for name, values in scores.items()}
        _score_block(block, passed, stopover[rows], mine, taxon[rows])
    return scores, taxon


def _stopovers(via: Ints) -> tuple[Floats, Ints]:
    """Return the transit weights (lists + 1, t) of the distinct lists of transhipment countries."""
    rows, codes = distinct(list(via.T))
    return priors().transit[via[rows]].max(axis=1, initial=0.0), codes


def _score_block(
    routes: Routes, passed: Floats, stopover: Ints, scores: dict[str, Floats], taxon: npt.NDArray[np.int64]
) -> None:
    """Fill the scores of a block, taxon by taxon: sums add up in one order whatever the batch."""
    known = priors()
    n = len(routes.origin)
    best_cover, best_pair = np.zeros((n, len(HEADS))), np.zeros((n, len(HEADS)))
    pair_taxon = np.full((n, len(HEADS)), -1, dtype=np.int64)
    for t, h in enumerate(known.head):
        of = {
            name: getattr(known, name)[:, t] for name in ("source", "transit", "destination", "mode", "cover")
        }
        starts = np.maximum(of["source"][routes.origin], of["source"][routes.loading])
        passed_on = np.maximum(of["transit"][routes.origin], of["transit"][routes.loading])
        source = np.maximum(starts, REEXPORT * passed_on)
        ends = np.maximum(of["destination"][routes.destination], of["destination"][routes.discharge])
        # A load that stops over where the taxon usually changes hands is on its way too.
        arrives = np.maximum(ends, REEXPORT * of["transit"][routes.discharge])
        transit = passed[:, t][stopover]
        pair = (
            source * arrives * of["mode"][routes.mode] * ((1.0 + BY_THE_WAY * transit) / (1.0 + BY_THE_WAY))
        )
        cover = pair * of["cover"][routes.group]
        for name, values in (("source", source), ("transit", transit), ("destination", arrives)):
            np.maximum(scores[name][:, h], values, out=scores[name][:, h])
        scores["source_sum"][:, h] += source
        scores["pair_sum"][:, h] += pair
        scores["cover_sum"][:, h] += cover
        taxon[:, h] = np.where(cover > best_cover[:, h], t, taxon[:, h])
        pair_taxon[:, h] = np.where(pair > best_pair[:, h], t, pair_taxon[:, h])
        np.maximum(best_cover[:, h], cover, out=best_cover[:, h])
        np.maximum(best_pair[:, h], pair, out=best_pair[:, h])
    scores["pair"][:], scores["cover"][:] = best_pair, best_cover
    taxon[:] = np.where(taxon >= 0, taxon, pair_taxon)
