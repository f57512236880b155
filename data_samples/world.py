"""A world: what a simulated port is like, read from a TOML file and checked in one go.

A world states its port and traffic, which fields its manifests fill and how they are written,
which concealment schemes act in it and when, and how its officers choose what to open.
``docs/simulator.md`` explains every key; ``schemes.toml`` is the catalogue of schemes that a
world names, and a world may add its own under ``[scheme.NAME]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from data_samples import facts
from features import small_files
from features.manifest.schema import FINDS, MODES

HEADS = FINDS
PARTIES = ("front", "borrowed", "rip_on", "regular", "individual")
#: Fields a world gives the probability of being filled, per mode.
FIELDS = (
    "shipper_address",
    "shipper_country",
    "shipper_id",
    "shipper_contact",
    "consignee_address",
    "consignee_country",
    "consignee_id",
    "consignee_contact",
    "notify",
    "broker",
    "carrier",
    "hs",
    "origin_country",
    "loading_port",
    "transhipment",
    "delivery_place",
    "destination_country",
    "value",
    "net_weight",
    "volume",
    "package_type",
    "container",
    "seal",
    "marks",
    "items",
    "permits",
    "handling",
    "master",
    "declaration",
    "available_until",
    "lane",
)
RULES = (
    "risky_origin",
    "cover_goods",
    "new_consignee",
    "permit_missing",
    "vague_text",
    "low_value",
    "transit",
)


class WorldError(ValueError):
    """A world file is wrong; ``problems`` lists everything that is."""

    def __init__(self, source: str, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))


@dataclass(frozen=True)
class Scheme:
    """One way of hiding wildlife in trade (the keys of ``schemes.toml``)."""

    name: str
    head: str
    taxa: Mapping[str, float]
    modes: Mapping[str, float]
    sources: Mapping[str, float]
    destinations: Mapping[str, float]
    covers: Mapping[str, float]
    kg: tuple[float, float]
    hubs: Mapping[str, float] = field(default_factory=lambda: {"none": 1.0})
    neighbours: float = 0.1
    elsewhere: float = 0.1
    any_goods: float = 0.3
    parties: Mapping[str, float] = field(default_factory=lambda: {"front": 1.0, "rip_on": 1.0})
    months: tuple[int, ...] = ()
    split: float = 0.08


@dataclass(frozen=True)
class Activity:
    """When and how much a scheme acts in a world.

    ``weight`` is its relative share of concealments; from ``start`` to ``end`` (fractions of the
    simulated days) it acts, fading in and out over a tenth of the time; with ``shift`` its covers
    and hubs change in the second half of that time.
    """

    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0
    shift: bool = False


@dataclass(frozen=True)
class Policy:
    """How officers choose what to open."""

    slots_per_day: int
    random_share: float
    rules: Mapping[str, float]
    risky_origins: frozenset[str]
    tips_per_day: float
    tip_precision: float
    dog_share: float
    miss: Mapping[str, float]
    types: Mapping[str, Mapping[str, float]]
    delay_hours: Mapping[str, float]


@dataclass(frozen=True)
class World:
    """Everything `data_samples.simulate.simulate` needs to know about a port.

    Attributes
    ----------
    directions : mapping
        Shares of import, export, transit and transhipment; add up to 1.
    modes : mapping
        Shares of the six modes; add up to 1.
    base_rate : float
        Share of shipments that hide wildlife, 0 to 0.05.
    careless : tuple
        Share of careless lanes in ordinary trade and among the lanes of concealments.
    behaviour : mapping
        Probabilities of oddities, each ``[on an ordinary lane, on a careless one]``.
    fields : mapping
        Mode -> field -> probability that it is filled.
    text : mapping
        Style of texts: ``upper``, ``local_language``, ``typo``, ``wrapped``, ``hs_digits``.
    """

    name: str
    about: str
    country: str
    office: str
    directions: Mapping[str, float]
    modes: Mapping[str, float]
    land: Mapping[str, float]
    partners: Mapping[str, float]
    transit_regions: tuple[str, ...]
    corridors: float
    implausible: float
    wildlife_trade: float
    new_traders: float
    base_rate: float
    careless: tuple[float, float]
    behaviour: Mapping[str, tuple[float, float]]
    fields: Mapping[str, Mapping[str, float]]
    text: Mapping[str, float]
    schemes: Mapping[str, Scheme]
    activity: Mapping[str, Activity]
    policy: Policy

    def at(self, country: str) -> World:
        """Return this world with its port in another country (ISO2); schemes follow the routes."""
        return replace(self, country=country, office=f"{country}CUS", land={})

    def without(self, schemes: set[str]) -> World:
        """Return this world without some schemes."""
        kept = {name: scheme for name, scheme in self.schemes.items() if name not in schemes}
        return replace(self, schemes=kept, activity={k: a for k, a in self.activity.items() if k in kept})


class _Checker:
    """Collects every problem of a file instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def number(
        self, table: Mapping[str, Any], key: str, low: float, high: float, default: float, at: str
    ) -> float:
        value = table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.problems.append(f"{at}.{key}: {value!r}, expected a number from {low:g} to {high:g}")
            return default
        return float(value)

    def weights(
        self, table: Mapping[str, Any], key: str, allowed: set[str] | None, at: str, *, total: bool = False
    ) -> dict[str, float]:
        raw = table.get(key, {})
        if not isinstance(raw, dict):
            self.problems.append(f"{at}.{key}: expected a table of weights")
            return {}
        good: dict[str, float] = {}
        for name, value in raw.items():
            if allowed is not None and name not in allowed:
                self.problems.append(f"{at}.{key}: {name!r} is not known here")
            elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
                self.problems.append(f"{at}.{key}.{name}: {value!r}, expected a weight of 0 or more")
            else:
                good[name] = float(value)
        if total and abs(sum(good.values()) - 1) > 1e-6:
            self.problems.append(f"{at}.{key}: shares add up to {sum(good.values()):g}, expected 1")
        return good

    def table(self, table: Mapping[str, Any], key: str, at: str) -> dict[str, Any]:
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.problems.append(f"{at}.{key}: {value!r}, expected a table")
        return {}

    def texts(self, table: Mapping[str, Any], key: str, at: str) -> list[str]:
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(text, str) for text in value):
            return value
        self.problems.append(f"{at}.{key}: {value!r}, expected a list of texts")
        return []

    def unknown(self, table: Mapping[str, Any], allowed: set[str], at: str) -> None:
        self.problems += [f"{at}: unknown key {key!r}" for key in table if key not in allowed]


