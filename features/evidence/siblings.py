"""Sibling shipments of the same manifest and master bill: split loads, shared addresses, mixed airway bills.

Everything here counts rows of the same batch that bear the same manifest or master number, in any
order; a shipment without such a number has no siblings to be compared with, and its values are missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd
from anyascii import anyascii

from features.evidence.documents import code_flags
from features.places.distinct import distinct
from features.places.gazetteer import Floats, Ints
from features.registry import Entries, Fact, Feature, tabulate
from features.view import View

_entry = Entries("siblings", known="context")
_bills = partial(_entry.count, high=1e6)

FEATURES: tuple[Feature, ...] = (
    _bills(
        name="manifest_same_shipper",
        meaning="Other bills of the same shipper in the manifest",
        indicators=(13,),
        sentence="{manifest_same_shipper:#other bill} of this shipper in the manifest",
        sentence_zero="No other bill of this shipper in the manifest",
    ),
    _bills(
        name="manifest_same_consignee",
        meaning="Other bills for the same consignee in the manifest",
        indicators=(13,),
        sentence="{manifest_same_consignee:#other bill} for this consignee in the manifest",
        sentence_zero="No other bill for this consignee in the manifest",
        topic="consignee",
    ),
    _bills(
        name="manifest_same_address",
        meaning="Other bills to the same consignee address in the manifest",
        indicators=(13,),
        sentence="{manifest_same_address:#other bill} to this address in the manifest",
        sentence_zero="No other bill to this address in the manifest",
        topic="consignee",
    ),
    _bills(
        name="manifest_names_at_address",
        meaning="Other consignee names at the same consignee address in the manifest",
        indicators=(7, 13),
        sentence="{manifest_names_at_address:#other consignee name} at this address in the manifest",
    ),
    _bills(
        name="manifest_split_consignment",
        meaning="Other bills with the same consignee and the same goods in the manifest",
        indicators=(13,),
        sentence="{manifest_split_consignment:#other bill} of such goods for this consignee in the manifest",
    ),
    _bills(
        name="manifest_split_shippers",
        meaning="Other shippers sending the same goods to the same consignee in the manifest",
        indicators=(13,),
        sentence="{manifest_split_shippers:#other shipper} of such goods to this consignee in the manifest",
    ),
    _bills(
        name="manifest_same_description",
        meaning="Other bills with word for word the same description in the manifest",
        indicators=(13,),
        sentence="{manifest_same_description:#other bill} with the same description in the manifest",
    ),
    _bills(
        name="manifest_twins",
        meaning="Other bills with the same description, packages and weight in the manifest",
        indicators=(13,),
        sentence="{manifest_twins:#other bill} of the same description, packages and weight in the manifest",
    ),
    _entry.number(
        name="manifest_goods_share",
        meaning="Share of the manifest's bills with the same heading, this one left out",
        unit="share",
        low=0.0,
        high=1.0,
        indicators=(2,),
        sentence="{manifest_goods_share} of the manifest's other bills are of the same goods",
        # That nothing else on board is of such goods is a fact to check, not a flag left down.
        usual=(1e-9, 1.0),
        sentence_zero="No other bill in the manifest is of such goods",
        sentence_missing="No manifest to compare it with",
    ),
    _bills(
        name="master_bills",
        meaning="Other bills under the same master bill",
        sentence="{master_bills:#other bill} under the same master bill",
        sentence_zero="No other bill under the same master bill",
        sentence_missing="No master bill is declared",
        usual=(0.0, 200.0),
        topic="master",
    ),
    _entry.flag(
        name="consolidated",
        meaning="Marked as a consolidation, or other bills under the same master bill",
        sentence="Part of a consolidation",
        sentence_zero="Not part of a consolidation",
        usual=(0.0, 1.0),
        topic="master",
    ),
    _entry.number(
        name="master_chapter_share",
        meaning="Share of the master's other bills with the same chapter",
        unit="share",
        low=0.0,
        high=1.0,
        sentence="{master_chapter_share} of the other bills under its master are of the same kind of goods",
        sentence_zero="No other bill under its master is of the same kind of goods",
        sentence_missing="No master bill with other goods to compare it with",
        topic="master",
    ),
    _entry.number(
        name="master_weight_share",
        meaning="Share of the master's gross weight",
        unit="share",
        low=0.0,
        high=1.0,
        sentence="It is {master_weight_share} of the weight under its master bill",
        sentence_missing="No master bill is declared",
        topic="master",
    ),
    _entry.flag(
        name="live_beside_other_goods",
        meaning="Under one master bill, a live-animal code or live animals, and other goods",
        indicators=(17,),
        sentence="Live animals and other goods under one master bill",
        sentence_missing="No master bill is declared",
        topic="master",
        monotone=1,
    ),
)

FACTS: tuple[Fact, ...] = ()


def compute(view: View) -> pd.DataFrame:
    """Compute the sibling features.

    Parameters
    ----------
    view : View
        n shipments; manifests and masters must be whole.

    Returns
    -------
    DataFrame, shape (n, len(FEATURES))
    """
    return tabulate(_manifest(view) | _master(view), FEATURES, FACTS, view.table.index)


def related(table: pd.DataFrame) -> Ints:
    """Return a number per row, the same for rows that are compared with each other here.

    Rows of one manifest are; without a number of the manifest, those of one master bill. A row with
    neither has a number of its own.

    Parameters
    ----------
    table : DataFrame, shape (n, k)

    Returns
    -------
    int array, shape (n,)
        0 to 3n.
    """
    n = len(table)
    manifest, master = _key(table["manifest_id"]), _key(table["master_id"])
    without = np.where(master >= 0, n + master, 2 * n + np.arange(n))
    return np.where(manifest >= 0, manifest, without)


def set_apart(table: pd.DataFrame, block: Ints) -> pd.DataFrame:
    """Return a table whose blocks of rows are not compared with each other.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
    block : int array, shape (n,)
        Rows of one block keep the manifests and masters they share.
    """
    numbers = {}
    for name in ("manifest_id", "master_id"):
        key = _key(table[name])
        # A letter between the two, since numbers are compared without punctuation.
        own = pd.Series(block, dtype="int64").astype("str") + "x" + pd.Series(key).astype("str")
        numbers[name] = table[name].mask(key >= 0, own.set_axis(table.index))
    return table.assign(**numbers)


def _key(values: pd.Series) -> Ints:
    """Return codes of folded texts (case, accents, punctuation apart), -1 where missing or empty."""
    codes, unique = pd.factorize(values)
    folded = ["".join(c for c in anyascii(text[:1000]).upper() if c.isalnum()) for text in unique]
    again, names = pd.factorize(np.array(folded, dtype=object))
    again = np.where(np.array([name == "" for name in names] + [True])[again], -1, again)
    return np.append(again, -1)[codes].astype(np.int64)


def _others(keys: Sequence[Ints]) -> Floats:
    """Return how many other rows share all keys; NaN where one of them is missing."""
    missing = np.min(np.stack(keys), axis=0) < 0
    rows, codes = distinct(keys)
    counts = np.bincount(codes, minlength=len(rows))[codes] - 1.0
    return np.where(missing, np.nan, counts)


def _other_values(keys: Sequence[Ints], value: Ints) -> Floats:
    """Return how many other values the rows have that share all keys; NaN where a key is missing."""
    missing = np.min(np.stack([*keys, value]), axis=0) < 0
    rows, codes = distinct(keys)
    pair_rows, _ = distinct([*keys, value])
    first = np.zeros(len(value))
    first[pair_rows] = value[pair_rows] >= 0
    per_key = np.bincount(codes, weights=first, minlength=len(rows))
    return np.where(missing, np.nan, per_key[codes] - 1.0)


def _manifest(view: View) -> dict[str, Floats]:
    table = view.table
    manifest = _key(table["manifest_id"])
    shipper, consignee = _key(table["shipper_name"]), _key(table["consignee_name"])
    address, words = _key(table["consignee_address"]), _key(table["goods_description"])
    heading = np.asarray(pd.factorize(view.goods["heading"])[0], dtype=np.int64)
    # Goods without a heading are the same goods where the words are.
    goods = np.where(heading >= 0, heading, np.where(words >= 0, words + heading.max(initial=0) + 1, -1))
    weight = _exact(table["gross_weight_kg"])
    packages = _exact(table["packages"])
    size = _others([manifest])
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(size > 0, _others([manifest, heading]) / size, np.nan)
    return {
        "manifest_same_shipper": _others([manifest, shipper]),
        "manifest_same_consignee": _others([manifest, consignee]),
        "manifest_same_address": _others([manifest, address]),
        "manifest_names_at_address": _other_values([manifest, address], consignee),
        "manifest_split_consignment": _others([manifest, consignee, goods]),
        "manifest_split_shippers": _other_values([manifest, consignee, goods], shipper),
        "manifest_same_description": _others([manifest, words]),
        "manifest_twins": _others([manifest, words, weight, packages]),
        "manifest_goods_share": share,
    }


def _exact(values: pd.Series) -> Ints:
    return np.asarray(pd.factorize(values)[0], dtype=np.int64)


def _master(view: View) -> dict[str, Floats]:
    table = view.table
    # A master number is counted within its manifest, since carriers use numbers again.
    manifest = _key(table["manifest_id"]) + 1
    master = _key(table["master_id"])
    keys = [manifest, master]
    others = _others(keys)
    chapter = np.asarray(pd.factorize(view.goods["chapter"])[0], dtype=np.int64)
    marked = (table["is_consolidation"] == True).to_numpy(bool, na_value=False)  # noqa: E712
    gross = np.nan_to_num(table["gross_weight_kg"].to_numpy("float64"))
    live = code_flags(table["handling_codes"])["live"] | (view.goods["heading"] == "0106").to_numpy(bool)
    goods_live = view.goods["chapter"].isin(["01", "03"]).to_numpy()
    other = view.goods["chapter"].notna().to_numpy() & ~goods_live
    total = _sum(keys, gross)
    mixed = (_sum(keys, live.astype(float)) > 0) & (_sum(keys, other.astype(float)) > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        chapter_share = np.where(others > 0, _others([*keys, chapter]) / others, np.nan)
        weight_share = np.where((total > 0) & (gross > 0), gross / total, np.nan)
    return {
        "master_bills": others,
        "consolidated": (marked | (others > 0)).astype("float64"),
        "master_chapter_share": chapter_share,
        "master_weight_share": np.where(master >= 0, weight_share, np.nan),
        "live_beside_other_goods": np.where(master >= 0, mixed.astype("float64"), np.nan),
    }


def _sum(keys: Sequence[Ints], values: npt.NDArray[np.float64]) -> Floats:
    """Return the sum over the rows that share all keys, the same in any order of the rows."""
    rows, codes = distinct(keys)
    # Whole grams add up exactly, so the order of the rows does not matter.
    total = np.bincount(codes, weights=np.round(values * 1000.0), minlength=len(rows))
    return total[codes] / 1000.0
