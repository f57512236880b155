"""How a shipment travels: ports, conveyances, manifests, master bills, containers and times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_samples import facts
from data_samples.strings import Parts, digits, join, keep, take, texts, where
from features import reference
from features.manifest.container_numbers import LETTER_VALUES
from features.manifest.schema import MODES

_HOUR = np.timedelta64(3_600_000_000, "us")
#: Shipments of one conveyance's manifest, and hours it is known before arrival (median).
_PER_CONVEYANCE = np.array([260, 45, 150, 180, 6, 45])
_LEAD_HOURS = np.array([62.0, 7.0, 9.0, 10.0, 5.0, 20.0])
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Journey:
    """Arrays and Arrow texts of shape (n,), one entry per shipment."""

    arrives: np.ndarray
    known: np.ndarray
    amendments: np.ndarray
    amended: np.ndarray
    available: np.ndarray
    loading: pa.Array
    discharge: pa.Array
    transhipment: pa.Array
    delivery: pa.Array
    shipment: pa.Array
    master: pa.Array
    manifest: pa.Array
    vessel: pa.Array
    voyage: pa.Array
    carrier: np.ndarray
    consolidated: np.ndarray
    containers: pa.Array
    container_types: pa.Array
    location: np.ndarray


@cache
def _ports(kind: str) -> Parts:
    rows = reference.table("ports")
    rows = rows[rows["kind"] == kind]
    main = (
        reference.table("countries").set_index("iso2")["sea_port" if kind == "sea" else "airport"].to_dict()
    )
    served = rows[rows["served"] == "1"].groupby("country", sort=True)["code"].agg(sorted)
    lists = []
    for country in facts.countries():
        first = [main[country]] if main.get(country) else []
        others = [code for code in served.get(country, []) if code not in first][:6]
        lists.append(first * 3 + others)
    fallback = {
        r: next(
            (lists[i] for i, c in enumerate(facts.countries()) if facts.region_of()[c] == r and lists[i]),
            ["SGSIN"],
        )
        for r in facts.regions()
    }
    return Parts([p or fallback[facts.region_of()[c]] for p, c in zip(lists, facts.countries(), strict=True)])


def ports(country: np.ndarray, mode: np.ndarray, u: np.ndarray) -> pa.Array:
    """Return a port of each country (-1: missing): UN/LOCODE, or IATA by air, express and post."""
    safe = np.maximum(country, 0)
    sea, air = _ports("sea").draw(safe, u), _ports("air").draw(safe, u)
    flown = np.isin(mode, [MODES.index(m) for m in ("air", "express", "post")])
    return keep(country >= 0, where(flown, air, sea))


def check_digit(prefix: np.ndarray, number: np.ndarray) -> np.ndarray:
    """ISO 6346 check digit of container numbers.

    Parameters
    ----------
    prefix : ndarray of int, shape (n, 4)
        Letters as 0..25.
    number : ndarray of int, shape (n,)
        Six-digit serial number.
    """
    values = np.array(LETTER_VALUES)
    digit = number[:, None] // 10 ** np.arange(5, -1, -1) % 10
    weighted = np.concatenate([values[prefix], digit], axis=1) * 2 ** np.arange(10)
    return weighted.sum(axis=1) % 11 % 10


def container_numbers(key: np.ndarray, wrong: np.ndarray) -> pa.Array:
    """Return a container number per key; equal keys give the same number.

    Owner prefixes are made up. `wrong` marks numbers whose check digit does not fit.
    """
    mixed = (key.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)
    owners = ("WQXU", "KZVU", "TRNU", "OBLU", "HVXU", "PWQU", "SEKU", "LDZU", "CAXU", "GVKU", "MWZU", "FQEU")
    owner = (mixed % np.uint64(len(owners))).astype(int)
    number = ((mixed >> np.uint64(8)) % np.uint64(1_000_000)).astype(np.int64)
    letters = np.array([[_LETTERS.index(c) for c in o] for o in owners])[owner]
    digit = (check_digit(letters, number) + wrong * 3) % 10
    return join(take(owners, owner), digits(number, 6), digits(digit, 1))


def travel(
    rng: np.random.Generator,
    *,
    start: np.datetime64,
    home: int,
    mode: np.ndarray,
    direction: np.ndarray,
    origin: np.ndarray,
    destination: np.ndarray,
    hub: np.ndarray,
    day: np.ndarray,
    taste: np.ndarray,
    kg: np.ndarray,
    amended: np.ndarray,
    bad_container: np.ndarray,
    per_mode: np.ndarray,
) -> Journey:
    """Put shipments on vessels, aircraft, trucks, trains and mails.

    Parameters
    ----------
    start : datetime64
        First simulated day.
    home : int
        The port's country.
    per_mode : ndarray, shape (6,)
        Expected shipments a day of each mode, decides how many conveyances call.
    amended, bad_container : ndarray of bool, shape (n,)
    """
    n = len(mode)
    u = rng.random((8, n))
    outbound = (direction == 1) | (origin == home)
    far_end = np.where(outbound, destination, np.where(hub >= 0, np.where(hub == home, origin, hub), origin))
    service = _services(mode, far_end, taste, per_mode)
    call = (day * 6 + mode) * 4096 + service
    arrives, known, changed = _times(rng, start, day, mode, call, amended, u)
    carrier = (service * 5 + mode * 3 + (taste * 2).astype(int)) % 40
    consolidator = (taste * 40).astype(int)
    shared = _consolidated(mode, taste, kg)
    master, number = _master_bills(rng, mode, call, consolidator, shared)
    return Journey(
        arrives=arrives,
        known=known,
        amendments=np.where(amended, 1 + (u[1] < 0.25) + (u[1] < 0.05), 0).astype(float),
        amended=changed,
        available=arrives + _hours(np.array([60, 14, 8, 30, 6, 30])[mode] * (0.5 + u[3])),
        loading=ports(np.where(outbound, home, origin), mode, taste * 31 % 1),
        discharge=ports(
            np.where(outbound, destination, home),
            mode,
            np.where(outbound, taste * 37 % 1, taste * 5 % 1 * 0.2),
        ),
        transhipment=ports(np.where(outbound | (hub != home), hub, -1), mode, taste * 41 % 1),
        delivery=ports(np.where(u[2] < 0.75, destination, -1), mode, taste * 43 % 1),
        shipment=_numbers(rng, mode, consolidator, origin, n),
        master=_masters(mode, number, carrier),
        manifest=_manifests(mode, day, service),
        vessel=_vessels(mode, carrier, service),
        voyage=_voyages(mode, day, service),
        carrier=carrier,
        consolidated=shared,
        containers=_containers(mode, kg, shared, master, bad_container),
        container_types=take(("22G1", "45G1", "42G1", "45R1", "22R1"), (taste * 53 % 1 * 5).astype(int)),
        location=(taste * 61 % 1 * 8).astype(int),
    )


def _services(mode: np.ndarray, far_end: np.ndarray, taste: np.ndarray, per_mode: np.ndarray) -> np.ndarray:
    """Return which of its mode's daily services a shipment takes; one place is served by the same few."""
    calls = np.maximum(1, np.ceil(per_mode / _PER_CONVEYANCE)).astype(int)
    return (far_end * 7 + (taste * 3).astype(int)) % calls[mode]


