"""Tables of watch lists that come as workbooks: the rows of the first sheet that holds anything.

A workbook is read in a process of its own (`features.manifest.workbooks`): what a small file unfolds to ends
there.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory

from features.manifest import workbooks
from risk.refusals import Refusal

#: What files of a workbook begin with -> the ending by which they are read.
_HEADS = {b"PK\x03\x04": ".xlsx", b"\xd0\xcf\x11\xe0": ".xls"}


def is_workbook(content: bytes) -> bool:
    """Tell a workbook from text."""
    return content[:4] in _HEADS


def lines(content: bytes, most: int) -> list[list[str]]:
    """Return the rows of a workbook as texts; of more than ``most`` (and a header) some of those after.

    Raises
    ------
    Refusal
        It cannot be read.
    """
    with TemporaryDirectory(prefix="wildcargo-") as folder:
        path = Path(folder) / f"table{_HEADS[content[:4]]}"
        path.write_bytes(content)
        try:
            heads = workbooks.heads(path, None, 1)
            sheet = next((name for name, rows in heads.items() if any(map(any, rows))), None)
            found: list[list[str]] = []
            if sheet is not None:
                with contextlib.closing(workbooks.rows(path, sheet)) as parts:  # type: ignore[type-var]
                    for part, _ in parts:
                        found += part
                        if len(found) > most + 1:
                            break
            return found
        except workbooks.WorkbookError:
            raise Refusal("this workbook cannot be read; save it as CSV UTF-8") from None