def _scheme(name: str, raw: Mapping[str, Any], check: _Checker) -> Scheme:
    at = f"scheme.{name}"
    check.unknown(raw, set(Scheme.__dataclass_fields__) - {"name"}, at)
    head = raw.get("head")
    if head not in HEADS:
        check.problems.append(f"{at}.head: {head!r}, expected one of {', '.join(HEADS)}")
    countries, goods = set(facts.countries()), set(facts.headings().index) | set(facts.groups())
    tables = {
        "modes": check.weights(raw, "modes", set(MODES), at),
        "sources": check.weights(raw, "sources", countries, at),
        "destinations": check.weights(raw, "destinations", countries, at),
        "covers": check.weights(raw, "covers", goods, at),
        "taxa": check.weights(raw, "taxa", None, at),
        "hubs": check.weights(raw, "hubs", countries | {"none"}, at) or {"none": 1.0},
        "parties": check.weights(raw, "parties", set(PARTIES), at) or {"front": 1.0, "rip_on": 1.0},
    }
    check.problems += [
        f"{at}.{key}: needs a positive weight" for key, t in tables.items() if not sum(t.values())
    ]
    kg = raw.get("kg", [1, 10])
    if not (
        isinstance(kg, list)
        and len(kg) == 2
        and all(isinstance(k, int | float) for k in kg)
        and 0 < kg[0] <= kg[1] < 1e9
    ):
        check.problems.append(f"{at}.kg: {kg!r}, expected two positive numbers, the smaller first")
        kg = [1, 10]
    months = raw.get("months", [])
    if not (isinstance(months, list) and all(m in range(1, 13) for m in months)):
        check.problems.append(f"{at}.months: {months!r}, expected a list of 1 to 12")
        months = []
    shares = {k: check.number(raw, k, 0, 1, d, at) for k, d in _SHARES.items()}
    return Scheme(name, str(head), kg=(float(kg[0]), float(kg[1])), months=tuple(months), **tables, **shares)  # type: ignore[arg-type]


