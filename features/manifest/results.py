"""Rows of inspection results, read one by one: what names the shipment may be a bill or something else.

A manifest's rows are bills, joined and rejected by their number. A row of results stands for itself: it
may name a declaration or a container and no bill, and a second row of the same bill may correct the
first. So nothing is joined here, and no row is rejected for want of a bill.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from features.manifest import canonical, schema
from features.manifest.canonical import POSITION
from features.manifest.files import Opened, open_table
from features.manifest.mapping import Lines, Mapping, Read, Source, load_mapping
from features.manifest.problems import ManifestError, problem
from features.manifest.reading import known_names
from features.manifest.rows import chunks
from features.manifest.spill import align

#: Text columns, one of which holds the bill while rows are keyed by where they stand.
_SPARE = ("manifest_id", "marks", "package_type", "notify_address")


@dataclass(frozen=True)
class Results:
    """Rows of results, and what became of every row read.

    Attributes
    ----------
    table : DataFrame, shape (n, columns of the shipment table + local ones)
        ``shipment_id`` is the bill named, missing where none is.
    broken : DataFrame
        ``source_file``, ``source_position``, ``shipment_id``, ``reason``: rows that are none.
    notes : DataFrame
        ``source_file``, ``source_position``, ``column``, ``value``, ``expected``: values not used.
    given : tuple of str
        Columns of the shipment table the file was to fill.
    header : tuple of str
        The file's own columns.
    sources : dict of str to str
        Which of them fills a column of the shipment table: the first, where several do.
    """

    table: pd.DataFrame
    broken: pd.DataFrame
    notes: pd.DataFrame
    given: tuple[str, ...]
    header: tuple[str, ...]
    sources: dict[str, str]

    @property
    def rows_read(self) -> int:
        """Rows of the file."""
        return len(self.table) + len(self.broken)


def header(path: str | Path, mapping: Mapping | None = None) -> list[str]:
    """Return the names of a table's columns.

    Raises
    ------
    ManifestError
        It cannot be read as a table.
    """
    return _opened(Path(path), mapping).header


def read_results(
    path: str | Path, mapping: Mapping | str | Path | None = None, *, local: Sequence[str] = ()
) -> Results:
    """Read a file of results.

    Parameters
    ----------
    path : path
        CSV, XLSX, XLS, Parquet or JSON Lines, told by content.
    mapping : Mapping or path, optional
        A mapping file, whose ``[lines]`` are not used; without one, canonical and well-known column
        names are recognised. Where results name no bill it says ``shipment_id = { row_number = true }``.
    local : sequence of str
        Further columns to keep as text, where the file has them.

    Raises
    ------
    ManifestError
        Nothing can be read; with all problems.
    """
    chosen = load_mapping(mapping) if isinstance(mapping, (str, Path)) else mapping
    opened = _opened(Path(path), chosen)
    if chosen is not None and (problems := canonical.check_header(opened, chosen)):
        raise ManifestError(problems)
    base = chosen if chosen is not None else canonical.automatic(opened.header)
    kept = tuple(name for name in local if name in opened.header)
    own, spare = _keyed_by_place(base, kept, opened)
    parts, unmapped, plan = [], Counter[tuple[str, str, str]](), None
    for chunk in chunks(opened):
        plan = plan or canonical.plan(opened, 0, own, chunk.frame)
        parts.append(canonical.convert(chunk, plan))
        unmapped.update(parts[-1].unmapped)
    if unmapped:
        raise ManifestError(canonical.unmapped_problems(unmapped))
    if not any(part.read for part in parts):
        raise ManifestError([problem("rows below the header", file=opened.label)])
    table = align([part.table for part in parts]).drop(columns=[POSITION, "shipment_id"])
    table = schema.complete(table.rename(columns={spare: "shipment_id"}))
    broken, notes = (align([getattr(part, name) for part in parts]) for name in ("rejected", "notes"))
    sources = {name: source.columns[0] for name, source in base.columns.items() if source.columns}
    sources |= {name: values.column for name, values in base.values.items() if values.column is not None}
    given = {*base.columns, *base.values, *base.constants}
    return Results(
        table.reset_index(drop=True),
        broken.drop(columns=POSITION),
        notes.replace({"column": {spare: "shipment_id"}}).drop(columns=[POSITION, "shipment_id"]),
        tuple(name for name in schema.BY_NAME if name in given),
        tuple(opened.header),
        sources,
    )


def _opened(path: Path, mapping: Mapping | None) -> Opened:
    label = path.name.encode("utf-8", "replace").decode()
    opened = open_table(path, label, mapping.read if mapping else Read(), known_names(mapping))
    if opened.message:
        raise ManifestError([problem("a table of results; this is a message", file=label)])
    return opened


def _keyed_by_place(mapping: Mapping, kept: tuple[str, ...], opened: Opened) -> tuple[Mapping, str]:
    """Return a mapping whose shipment is the row, and the column that holds the bill meanwhile."""
    used = {*mapping.columns, *mapping.values, *mapping.constants}
    spare = next(name for name in (*_SPARE, *schema.BY_NAME) if name not in used and name != "shipment_id")
    columns, values = dict(mapping.columns), dict(mapping.values)
    bill, mapped = columns.pop("shipment_id", None), values.pop("shipment_id", None)
    key = tuple(name for name in mapping.lines.key if name in opened.header)
    if mapped is not None:
        values[spare] = mapped
    elif bill is not None and bill.how != "row_number":
        columns[spare] = bill
    elif key:
        columns[spare] = Source(key)
    columns["shipment_id"] = Source((), "row_number")
    local = tuple(name for name in kept if name not in (*mapping.categorical, *mapping.numeric))
    own = replace(
        mapping,
        columns=columns,
        values=values,
        lines=Lines(),
        categorical=(*mapping.categorical, *local),
    )
    return own, spare
