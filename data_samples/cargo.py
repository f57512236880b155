"""How much: weights, packages, values, in the goods' own distributions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_samples import facts, geography
from data_samples.strings import Parts
from features import reference
from features.manifest.schema import MODES

_QUANTILES = np.array([0.10, 0.25, 0.50, 0.75, 0.90])
#: kg per m3 of ordinary cargo, by mode.
_DENSITY = np.array([420.0, 190.0, 160.0, 150.0, 350.0, 600.0])


@dataclass(frozen=True)
class Quantities:
    """Arrays of shape (n,): kilograms, packages, m3, US dollars."""

    gross: np.ndarray
    net: np.ndarray
    packages: np.ndarray
    volume: np.ndarray
    usd: np.ndarray


def _at_quantile(table: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Interpolate percentiles (log scale), shape (n, 5), at the quantiles `u`."""
    logs = np.log(np.maximum(table, 1e-4))
    spot = np.clip(np.searchsorted(_QUANTILES, u) - 1, 0, 3)
    share = (u - _QUANTILES[spot]) / (_QUANTILES[spot + 1] - _QUANTILES[spot])
    rows = np.arange(len(u))
    low, high = logs[rows, spot], logs[rows, spot + 1]
    return np.exp(low + np.clip(share, -0.6, 1.6) * (high - low))


def measure(
    rng: np.random.Generator,
    *,
    mode: np.ndarray,
    heading: np.ndarray,
    median_kg: np.ndarray,
    taste: np.ndarray,
    weight_off: np.ndarray,
    value_low: np.ndarray,
    extra_kg: np.ndarray,
) -> Quantities:
    """Draw weights, packages and values.

    Parameters
    ----------
    median_kg : ndarray
        The lane's usual gross weight.
    weight_off, value_low : ndarray of bool
        Weight per package outside the goods' usual range; value far under it.
    extra_kg : ndarray
        Weight slipped in beside the declared goods.
    """
    n = len(mode)
    u = rng.random((5, n))
    spread = np.array([0.25, 0.5, 0.6, 0.5, 0.35, 0.2])[mode]
    kg = median_kg * np.exp(spread * rng.standard_normal(n))
    kg = np.minimum(kg, np.array([54000, 24000, 350, 31, 24000, 68000])[mode])
    packing = facts.by_heading("packing", ("p10", "p25", "p50", "p75", "p90"))
    each = _at_quantile(packing[heading], 0.6 * (taste * 17 % 1) + 0.4 * u[0])
    each *= np.exp(weight_off * np.where(u[1] < 0.5, -1, 1) * (0.6 + 1.1 * u[2]))
    small = np.isin(mode, [MODES.index("post"), MODES.index("express")])
    packages = np.where(
        small, 1 + rng.poisson(0.15, n) + (kg > 20) * rng.poisson(2, n), np.maximum(1, np.rint(kg / each))
    )
    whole = small | (packages > 3) | (packages * each > 3 * kg)
    kg = np.where(whole, kg, packages * each)
    kg = kg + np.where(weight_off, extra_kg, 0.0)
    gross = _rounded(np.maximum(kg, 0.02), taste * 23 % 1)
    price = _at_quantile(geography.usd_per_kg()[heading], 0.5 * (taste * 29 % 1) + 0.5 * u[3])
    usd = kg * price * np.where(value_low, 0.02 + 0.3 * u[4], 1.0)
    usd = np.maximum(usd, 1.0)
    usd = np.where(
        u[1] < 0.35,
        10.0 ** np.floor(np.log10(usd)) * np.maximum(np.rint(usd / 10.0 ** np.floor(np.log10(usd))), 1),
        np.round(usd, 2),
    )
    return Quantities(
        gross=gross,
        net=_rounded(gross * (0.84 + 0.15 * (taste * 13 % 1)), taste * 23 % 1),
        packages=packages.astype(float),
        volume=np.round(np.maximum(kg / (_DENSITY[mode] * np.exp(0.35 * rng.standard_normal(n))), 0.001), 3),
        usd=usd,
    )


def _rounded(kg: np.ndarray, habit: np.ndarray) -> np.ndarray:
    """Round as the declarant does: to grams, to kilograms, or to tens for heavy loads."""
    fine = np.round(kg, 3)
    coarse = np.where(kg > 2000, np.rint(kg / 10) * 10, np.where(kg > 20, np.rint(kg), np.round(kg, 1)))
    return np.where(habit < 0.45, np.round(fine, 2), np.maximum(coarse, 0.1))


def package_types() -> Parts:
    """Usual package types per heading."""
    rows = reference.table("packing")
    known = rows[rows["mode"] == ""].drop_duplicates("code").set_index("code")["package_types"].to_dict()
    return Parts([(known.get(h) or known.get(h[:2]) or "carton").split(";") for h in facts.headings().index])


def rates() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Currencies, US dollars per unit, and the currency number of each country (US dollars by default)."""
    rows = reference.table("currencies")
    names = rows["currency"].tolist()
    local = {
        "HK": "HKD",
        "CN": "CNY",
        "JP": "JPY",
        "GB": "GBP",
        "IN": "INR",
        "TH": "THB",
        "MY": "MYR",
        "SG": "SGD",
        "VN": "VND",
        "ZA": "ZAR",
        "KR": "KRW",
        "AU": "AUD",
        "ID": "IDR",
        "RU": "RUB",
    }
    euro = {"DE", "FR", "IT", "ES", "NL", "BE", "PT", "AT", "IE", "FI", "GR", "SK"}
    used = [local.get(c, "EUR" if c in euro else "USD") for c in facts.countries()]
    at = {name: i for i, name in enumerate(names)}
    return (
        names,
        rows["usd_per_unit"].astype(float).to_numpy(),
        np.array([at.get(c, at["USD"]) for c in used]),
    )