_SHARES = {"neighbours": 0.1, "elsewhere": 0.1, "any_goods": 0.3, "split": 0.08}
#: Oddities: how often on an ordinary lane, and on a careless one (ordinary trade has those too).
BEHAVIOUR = {
    "weight_off": (0.08, 0.60),
    "value_low": (0.10, 0.55),
    "vague": (0.09, 0.24),
    "wrong_code": (0.04, 0.25),
    "amended": (0.07, 0.28),
    "detour": (0.10, 0.32),
    "forwarder": (0.07, 0.25),
    "no_permit": (0.25, 0.75),
    "bad_container": (0.010, 0.06),
    "mixed": (0.20, 0.20),
}
TEXT = {"upper": 0.6, "local_language": 0.15, "typo": 0.03, "wrapped": 0.35, "hs_digits": 6.0}


def _policy(raw: Mapping[str, Any], check: _Checker) -> Policy:
    at = "inspection"
    check.unknown(raw, set(Policy.__dataclass_fields__), at)
    risky = check.texts(raw, "risky_origins", at)
    check.problems += [
        f"{at}.risky_origins: {c!r} is no country" for c in risky if c not in facts.countries()
    ]
    types = check.table(raw, "types", at)
    kinds = {"documents", "scan", "dog", "partial", "full"}
    mixes = {
        mode: check.weights(types, mode, kinds, f"{at}.types", total=True)
        for mode in types
        if mode in MODES or check.problems.append(f"{at}.types: {mode!r} is no mode")  # type: ignore[func-returns-value]
    }
    missed = check.table(raw, "miss", at)
    default = {"documents": 0.15, "scan": 0.35, "partial": 0.3, "full": 0.2}
    miss = {"documents": 0.9, "scan": 0.45, "dog": 0.35, "partial": 0.3, "full": 0.04}
    return Policy(
        slots_per_day=int(check.number(raw, "slots_per_day", 0, 1e6, 30, at)),
        random_share=check.number(raw, "random_share", 0, 1, 0.1, at),
        rules=check.weights(raw, "rules", set(RULES), at),
        risky_origins=frozenset(risky),
        tips_per_day=check.number(raw, "tips_per_day", 0, 1e4, 0.2, at),
        tip_precision=check.number(raw, "tip_precision", 0, 1, 0.3, at),
        dog_share=check.number(raw, "dog_share", 0, 1, 0.1, at),
        miss={**miss, **{k: check.number(missed, k, 0, 1, miss[k], f"{at}.miss") for k in miss}},
        types={mode: mixes.get(mode) or default for mode in MODES},
        delay_hours=check.weights(raw, "delay_hours", set(MODES), at),
    )


def parse(raw: Mapping[str, Any], source: str = "world") -> World:
    """Check a world given as tables (what a TOML file holds).

    Raises
    ------
    WorldError
        With every problem found.
    """
    check = _Checker()
    check.unknown(raw, _TABLES, "file")
    port, traffic = (
        _port(check.table(raw, "port", "file"), check),
        _traffic(check.table(raw, "traffic", "file"), check),
    )
    schemes, activity = _schemes(raw, check)
    fields = check.table(raw, "fields", "file")
    world = World(
        name=str(raw.get("name", source)),
        about=str(raw.get("about", "")),
        **port,
        **traffic,
        **_risk(check.table(raw, "risk", "file"), check),
        fields={mode: _fields(fields, mode, check) for mode in MODES},
        text=_style(check.table(raw, "text", "file"), check),
        schemes=schemes,
        activity=activity,
        policy=_policy(check.table(raw, "inspection", "file"), check),
    )
    if check.problems:
        raise WorldError(source, check.problems)
    return world


_TABLES = {"name", "about", "port", "traffic", "risk", "fields", "text", "schemes", "scheme", "inspection"}


def _port(raw: Mapping[str, Any], check: _Checker) -> dict[str, Any]:
    country = raw.get("country")
    if not isinstance(country, str) or country not in set(facts.countries()):
        check.problems.append(f"port.country: {country!r}, expected an ISO2 country")
    ways = {"import", "export", "transit", "transhipment"}
    return {
        "country": str(country),
        "office": str(raw.get("office", f"{country}CUS")),
        "directions": check.weights(raw, "directions", ways, "port", total=True),
    }


