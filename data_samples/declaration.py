"""The manifest as declared: every shipment, honest or not, passes through this one writer."""

from __future__ import annotations

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
    n = len(lane)
    at = {
        name: getattr(lanes, name)[lane]
        for name in ("mode", "direction", "origin", "destination", "heading", "taste")
    }
    mode, taste = at["mode"], at["taste"]
    filer = (taste * 1009 % 1 * _FILERS).astype(int)
    has = {name: habits.filled(rng, mode, filer, name) for name in FIELDS}
    upper = habits.upper[mode, filer]
    columns: dict[str, pa.Array | np.ndarray] = {
        "shipment_id": journey.shipment,
        "master_id": keep(has["master"], journey.master),
        "manifest_id": journey.manifest,
        "line_number": _lines(journey.manifest),
        "declaration_id": keep(has["declaration"], join("D", digits(rng.permutation(n) + 10**6, 9))),
        "customs_office": take((world.office,), np.zeros(n, dtype=int)),
        "mode": take(MODES, mode),
        "direction": take(DIRECTIONS, at["direction"]),
        "location": take([f"SHED {k + 1}" for k in range(8)], journey.location),
        "bill_level": take(("direct", "house"), journey.consolidated.astype(int)),
        "seal_ids": keep(
            has["seal"] & journey.containers.is_valid().to_numpy(zero_copy_only=False),
            join("SL", digits(rng.integers(0, 10**7, n), 7)),
        ),
        "container_ids": keep(has["container"], journey.containers),
        "container_types": keep(
            has["container"] & journey.containers.is_valid().to_numpy(zero_copy_only=False),
            journey.container_types,
        ),
        "loading_port": keep(has["loading_port"], journey.loading),
        "discharge_port": journey.discharge,
        "transhipment_ports": keep(has["transhipment"], journey.transhipment),
        "delivery_place": keep(has["delivery_place"], journey.delivery),
        "vessel_or_flight": journey.vessel,
        "voyage": journey.voyage,
        "gross_weight_kg": amounts.gross,
        "net_weight_kg": np.where(has["net_weight"], amounts.net, np.nan),
        "packages": amounts.packages,
        "volume_m3": np.where(has["volume"], amounts.volume, np.nan),
        "amendment_count": journey.amendments,
    }
    columns |= _parties(rng, lanes, parties, book, lane, has, upper, odd["forwarder"])
    columns |= _goods(world, rng, at, amounts, has, upper, odd, habits.wrapped[mode, filer])
    columns |= _route(at, has) | _value(rng, at, amounts, has)
    columns["carrier_name"] = keep(has["carrier"], _carriers(mode, journey.carrier))
    table = pa.table(columns).to_pandas()
    for name, values in (
        ("known_at", journey.known),
        ("arrives_at", journey.arrives),
        ("last_amended_at", journey.amended),
    ):
        table[name] = values.astype("datetime64[us]")
    table["available_until"] = np.where(
        has["available_until"], journey.available.astype("datetime64[us]"), np.datetime64("NaT", "us")
    )
    _flags(rng, table, at, parties, lanes, lane, has, journey)
    table["source_position"] = join("row ", digits(np.arange(n) + 1, 1)).to_pandas()
    table = schema.complete(_typed(table))
    return table.drop(columns=list(schema.OUTCOME_COLUMNS))


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({name: schema.BY_NAME[name].dtype for name in table.columns})


def _lines(manifest: pa.Array) -> pa.Array:
    codes = manifest.dictionary_encode().indices.to_numpy()
    return digits(pd.Series(codes).groupby(codes).cumcount().to_numpy() + 1, 1)


