"""Containers, seals, refrigeration, and the port system's own light treatment."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.manifest.container_numbers import bare, check_digit, is_container_number, is_unit_load_device
from features.places.gazetteer import Floats
from features.registry import Entries, Fact, Feature, tabulate
from features.view import View

#: No container carries more than this (kg): 32.5 t gross less tare, with a margin for heavy-tested ones.
MAX_PAYLOAD_KG = 31_000.0
#: A full container lighter than this is hardly full of anything.
LIGHT_LOAD_KG = 1_500.0

#: ISO 6346 type codes (22R1, L5R9), the trade's short forms (40RF, 40 RH, 20 REEFER) and the word.
_REEFER_TYPE = re.compile(
    r"^(?:[0-9A-Z]{2}R[0-9]|[0-9]{2}\s*'?\s*(?:RF|RH|RE|REEFER)|.*\bREEF(?:ER)?\b.*)$", re.IGNORECASE
)
_LIGHT_LANES = frozenset(
    ("GREEN", "G", "VERT", "VERDE", "XANH", "BLUE", "BLEU", "AZUL", "FACILITATED", "RMS FACILITATED")
)


_entry = Entries("equipment")

FEATURES: tuple[Feature, ...] = (
    _entry.count(
        name="container_count",
        meaning="Number of containers",
        high=1000.0,
        sentence="{container_count:#container}: {container_ids}",
        sentence_missing="No container is declared",
        usual=(0.0, 20.0),
        topic="containers",
    ),
    _entry.number(
        name="container_numbers_valid",
        meaning="Share of container numbers with the right ISO 6346 form and check digit",
        unit="share",
        low=0.0,
        high=1.0,
        indicators=(15,),
        monotone=-1,
        sentence="All container numbers have a right check digit: {container_ids}",
        sentence_below="Only {container_numbers_valid} of the container numbers have a right check digit: "
        "{container_ids}",
        sentence_zero="No container number has a right check digit: {container_ids}",
        sentence_missing="No container is declared",
        below=1.0,
        usual=(1.0, 1.0),
        topic="containers",
    ),
    _entry.flag(
        name="container_number_malformed",
        meaning="A container number does not have the ISO 6346 form",
        indicators=(15,),
        monotone=1,
        sentence="A container number does not have the form of one: {container_ids}",
        topic="containers",
    ),
    _entry.flag(
        name="container_check_digit_wrong",
        meaning="A container number has the ISO 6346 form and a wrong check digit",
        indicators=(15,),
        monotone=1,
        sentence="A container number has a wrong check digit: {container_ids}",
        topic="containers",
    ),
    _entry.flag(
        name="refrigerated",
        meaning="Carried refrigerated, as declared or by container type",
        indicators=(15,),
        sentence="Carried refrigerated",
        sentence_zero="Not carried refrigerated",
        sentence_missing="Whether it is refrigerated is not declared",
        usual=(0.0, 1.0),
        background=True,
    ),
    _entry.flag(
        name="refrigerated_dry_goods",
        meaning="Carried refrigerated, and the goods are of chapters that need no cold",
        indicators=(15,),
        sentence="Refrigerated, though the goods need no cold: {goods_description}",
        monotone=1,
    ),
    _entry.flag(
        name="frozen_goods_in_dry_container",
        meaning="Frozen or chilled meat or fish in containers that are declared not refrigerated",
        indicators=(15,),
        sentence="Goods that need cold in a container that is not refrigerated: {goods_description}",
    ),
    _entry.flag(
        name="seal_missing",
        meaning="Containers are declared and no seal number",
        indicators=(15,),
        sentence="Containers without a seal number: {container_ids}",
        topic="seals",
    ),
    _entry.number(
        name="seals_per_container",
        meaning="Seal numbers per container",
        unit="ratio",
        low=0.0,
        high=20.0,
        indicators=(15,),
        sentence="A seal number for every container is declared: {seal_ids}",
        sentence_below="Seal numbers are declared for only part of the containers: {seal_ids} for "
        "{container_ids}",
        sentence_zero="Containers without a seal number: {container_ids}",
        sentence_missing="No container is declared",
        below=1.0,
        usual=(1.0, 4.0),
        topic="seals",
    ),
    _entry.flag(
        name="part_load",
        meaning="Part of a container (less than container load)",
        sentence="Shares its container with other consignments",
        sentence_zero="Does not share its container",
        sentence_missing="Whether it shares a container is not declared",
        usual=(0.0, 1.0),
    ),
    _entry.flag(
        name="empty_declared_with_goods",
        meaning="Container declared empty and a weight or packages declared",
        indicators=(4, 15),
        sentence="Container declared empty, with {gross_weight_kg} kg of goods",
        monotone=1,
    ),
    _entry.number(
        name="kg_per_container",
        meaning="log10 of gross kg per container",
        unit="log10 kg",
        low=-4.0,
        high=9.0,
        indicators=(4,),
        sentence="{kg_per_container} kg per container",
        sentence_missing="No container, or no weight, is declared",
        usual=(2.0, 4.5),
        topic="containers",
    ),
    _entry.flag(
        name="container_overloaded",
        meaning=f"More than {MAX_PAYLOAD_KG:,.0f} kg per container",
        indicators=(4,),
        sentence="{kg_per_container} kg per container, more than one may carry",
        monotone=1,
    ),
    _entry.flag(
        name="full_load_light",
        meaning=f"Full container load of less than {LIGHT_LOAD_KG:,.0f} kg per container",
        indicators=(4,),
        sentence="A full container with only {kg_per_container} kg",
    ),
    _entry.flag(
        name="lightly_controlled",
        meaning="The port's own system marks it as a trusted trader's or gave it a lane without examination",
        indicators=(16,),
        monotone=1,
        sentence="Would pass with little control: marked as a trusted trader's, or put in a lane without "
        "examination; lane {lane}",
        sentence_zero="Has no trusted-trader mark and no lane without examination",
        usual=(0.0, 1.0),
    ),
)

FACTS: tuple[Fact, ...] = ()

#: Chapters of goods that usually travel cold; fruit, plants, medicines and films may.
_COLD_CHAPTERS = frozenset("02 03 04 05 06 07 08 16 18 20 21 22 30 35 37 38 12 13 15 17 19 23 28 29".split())  # noqa: SIM905


def compute(view: View) -> pd.DataFrame:
    """Compute the equipment features.

    Parameters
    ----------
    view : View
        n shipments with goods and places identified.

    Returns
    -------
    DataFrame, shape (n, len(FEATURES))
    """
    table = view.table
    by_air = view.route["mode"].isin(("air", "express")).to_numpy(bool)
    count, well_formed, right = _containers(table["container_ids"], by_air)
    has = np.nan_to_num(count) > 0
    columns: dict[str, npt.NDArray[np.generic]] = {
        "container_count": count,
        "container_numbers_valid": np.divide(right, count, out=np.full(len(count), np.nan), where=has),
        "container_number_malformed": has & (well_formed < count),
        "container_check_digit_wrong": has & (right < well_formed),
    }
    columns |= _cold(view, has) | _seals(table, count, has) | _loads(table, count, has)
    columns["lightly_controlled"] = _lightly_controlled(table)
    return tabulate(columns, FEATURES, FACTS, table.index)


def _containers(values: pd.Series, by_air: npt.NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Return numbers of containers, of well-formed numbers and of right check digits; NaN without any.

    Unit load devices of aircraft are no containers: they have no check digit, and no seal that is declared.
    """
    codes, unique = pd.factorize(values)
    counts = np.full((len(unique) + 1, 2, 3), np.nan)
    for row, text in enumerate(unique):
        numbers = [bare(part) for part in text.split(";") if part.strip()]
        for air in (False, True):
            own = [number for number in numbers if not (air and is_unit_load_device(number))]
            formed = [number for number in own if is_container_number(number)]
            right = sum(check_digit(number) == int(number[10]) for number in formed)
            if own or not numbers:
                counts[row, int(air)] = len(own), len(formed), right
    count, formed_count, right_count = counts[codes, by_air.astype(int)].T
    return count, formed_count, right_count


