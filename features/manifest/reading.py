"""Manifest files in, shipments out: `read` at once, `stream` in batches, `read_outcomes`."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from features import scratch
from features.manifest import canonical, column_names, schema, sources
from features.manifest.canonical import KIND, POSITION, Part, file_numbers
from features.manifest.earlier import as_rows
from features.manifest.files import Known, Opened, open_table
from features.manifest.headings_in_text import read_headings
from features.manifest.mapping import Lines, Mapping, Read, load_mapping
from features.manifest.messages import BY_NAME, glued
from features.manifest.problems import (
    NOTE_COLUMNS,
    PROBLEM_COLUMNS,
    REJECTED_COLUMNS,
    ManifestError,
    empty,
    problem,
    quoted,
)
from features.manifest.rows import chunks
from features.manifest.spill import Spill, align
from features.manifest.statements import settle
from features.manifest.synonyms import fold

Paths = str | Path | Sequence[str | Path]


@dataclass(frozen=True)
class Manifest:
    """Shipments, and what became of every row read.

    Attributes
    ----------
    table : DataFrame, shape (n, columns)
        A complete shipment table plus local extra columns, in order of the input.
    rejected : DataFrame
        ``source_file``, ``source_position``, ``shipment_id``, ``reason``: one row per rejected row.
    notes : DataFrame
        ``shipment_id``, ``column``, ``value`` (at most 80 characters), ``expected``,
        ``source_file``, ``source_position``: one row per value dropped, cut or counted otherwise.
    counts : dict of str to int
        ``rows_read`` = the sum of all others: ``shipments``, ``rejected`` and what
        `features.manifest.statements` counts.
    extra : dict of str to list of str
        Local columns of the table: ``categorical`` (text) and ``numeric`` (float64).
    files : dict of str to tuple of str
        ``read`` and ``unread``: files by the names people know them by, those of archives one by one;
        of a stream, with its first batch.
    origin : DataFrame, shape (n, 5), or None
        What each shipment is made of, in the order of ``table``: `features.manifest.earlier.ORIGIN`, and
        ``changed``, false for shipments of an earlier list of which nothing new is said.
    """

    table: pd.DataFrame
    rejected: pd.DataFrame
    notes: pd.DataFrame
    counts: dict[str, int]
    extra: dict[str, list[str]] = field(default_factory=lambda: {"categorical": [], "numeric": []})
    files: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"read": (), "unread": ()})
    origin: pd.DataFrame | None = None

    def problems(self) -> pd.DataFrame:
        """Return notes and rejected rows as one list: row, column, value, what was expected."""
        rejected = self.rejected.rename(columns={"reason": "expected"})
        whole = pd.concat([self.notes, rejected.assign(column="", value="")], ignore_index=True)
        return whole.reindex(columns=list(PROBLEM_COLUMNS)).astype("str")


def read(
    paths: Paths,
    mapping: Mapping | str | Path | None = None,
    *,
    now: datetime.datetime | None = None,
    versions: str = "latest",
) -> Manifest:
    """Read manifests into one shipment table.

    Parameters
    ----------
    paths : path or sequence of paths
        CSV, XLSX, XLS, Parquet, JSON Lines, the messages of `features.manifest.messages`, folders and zip
        archives of them, single files in gzip, told by content. A file in a folder or archive that cannot
        be read is listed among the rejected rows.
    mapping : Mapping or path, optional
        A mapping file; without one, canonical and well-known column names are recognised.
    now : datetime, optional
        Fills ``known_at`` where the manifest does not say it (UTC if it has no zone).
    versions : {"latest", "all"}
        Of a shipment amended within the input, keep the latest version or every one.

    Raises
    ------
    ManifestError
        Nothing can be read; with all problems of all files.
    """
    with ExitStack() as unpacked:
        source = _Source(paths, mapping, unpacked)
        whole = _stack(list(source.parts()))
    source.check_values()
    return source.manifest(whole, now, versions)


def stream(
    paths: Paths,
    mapping: Mapping | str | Path | None = None,
    *,
    rows: int = 25_000,
    now: datetime.datetime | None = None,
    versions: str = "latest",
    earlier: Iterable[pd.DataFrame] = (),
    lenient: bool = False,
) -> Iterator[Manifest]:
    """Read manifests in batches; the same rows as `read`, in bounded memory.

    No bill, master bill or manifest is split over batches, and repeats are settled over the
    whole input; so the input is read once to disk (a temporary folder) before the first batch.

    Parameters
    ----------
    paths, mapping, now, versions
        As for `read`, with the same errors.
    rows : int
        Rows a batch aims at; a manifest larger than that is still one batch.
    earlier : iterable of DataFrame
        Shipments of an earlier list, as `features.manifest.earlier.as_rows` takes them: read before the
        files, and settled with what these say of them. Only with ``versions="latest"``.
    lenient : bool
        A file that was named and cannot be read is listed among the rejected rows, like one in a folder,
        where another can be read.

    Yields
    ------
    Manifest
        ``counts`` are the batch's own and add up to those of `read`.
    """
    if rows < 1:
        raise ValueError("rows is at least 1")
    with scratch.folder() as folder, ExitStack() as unpacked:
        spill = Spill(folder)
        source = _Source(paths, mapping, unpacked, lenient=lenient)
        for part in source.parts(earlier):
            spill.add(part)
        unpacked.close()
        source.check_values()
        for number, part in enumerate(spill.batches(rows)):
            yield source.manifest(part, now, versions, first=number == 0)


def read_outcomes(paths: Paths, mapping: Mapping | str | Path | None = None) -> Manifest:
    """Read a file of outcomes (or of truths): ``shipment_id`` and outcome columns.

    Of two rows of one shipment the later ``inspected_at`` stands; rows of the same time are
    one set of outcomes.

    Returns
    -------
    Manifest
        ``table`` holds ``shipment_id``, the outcome columns, ``source_file`` and
        ``source_position``, and local extra columns.

    Raises
    ------
    ManifestError
        Also when no outcome column is there.
    """
    with ExitStack() as unpacked:
        return _read_outcomes(_Source(paths, mapping, unpacked))


def _read_outcomes(source: _Source) -> Manifest:
    lacking = [
        problem("an outcome column (outcome, inspected_at, ...)", file=opened.label, column="outcome")
        for opened in source.opened
        if not set(schema.OUTCOME_COLUMNS) & set(source.given(opened))
    ]
    if lacking:
        raise ManifestError(lacking)
    whole = _stack(list(source.parts()))
    source.check_values()
    keep = ["shipment_id", *schema.OUTCOME_COLUMNS, "source_file", "source_position"]
    extra = [name for names in source.extra.values() for name in names]
    table = whole.table[[name for name in (*keep, *extra, POSITION) if name in whole.table]]
    found = source.manifest(replace(whole, table=table), None, "latest", time="inspected_at")
    return replace(found, table=found.table[[*keep, *extra]])


class _Source:
    """The files of one reading, opened and checked together."""

    def __init__(
        self,
        paths: Paths,
        mapping: Mapping | str | Path | None,
        unpacked: ExitStack,
        *,
        lenient: bool = False,
    ) -> None:
        listed = [paths] if isinstance(paths, (str, Path)) else list(paths)
        if not listed:
            raise ManifestError([problem("at least one file")])
        self.mapping = load_mapping(mapping) if isinstance(mapping, (str, Path)) else mapping
        self.unmapped: Counter[tuple[str, str, str]] = Counter()
        self.ignored: list[tuple[str, tuple[str, ...]]] = []
        self.opened: list[Opened] = []
        self.unread: list[dict[str, str]] = []
        wrong: list[dict[str, str]] = []
        found = sources.find(listed, unpacked)
        for file, label in zip(found.files, _labels([file.name for file in found.files]), strict=True):
            problems = self._open(file.path, label)
            (wrong if file.named and not lenient else self.unread).extend(problems)
            if not problems:
                self._part(self.opened.pop(), unpacked)
        self.unread = found.problems + self.unread
        if wrong or not self.opened:
            given = ", ".join(str(path) for path in listed[:3])
            raise ManifestError([*wrong, *self.unread] or [problem("at least one file to read", file=given)])
        self.lines = self.mapping.lines if self.mapping else Lines()
        self.extra = {
            "categorical": list(self.mapping.categorical) if self.mapping else [],
            "numeric": list(self.mapping.numeric) if self.mapping else [],
        }

    def _open(self, path: Path, label: str) -> list[dict[str, str]]:
        """Open a table or message; return what is wrong with it as a whole."""
        try:
            opened = open_table(
                path, label, self.mapping.read if self.mapping else Read(), known_names(self.mapping)
            )
        except ManifestError as error:
            return [{str(k): v for k, v in row.items()} for row in error.problems.to_dict("records")]
        if problems := canonical.check_header(opened, self.mapping):
            return problems
        self.opened.append(opened)
        return []

    def _part(self, opened: Opened, stack: ExitStack) -> None:
        """Take an opened file; one with messages of several formats as one file of each stretch."""
        found = glued.stretches(opened.path, BY_NAME[opened.message]) if opened.message else []
        if len(found) < 2:
            self.opened.append(opened)
            return
        room = stack.enter_context(scratch.folder())
        for number, stretch in enumerate(found):
            path = room / f"{number}"
            glued.copy(opened.path, stretch, path)
            self.unread.extend(self._open(path, f"{opened.label} (from line {stretch.line})"))

    def given(self, opened: Opened) -> list[str]:
        mapping = self.mapping or canonical.automatic(opened.header)
        return [*mapping.columns, *mapping.values, *mapping.constants]

    def parts(self, earlier: Iterable[pd.DataFrame] = ()) -> Iterator[Part]:
        """Yield the canonical rows of an earlier list and of every file, chunk by chunk."""
        rows = before = 0
        for frame in earlier:
            yield as_rows(frame, before)
            before += len(frame)
        if self.unread:
            yield _unread(self.unread)
        for number, (opened, *more) in _runs(self.opened):
            plan = None
            for chunk in chunks(opened, *more):
                if plan is None:
                    plan = canonical.plan(opened, number, self.mapping, chunk.frame)
                    self.ignored.append((opened.label, plan.ignored))
                part = canonical.convert(chunk, plan)
                self.unmapped.update(part.unmapped)
                rows += part.read
                yield part
        if rows == 0:
            raise ManifestError(
                [problem("rows below the header", file=opened.label) for opened in self.opened]
            )

    def check_values(self) -> None:
        if self.unmapped:
            raise ManifestError(canonical.unmapped_problems(self.unmapped))

    def manifest(
        self,
        part: Part,
        now: datetime.datetime | None,
        versions: str,
        *,
        time: str = "known_at",
        first: bool = True,
    ) -> Manifest:
        """Settle the bills of some rows and dress them as a `Manifest`."""
        moment = None if now is None else _utc(now)
        settled = settle(self._kinds(part.table), self.lines, versions=versions, time=time, now=moment)
        table, told = read_headings(settled.table)
        notes = part.notes[part.notes[POSITION].isin(settled.used)] if len(part.notes) else part.notes
        notes = _ordered([notes, *settled.notes, told], NOTE_COLUMNS)
        if first:
            notes = pd.concat([self._ignored_note(), notes], ignore_index=True)
        rejected = _ordered([part.rejected, *settled.rejected], REJECTED_COLUMNS)
        table = schema.complete(table.drop(columns=POSITION).reset_index(drop=True))
        if moment is not None:
            table["known_at"] = table["known_at"].fillna(moment)
        counts = {"rows_read": part.read, **settled.counts, "rejected": len(rejected)}
        unread = dict.fromkeys(row["source_file"] for row in self.unread)
        files = {"read": tuple(opened.label for opened in self.opened), "unread": tuple(unread)}
        return Manifest(
            table,
            rejected,
            notes,
            counts,
            {kind: list(names) for kind, names in self.extra.items()},
            files if first else {"read": (), "unread": ()},
            settled.origin.assign(kind=self._origin_kind(settled.origin)).reset_index(drop=True),
        )

    def _origin_kind(self, origin: pd.DataFrame) -> pd.Series:
        """Return of what kind of message each shipment is, where all are of one kind too."""
        return origin["kind"].fillna(self.opened[0].message or "").astype("str")

    def _kinds(self, table: pd.DataFrame) -> pd.DataFrame:
        """Say of each row what kind of message it is of, where there are several."""
        kinds = np.array([opened.message or "" for opened in self.opened], dtype="object")
        if table.empty or (len(set(kinds)) < 2 and KIND not in table):
            return table
        new = (table[POSITION] >= 0).to_numpy()
        kind = pd.Series(kinds[np.where(new, file_numbers(table), 0)], table.index, dtype="str")
        return table.assign(**{KIND: kind if KIND not in table else table[KIND].where(~new, kind)})

    def _ignored_note(self) -> pd.DataFrame:
        rows = [
            {"column": "", "value": quoted(", ".join(names)), "source_file": label}
            for label, names in self.ignored
            if names
        ]
        expected = "a column of the shipment table, or a mapping; local columns not mapped are left out"
        table = pd.DataFrame(rows).assign(expected=expected) if rows else empty(NOTE_COLUMNS)
        return table.reindex(columns=list(NOTE_COLUMNS)).astype("str")


def _runs(opened: list[Opened]) -> Iterator[tuple[int, list[Opened]]]:
    """Yield files, with the number of the first: each by itself, messages of one format together."""
    begin = 0
    for number, each in enumerate(opened, 1):
        if number == len(opened) or not each.message or opened[number].message != each.message:
            yield begin, opened[begin:number]
            begin = number


def known_names(mapping: Mapping | None) -> Known:
    """Return how many cells of a row name a column: of the mapping, or of those well known."""
    if mapping is not None and mapping.source_columns():
        names = set(mapping.source_columns())
        return lambda row: len(names & {" ".join(cell.split()) for cell in row})
    known = column_names.aliases()
    return lambda row: sum(fold(cell) in known for cell in row[:5000] if len(cell) <= 200)


def _unread(problems: list[dict[str, str]]) -> Part:
    """Return files that a folder or an archive holds and that cannot be read, as rejected rows."""
    rejected = pd.DataFrame(problems).rename(columns={"expected": "reason"})
    rejected["reason"] = "not read: expected " + rejected["reason"].astype("str")
    rejected["shipment_id"] = pd.Series(pd.NA, rejected.index, dtype="str")
    rejected[POSITION] = np.arange(-len(rejected), 0)
    rejected = rejected[[*REJECTED_COLUMNS, POSITION]].astype(dict.fromkeys(REJECTED_COLUMNS, "str"))
    nothing = pd.DataFrame({"shipment_id": pd.Series(dtype="str"), POSITION: pd.Series(dtype="int64")})
    return Part(
        nothing, empty(NOTE_COLUMNS).assign(**{POSITION: pd.Series(dtype="int64")}), rejected, len(rejected)
    )


def _labels(names: list[str]) -> list[str]:
    """Return file names made unique: a second ``a.csv`` is ``a.csv (2)``."""
    seen: Counter[str] = Counter()
    labels = []
    # A file system may hold names that are no text; a table could not store them.
    for name in (name.encode("utf-8", "replace").decode() for name in names):
        seen[name] += 1
        labels.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return labels


def _stack(parts: list[Part]) -> Part:
    return Part(
        table=align([part.table for part in parts]),
        notes=align([part.notes for part in parts]),
        rejected=align([part.rejected for part in parts]),
        read=sum(part.read for part in parts),
    )


def _ordered(frames: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    """Stack notes or rejections in order of the input."""
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return empty(columns)
    whole = pd.concat(filled, ignore_index=True).sort_values(POSITION, kind="stable", ignore_index=True)
    return whole[list(columns)].astype("str")


def _utc(moment: datetime.datetime) -> pd.Timestamp:
    stamp = pd.Timestamp(moment)
    return (stamp.tz_convert("UTC").tz_localize(None) if stamp.tzinfo is not None else stamp).as_unit("us")
