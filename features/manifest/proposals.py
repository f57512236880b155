"""A mapping proposed for an unknown table, from its column names and its values.

The name says most; the values confirm it, contradict it, or (container numbers, UN/LOCODEs,
currencies) speak for themselves. Every proposal says why, and how sure it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.manifest import cells, codes, quantities, schema, times
from features.manifest.column_names import HINTS, aliases, recognise
from features.manifest.container_numbers import check_digit
from features.manifest.files import Opened, open_table
from features.manifest.mapping import Read
from features.manifest.problems import ManifestError, problem, quoted
from features.manifest.reading import known_names
from features.manifest.rows import chunks
from features.manifest.synonyms import fold

SAMPLE_ROWS = 5_000
#: Cells looked at of a very wide table, and the rows looked at in any case.
SAMPLE_CELLS, FEWEST_ROWS = 1_000_000, 200
#: Below this a column is left out.
LEAST = 0.35
_PLACE = {name: place for place, name in enumerate(schema.BY_NAME)}


@dataclass(frozen=True)
class ColumnProposal:
    """One source column and what it seems to hold.

    Attributes
    ----------
    canonical : str
        Column of the shipment table.
    source : str
        Column of the table looked at; empty for the row number.
    confidence : float
        From `LEAST` to 1.
    samples : tuple of str
        Up to three of its values.
    why : str
        One line.
    others : tuple of str
        Further source columns, used where the first is empty.
    """

    canonical: str
    source: str
    confidence: float
    samples: tuple[str, ...]
    why: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class MappingProposal:
    """A proposed mapping: columns in the schema's order, what is left over, how to read the file."""

    columns: tuple[ColumnProposal, ...]
    unused: tuple[ColumnProposal, ...]
    read: Read = field(default_factory=Read)
    hints: tuple[str, ...] = ()

    def table(self) -> pd.DataFrame:
        """Return the proposal as a table: source, canonical, confidence, samples, why."""
        rows = [
            {
                "source": column.source,
                "canonical": column.canonical,
                "confidence": column.confidence,
                "samples": ", ".join(column.samples),
                "why": column.why,
            }
            for column in (*self.columns, *self.unused)
        ]
        return pd.DataFrame(rows, columns=["source", "canonical", "confidence", "samples", "why"])


def propose(source: str | Path | pd.DataFrame) -> MappingProposal:
    """Propose a mapping for a file or a table of text.

    Parameters
    ----------
    source : path or DataFrame
        A file `features.manifest.read` could read, or its columns as a frame.

    Raises
    ------
    ManifestError
        When the file is no table.
    """
    if isinstance(source, pd.DataFrame):
        frame, read = source.head(_sample_rows(len(source.columns))), Read()
    else:
        opened = open_table(source, Path(source).name, Read(), known_names(None))
        frame = next(iter(chunks(opened))).frame.head(_sample_rows(len(opened.header)))
        read = _how_to_read(opened)
    if not len(frame.columns):
        raise ManifestError([problem("a table with columns")])
    texts = _texts(frame)
    chosen = _house_and_master(_assign(texts, max(1, len(frame))), texts)
    columns = sorted(chosen, key=lambda proposal: _PLACE[proposal.canonical])
    used = {name for proposal in columns for name in (proposal.source, *proposal.others)}
    unused = [
        ColumnProposal("", name, 0.0, _samples(values), "neither name nor values say what it is")
        for name, values in texts.items()
        if name not in used
    ]
    return MappingProposal(tuple(columns), tuple(unused), read, tuple(_hints(columns, texts)))


def render_mapping(proposal: MappingProposal) -> str:
    """Return a proposal as the text of a mapping file, with comments; `load_mapping` reads it."""
    lines = ["# A proposal: check every line against the values beside it.", "", "[columns]"]
    for column in proposal.columns:
        lines.append(f"# {column.confidence:.0%}: {_comment(column.why)}; such as {_comment(_shown(column))}")
        value = _toml(column.source) if column.source else "{ row_number = true }"
        if column.others:
            value = "{ first_of = [" + ", ".join(map(_toml, (column.source, *column.others))) + "] }"
        lines.append(f"{column.canonical} = {value}")
    if proposal.unused:
        lines += [
            "",
            "# Not used. A local column that should count may be named in [extra], categorical or numeric.",
        ]
        lines += [
            f"# {_comment(_toml(column.source))}: such as {_comment(_shown(column))}"
            for column in proposal.unused
        ]
    read = {
        "encoding": proposal.read.encoding,
        "delimiter": proposal.read.delimiter,
        "sheet": proposal.read.sheet,
    }
    given = [f"{key} = {_toml(value)}" for key, value in read.items() if value]
    if given or proposal.hints:
        lines += ["", "[read]", *given, *(f"# {_comment(hint)}" for hint in proposal.hints)]
    return "\n".join(lines) + "\n"