def _listed(values: pd.Series) -> Floats:
    """Return how many members a list has, 0 without any."""
    codes, unique = pd.factorize(values)
    lengths = [sum(bool(part.strip()) for part in text.split(";")) for text in unique]
    return np.array([*lengths, 0], dtype="float64")[codes]


def _cold(view: View, has: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[np.generic]]:
    codes, unique = pd.factorize(view.table["container_types"])
    reefer = [any(_REEFER_TYPE.match(part.strip()) for part in text.split(";")) for text in unique]
    by_type = np.array([*map(float, reefer), np.nan])[codes]
    declared = view.table["is_refrigerated"].to_numpy("float64", na_value=np.nan)
    cold = np.where(np.isnan(declared), by_type, np.fmax(declared, by_type))
    chapter = view.goods["chapter"]
    dry = chapter.notna().to_numpy() & ~chapter.isin(_COLD_CHAPTERS).to_numpy()
    needs = (view.goods["goods_group"] == "frozen_meat_fish").to_numpy(bool)
    return {
        "refrigerated": cold,
        "refrigerated_dry_goods": dry & (cold == 1),
        "frozen_goods_in_dry_container": has & needs & (cold == 0),
    }


def _seals(
    table: pd.DataFrame, count: Floats, has: npt.NDArray[np.bool_]
) -> dict[str, npt.NDArray[np.generic]]:
    seals = _listed(table["seal_ids"])
    ratio = np.divide(seals, count, out=np.full(len(count), np.nan), where=has)
    return {"seal_missing": has & (seals == 0), "seals_per_container": ratio}


def _loads(
    table: pd.DataFrame, count: Floats, has: npt.NDArray[np.bool_]
) -> dict[str, npt.NDArray[np.generic]]:
    gross, status = table["gross_weight_kg"].to_numpy("float64"), table["container_load_status"]
    each = np.divide(gross, count, out=np.full(len(count), np.nan), where=has)
    part = np.where(status.isna(), np.nan, (status == "part").to_numpy("float64"))
    empty = (status == "empty").to_numpy(bool)
    full = (status == "full").to_numpy(bool)
    return {
        "part_load": part,
        "empty_declared_with_goods": empty & ((gross > 0) | (table["packages"] > 0).to_numpy()),
        "kg_per_container": np.log10(each, out=np.full(len(each), np.nan), where=each > 0),
        "container_overloaded": each > MAX_PAYLOAD_KG,
        "full_load_light": full & (each < LIGHT_LOAD_KG),
    }


def _lightly_controlled(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    codes, unique = pd.factorize(table["lane"])
    light = np.array([text.strip().upper() in _LIGHT_LANES for text in unique] + [False])[codes]
    return light | (table["trusted_trader"] == True).to_numpy(bool, na_value=False)  # noqa: E712
