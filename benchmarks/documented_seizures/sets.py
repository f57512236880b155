"""One set per case: the case and its benign background as rows of the shipment table.

Exactly the fields the case has are filled, in every row of the set; all others are empty. Codes
of goods are left out: the case file only guesses them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from benchmarks.documented_seizures import ordinary_trade, simulated_trade, texts
from benchmarks.documented_seizures.cases import Case, each, market
from features.manifest import schema

#: Fixed beforehand: background of the same mode and destination, extra of the same origin and goods.
SIZES = {"base": 200, "origin": 20, "goods": 20}
#: Where backgrounds come from: the simulator's ordinary trade, plain or as hard as in training ports,
#: or straight from the tables of real trade.
BACKGROUNDS: dict[str, Callable[..., pd.DataFrame]] = {
    "simulated": simulated_trade.draw,
    "hard": partial(simulated_trade.draw, hard=True),
    "tables": ordinary_trade.draw,
}


def build(
    cases: pd.DataFrame, seed: int = 7, background: str = "simulated", chosen: np.ndarray | None = None
) -> pd.DataFrame:
    """Build the sets of all cases, each with a benign control written like a case.

    Parameters
    ----------
    cases : DataFrame, shape (n, ...)
        As read by `cases.read`.
    seed : int
        Seed of the backgrounds; each case's draws depend on the seed and its identifier alone.
    background : str
        One of `BACKGROUNDS`.
    chosen : array of bool, shape (n,), optional
        Cases to build the sets of; all when not given. How often descriptions list several goods is
        taken from all cases.

    Returns
    -------
    DataFrame
        Columns of the shipment table used here, and ``case_id``, ``part`` (``case``, ``control``,
        ``base``, ``origin``, ``goods``), ``heading`` (of the background goods; not for scoring).
    """
    markets = market(cases)
    lists = {mode: texts.list_share(part["text"]) for mode, part in cases.groupby("mode")}
    frames = []
    wanted = np.ones(len(cases), dtype=bool) if chosen is None else chosen
    for case, where in zip(each(cases[wanted]), markets[wanted], strict=True):
        digest = hashlib.sha256(f"{seed} {case.case_id}".encode()).digest()
        generator = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        rows = _goods_and_origins(case, where, lists[case.mode], generator, BACKGROUNDS[background])
        frames.append(_rows(case, where, rows, generator))
    return pd.concat(frames, ignore_index=True)


def _goods_and_origins(
    case: Case, where: str, several: float, generator: np.random.Generator, draw: Callable[..., pd.DataFrame]
) -> pd.DataFrame:
    """Return heading, origin, text and part of every row of a set, the case first."""
    mode, origin, heading = case.mode, case.origin or case.loading, case.heading
    domestic = origin if origin and origin == where else ""
    base = draw(SIZES["base"] + 1, where, mode, generator, origin=domestic)
    control, base = base.iloc[:1].copy(), base.iloc[1:]
    control["text"] = _control_text(control["heading"].iloc[0], control["text"].iloc[0], generator)
    parts = [control.assign(part="control"), base.assign(part="base")]
    if origin:
        same = draw(SIZES["origin"], where, mode, generator, origin=origin)
        parts.append(same.assign(part="origin"))
    if heading:
        same = draw(SIZES["goods"], where, mode, generator, heading=heading, origin=domestic)
        parts.append(same.assign(part="goods"))
    rows = pd.concat(parts, ignore_index=True)
    rows["text"] = texts.collect(rows["text"].to_numpy(dtype=object), several, generator)
    own = {"heading": heading, "origin": origin, "text": case.text, "part": "case"}
    return pd.concat([pd.DataFrame([own]), rows], ignore_index=True)


def _control_text(heading: str, text: str, generator: np.random.Generator) -> str:
    """Return other words for the same goods: a phrase no background uses, where there is one."""
    other = texts.word(np.array([heading]), generator, part="control")[0]
    return other or text


def _rows(case: Case, where: str, rows: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    mode = case.mode
    hops = len(case.transits)
    declared = case.destination
    is_case = (rows["part"] == "case").to_numpy()
    goods_from = rows["origin"].to_numpy(dtype=object)
    loaded = np.where(is_case & bool(case.loading), case.loading, goods_from)
    via = [
        case.transits if own else _hops(start, where, mode, hops, generator)
        for own, start in zip(is_case, goods_from, strict=True)
    ]
    ports = {country: ordinary_trade.main_port(country, mode) for country in set(loaded)}
    filled = {
        "mode": mode,
        "goods_description": rows["text"] if case.text else "",
        "origin_country": goods_from if case.origin else "",
        "loading_port": [ports[country] for country in loaded] if case.loading else "",
        "transhipment_ports": [_ports(countries, mode) for countries in via],
        "discharge_port": ordinary_trade.main_port(declared, mode),
        "destination_country": declared,
    }
    data = pd.DataFrame(filled, index=rows.index)
    data = data.apply(lambda column: column.where(column.ne("")).astype("str"))
    data["case_id"], data["part"], data["heading"] = case.case_id, rows["part"], rows["heading"]
    data = data.iloc[generator.permutation(len(data))]
    keys = case.case_id + " " + data["part"] + " " + data.groupby("part").cumcount().astype(str)
    data["shipment_id"] = [hashlib.sha256(key.encode()).hexdigest()[:16].upper() for key in keys]
    return data


def _hops(start: str, where: str, mode: str, count: int, generator: np.random.Generator) -> tuple[str, ...]:
    drawn = [ordinary_trade.transhipment(start, where, mode, generator) for _ in range(count)]
    return tuple(dict.fromkeys(drawn))


def _ports(countries: tuple[str, ...], mode: str) -> str:
    carried = mode if mode in ("sea", "air", "express", "post") else "sea"
    ports = [ordinary_trade.main_port(country, carried) or ordinary_trade.main_port(country, "air")
             for country in countries]  # fmt: skip
    return ";".join(port for port in ports if port)


def shipments(built: pd.DataFrame) -> pd.DataFrame:
    """Return the complete shipment table of built sets (what a scorer may see, and no more)."""
    seen = [name for name in built.columns if name in schema.BY_NAME]
    return schema.complete(built[seen].reset_index(drop=True))
