"""The manifest as declared: every shipment, honest or not, passes through this one writer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data_samples import cargo, facts, geography, wording
from data_samples.draw import flags
from data_samples.journey import Journey
from data_samples.names import Book
from data_samples.population import FORWARDER, INDIVIDUAL, Lanes, Parties
from data_samples.strings import digits, join, keep, take, texts, where
from data_samples.world import FIELDS, World
from features import reference
from features.manifest import schema
from features.manifest.schema import DIRECTIONS, MODES

#: Columns of the shipment table: Arrow texts and arrays of shape (n,).
Columns = dict[str, pa.Array | np.ndarray]
#: Firms that file manifests, per mode: each fills fields and writes texts in its own way.
_FILERS = 80


class Habits:
    """Which fields each filer of a world fills and how it writes.

    A filer mostly fills a field with the world's probability, but some always do and some never.
    """

    def __init__(self, world: World, rng: np.random.Generator) -> None:
        share = np.array([[world.fields[mode][name] for name in FIELDS] for mode in MODES])
        share = np.repeat(share[:, None, :], _FILERS, axis=1)
        fixed = rng.random(share.shape) < 0.35
        self._share = np.where(fixed, (rng.random(share.shape) < share).astype(float), share)
        self.upper = rng.random((len(MODES), _FILERS)) < world.text["upper"]
        self.wrapped = np.clip(
            world.text["wrapped"] + 0.25 * rng.standard_normal((len(MODES), _FILERS)), 0, 1
        )

    def filled(self, rng: np.random.Generator, mode: np.ndarray, filer: np.ndarray, name: str) -> np.ndarray:
        """Return whether each shipment has this field."""
        return rng.random(len(mode)) < self._share[mode, filer, FIELDS.index(name)]


@dataclass(frozen=True)
class _Sheet:
    """What the papers of every shipment are written by; arrays of shape (n,).

    Attributes
    ----------
    trade : dict
        Mode, direction, origin, destination, heading and taste of each shipment's lane.
    has : dict
        Field -> whether the filer fills it.
    upper : ndarray of bool
        Written in capitals.
    wrapped : ndarray
        Probability of quantities and freight terms around the goods.
    odd : dict
        Oddities, as `declare` takes them.
    """

    lanes: Lanes
    lane: np.ndarray
    trade: dict[str, np.ndarray]
    has: dict[str, np.ndarray]
    upper: np.ndarray
    wrapped: np.ndarray
    odd: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.lane)


def declare(
    world: World,
    rng: np.random.Generator,
    *,
    lanes: Lanes,
    parties: Parties,
    book: Book,
    lane: np.ndarray,
    journey: Journey,
    amounts: cargo.Quantities,
    odd: dict[str, np.ndarray],
    habits: Habits,
) -> pd.DataFrame:
    """Write the shipment table (without outcomes).

    Parameters
    ----------
    lane : ndarray of int, shape (n,)
        Lane of each shipment.
    odd : dict of bool ndarrays
        ``vague``, ``wrong_code``, ``forwarder``, ``no_permit``, ``mixed`` per shipment.

    Returns
    -------
    DataFrame, shape (n, canonical columns without the outcome group)
    """
    sheet = _sheet(rng, lanes, lane, odd, habits)
    columns = _bills(rng, world, sheet, journey)
    columns |= _conveyance(sheet, journey) | _amounts(sheet, amounts)
    columns |= _parties(rng, sheet, parties, book)
    columns |= _goods(rng, world, sheet, amounts)
    columns |= _route(sheet) | _value(rng, sheet, amounts)
    table = pa.table(columns).to_pandas().assign(**_times(sheet, journey))
    _flags(rng, table, sheet, journey)
    table["source_position"] = join("row ", digits(np.arange(len(sheet)) + 1, 1)).to_pandas()
    table = schema.complete(_typed(table))
    return table.drop(columns=list(schema.OUTCOME_COLUMNS))


def _sheet(
    rng: np.random.Generator, lanes: Lanes, lane: np.ndarray, odd: dict[str, np.ndarray], habits: Habits
) -> _Sheet:
    """Give each shipment its filer and draw which fields are filled."""
    names = ("mode", "direction", "origin", "destination", "heading", "taste")
    trade = {name: getattr(lanes, name)[lane] for name in names}
    mode, filer = trade["mode"], (trade["taste"] * 1009 % 1 * _FILERS).astype(int)
    has = {name: habits.filled(rng, mode, filer, name) for name in FIELDS}
    return _Sheet(lanes, lane, trade, has, habits.upper[mode, filer], habits.wrapped[mode, filer], odd)


def _bills(rng: np.random.Generator, world: World, sheet: _Sheet, journey: Journey) -> Columns:
    """Write the numbers of bills, manifests, declarations and seals."""
    n, has = len(sheet), sheet.has
    boxed = journey.containers.is_valid().to_numpy(zero_copy_only=False)
    return {
        "shipment_id": journey.shipment,
        "master_id": keep(has["master"], journey.master),
        "manifest_id": journey.manifest,
        "line_number": _lines(journey.manifest),
        "declaration_id": keep(has["declaration"], join("D", digits(rng.permutation(n) + 10**6, 9))),
        "customs_office": take((world.office,), np.zeros(n, dtype=int)),
        "bill_level": take(("direct", "house"), journey.consolidated.astype(int)),
        "seal_ids": keep(has["seal"] & boxed, join("SL", digits(rng.integers(0, 10**7, n), 7))),
        "container_ids": keep(has["container"], journey.containers),
        "container_types": keep(has["container"] & boxed, journey.container_types),
        "amendment_count": journey.amendments,
    }


def _conveyance(sheet: _Sheet, journey: Journey) -> Columns:
    """Write how it travels, and by which places."""
    mode, has = sheet.trade["mode"], sheet.has
    return {
        "mode": take(MODES, mode),
        "direction": take(DIRECTIONS, sheet.trade["direction"]),
        "location": take([f"SHED {k + 1}" for k in range(8)], journey.location),
        "loading_port": keep(has["loading_port"], journey.loading),
        "discharge_port": journey.discharge,
        "transhipment_ports": keep(has["transhipment"], journey.transhipment),
        "delivery_place": keep(has["delivery_place"], journey.delivery),
        "vessel_or_flight": journey.vessel,
        "voyage": journey.voyage,
        "carrier_name": keep(has["carrier"], _carriers(mode, journey.carrier)),
    }


def _amounts(sheet: _Sheet, amounts: cargo.Quantities) -> Columns:
    return {
        "gross_weight_kg": amounts.gross,
        "net_weight_kg": np.where(sheet.has["net_weight"], amounts.net, np.nan),
        "packages": amounts.packages,
        "volume_m3": np.where(sheet.has["volume"], amounts.volume, np.nan),
    }


def _times(sheet: _Sheet, journey: Journey) -> dict[str, np.ndarray]:
    available = journey.available.astype("datetime64[us]")
    return {
        "known_at": journey.known.astype("datetime64[us]"),
        "arrives_at": journey.arrives.astype("datetime64[us]"),
        "last_amended_at": journey.amended.astype("datetime64[us]"),
        "available_until": np.where(sheet.has["available_until"], available, np.datetime64("NaT", "us")),
    }


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({name: schema.BY_NAME[name].dtype for name in table.columns})


def _lines(manifest: pa.Array) -> pa.Array:
    codes = manifest.dictionary_encode().indices.to_numpy()
    return digits(pd.Series(codes).groupby(codes).cumcount().to_numpy() + 1, 1)


def _parties(rng: np.random.Generator, sheet: _Sheet, parties: Parties, book: Book) -> Columns:
    """Write consignor, consignee, party to notify and broker."""
    lanes, lane, n = sheet.lanes, sheet.lane, len(sheet)
    taste, receiver = lanes.taste[lane], lanes.consignee[lane]
    agents = np.flatnonzero(parties.kind == FORWARDER)
    agents = agents if len(agents) else np.zeros(1, dtype=int)
    forwarded = sheet.odd["forwarder"] & (parties.kind[receiver] != INDIVIDUAL)
    consignee = np.where(forwarded, _agent(parties, agents, receiver, taste), receiver)
    notify = np.where(rng.random(n) < 0.7, receiver, _agent(parties, agents, consignee, taste * 19 % 1))
    ordered = (lanes.mode[lane] == 0) & flags(rng, 0.08, n)
    everybody = np.ones(n, dtype=bool)
    out = _party(rng, sheet, book, "shipper", lanes.shipper[lane], everybody)
    out |= _party(rng, sheet, book, "consignee", consignee, ~ordered)
    bank = take(("TO ORDER", "TO THE ORDER OF BANK"), (rng.random(n) < 0.3).astype(int))
    out["consignee_name"] = where(ordered, bank, out["consignee_name"])
    out |= _party(rng, sheet, book, "notify", notify, sheet.has["notify"])
    broker = _agent(parties, agents, receiver, taste * 71 % 1)
    out["broker_name"] = keep(sheet.has["broker"], pc.utf8_upper(take(book.spellings[0], broker)))
    return out


def _party(
    rng: np.random.Generator, sheet: _Sheet, book: Book, role: str, who: np.ndarray, shown: np.ndarray
) -> Columns:
    """Write one role's name, in one of its spellings, and its particulars, where it is shown."""
    has, upper = sheet.has, sheet.upper
    # Whoever notes the consignee's particulars notes those of the party to notify.
    habit = "shipper" if role == "shipper" else "consignee"
    spelling = np.searchsorted([0.72, 0.84, 0.91, 0.98], rng.random(len(sheet)), side="right")
    name = take(pa.concat_arrays(list(book.spellings)), spelling * len(book.address) + who)
    address = take(book.address, who)
    contact = shown & has[f"{habit}_contact"]
    return {
        f"{role}_name": keep(shown, where(upper, pc.utf8_upper(name), name)),
        f"{role}_address": keep(
            shown & has[f"{habit}_address"], where(upper, pc.utf8_upper(address), address)
        ),
        f"{role}_country": keep(shown & has[f"{habit}_country"], take(book.country, who)),
        f"{role}_id": keep(shown & has[f"{habit}_id"], take(book.number, who)),
        f"{role}_phone": keep(contact, take(book.phone, who)),
        f"{role}_email": keep(contact & (sheet.trade["taste"] * 3 % 1 < 0.6), take(book.email, who)),
    }


