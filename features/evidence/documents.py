"""Documents and handling: permits, special handling codes, amendments."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.places.gazetteer import Floats
from features.places.trade import positions
from features.reference import table as reference
from features.registry import Entries, Fact, Feature, tabulate
from features.view import View

#: Strength from which a certificate counts as usually needed (``permit_headings``: 1 to 3).
USUALLY_NEEDED = 2.0
#: An amendment this close to arrival, or after it, is late.
LATE_HOURS = 24.0


_entry = Entries("documents")

FEATURES: tuple[Feature, ...] = (
    _entry.number(
        name="certificate_need",
        meaning="How usual a CITES permit or a health, plant or catch certificate is for the heading, 0 to 3",
        unit="1",
        low=0.0,
        high=3.0,
        indicators=(20,),
        sentence="Such goods usually come with a {usual_certificate:certificate}",
        sentence_zero="Such goods need no special certificate",
        background=True,
        topic="certificate",
    ),
    _entry.flag(
        name="permit_missing",
        meaning="A certificate is usually needed for the heading and no permit number is declared",
        indicators=(20,),
        sentence="No permit or certificate number is declared; such goods usually come with a "
        "{usual_certificate:certificate}",
        topic="certificate",
        monotone=1,
    ),
    _entry.flag(
        name="cites_permit_missing",
        meaning="The heading often holds listed species and no permit number is declared",
        indicators=(20,),
        sentence="Goods that often need a CITES permit, and no permit number is declared",
        topic="certificate",
        monotone=1,
    ),
    _entry.flag(
        name="permit_declared",
        meaning="At least one permit or certificate number is declared",
        indicators=(20,),
        sentence="Permit or certificate declared: {permit_refs}",
        sentence_zero="No permit or certificate number is declared",
    ),
    _entry.flag(
        name="live_code",
        meaning="A handling code for live animals or hatching eggs (AVI, HEG) is declared",
        indicators=(17,),
        sentence="Handled as live animals: {handling_codes}",
        topic="live code",
    ),
    _entry.flag(
        name="live_code_without_live_goods",
        meaning="A live-animal code with goods that are not live animals, fish, seafood or eggs",
        indicators=(17,),
        sentence="Handled as live animals ({handling_codes}), but declared as {goods_description}",
        topic="live code",
        monotone=1,
    ),
    _entry.flag(
        name="live_goods_without_code",
        meaning="Live animals or fish by air or express, handling codes given, none live or perishable",
        indicators=(17,),
        sentence="Live animals by air without a handling code for them; codes: {handling_codes}",
    ),
    _entry.flag(
        name="perishable_code_with_durable_goods",
        meaning="A perishable or cold code with goods that do not perish",
        indicators=(17, 18),
        sentence="Handled as perishable ({handling_codes}), but declared as {goods_description}",
        monotone=1,
    ),
    _entry.flag(
        name="perishable_goods_without_code",
        meaning="By air, perishable goods declared, codes given, none of them perishable, cold, food or live",
        indicators=(17, 18),
        sentence="Perishable goods by air without a handling code for them; codes: {handling_codes}",
    ),
    _entry.flag(
        name="wildlife_code",
        meaning="A handling code for hunting trophies or animal skins (PEA) is declared",
        indicators=(17, 21),
        sentence="Handled as trophies or skins of animals: {handling_codes}",
    ),
    _entry.count(
        name="amendments",
        meaning="How often the row was amended",
        high=10_000.0,
        indicators=(12,),
        monotone=1,
        sentence="Amended {amendments:#time}",
        sentence_below="Amended once",
        below=2.0,
        sentence_missing="Whether it was amended is not declared",
        sentence_zero="Never amended",
    ),
    _entry.number(
        name="amended_before_arrival",
        meaning="Hours from the last amendment to arrival, limited to -30 and 60 days; negative is after",
        unit="hours",
        low=-720.0,
        high=1440.0,
        indicators=(12,),
        sentence="Last amended {amended_before_arrival:#hour} before arrival",
        sentence_below="Last amended {amended_before_arrival:#hour} after arrival",
        sentence_zero="Last amended on arrival",
        topic="amended when",
    ),
    _entry.flag(
        name="amended_late",
        meaning=f"Last amended within {LATE_HOURS:g} hours before arrival, or after it",
        indicators=(12,),
        sentence="Amended late, at {last_amended_at}; arrival {arrives_at} UTC",
        topic="amended when",
        monotone=1,
    ),
)

FACTS: tuple[Fact, ...] = (
    Fact("usual_certificate", "Certificate usually asked for such goods", dtype="text"),
)

#: Chapters whose goods perish; a cold or perishable code on others is odd.
_PERISHABLE_CHAPTERS = frozenset("01 02 03 04 05 06 07 08 16 18 20 21 22 30 35 38".split())  # noqa: SIM905


def compute(view: View) -> pd.DataFrame:
    """Compute the document features and facts.

    Parameters
    ----------
    view : View
        n shipments with goods and places identified.

    Returns
    -------
    DataFrame, shape (n, len(FEATURES) + len(FACTS))
    """
    strength, certificate, cites = _certificates(view)
    permit = view.table["permit_refs"].notna().to_numpy()
    columns: dict[str, npt.NDArray[np.generic]] = {
        "certificate_need": strength,
        "permit_missing": (strength >= USUALLY_NEEDED) & ~permit,
        "cites_permit_missing": (strength >= USUALLY_NEEDED) & cites & ~permit,
        "permit_declared": permit,
        "usual_certificate": certificate,
    }
    columns |= _handling(view) | _amendments(view.table)
    return tabulate(columns, FEATURES, FACTS, view.table.index)


@cache
def _certificate_table() -> tuple[dict[str, int], Floats, npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    rows = reference("permit_headings")
    words = {"CITES": "CITES permit"}
    names = [words.get(name, f"{name} certificate") for name in rows["certificate"]]
    return (
        {code: i for i, code in enumerate(rows["code"])},
        np.append(rows["strength"].to_numpy("float64"), 0.0),
        np.array([*names, "none"], dtype=object),
        np.append(rows["certificate"].to_numpy() == "CITES", False),
    )


def _certificates(view: View) -> tuple[Floats, npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    codes, strength, names, cites = _certificate_table()
    rows = positions(view.goods["heading"], codes)
    rows = np.where(rows >= 0, rows, positions(view.goods["chapter"], codes))
    unknown = view.goods["chapter"].isna().to_numpy()
    return (
        np.where(unknown, np.nan, strength[rows]),
        np.where(unknown, np.nan, names[rows]),
        cites[rows],
    )


@cache
def _code_classes() -> dict[str, str]:
    rows = reference("handling_codes")
    return dict(zip(rows["code"], rows["class"], strict=True))


def code_flags(handling: pd.Series) -> dict[str, npt.NDArray[np.bool_]]:
    """Return which classes of special handling codes each shipment bears.

    Returns
    -------
    dict of bool array, shape (n,)
        ``any``, ``live``, ``perishable`` (perishable or cold), ``edible`` (any of these, food or live),
        ``wildlife``.
    """
    positions_, unique = pd.factorize(handling)
    classes = _code_classes()
    found = [{classes.get(c.strip().upper(), "other") for c in text.split(";")} for text in unique]
    groups = {
        "live": {"live"},
        "perishable": {"perishable", "cold"},
        "edible": {"perishable", "cold", "food", "live"},
        "wildlife": {"wildlife"},
    }
    flags = {
        name: np.array([bool(own & members) for own in found] + [False])[positions_]
        for name, members in groups.items()
    }
    return flags | {"any": positions_ >= 0}


def _handling(view: View) -> dict[str, npt.NDArray[np.generic]]:
    codes = code_flags(view.table["handling_codes"])
    chapter, group = view.goods["chapter"], view.goods["goods_group"]
    known = chapter.notna().to_numpy()
    live = group.isin(["live_animals", "ornamental_fish"]).to_numpy()
    may_live = live | chapter.isin(["01", "03"]).to_numpy() | (view.goods["heading"] == "0407").to_numpy(bool)
    perishes = chapter.isin(_PERISHABLE_CHAPTERS).to_numpy()
    fresh = chapter.isin(["02", "03", "06", "07", "08"]).to_numpy()
    air = view.route["mode"].isin(["air", "express"]).to_numpy()
    return {
        "live_code": codes["live"],
        "live_code_without_live_goods": codes["live"] & known & ~may_live,
        "live_goods_without_code": air & live & codes["any"] & ~codes["live"] & ~codes["perishable"],
        "perishable_code_with_durable_goods": codes["perishable"] & known & ~perishes,
        "perishable_goods_without_code": air & fresh & codes["any"] & ~codes["edible"],
        "wildlife_code": codes["wildlife"],
    }


def _amendments(table: pd.DataFrame) -> dict[str, npt.NDArray[np.generic]]:
    lead = (table["arrives_at"] - table["last_amended_at"]).dt.total_seconds().to_numpy("float64") / 3600.0
    return {
        "amendments": np.floor(table["amendment_count"].to_numpy("float64")),
        "amended_before_arrival": lead,
        "amended_late": lead < LATE_HOURS,
    }
