"""What the engine may know in a fold: priors and schemes without the held-out cases.

Two configurations, fixed before any result was seen. ``strict`` takes out every statement (this
taxon, from or through or to this country; this taxon, under these goods) that a held-out case makes
and no other case supports, whatever the statement says it rests on. ``basis`` does so only where the
statement itself says it rests on reports of cases. Schemes of the simulator name no basis and are
treated strictly in both. What experts would have written anyway is thus taken away too under
``strict``: it is the lower bound.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import pandas as pd

from benchmarks.documented_seizures import taxa
from benchmarks.documented_seizures.cases import each
from features import reference

CONFIGURATIONS = ("strict", "basis")
HEAD_OF_KIND = {"live": "live_animals", "product": "wildlife_products"}
#: A basis that says the statement rests, at least in part, on reported cases.
RESTS_ON_CASES = re.compile(r"case|seizure|named in public reports|route report", re.IGNORECASE)
#: Reference tables that state something about taxa, and where what they state stands.
STATEMENTS = ("taxon_routes", "taxon_covers", "cover_goods")

Scheme = TypeVar("Scheme")


@dataclass(frozen=True)
class Story:
    """What one case states: taxon groups of a head, countries by role, goods, mode."""

    head: str
    taxa: frozenset[str]
    mode: str
    source: frozenset[str]
    transit: frozenset[str]
    destination: frozenset[str]
    goods: frozenset[str]


def goods_groups() -> dict[str, str]:
    """Return the goods group of each heading."""
    table = reference.table("hs_headings")
    return dict(zip(table["hs4"], table["group"], strict=True))


def stories(cases: pd.DataFrame, groups: Mapping[str, str]) -> list[Story]:
    """Return what the cases state.

    Parameters
    ----------
    cases : DataFrame
        As read by `cases.read`.
    groups : mapping
        Goods group of each heading.
    """
    result = []
    for case in each(cases):
        seized = {case.seized_in} - {case.origin, case.loading, case.destination}
        passed = set(case.transits) | (seized if case.destination else set())
        aim = {case.destination or case.seized_in} - {case.origin, case.loading}
        result.append(
            Story(
                head=HEAD_OF_KIND[case.kind],
                taxa=taxa.of_all(case.taxa),
                mode=case.mode,
                source=frozenset({case.origin, case.loading} - {""}),
                transit=frozenset(passed - {""}),
                destination=frozenset(aim - {""}),
                goods=frozenset({case.heading, groups.get(case.heading, "")} - {""}),
            )
        )
    return result


def split(told: list[Story], fold: Iterable[int], held_out: int) -> tuple[list[Story], list[Story]]:
    """Return the stories of a fold's cases, and those of the others."""
    pairs = list(zip(told, fold, strict=True))
    return [s for s, number in pairs if number == held_out], [s for s, number in pairs if number != held_out]


def stated(
    held: list[Story], known: list[Story], head: str, named: frozenset[str], role: str
) -> frozenset[str]:
    """Return what only held-out cases state about these taxa: countries of a role, or goods.

    Parameters
    ----------
    held, known : list of Story
        Held-out cases, and those of the other folds.
    head : str
        Head of the statement; empty for both.
    named : frozenset of str
        Taxon groups the statement is about.
    role : str
        ``source``, ``transit``, ``destination`` or ``goods``.
    """

    def told(parts: list[Story]) -> set[str]:
        fitting = (s for s in parts if head in ("", s.head) and s.taxa & named)
        return set().union(*(getattr(story, role) for story in fitting))

    return frozenset(told(held) - told(known))