def _parties(
    rng: np.random.Generator,
    lanes: Lanes,
    parties: Parties,
    book: Book,
    lane: np.ndarray,
    has: dict[str, np.ndarray],
    upper: np.ndarray,
    forwarded: np.ndarray,
) -> dict[str, pa.Array]:
    n = len(lane)
    agents = np.flatnonzero(parties.kind == FORWARDER)
    agents = agents if len(agents) else np.zeros(1, dtype=int)
    shipper, consignee = lanes.shipper[lane], lanes.consignee[lane]
    consignee = np.where(
        forwarded & (parties.kind[consignee] != INDIVIDUAL),
        _agent(parties, agents, consignee, lanes.taste[lane]),
        consignee,
    )
    notify = np.where(
        rng.random(n) < 0.7,
        lanes.consignee[lane],
        _agent(parties, agents, consignee, lanes.taste[lane] * 19 % 1),
    )
    ordered = (lanes.mode[lane] == 0) & flags(rng, 0.08, n)
    out: dict[str, pa.Array] = {}
    spellings = pa.concat_arrays(list(book.spellings))
    for role, who in (("shipper", shipper), ("consignee", consignee), ("notify", notify)):
        shown = has["notify"] if role == "notify" else np.ones(n, dtype=bool)
        v = np.searchsorted([0.72, 0.84, 0.91, 0.98], rng.random(n), side="right")
        name = take(spellings, v * len(parties.country) + who)
        name = where(upper, pc.utf8_upper(name), name)
        if role == "consignee":
            name = where(
                ordered, take(("TO ORDER", "TO THE ORDER OF BANK"), (rng.random(n) < 0.3).astype(int)), name
            )
        out[f"{role}_name"] = keep(shown, name)
        address = take(book.address, who)
        habit = role if role != "notify" else "consignee"
        shown = shown & ~ordered if role == "consignee" else shown
        out[f"{role}_address"] = keep(
            shown & has[f"{habit}_address"], where(upper, pc.utf8_upper(address), address)
        )
        out[f"{role}_country"] = keep(shown & has[f"{habit}_country"], take(book.country, who))
        out[f"{role}_id"] = keep(shown & has[f"{habit}_id"], take(book.number, who))
        contact = shown & has[f"{habit}_contact"]
        out[f"{role}_phone"] = keep(contact, take(book.phone, who))
        out[f"{role}_email"] = keep(contact & (lanes.taste[lane] * 3 % 1 < 0.6), take(book.email, who))
    broker = _agent(parties, agents, lanes.consignee[lane], lanes.taste[lane] * 71 % 1)
    out["broker_name"] = keep(has["broker"], pc.utf8_upper(take(book.spellings[0], broker)))
    return out