def _times(
    rng: np.random.Generator,
    start: np.datetime64,
    day: np.ndarray,
    mode: np.ndarray,
    call: np.ndarray,
    amended: np.ndarray,
    u: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return when a shipment arrives, is known and was last amended (NaT if never).

    Shipments of one call arrive together, and are known at about the same time.
    """
    _, conveyance = np.unique(call, return_inverse=True)
    per_call = rng.random((3, conveyance.max() + 1 if len(call) else 1))
    minute = (per_call[0][conveyance] * 24 * 60).astype(int)
    arrives = start + day * np.timedelta64(86_400_000_000, "us") + minute * np.timedelta64(60_000_000, "us")
    lead = _LEAD_HOURS[mode] * np.exp(
        0.35 * (per_call[1][conveyance] - 0.5) * 2 + 0.25 * rng.standard_normal(len(call))
    )
    first = arrives - _hours(np.clip(lead, 0.5, 400))
    late = first + _hours(lead * (0.15 + 0.8 * u[0]))
    return arrives, np.where(amended, late, first), np.where(amended, late, np.datetime64("NaT", "us"))


def _consolidated(mode: np.ndarray, taste: np.ndarray, kg: np.ndarray) -> np.ndarray:
    """Say which shipments share a master bill: parcels, most air freight, small loads by sea."""
    parcel, air = np.isin(mode, [2, 3]), (mode == 1) & (taste * 11 % 1 < 0.6)
    return parcel | air | ((mode == 0) & (kg < 2800))


def _master_bills(
    rng: np.random.Generator,
    mode: np.ndarray,
    call: np.ndarray,
    consolidator: np.ndarray,
    shared: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return a key of each shipment's master bill and its serial number, in no order."""
    n = len(mode)
    load = call * 64 + np.where(shared, consolidator % np.array([12, 8, 10, 6, 1, 1])[mode], 0)
    key = np.where(shared, load, 2**40 + np.arange(n))
    _, master = np.unique(key, return_inverse=True)
    return key, rng.permutation(master.max() + 1 if n else 1)[master]


def _hours(hours: np.ndarray) -> np.ndarray:
    return np.round(np.asarray(hours) * 60).astype(np.int64) * (_HOUR // 60)


def _numbers(
    rng: np.random.Generator, mode: np.ndarray, house: np.ndarray, origin: np.ndarray, n: int
) -> pa.Array:
    """Return unique numbers of house bills, air waybills and postal items in each mode's usual form."""
    serial = rng.permutation(n) + 10_000_000
    prefixes = ("HLTS", "OQMB", "ZKCL", "WNDX", "BRTV", "KSEP", "VLMH", "TXGO")
    head = take(prefixes, house % len(prefixes))
    sea, air = (
        join(head, digits(serial, 9)),
        join(pc.utf8_slice_codeunits(head, 0, 3), "-", digits(serial, 9)),
    )
    weights = np.array([8, 6, 4, 2, 3, 5, 9, 7])
    spread = (serial[:, None] // 10 ** np.arange(7, -1, -1) % 10 * weights).sum(axis=1)
    check = (11 - spread % 11) % 11
    check = np.where(spread % 11 == 0, 5, np.where(check == 10, 0, check))
    post = join(
        take(("RR", "CP", "LX", "EE"), house % 4),
        digits(serial % 10**8, 8),
        digits(check, 1),
        take(texts(facts.countries()), origin),
    )
    choices = (
        sea,
        air,
        digits(serial * 97 % 10**10, 10),
        post,
        join("TR", digits(serial, 9)),
        join("RW", digits(serial, 9)),
    )
    out = choices[0]
    for m in range(1, 6):
        out = where(mode == m, choices[m], out)
    return out


def _masters(mode: np.ndarray, master: np.ndarray, carrier: np.ndarray) -> pa.Array:
    serial = master.astype(np.int64) + 1_000_000
    awb = join(digits(100 + carrier * 7, 3), "-", digits(serial, 7), digits(serial % 7, 1))
    return where(
        np.isin(mode, [1, 2]),
        awb,
        join(take(("MB", "", "", "DSP", "CMR", "CIM"), mode), digits(carrier, 2), digits(serial, 9)),
    )


def _manifests(mode: np.ndarray, day: np.ndarray, service: np.ndarray) -> pa.Array:
    return join(take(("S", "A", "X", "P", "R", "W"), mode), digits(day + 400, 5), digits(service + 1, 3))


def _vessels(mode: np.ndarray, carrier: np.ndarray, service: np.ndarray) -> pa.Array:
    rows = facts.table("vessels")
    ship = join(
        take(rows["first"].tolist(), service % len(rows)),
        " ",
        take(rows["last"].tolist(), (service // 3 + carrier) % len(rows)),
    )
    flight = join(take([a + b for a in "KQUWZ" for b in "3589XYV8"], carrier), digits(100 + service * 3, 3))
    truck = join(take(("TRK", "TLR"), service % 2), " ", digits(1000 + service * 17 % 9000, 4))
    return where(mode == 0, pc.utf8_upper(ship), where(np.isin(mode, [1, 2, 3]), flight, truck))


def _voyages(mode: np.ndarray, day: np.ndarray, service: np.ndarray) -> pa.Array:
    number = join(digits(day % 90 + 100, 3), take(("E", "W", "N", "S"), service % 4))
    return keep(np.isin(mode, [0, 5]), number)


def _containers(
    mode: np.ndarray, kg: np.ndarray, shared: np.ndarray, master: np.ndarray, wrong: np.ndarray
) -> pa.Array:
    boxed = np.isin(mode, [0, 5]) | ((mode == 4) & (master % 3 == 0))
    one = container_numbers(master * 4, wrong)
    two = join(one, ";", container_numbers(master * 4 + 1, np.zeros(len(kg), dtype=bool)))
    return keep(boxed, where((kg > 24000) & ~shared, two, one))
