"""What is wrong with a manifest, as tables: problems, notes and rejected rows."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

#: A problem, a note: where, which value, and what was expected instead.
PROBLEM_COLUMNS = ("source_file", "source_position", "shipment_id", "column", "value", "expected")
NOTE_COLUMNS = ("shipment_id", "column", "value", "expected", "source_file", "source_position")
REJECTED_COLUMNS = ("source_file", "source_position", "shipment_id", "reason")

#: A note quotes at most this many characters of a value.
QUOTED = 80


class ManifestError(ValueError):
    """Nothing can be read; carries every problem found, not only the first.

    Attributes
    ----------
    problems : DataFrame
        Columns `PROBLEM_COLUMNS`, one row per problem.
    """

    def __init__(self, problems: pd.DataFrame | Iterable[dict[str, str]]) -> None:
        self.problems = problem_table(problems)
        super().__init__(self._text())

    def _text(self) -> str:
        lines = []
        for row in self.problems.fillna("").to_dict("records"):
            where = " ".join(filter(None, (row["source_file"], row["source_position"])))
            what = f"{row['column']} {row['value']!r}".strip() if row["value"] else row["column"]
            lines.append(": ".join(filter(None, (where, what, f"expected {row['expected']}"))))
        return "\n".join(lines)


def problem(
    expected: str, *, file: str = "", position: str = "", column: str = "", value: str = ""
) -> dict[str, str]:
    """Return one problem as a record of `PROBLEM_COLUMNS`."""
    return {
        "source_file": file,
        "source_position": position,
        "shipment_id": "",
        "column": column,
        "value": quoted(value),
        "expected": expected,
    }


def problem_table(problems: pd.DataFrame | Iterable[dict[str, str]]) -> pd.DataFrame:
    """Return problems as a table with exactly `PROBLEM_COLUMNS`, all text."""
    table = problems if isinstance(problems, pd.DataFrame) else pd.DataFrame(list(problems))
    return table.reindex(columns=list(PROBLEM_COLUMNS)).astype("str")


def quoted(value: object) -> str:
    """Return a value as a note quotes it: one line, at most `QUOTED` characters."""
    # Half characters (a lone surrogate in JSON) can stand in no column of text.
    text = " ".join(str(value).split()).encode(errors="replace").decode()
    return text if len(text) <= QUOTED else text[: QUOTED - 1] + "…"


def empty(columns: tuple[str, ...]) -> pd.DataFrame:
    """Return an empty all-text table."""
    return pd.DataFrame({name: pd.Series(dtype="str") for name in columns})