def _agent(parties: Parties, agents: np.ndarray, near: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return a forwarder of the same country as `near`, else any."""
    order = agents[np.argsort(parties.country[agents], kind="stable")]
    place = parties.country[order]
    low, high = (np.searchsorted(place, parties.country[near], side=s) for s in ("left", "right"))
    few = np.minimum(high - low, 60)
    own = np.minimum(low + (u**2 * few).astype(int), len(order) - 1)
    return order[np.where(high > low, own, (u * len(order)).astype(int))]


def _goods(
    world: World,
    rng: np.random.Generator,
    at: dict[str, np.ndarray],
    amounts: cargo.Quantities,
    has: dict[str, np.ndarray],
    upper: np.ndarray,
    odd: dict[str, np.ndarray],
    wrapped: np.ndarray,
) -> dict[str, pa.Array]:
    heading, mode, taste = at["heading"], at["mode"], at["taste"]
    n = len(heading)
    second = np.where(odd["mixed"], _companion(rng, heading), -1)
    style = {
        "local": flags(rng, world.text["local_language"], n),
        "wrapped": rng.random(n) < wrapped,
        "upper": upper,
        "typo": flags(rng, world.text["typo"], n),
    }
    text, plain = wording.describe(
        rng,
        heading=heading,
        second=second,
        country=at["origin"],
        mode=mode,
        taste=taste,
        packages=amounts.packages,
        vague=odd["vague"],
        style=style,
    )
    code = wording.codes(rng, heading, taste, odd["wrong_code"], world.text["hs_digits"])
    kinds = take(cargo.package_types().values, cargo.package_types().at(heading, taste * 47 % 1))
    lines = join(
        '[{"description":"',
        pc.replace_substring(plain, '"', ""),
        '","hs":"',
        pc.utf8_slice_codeunits(code, 0, 6),
        '","packages":',
        digits(amounts.packages, 1),
        "}]",
    )
    items = has["items"] & ~odd["mixed"]
    return {
        "goods_description": text,
        "marks": keep(
            has["marks"],
            take(
                ("N/M", "AS ADDRESSED", "SIDE MARK A", "NO MARKS", "LOT 1-UP", "C/NO. 1-UP"),
                (taste * 67 % 1 * 6).astype(int),
            ),
        ),
        "hs_codes": keep(has["hs"], code),
        "items": keep(items, lines),
        "package_type": keep(has["package_type"], where(upper, pc.utf8_upper(kinds), kinds)),
        **_papers(rng, heading, mode, has, odd["no_permit"]),
    }


def _companion(rng: np.random.Generator, heading: np.ndarray) -> np.ndarray:
    """Return a second heading of the same goods group."""
    codes = list(geography.heading_index())
    group = facts.headings()["group"].to_numpy()
    order = np.argsort(group, kind="stable")
    low, high = (np.searchsorted(group[order], group[heading], side=s) for s in ("left", "right"))
    return np.minimum(
        order[low + np.floor(rng.random(len(heading)) * (high - low)).astype(int)], len(codes) - 1
    )


def _papers(
    rng: np.random.Generator,
    heading: np.ndarray,
    mode: np.ndarray,
    has: dict[str, np.ndarray],
    none: np.ndarray,
) -> dict[str, pa.Array]:
    """Permits for headings that usually need one, and handling codes by air."""
    rows = reference.table("permit_headings").set_index("code")
    codes = list(geography.heading_index())
    strength = np.array([float(rows["strength"].get(c, rows["strength"].get(c[:2], 0))) for c in codes])
    kind = ["CITES" if rows["certificate"].get(c, "") == "CITES" else "HC" for c in codes]
    shown = has["permits"] & ~none & (rng.random(len(heading)) < strength[heading] / 4)
    shown |= has["permits"] & (rng.random(len(heading)) < 0.08)
    number = join(take(kind, heading), "-", digits(rng.integers(10_000, 999_999, len(heading)), 6))
    live = np.isin(
        np.array([c[:4] for c in codes]), ["0101", "0102", "0103", "0104", "0105", "0106", "0301", "0306"]
    )
    fresh = np.array([c[:2] in ("02", "03", "04", "06", "07", "08", "30") for c in codes])
    tag = np.where(live[heading] & (rng.random(len(heading)) < 0.85), 0, np.where(fresh[heading], 1, -1))
    tag = np.where((tag < 0) & (rng.random(len(heading)) < 0.97), 2, tag)
    tag = np.where(rng.random(len(heading)) < 0.015, 1, tag)
    return {
        "permit_refs": keep(shown, number),
        "handling_codes": keep(has["handling"], take(("AVI", "PER", "GEN"), tag)),
    }


def _route(at: dict[str, np.ndarray], has: dict[str, np.ndarray]) -> dict[str, pa.Array]:
    names = texts(facts.countries())
    return {
        "origin_country": keep(has["origin_country"], take(names, at["origin"])),
        "destination_country": keep(has["destination_country"], take(names, at["destination"])),
    }


def _value(
    rng: np.random.Generator, at: dict[str, np.ndarray], amounts: cargo.Quantities, has: dict[str, np.ndarray]
) -> dict[str, pa.Array | np.ndarray]:
    names, usd, local = cargo.rates()
    n = len(at["mode"])
    money = np.where(rng.random(n) < 0.7, names.index("USD"), local[at["origin"]])
    value = np.where(rng.random(n) < 0.02, 0.0, np.round(amounts.usd / usd[money], 2))
    return {
        "declared_value": np.where(has["value"], value, np.nan),
        "currency": keep(has["value"], take(names, money)),
    }


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


def _flags(
    rng: np.random.Generator,
    table: pd.DataFrame,
    at: dict[str, np.ndarray],
    parties: Parties,
    lanes: Lanes,
    lane: np.ndarray,
    has: dict[str, np.ndarray],
    journey: Journey,
) -> None:
    """Add lane, trusted-trader, load, refrigeration and consolidation marks."""
    n, consignee = len(lane), lanes.consignee[lane]
    loyal = (consignee * 2654435761 % 1000 < 60) & (lanes.start[lane] < 0)
    colour = np.where(loyal, 0, np.searchsorted([0.72, 0.93], rng.random(n), side="right"))
    table["lane"] = keep(has["lane"], take(("green", "yellow", "red"), colour)).to_pandas()
    table["trusted_trader"] = pd.Series(loyal, dtype="boolean").where(has["lane"])
    table["is_consolidation"] = pd.Series(np.zeros(n, dtype=bool), dtype="boolean")
    chapter = np.array([int(c[:2]) for c in geography.heading_index()])[at["heading"]]
    cold = np.isin(chapter, [2, 3, 4, 6, 7, 8, 16]) & (rng.random(n) < 0.9) | (rng.random(n) < 0.02)
    boxed = np.isin(at["mode"], [0, 5]) & has["container"]
    table["is_refrigerated"] = pd.Series(cold, dtype="boolean").where(boxed)
    load = np.where(journey.consolidated, "part", "full")
    table["container_load_status"] = pd.Series(load, dtype="str").where(boxed)