def cut_table(table: pd.DataFrame, held: list[Story], known: list[Story], configuration: str) -> pd.DataFrame:
    """Return a reference table without the statements only held-out cases make.

    Parameters
    ----------
    table : DataFrame
        ``taxon_routes`` (taxon, head, role, country, basis) or ``taxon_covers`` (taxon,
        goods_group, basis).
    held, known : list of Story
    configuration : str
        One of `CONFIGURATIONS`.
    """
    routes = "role" in table
    gone = pd.Series(False, index=table.index)
    keys = ["taxon", "head", "role"] if routes else ["taxon"]
    for key, part in table.groupby(keys, sort=False):
        taxon, head, role = map(str, key) if routes else (str(key[0]), "", "goods")
        only = stated(held, known, head, taxa.groups(taxon), role)
        gone[part.index] = part["country" if routes else "goods_group"].isin(only)
    if configuration == "basis":
        gone &= table["basis"].str.contains(RESTS_ON_CASES)
    return table[~gone].reset_index(drop=True)


def cut_covers(
    table: pd.DataFrame, held: list[Story], known: list[Story], configuration: str
) -> pd.DataFrame:
    """Return ``cover_goods`` with reported covers that only held-out cases report as mere neighbours.

    A heading whose strength for live animals or products is 2 or 3 ("reported") falls to 1
    ("neighbouring goods") when a held-out case of that kind has it and no other case has.
    """
    cut = table.copy()
    for column, head in (("cover_live", "live_animals"), ("cover_products", "wildlife_products")):
        told = [{h for s in part if s.head == head for h in s.goods} for part in (held, known)]
        gone = table["heading"].isin(told[0] - told[1]) & table[column].astype(float).gt(1)
        if configuration == "basis":
            gone &= table["basis"].str.contains(RESTS_ON_CASES)
        cut.loc[gone, column] = "1"
    return cut


def cut(
    name: str, table: pd.DataFrame, held: list[Story], known: list[Story], configuration: str
) -> pd.DataFrame:
    """Return any of the `STATEMENTS` tables as it is without the held-out cases."""
    function = cut_covers if name == "cover_goods" else cut_table
    return function(table, held, known, configuration)


def changed(before: pd.DataFrame, after: pd.DataFrame) -> int:
    """Return how many entries were taken out or weakened."""
    if len(before) != len(after):
        return len(before) - len(after)
    return int((before.to_numpy() != after.to_numpy()).any(axis=1).sum())


def cut_scheme(scheme: Scheme, held: list[Story], known: list[Story]) -> Scheme | None:
    """Return a simulator's scheme without what only held-out cases state.

    Parameters
    ----------
    scheme : Scheme
        Anything with ``head``, ``taxa`` and the weight tables ``sources``, ``hubs``,
        ``destinations`` and ``covers``.
    held, known : list of Story

    Returns
    -------
    Scheme or None
        None where nothing is left to act with.
    """
    named = taxa.of_all(scheme.taxa)  # type: ignore[attr-defined]
    roles = {"sources": "source", "hubs": "transit", "destinations": "destination", "covers": "goods"}
    kept = {}
    for name, role in roles.items():
        only = stated(held, known, scheme.head, named, role)  # type: ignore[attr-defined]
        kept[name] = {k: w for k, w in getattr(scheme, name).items() if k not in only}
    if not all(sum(kept[name].values()) for name in ("sources", "destinations", "covers")):
        return None
    kept["hubs"] = kept["hubs"] or {"none": 1.0}
    present = {field.name for field in fields(scheme)}  # type: ignore[arg-type]
    return replace(scheme, **{name: table for name, table in kept.items() if name in present})  # type: ignore[type-var]


def write_reference(folder: Path, held: list[Story], known: list[Story], configuration: str) -> pd.DataFrame:
    """Write the reference tables of a fold (to be named by ``WILDCARGO_REFERENCE``).

    Returns
    -------
    DataFrame
        Per table the entries it had and those taken out.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = []
    for name in STATEMENTS:
        with files("features.reference").joinpath(f"{name}.csv").open(encoding="utf-8") as stream:
            table = pd.read_csv(stream, dtype="str", keep_default_na=False)
        left = cut(name, table, held, known, configuration)
        left.to_csv(folder / f"{name}.csv", index=False)
        rows.append({"table": name, "entries": len(table), "taken_out": changed(table, left)})
    return pd.DataFrame(rows)