def _traffic(raw: Mapping[str, Any], check: _Checker) -> dict[str, Any]:
    countries, regions = set(facts.countries()), check.texts(raw, "transit_regions", "traffic")
    modes = check.weights(raw, "modes", set(MODES), "traffic", total=True)
    check.problems += [
        f"traffic.transit_regions: {r!r} is no region" for r in regions if r not in facts.regions()
    ]
    return {
        "modes": modes,
        "land": check.weights(raw, "land", countries, "traffic"),
        "partners": check.weights(raw, "partners", countries, "traffic"),
        "transit_regions": tuple(regions),
        "corridors": check.number(raw, "corridors", 0, 1, 0.7, "traffic"),
        "implausible": check.number(raw, "implausible", 0, 1, 0.06, "traffic"),
        "wildlife_trade": check.number(raw, "wildlife_trade", 0, 0.5, 0.02, "traffic"),
        "new_traders": check.number(raw, "new_traders", 0, 1, 0.35, "traffic"),
    }


def _risk(raw: Mapping[str, Any], check: _Checker) -> dict[str, Any]:
    return {
        "base_rate": check.number(raw, "base_rate", 0, 0.05, 0.003, "risk"),
        "careless": (
            check.number(raw, "careless_trade", 0, 1, 0.06, "risk"),
            check.number(raw, "careless_concealment", 0, 1, 0.45, "risk"),
        ),
        "behaviour": _behaviour(check.table(raw, "behaviour", "risk"), check),
    }


def _style(raw: Mapping[str, Any], check: _Checker) -> dict[str, float]:
    return {
        name: check.number(raw, name, 0, 10 if name == "hs_digits" else 1, default, "text")
        for name, default in TEXT.items()
    }


def _schemes(raw: Mapping[str, Any], check: _Checker) -> tuple[dict[str, Scheme], dict[str, Activity]]:
    own = check.table(raw, "scheme", "file")
    own = {name: check.table(own, name, "scheme") for name in own}
    catalogue = {**facts.scheme_catalogue(), **own}
    schemes, activity = {}, {}
    for name, entry in check.table(raw, "schemes", "file").items():
        if name not in catalogue:
            check.problems.append(f"schemes: {name!r} is not in the catalogue and not under [scheme]")
            continue
        entry = entry if isinstance(entry, dict) else {"weight": entry}
        at = f"schemes.{name}"
        check.unknown(entry, set(Activity.__dataclass_fields__), at)
        schemes[name] = _scheme(name, catalogue[name], check)
        activity[name] = Activity(
            check.number(entry, "weight", 0, 1e6, 1, at),
            check.number(entry, "start", -1, 1, 0, at),
            check.number(entry, "end", 0, 2, 1, at),
            bool(entry.get("shift", False)),
        )
    if not schemes:
        check.problems.append("schemes: name at least one")
    return schemes, activity


def _fields(raw: Mapping[str, Any], mode: str, check: _Checker) -> dict[str, float]:
    base = facts.field_habits()[mode]
    given: dict[str, float] = {}
    for table in ("all", mode):
        given |= check.weights(raw, table, set(FIELDS), "fields")
    return {name: min(1.0, given.get(name, base[name])) for name in FIELDS}


def _behaviour(raw: Mapping[str, Any], check: _Checker) -> dict[str, tuple[float, float]]:
    check.unknown(raw, set(BEHAVIOUR), "risk.behaviour")
    out = dict(BEHAVIOUR)
    for name in set(raw) & set(BEHAVIOUR):
        pair = raw[name]
        if not (
            isinstance(pair, list)
            and len(pair) == 2
            and all(isinstance(p, int | float) and 0 <= p <= 1 for p in pair)
        ):
            check.problems.append(f"risk.behaviour.{name}: {pair!r}, expected two shares")
        else:
            out[name] = (float(pair[0]), float(pair[1]))
    return {name: out[name] for name in BEHAVIOUR}


def names() -> list[str]:
    """Names of the worlds that come with the program."""
    return sorted(
        p.name.removesuffix(".toml")
        for p in files("data_samples").joinpath("worlds").iterdir()
        if p.name.endswith(".toml")
    )


def load(world: str | Path = "base") -> World:
    """Read a world by name (`names`) or from a TOML file.

    Raises
    ------
    WorldError
        The file cannot be read as TOML, or says something that is not allowed; all problems listed.
    """
    packaged = files("data_samples").joinpath("worlds", f"{world}.toml")
    known = str(world) in names()
    try:
        text = packaged.read_text(encoding="utf-8") if known else small_files.read_text(world)
        raw = small_files.toml(text)
    except ValueError as error:
        raise WorldError(str(world), [f"cannot be read: {error}"]) from error
    return parse(raw, str(world))
