"""Where in such a load to look, and for what: reference tables and general knowledge, each with source.

Hints, not findings: they say where loads like this one leave room and what the tables of covers and routes
name for such goods on such a way. Nothing here is part of a score.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from features.manifest.schema import MODES
from features.places.trade import trade
from features.places.wildlife_routes import HEADS, priors
from features.reference import table as reference
from risk.language import N_

#: Taxa named for goods on a way.
TAXA: Final = 4
#: Containers travel so; the rest is parcels and pallets.
_BOXED: Final = ("sea", "rail", "road")
_PARCELS: Final = ("air", "express", "post")
#: Kilograms per package declared, from which on weighing one is worth the word.
_WEIGHED: Final = 0.01

#: What the hints below rest on.
HINTS_SOURCE: Final = N_(
    "General knowledge of how loads are searched, written for this program in November 2026. What your port "
    "has learnt comes first."
)


@dataclass(frozen=True)
class Load:
    """What is known of a load, as far as hints ask for it.

    Attributes
    ----------
    heading, group : str
        Heading of the goods and their group in the reference tables; empty where not known.
    mode : str
    origin, loading, discharge, destination : str
        Countries.
    containers, refrigerated, full, consolidated : bool
    packages, gross_weight_kg : float or None
    """

    heading: str = ""
    group: str = ""
    mode: str = ""
    origin: str = ""
    loading: str = ""
    discharge: str = ""
    destination: str = ""
    containers: bool = False
    refrigerated: bool = False
    full: bool = False
    consolidated: bool = False
    packages: float | None = None
    gross_weight_kg: float | None = None


@dataclass(frozen=True)
class Cover:
    """What the table of covers says of such goods: 0 nothing, 1 neighbouring goods, to 3 several reports."""

    live_animals: int
    wildlife_products: int
    taxa_live: tuple[str, ...]
    taxa_products: tuple[str, ...]


@dataclass(frozen=True)
class Fit:
    """A taxon that such goods could hide on such a way.

    Attributes
    ----------
    taxon : str
        Its name in `risk.phrases`.
    head : str
        ``live_animals`` or ``wildlife_products``.
    fit : float
        0 to 1: source, destination, mode and cover together.
    """

    taxon: str
    head: str
    fit: float


@dataclass(frozen=True)
class Hint:
    """Where to look.

    Attributes
    ----------
    where : str
        A code of `risk.vocabulary` (``where``); empty for a hint on how.
    text : str
        English; looked up when shown.
    applies : callable
        Whether it is for a load, and its nature by the table of covers.
    """

    where: str
    text: str
    applies: Callable[[Load, frozenset[str]], bool]


HINTS: Final = (
    Hint(
        "back",
        N_("Cheap bulky goods stand in front of what they hide. Look behind the first rows, at the far end."),
        lambda load, nature: load.full and load.containers and "bulk" in nature,
    ),
    Hint(
        "bottom",
        N_("Heavy products lie low, under the load. Look at the floor, and at pallets that stand higher."),
        lambda load, nature: load.mode in _BOXED and "bulk" in nature,
    ),
    Hint(
        "in_goods",
        N_("Such goods have room inside. Weigh single pieces against each other, and open the odd ones."),
        lambda load, nature: "hollow" in nature,
    ),
    Hint(
        "in_goods",
        N_("Logs and beams are hollowed and closed again: look at the ends for wax, plugs and fresh glue."),
        lambda load, nature: load.heading[:4] in ("4403", "4404", "4406", "4407", "4409", "4418"),
    ),
    Hint(
        "walls",
        N_("Behind insulation and panels, around the cooling unit: look for fresh rivets and sealant."),
        lambda load, nature: load.refrigerated and load.mode in _BOXED,
    ),
    Hint(
        "walls",
        N_("Measure the container inside against outside: a false wall takes length at the far end."),
        lambda load, nature: load.containers and load.mode in _BOXED and not load.refrigerated,
    ),
    Hint(
        "false_bottom",
        N_(
            "Crates of declared animals and of fish have false floors: lift them, and count what is declared."
        ),
        lambda load, nature: "live" in nature,
    ),
    Hint(
        "in_goods",
        N_("Small live animals travel in socks, tubes, boxes, toys: look for air holes, damp, sound, smell."),
        lambda load, nature: load.mode in _PARCELS,
    ),
    Hint(
        "",
        N_("A strong smell of the goods hides others: a dog that passes says little. Scan, or unload."),
        lambda load, nature: "smell" in nature,
    ),
    Hint(
        "",
        N_("Perishable goods are released fast: ask for it early, and look under ice and in coolers."),
        lambda load, nature: "perishable" in nature,
    ),
    Hint(
        "",
        N_("Boxes of several senders stand together: look for markings, tape, weights unlike the rest."),
        lambda load, nature: load.consolidated,
    ),
)
_NATURE: Final = ("smell", "hollow", "live", "perishable", "bulk")


def hints(load: Load) -> list[Hint]:
    """Return the hints for a load, in their order."""
    nature = _nature().get(load.heading[:4], frozenset())
    return [hint for hint in HINTS if hint.applies(load, nature)]


def weight_per_package(load: Load) -> float | None:
    """Return the declared kilograms per package, None where they cannot be told."""
    if not load.packages or not load.gross_weight_kg or load.packages < 1:
        return None
    each = load.gross_weight_kg / load.packages
    return each if np.isfinite(each) and each >= _WEIGHED else None


def group_of(heading: str) -> str:
    """Return the goods group of a heading, empty where there is none."""
    return _groups().get(heading[:4], "")


def cover(heading: str) -> Cover | None:
    """Return what the table of covers says of a heading, None where it is not in it."""
    row = _covers().get(heading[:4])
    if row is None:
        return None
    live, products = int(row["cover_live"] or 0), int(row["cover_products"] or 0)
    if not live and not products:
        return None
    return Cover(live, products, _parts(row["taxa_live"]), _parts(row["taxa_products"]))


def fits(load: Load) -> list[Fit]:
    """Return the taxa that such goods could hide on such a way, the closest first.

    Source, destination, mode and cover have to fit one and the same taxon, as in the route features.
    """
    known, lands = priors(), trade().countries
    if load.group not in known.groups:
        return []

    def best(table: np.ndarray, *countries: str) -> np.ndarray:
        rows = [lands[name] for name in countries if name in lands]
        return table[rows].max(axis=0) if rows else np.zeros(table.shape[1])

    source = best(known.source, load.origin, load.loading)
    goal = best(known.destination, load.destination, load.discharge)
    mode = known.mode[MODES.index(load.mode) if load.mode in MODES else -1]
    fit = source * goal * mode * known.cover[known.groups[load.group]]
    order = np.lexsort((np.arange(len(fit)), -fit))[:TAXA]
    return [
        Fit(str(known.taxa[place]), HEADS[int(known.head[place])], float(fit[place]))
        for place in order
        if fit[place] > 0.0
    ]


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


@cache
def _covers() -> dict[str, dict[str, str]]:
    rows = reference("cover_goods").to_dict("records")
    return {str(row["heading"]): {str(name): str(cell) for name, cell in row.items()} for row in rows}


@cache
def _nature() -> dict[str, frozenset[str]]:
    return {
        heading: frozenset(name for name in _NATURE if row[name] not in ("", "0"))
        for heading, row in _covers().items()
    }


@cache
def _groups() -> dict[str, str]:
    rows = reference("hs_headings")
    return dict(zip(rows["hs4"], rows["group"], strict=True))
