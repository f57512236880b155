"""What a shipment is, in two lines: how it travels, what is declared, for whom, and where it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from risk.sentences import clean, counted, country, number

_BETWEEN = " · "
_LONGEST_TEXT, _LONGEST_NAME, _LONGEST_PLACE = 60, 40, 24


def lines(row: Mapping[str, Any], now: pd.Timestamp | None = None) -> list[str]:
    """Return the lines that tell a shipment apart on a list.

    Parameters
    ----------
    row : mapping
        Declared columns of the output, and what was identified (`risk.worklist`).
    now : Timestamp, optional
        Moment of the run (UTC); with it a coming arrival says how long it is away.

    Returns
    -------
    list of str
        At most two; what is not declared is left out.
    """
    first = [_mode(row), _way(row), _goods(row), _load(row)]
    second = [_consignee(row), _arrival(row, now), _place(row)]
    return [text for text in (_BETWEEN.join(filter(None, part)) for part in (first, second)) if text]


def _text(row: Mapping[str, Any], name: str, longest: int) -> str:
    value = row.get(name)
    return "" if value is None or pd.isna(value) else clean(str(value), longest)


def _mode(row: Mapping[str, Any]) -> str:
    mode = _text(row, "mode", 12) or _text(row, "identified_mode", 12)
    loaded, unloaded = (_text(row, f"{end}_port", 12) for end in ("loading", "discharge"))
    ports = (f"from {loaded}" if loaded else "", f"to {unloaded}" if unloaded else "")
    return " ".join(filter(None, (mode, *ports)))


def _way(row: Mapping[str, Any]) -> str:
    codes = [_text(row, f"identified_{end}", 2) for end in ("origin", "destination")]
    return " → ".join(country(code) if code else "unknown" for code in codes) if any(codes) else ""


def _goods(row: Mapping[str, Any]) -> str:
    text = _text(row, "goods_description", _LONGEST_TEXT)
    return f"“{text}”" if text else "no description"


def _load(row: Mapping[str, Any]) -> str:
    packages, weight = row.get("packages"), row.get("gross_weight_kg")
    parts = [] if pd.isna(packages) else [counted(number(float(packages)), "package")]
    parts += [] if pd.isna(weight) else [f"{number(float(weight))} kg"]
    # A number and its unit stay on one line.
    return ", ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)


def _consignee(row: Mapping[str, Any]) -> str:
    name = _text(row, "consignee_name", _LONGEST_NAME)
    return f"for {name}" if name else "no consignee named"


def _arrival(row: Mapping[str, Any], now: pd.Timestamp | None) -> str:
    moment = row.get("arrives_at")
    if moment is None or pd.isna(moment):
        return ""
    moment = pd.Timestamp(moment)
    told = f"{moment:%Y-%m-%d %H:%M} UTC"
    if now is None:
        return f"arrival {told}"
    left = (moment - now).total_seconds()
    if left <= 0:
        return f"arrived {told}"
    hours, minutes = divmod(int(left) // 60, 60)
    return f"arrives {told}, in {hours} h {minutes:02d} min" if hours < 48 else f"arrives {told}"


def _place(row: Mapping[str, Any]) -> str:
    carried = _text(row, "vessel_or_flight", _LONGEST_PLACE)
    stored = _text(row, "location", _LONGEST_PLACE)
    master = _text(row, "master_id", _LONGEST_PLACE)
    held = _text(row, "container_ids", _LONGEST_NAME).replace(";", ", ")
    named = (("on", carried), ("at", stored), ("master", master), ("in", held))
    return _BETWEEN.join(f"{word} {value}" for word, value in named if value)
