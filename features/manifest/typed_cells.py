"""Typed cells of spreadsheets, Parquet and JSON as the text a person would have typed."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import Any

#: From here on a spreadsheet's number has more digits than the 15 that spreadsheets keep.
LONG_NUMBER = 1e15
#: Beyond this a number is no number of a paper any more, and its digits say nothing.
_NO_NUMBER = 1e25


def cell_text(cell: Any) -> str | None:
    """Return a typed cell as the text a person would have typed; None for an empty one."""
    if cell is None or isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _number_text(cell)
    if isinstance(cell, (datetime.datetime, datetime.date, datetime.time)):
        return cell.isoformat()
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace") or None
    if hasattr(cell, "tolist"):  # an array
        cell = cell.tolist()
    if isinstance(cell, (list, tuple)) and not any(isinstance(member, (dict, list)) for member in cell):
        return ";".join(text for member in cell if (text := cell_text(member))) or None
    if isinstance(cell, (dict, list, tuple)):
        return json.dumps(cell, ensure_ascii=False, default=_member_text, separators=(",", ":"))
    return str(cell)


def is_long(cell: Any) -> bool:
    """Tell a whole number of which a spreadsheet does not keep every digit."""
    return isinstance(cell, float) and LONG_NUMBER <= abs(cell) < _NO_NUMBER and cell.is_integer()


def _number_text(cell: float) -> str | None:
    if cell != cell:
        return None
    if cell.is_integer() and abs(cell) < LONG_NUMBER:
        return str(int(cell))
    # As the spreadsheet shows it: its digits, then zeros; never 1.2e+17 as the number of a bill.
    return format(decimal.Decimal(repr(cell)), "f").removesuffix(".0") if is_long(cell) else repr(cell)


def _member_text(cell: Any) -> Any:
    return cell.tolist() if hasattr(cell, "tolist") else cell_text(cell)
