"""Tables whose columns are not known by name: what they hold, as a person answers it, and as shipments.

The mapping screen shows each column with values of it and a guess (`features.manifest.proposals`); the
answers become a mapping file, and the first rows read with it show whether they were right.
"""

from __future__ import annotations

from collections.abc import Mapping as Answers
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from features.manifest import ManifestError, propose, read, render_mapping, schema
from features.manifest.canonical import check_header
from features.manifest.files import Opened, open_table
from features.manifest.mapping import Mapping, Read, parse_mapping
from features.manifest.proposals import ColumnProposal, MappingProposal
from features.manifest.reading import known_names
from features.manifest.rows import chunks

#: Rows read to show what a mapping makes of a table.
ROWS = 200
#: Kilograms in a unit weights may be written in.
WEIGHTS = {"kg": 1.0, "lb": 0.45359237, "t": 1000.0, "g": 0.001}
#: What no column of a manifest is mapped to: where a row stands, and what was found.
_NOT_ASKED = ("source_file", "source_position", "amendment_count")


@dataclass(frozen=True)
class Answer:
    """What a person said of a table.

    Attributes
    ----------
    columns : mapping of str to str
        Source column -> canonical column; what is not used is left out. Of several for one canonical column
        the first that is not empty counts.
    constants : mapping of str to str
        Canonical column -> value of every row, for what the table does not say.
    dayfirst : bool or None
        Whether 03/04 is the third of April; None: as the values tell.
    weight : str
        Unit of its weights, a key of `WEIGHTS`.
    """

    columns: Answers[str, str]
    constants: Answers[str, str] = field(default_factory=dict)
    dayfirst: bool | None = None
    weight: str = "kg"


@dataclass(frozen=True)
class Preview:
    """The first rows of a table as a mapping reads them.

    Attributes
    ----------
    table : DataFrame
        Shipments.
    problems : DataFrame
        What was wrong, in `features.manifest.problems.PROBLEM_COLUMNS`.
    rows : int
        Rows looked at.
    """

    table: pd.DataFrame
    problems: pd.DataFrame
    rows: int


def is_unknown(path: Path, name: str, toml: str = "") -> bool:
    """Tell whether a file is a table that needs a mapping.

    Messages, tables with known columns, archives and what cannot be read at all are not: a load reads them,
    or says why it cannot.

    Parameters
    ----------
    toml : str
        A mapping; a table is known where it has all of its columns.
    """
    try:
        mapping = parse_mapping(toml) if toml else None
        opened = open_table(path, name, mapping.read if mapping else Read(), known_names(mapping))
        return bool(check_header(opened, mapping))
    except ManifestError:
        return False


def targets() -> tuple[schema.Column, ...]:
    """Return the columns of the shipment table a source column may hold, in their order."""
    return tuple(
        column for column in schema.COLUMNS if column.group != "outcome" and column.name not in _NOT_ASKED
    )


def guess(path: Path) -> MappingProposal:
    """Return what a table's columns seem to hold.

    Raises
    ------
    ManifestError
        It is no table.
    """
    return propose(path)


def mapping(answer: Answer, proposal: MappingProposal) -> str:
    """Return an answer as a mapping file.

    Parameters
    ----------
    proposal : MappingProposal
        Of the table: how it is read, and values of its columns for the comments.
    """
    sources = {each.source: each for each in (*proposal.columns, *proposal.unused) if each.source}
    others = {name: each for each in proposal.columns for name in each.others if name not in sources}
    order = [*sources, *others]
    by_target: dict[str, list[str]] = {}
    for name in order:
        if target := answer.columns.get(name, ""):
            by_target.setdefault(target, []).append(name)
    columns = [
        _chosen(target, names, sources) for target, names in by_target.items() if target in schema.BY_NAME
    ]
    if "shipment_id" not in by_target:
        columns.append(ColumnProposal("shipment_id", "", 1.0, (), "chosen: rows are numbered"))
    place = {name: number for number, name in enumerate(schema.BY_NAME)}
    columns.sort(key=lambda each: place[each.canonical])
    used = {name for names in by_target.values() for name in names}
    unused = [each for name, each in sources.items() if name not in used]
    text = render_mapping(MappingProposal(tuple(columns), tuple(unused), proposal.read))
    return text + _rest(answer, {each.canonical for each in columns}, "[read]" in text)


def _chosen(target: str, names: list[str], sources: dict[str, ColumnProposal]) -> ColumnProposal:
    samples = sources[names[0]].samples if names[0] in sources else ()
    return ColumnProposal(target, names[0], 1.0, samples, "chosen", tuple(names[1:]))


def _rest(answer: Answer, columns: set[str], reads: bool) -> str:
    lines = []
    if answer.dayfirst is not None:
        # The section of how the file is read is the last one of a rendered mapping.
        lines += ([] if reads else ["", "[read]"]) + [f"dayfirst = {str(answer.dayfirst).lower()}"]
    constants = {n: v for n, v in answer.constants.items() if v and n not in columns and n in schema.BY_NAME}
    if constants:
        lines += ["", "[constants]", *(f'{name} = "{_quoted(value)}"' for name, value in constants.items())]
    weights = sorted(columns & {"gross_weight_kg", "net_weight_kg"})
    if answer.weight != "kg" and weights:
        lines += ["", "[scale]", *(f"{name} = {WEIGHTS[answer.weight]!r}" for name in weights)]
    return "\n".join(lines) + "\n" if lines else ""


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def preview(path: Path, name: str, toml: str) -> Preview:
    """Read the first rows of a table with a mapping.

    Raises
    ------
    ManifestError
        The mapping is wrong, or nothing can be read with it; with every problem.
    """
    checked = parse_mapping(toml)
    opened = open_table(path, name, checked.read, known_names(checked))
    if wrong := check_header(opened, checked):
        raise ManifestError(wrong)
    frame = _head(opened)
    with TemporaryDirectory() as folder:
        part = Path(folder) / "table.csv"
        frame.to_csv(part, index=False, encoding="utf-8")
        manifest = read(part, _of_part(checked))
    problems = manifest.problems()
    return Preview(manifest.table, problems.assign(source_file=name), len(frame))


def _head(opened: Opened) -> pd.DataFrame:
    return next(iter(chunks(opened))).frame.head(ROWS)


def _of_part(mapping: Mapping) -> Mapping:
    """Return a mapping for rows that were written again: only what their cells mean is as before."""
    again = Read(
        decimal=mapping.read.decimal,
        dayfirst=mapping.read.dayfirst,
        time_zone=mapping.read.time_zone,
        missing=mapping.read.missing,
    )
    return replace(mapping, read=again)