def _agent(parties: Parties, agents: np.ndarray, near: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return a forwarder of the same country as `near`, else any."""
    order = agents[np.argsort(parties.country[agents], kind="stable")]
    place = parties.country[order]
    low, high = (np.searchsorted(place, parties.country[near], side=s) for s in ("left", "right"))
    few = np.minimum(high - low, 60)
    own = np.minimum(low + (u**2 * few).astype(int), len(order) - 1)
    return order[np.where(high > low, own, (u * len(order)).astype(int))]


def _goods(rng: np.random.Generator, world: World, sheet: _Sheet, amounts: cargo.Quantities) -> Columns:
    """Write what the goods are: text, marks, code, lines, packages, permits and handling."""
    has, heading, taste, upper = sheet.has, sheet.trade["heading"], sheet.trade["taste"], sheet.upper
    text, plain = _description(rng, world, sheet, amounts)
    code = wording.codes(rng, heading, taste, sheet.odd["wrong_code"], world.text["hs_digits"])
    kinds = take(cargo.package_types().values, cargo.package_types().at(heading, taste * 47 % 1))
    marks = ("N/M", "AS ADDRESSED", "SIDE MARK A", "NO MARKS", "LOT 1-UP", "C/NO. 1-UP")
    return {
        "goods_description": text,
        "marks": keep(has["marks"], take(marks, (taste * 67 % 1 * len(marks)).astype(int))),
        "hs_codes": keep(has["hs"], code),
        "items": keep(has["items"] & ~sheet.odd["mixed"], _items(plain, code, amounts.packages)),
        "package_type": keep(has["package_type"], where(upper, pc.utf8_upper(kinds), kinds)),
        **_papers(rng, sheet),
    }


def _description(
    rng: np.random.Generator, world: World, sheet: _Sheet, amounts: cargo.Quantities
) -> tuple[pa.Array, pa.Array]:
    """Return the whole text of the goods, and their wording alone."""
    n, trade = len(sheet), sheet.trade
    second = np.where(sheet.odd["mixed"], _companion(rng, trade["heading"]), -1)
    style = {
        "local": flags(rng, world.text["local_language"], n),
        "wrapped": rng.random(n) < sheet.wrapped,
        "upper": sheet.upper,
        "typo": flags(rng, world.text["typo"], n),
    }
    return wording.describe(
        rng,
        heading=trade["heading"],
        second=second,
        country=trade["origin"],
        mode=trade["mode"],
        taste=trade["taste"],
        packages=amounts.packages,
        vague=sheet.odd["vague"],
        style=style,
    )


def _items(plain: pa.Array, code: pa.Array, packages: np.ndarray) -> pa.Array:
    """Write the JSON list of a shipment's one line."""
    return join(
        '[{"description":"',
        pc.replace_substring(plain, '"', ""),
        '","hs":"',
        pc.utf8_slice_codeunits(code, 0, 6),
        '","packages":',
        digits(packages, 1),
        "}]",
    )


def _companion(rng: np.random.Generator, heading: np.ndarray) -> np.ndarray:
    """Return a second heading of the same goods group."""
    codes = list(geography.heading_index())
    group = facts.headings()["group"].to_numpy()
    order = np.argsort(group, kind="stable")
    low, high = (np.searchsorted(group[order], group[heading], side=s) for s in ("left", "right"))
    return np.minimum(
        order[low + np.floor(rng.random(len(heading)) * (high - low)).astype(int)], len(codes) - 1
    )


def _papers(rng: np.random.Generator, sheet: _Sheet) -> Columns:
    """Write permits for headings that usually need one, and handling codes by air."""
    rows = reference.table("permit_headings").set_index("code")
    codes, heading, has = list(geography.heading_index()), sheet.trade["heading"], sheet.has
    n = len(sheet)
    strength = np.array([float(rows["strength"].get(c, rows["strength"].get(c[:2], 0))) for c in codes])
    kind = ["CITES" if rows["certificate"].get(c, "") == "CITES" else "HC" for c in codes]
    shown = has["permits"] & ~sheet.odd["no_permit"] & (rng.random(n) < strength[heading] / 4)
    shown |= has["permits"] & (rng.random(n) < 0.08)
    number = join(take(kind, heading), "-", digits(rng.integers(10_000, 999_999, n), 6))
    live = np.isin(codes, ["0101", "0102", "0103", "0104", "0105", "0106", "0301", "0306"])
    fresh = np.array([c[:2] in ("02", "03", "04", "06", "07", "08", "30") for c in codes])
    tag = np.where(live[heading] & (rng.random(n) < 0.85), 0, np.where(fresh[heading], 1, -1))
    tag = np.where((tag < 0) & (rng.random(n) < 0.97), 2, tag)
    tag = np.where(rng.random(n) < 0.015, 1, tag)
    return {
        "permit_refs": keep(shown, number),
        "handling_codes": keep(has["handling"], take(("AVI", "PER", "GEN"), tag)),
    }


def _route(sheet: _Sheet) -> Columns:
    names = texts(facts.countries())
    return {
        f"{end}_country": keep(sheet.has[f"{end}_country"], take(names, sheet.trade[end]))
        for end in ("origin", "destination")
    }


def _value(rng: np.random.Generator, sheet: _Sheet, amounts: cargo.Quantities) -> Columns:
    names, usd, local = cargo.rates()
    n, has = len(sheet), sheet.has["value"]
    money = np.where(rng.random(n) < 0.7, names.index("USD"), local[sheet.trade["origin"]])
    value = np.where(rng.random(n) < 0.02, 0.0, np.round(amounts.usd / usd[money], 2))
    return {"declared_value": np.where(has, value, np.nan), "currency": keep(has, take(names, money))}


def _carriers(mode: np.ndarray, carrier: np.ndarray) -> pa.Array:
    stems = (
        "Belvar",
        "Corsado",
        "Norvik",
        "Tianlu",
        "Makori",
        "Orsenna",
        "Palmyr",
        "Quento",
        "Sundra",
        "Veloxa",
    )
    kinds = ("Lines", "Airways", "Express", "Post", "Haulage", "Rail Cargo")
    return join(take(stems, carrier % len(stems)), " ", take(kinds, mode))


def _flags(rng: np.random.Generator, table: pd.DataFrame, sheet: _Sheet, journey: Journey) -> None:
    """Add lane, trusted-trader, load, refrigeration and consolidation marks."""
    n, trade, has = len(sheet), sheet.trade, sheet.has
    consignee = sheet.lanes.consignee[sheet.lane]
    loyal = (consignee * 2654435761 % 1000 < 60) & (sheet.lanes.start[sheet.lane] < 0)
    colour = np.where(loyal, 0, np.searchsorted([0.72, 0.93], rng.random(n), side="right"))
    table["lane"] = keep(has["lane"], take(("green", "yellow", "red"), colour)).to_pandas()
    table["trusted_trader"] = pd.Series(loyal, dtype="boolean").where(has["lane"])
    table["is_consolidation"] = pd.Series(np.zeros(n, dtype=bool), dtype="boolean")
    chapter = np.array([int(c[:2]) for c in geography.heading_index()])[trade["heading"]]
    cold = np.isin(chapter, [2, 3, 4, 6, 7, 8, 16]) & (rng.random(n) < 0.9) | (rng.random(n) < 0.02)
    boxed = np.isin(trade["mode"], [0, 5]) & has["container"]
    table["is_refrigerated"] = pd.Series(cold, dtype="boolean").where(boxed)
    load = np.where(journey.consolidated, "part", "full")
    table["container_load_status"] = pd.Series(load, dtype="str").where(boxed)