def _shown(column: ColumnProposal) -> str:
    return ", ".join(repr(sample) for sample in column.samples) or "no value"


def _comment(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+", " ", text)


def _toml(text: str) -> str:
    def escape(match: re.Match[str]) -> str:
        return {'"': '\\"', "\\": "\\\\"}.get(match[0], f"\\u{ord(match[0]):04x}")

    return '"' + re.sub(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]', escape, text) + '"'


def _how_to_read(opened: Opened) -> Read:
    if opened.form == "csv":
        return Read(delimiter=opened.delimiter, encoding=opened.encoding)
    return Read(sheet=opened.sheet or None)


def _sample_rows(columns: int) -> int:
    return max(FEWEST_ROWS, min(SAMPLE_ROWS, SAMPLE_CELLS // max(1, columns)))


def _texts(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Return each column's distinct values as clean texts, most frequent first (at most 1,000)."""
    counts = [Counter(map(_text, frame[name].dropna())) for name in frame.columns]
    # Cleaned together: a call costs more than a column of a very wide table.
    together = pd.Series([text for count in counts for text in count], dtype="str")
    cleaned = iter(cells.clean(together)[0].astype(object).where(lambda text: text.notna(), None))
    found: dict[str, list[str]] = {}
    for name, count in zip(frame.columns, counts, strict=True):
        total: Counter[str] = Counter()
        for times_seen in count.values():
            if text := next(cleaned):
                total[text] += times_seen
        found[str(name)] = [text for text, _ in total.most_common(1000)]
    return found


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _samples(values: list[str]) -> tuple[str, ...]:
    return tuple(quoted(value)[:30] for value in values[:3])


# --- names ----------------------------------------------------------------------------------


@cache
def _alias_names() -> tuple[str, ...]:
    return tuple(aliases())


@cache
def _inner_names() -> tuple[str, ...]:
    """Return the names that mean something inside another one, the longest first."""
    names = [name for name in _alias_names() if len(name) >= (2 if not name.isascii() else 5)]
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


@cache
def _hint_words() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return for every column the words that suggest it, as they are and folded."""
    return tuple(
        (canonical, tuple((word, fold(word)) for word in words if len(word) > 2))
        for canonical, words in HINTS.items()
    )


def _by_name(name: str) -> dict[str, tuple[float, str]]:
    """Return canonical columns a name suggests, with confidence and reason."""
    from rapidfuzz import fuzz, process

    folded = fold(re.sub(r"[(\[].*?[)\]]", " ", name)) or fold(name)
    for candidate in (fold(name), folded):
        if exact := aliases().get(candidate):
            return {exact: (0.9, f"the name {name!r} is known")}
    found: dict[str, tuple[float, str]] = {}
    parts = re.split(r"[\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).strip())
    for start in range(1, len(parts)):
        if tail := aliases().get(fold("".join(parts[start:]))):
            return {tail: (0.6, f"the name {name!r} ends as {' '.join(parts[start:])!r}")}
    if len(folded) >= 5:
        for alias, score, _ in process.extract(
            folded, _alias_names(), scorer=fuzz.ratio, score_cutoff=86, limit=3
        ):
            if not aliases()[alias].endswith("_id"):  # numbers have names too short to be guessed
                found.setdefault(
                    aliases()[alias], (0.7 * score / 100, f"the name {name!r} is like {alias!r}")
                )
    if not found and len(folded) >= 3:
        for inner in [known for known in _inner_names() if known in folded][:1]:
            found[aliases()[inner]] = (0.6, f"the name {name!r} holds {inner!r}")
    for canonical, words in _hint_words():
        if hit := next((word for word, plain in words if plain in folded), None):
            found.setdefault(canonical, (0.3, f"the name {name!r} holds {hit!r}"))
    return found


# --- values ---------------------------------------------------------------------------------

_COMPANY = re.compile(
    r"\b(co|ltd|llc|inc|gmbh|sa|sarl|bv|nv|plc|pte|sdn|bhd|corp|company|trading|tnhh|cty|lda|ooo|pt|spa|srl)\b\.?|"
    r"有限公司|公司|株式会社|주식회사|บริษัท|ООО|شركة",
    re.I,
)
_ADDRESS = re.compile(
    r"\d.*[, ]|\b(road|rd|street|st|ave|district|city|building|floor)\b|路|街|号|đường|ถนน", re.I
)


def iso6346(text: str) -> bool:
    """Tell a container number whose check digit is right (ISO 6346)."""
    text = re.sub(r"[\s-]", "", text.upper())
    if not re.fullmatch(r"[A-Z]{3}[UJZR]\d{7}", text):
        return False
    return check_digit(text) == int(text[10])


def _share(values: list[str], test: Callable[[str], object], least: float = 0.0) -> float:
    """Return the share of values that pass a test; 0 as soon as it cannot reach ``least``."""
    looked_at = values[:300]
    allowed = (1 - least) * len(looked_at) + 1e-9
    failed = 0
    for value in looked_at:
        if not test(value):
            failed += 1
            if failed > allowed:
                return 0.0
    return 1 - failed / len(looked_at) if looked_at else 0.0


def _locode(text: str) -> bool:
    return re.fullmatch(r"[A-Z]{2}\s?[A-Z2-9]{3}", text) is not None and text[:2] in codes.country_codes()


def _fits(column: schema.Column, values: list[str]) -> float:
    """Return the share of values that can be read as the column's kind."""
    if column.kind == "number":
        return float(np.mean(~np.isnan(quantities.parse(values[:300], column.name))))
    if column.kind == "time":
        return float(times.parse(values[:300], dayfirst=True).notna().mean())
    if column.kind == "choice":
        return _share(values, lambda v: codes.choice(column.name, v))
    if column.kind == "flag":
        return _share(values, lambda v: codes.flag(column.name, v) is not None)
    if column.kind == "items":
        return _share(values, codes.items)
    if column.code == "container":
        return _share(
            values,
            lambda v: any(re.fullmatch(r"[A-Z]{4}\d{6,7}", m) for m in codes.list_members(column.name, v)[0]),
        )
    if column.code in ("country", "currency", "hs"):
        reader = codes.CODES[column.code]
        return _share(values, lambda v: reader(re.split(r"[;,|/]", v)[0].strip()))
    return 1.0


def _each(test: Callable[[str], object]) -> Callable[[list[str], int, float], float]:
    return lambda values, rows, least: _share(values, test, least)


def _dates(values: list[str], rows: int, least: float) -> float:
    if not _share(values, times.looks_like, least):
        return 0.0
    plain = _share(values, lambda v: re.fullmatch(r"\d{5,}(\.\d+)?", v))
    return (1 - plain) * float(times.parse(values[:300], dayfirst=True).notna().mean())


def _goods(values: list[str], rows: int, least: float) -> float:
    def tells(text: str) -> bool:
        return bool(len(text) > 8 and re.search(r"[^\W\d_]{3}", text) and not _COMPANY.search(text))

    return _share(values, tells, least) * min(1.0, len(values) / 10)


def _headings(values: list[str], rows: int, least: float) -> float:
    def heading(text: str) -> bool:
        return bool(re.fullmatch(r"\d{4}[. ]?\d{2}([. ]?\d{2}){0,2}", text) and codes.hs(text))

    return _share(values, heading, least) * min(1.0, len(values) / 10)


def _numbers_of_bills(values: list[str], rows: int, least: float) -> float:
    if rows < 2 or len(values) < min(rows, 1000) * 0.98:
        return 0.0
    return _share(values, lambda v: re.fullmatch(r"[A-Z0-9/_-]{6,30}", v.upper()), least)


_CURRENCIES = frozenset(("USD", "EUR", "CNY", "HKD", "THB", "VND", "JPY", "GBP", "SGD", "KRW", "MYR", "TWD"))
_company = (0.3, "names of companies", _each(_COMPANY.search))
_address = (0.2, "addresses", _each(lambda v: len(v) > 20 and _ADDRESS.search(v)))
_place = (0.5, "UN/LOCODEs", _each(_locode))
#: Columns that values alone may speak for: how strongly at most, what they are then, and how far a
#: column's values (of so many rows) are that; 0 as soon as they cannot be so far at least.
_SPEAKING: dict[str, tuple[float, str, Callable[[list[str], int, float], float]]] = {
    "shipment_id": (0.37, "different on every row", _numbers_of_bills),
    "mode": (
        0.6,
        "modes of transport",
        _each(lambda v: not v.isdigit() and len(v) > 2 and codes.choice("mode", v)),
    ),
    "arrives_at": (0.36, "dates", _dates),
    "shipper_name": _company,
    "consignee_name": _company,
    "shipper_address": _address,
    "consignee_address": _address,
    "shipper_email": (
        0.6,
        "e-mail addresses",
        _each(lambda v: re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", v)),
    ),
    "goods_description": (0.36, "texts that may describe goods", _goods),
    "hs_codes": (0.45, "digits like HS codes", _headings),
    "origin_country": (0.4, "country codes", _each(lambda v: v.upper() in codes.country_codes())),
    "loading_port": _place,
    "discharge_port": _place,
    "currency": (0.8, "currency codes", _each(_CURRENCIES.__contains__)),
    "container_ids": (
        0.9,
        "container numbers with right check digits (ISO 6346)",
        _each(lambda v: any(iso6346(m) for m in re.split(r"[;,|/]", v))),
    ),
}


def _speaks(canonical: str, values: list[str], rows: int, *, alone: bool) -> tuple[float, str]:
    """Return how strongly values speak for a column; 0 where, alone, they would not be enough."""
    if canonical not in _SPEAKING or not values:
        return 0.0, ""
    weight, says, share = _SPEAKING[canonical]
    least = LEAST / weight if alone else 0.0
    # Half a hundredth off: what is compared with `LEAST` later is computed in another order.
    return (weight * share(values, rows, least - 0.005), says) if least <= 1 else (0.0, "")


def _candidates(name: str, values: list[str], rows: int) -> list[ColumnProposal]:
    """Return all that a column may be."""
    named = _by_name(name)
    out = []
    for canonical in dict.fromkeys((*named, *_SPEAKING)):
        by_name, reason = named.get(canonical, (0.0, ""))
        by_value, says = _speaks(canonical, values, rows, alone=not by_name)
        confidence = 1 - (1 - by_name) * (1 - by_value)
        if by_name and values:
            fit = _fits(schema.BY_NAME[canonical], values)
            confidence *= 0.25 + 0.75 * fit
            reason += f"; {fit:.0%} of its values can be read as such"
        if by_value >= 0.2:
            reason = "; ".join(filter(None, (reason, f"its values are {says}")))
        if confidence >= LEAST:
            out.append(
                ColumnProposal(canonical, name, min(0.99, round(confidence, 2)), _samples(values), reason)
            )
    return out


def _assign(texts: dict[str, list[str]], rows: int) -> list[ColumnProposal]:
    """Give every canonical column its best source column, and every source column one meaning."""
    order = {name: number for number, name in enumerate(texts)}
    everything = [c for name, values in texts.items() for c in _candidates(name, values, rows)]
    everything.sort(key=lambda c: (-c.confidence, order[c.source], _PLACE[c.canonical]))
    chosen: dict[str, ColumnProposal] = {}
    used: set[str] = set()
    for candidate in everything:
        if candidate.canonical not in chosen and candidate.source not in used:
            chosen[candidate.canonical] = candidate
            used.add(candidate.source)
    if "shipment_id" not in chosen:
        number = ColumnProposal(
            "shipment_id", "", LEAST, (), "no column is different on every row; rows are numbered"
        )
        chosen["shipment_id"] = number
    return list(chosen.values())


def _house_and_master(chosen: list[ColumnProposal], texts: dict[str, list[str]]) -> list[ColumnProposal]:
    """Let a house bill number come first, and the bill beside it stand for rows without one."""
    bills = [name for name in recognise(list(texts)).get("shipment_id", []) if texts[name]]
    if len(bills) < 2 or "shipment_id" in texts:
        return chosen
    taken = {c.source for c in chosen if c.canonical != "shipment_id"}
    bills = [name for name in bills if name not in taken]
    if len(bills) < 2:
        return chosen
    why = f"the name {bills[0]!r} is known; where it is empty, the bill itself"
    out = [c for c in chosen if c.canonical != "shipment_id"]
    out.append(ColumnProposal("shipment_id", bills[0], 0.9, _samples(texts[bills[0]]), why, tuple(bills[1:])))
    if all(c.canonical != "master_id" for c in out):
        out.append(
            ColumnProposal(
                "master_id", bills[1], 0.6, _samples(texts[bills[1]]), "the bill beside a house bill"
            )
        )
    return out


def _hints(columns: list[ColumnProposal], texts: dict[str, list[str]]) -> list[str]:
    """Return what a person has to decide."""
    hints = []
    for column in columns:
        values, entry = texts.get(column.source, []), schema.BY_NAME[column.canonical]
        if entry.kind == "time" and values and times.day_first(values) is None:
            unread = times.parse(values[:300]).isna() & times.parse(values[:300], dayfirst=True).notna()
            if unread.any():
                text = values[int(np.argmax(unread))]
                hints.append(f"dayfirst = true   # or false: {text} in {column.source} reads both ways")
        if entry.kind == "choice" and column.source:
            strange = [value for value in values[:100] if codes.choice(entry.name, value) is None]
            if strange:
                words = ", ".join(quoted(value)[:20] for value in strange[:5])
                hints.append(
                    f"{column.canonical}: {words} need [values.{column.canonical}] with column and map"
                )
    return hints
