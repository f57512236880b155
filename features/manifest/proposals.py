"""A mapping proposed for an unknown table, from its column names and its values.

The name says most; the values confirm it, contradict it, or (container numbers, UN/LOCODEs,
currencies) speak for themselves. Every proposal says why, and how sure it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

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
#: Below this a column is left out.
LEAST = 0.35


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
        frame, read = source.head(SAMPLE_ROWS), Read()
    else:
        opened = open_table(source, Path(source).name, Read(), known_names(None))
        frame = next(iter(chunks(opened))).frame.head(SAMPLE_ROWS)
        read = _how_to_read(opened)
    if not len(frame.columns):
        raise ManifestError([problem("a table with columns")])
    texts = {str(name): _texts(frame[name]) for name in frame.columns}
    chosen = _house_and_master(_assign(texts, max(1, len(frame))), texts)
    columns = sorted(chosen, key=lambda proposal: list(schema.BY_NAME).index(proposal.canonical))
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


def _texts(column: pd.Series) -> list[str]:
    """Return a column's distinct values as clean texts, most frequent first (at most 1,000)."""
    texts = column.dropna().map(
        lambda value: value.isoformat() if hasattr(value, "isoformat") else str(value)
    )
    cleaned = cells.clean(texts.astype("str"))[0].dropna()
    return [str(text) for text in cleaned.value_counts(sort=True).index[:1000]]


def _samples(values: list[str]) -> tuple[str, ...]:
    return tuple(quoted(value)[:30] for value in values[:3])


# --- names ----------------------------------------------------------------------------------


@cache
def _alias_names() -> tuple[str, ...]:
    return tuple(aliases())


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
        inside = [a for a in _alias_names() if len(a) >= (2 if not a.isascii() else 5) and a in folded]
        for alias in sorted(inside, key=lambda a: (-len(a), a))[:1]:
            found.setdefault(aliases()[alias], (0.6, f"the name {name!r} holds {alias!r}"))
    for canonical, words in HINTS.items():
        if hit := next((word for word in words if len(word) > 2 and fold(word) in folded), None):
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


def _share(values: list[str], test: Callable[[str], object]) -> float:
    return float(np.mean([bool(test(value)) for value in values[:300]])) if values else 0.0


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


def _speaks(canonical: str, values: list[str], rows: int) -> tuple[float, str]:
    """Return how strongly values alone speak for a column."""
    match canonical:
        case "container_ids":
            share = _share(values, lambda v: any(iso6346(m) for m in re.split(r"[;,|/]", v)))
            return 0.9 * share, "container numbers with right check digits (ISO 6346)"
        case "loading_port" | "discharge_port":
            return 0.5 * _share(values, _locode), "UN/LOCODEs"
        case "currency":
            share = _share(
                values,
                lambda v: (
                    v in ("USD", "EUR", "CNY", "HKD", "THB", "VND", "JPY", "GBP", "SGD", "KRW", "MYR", "TWD")
                ),
            )
            return 0.8 * share, "currency codes"
        case "hs_codes":
            share = _share(
                values, lambda v: re.fullmatch(r"\d{4}[. ]?\d{2}([. ]?\d{2}){0,2}", v) and codes.hs(v)
            )
            varied = min(1.0, len(values) / 10)
            return 0.45 * share * varied, "digits like HS codes"
        case "origin_country":
            return 0.4 * _share(values, lambda v: v.upper() in codes.country_codes()), "country codes"
        case "shipper_name" | "consignee_name":
            return 0.3 * _share(values, _COMPANY.search), "names of companies"
        case "shipper_address" | "consignee_address":
            return 0.2 * _share(values, lambda v: len(v) > 20 and _ADDRESS.search(v)), "addresses"
        case "shipper_email":
            return 0.6 * _share(
                values, lambda v: re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", v)
            ), "e-mail addresses"
        case "goods_description":
            share = _share(
                values, lambda v: len(v) > 8 and re.search(r"[^\W\d_]{3}", v) and not _COMPANY.search(v)
            )
            return 0.36 * share * min(1.0, len(values) / 10), "texts that may describe goods"
        case "arrives_at":
            plain = _share(values, lambda v: re.fullmatch(r"\d{5,}(\.\d+)?", v))
            return 0.36 * (1 - plain) * float(
                times.parse(values[:300], dayfirst=True).notna().mean()
            ), "dates"
        case "mode":
            return 0.6 * _share(
                values, lambda v: not v.isdigit() and len(v) > 2 and codes.choice("mode", v)
            ), "modes of transport"
        case "shipment_id":
            alike = len(values) < min(rows, 1000) * 0.98 or rows < 2
            share = 0.0 if alike else _share(values, lambda v: re.fullmatch(r"[A-Z0-9/_-]{6,30}", v.upper()))
            return 0.37 * share, "different on every row"
    return 0.0, ""


_SPEAKING = (
    "shipment_id",
    "mode",
    "arrives_at",
    "shipper_name",
    "consignee_name",
    "shipper_address",
    "consignee_address",
    "shipper_email",
    "goods_description",
    "hs_codes",
    "origin_country",
    "loading_port",
    "discharge_port",
    "currency",
    "container_ids",
)


def _candidates(name: str, values: list[str], rows: int) -> list[ColumnProposal]:
    """Return all that a column may be."""
    named = _by_name(name)
    out = []
    for canonical in dict.fromkeys((*named, *_SPEAKING)):
        by_name, reason = named.get(canonical, (0.0, ""))
        by_value, says = _speaks(canonical, values, rows) if values else (0.0, "")
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
    everything.sort(key=lambda c: (-c.confidence, order[c.source], list(schema.BY_NAME).index(c.canonical)))
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
