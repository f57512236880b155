"""Workbooks (XLSX, XLS), read in a process of their own with a limit of memory.

The library that reads them lays a sheet out from its first to its last cell, and repeats a text for
every cell that refers to it. A file of a few kilobytes can so ask for more memory than any machine
has, which ends the program there and then: no error can be caught. Here it ends the other process.

The module is loaded in that process, too: it imports nothing heavy at the top.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Any

#: Memory that reading a workbook may take, in bytes, and the share of the machine's it may take.
MEMORY, SHARE = 4_000_000_000, 0.75
#: Rows handed over at a time.
_ROWS = 1_000
#: Endings by which the library chooses how to read, and what a file must begin with for them.
_NAMED = {
    **dict.fromkeys((".xlsx", ".xlsm", ".xlam"), b"PK\x03\x04"),
    **dict.fromkeys((".xls", ".xla"), b"\xd0\xcf\x11\xe0"),
    **dict.fromkeys((".xlsb", ".ods"), b"neither is read here"),
}
#: What the other process runs; it sees the modules this one sees.
_CODE = "import sys; sys.path[:] = {paths!r}; from features.manifest.workbooks import serve; serve()"

#: Rows of text, and (row, column) of the whole numbers of which a spreadsheet keeps 15 digits only.
Rows = tuple[list[list[str]], list[tuple[int, int]]]


class WorkbookError(ValueError):
    """A workbook cannot be read; the message says why."""


def heads(path: Path, sheet: str | None, limit: int) -> dict[str, list[list[str]]]:
    """Return the first rows of every sheet, or of the one named.

    Raises
    ------
    WorkbookError
        The file is no workbook, lacks the sheet, or does not fit into memory.
    """
    with contextlib.closing(_asked(path, {"what": "heads", "sheet": sheet, "limit": limit})) as answers:
        return dict(answers)


def rows(path: Path, sheet: str) -> Iterator[Rows]:
    """Yield all rows of a sheet, in order, some at a time.

    Raises
    ------
    WorkbookError
        As for `heads`.
    """
    with contextlib.closing(_asked(path, {"what": "rows", "sheet": sheet})) as answers:
        yield from answers


def _asked(path: Path, question: dict[str, Any]) -> Generator[Any, None, None]:
    """Yield the answers of another process to a question about a workbook."""
    question["memory"] = _memory()
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _CODE.format(paths=sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with contextlib.suppress(BrokenPipeError), process.stdin:
            marshal.dump(question | {"path": os.fsencode(path)}, process.stdin)
        while (answer := _answer(process.stdout)) is not None:
            kind, content = answer
            if kind == "wrong":
                raise WorkbookError(content)
            if kind == "end":
                return
            yield content
        raise WorkbookError(f"it takes more than {question['memory'] / 1e9:.1f} GB of memory, or is damaged")
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def _answer(stream: IO[bytes]) -> tuple[str, Any] | None:
    """Return the next answer; None where the other process ended in the middle of it."""
    try:
        found = marshal.load(stream)
    except (EOFError, ValueError, TypeError):
        return None
    return found if isinstance(found, tuple) else None


def _memory() -> int:
    try:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # a system that does not say
        return MEMORY
    return min(MEMORY, int(SHARE * physical)) if physical > 0 else MEMORY


# --- the other process ----------------------------------------------------------------------


def serve() -> None:
    """Answer one question, read from standard input, on standard output."""
    question = marshal.load(sys.stdin.buffer)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (question["memory"], question["memory"]))
    out = sys.stdout.buffer
    try:
        for content in _answers(question):
            marshal.dump(("part", content), out)
        marshal.dump(("end", None), out)
    except WorkbookError as error:
        marshal.dump(("wrong", str(error)), out)
    except BrokenPipeError:  # nobody asks any more
        os._exit(1)
    out.flush()


def _answers(question: dict[str, Any]) -> Iterator[Any]:
    from python_calamine import CalamineError

    try:
        book = _opened(os.fsdecode(question["path"]))
        wanted = question["sheet"]
        if wanted is not None and wanted not in book.sheet_names:
            raise WorkbookError(f"it has no sheet named {wanted!r}; there are {', '.join(book.sheet_names)}")
        if question["what"] == "rows":
            yield from _all_rows(book.get_sheet_by_name(wanted))
            return
        for name in book.sheet_names if wanted is None else [wanted]:
            yield name, _head(book.get_sheet_by_name(name), question["limit"])
    except (CalamineError, OSError, ValueError) as error:
        raise error if isinstance(error, WorkbookError) else WorkbookError(str(error)) from None


def _opened(path: str) -> Any:
    """Open a workbook by its content, whatever its name says."""
    from python_calamine import CalamineWorkbook

    with open(path, "rb") as stream:
        named = _NAMED.get(os.path.splitext(path)[1].lower())
        if named is None or stream.read(len(named)) == named:
            return CalamineWorkbook.from_path(path)
        stream.seek(0)
        return CalamineWorkbook.from_filelike(stream)


def _rows(sheet: Any) -> Iterator[list[Any]]:
    # python-calamine 0.3.1 ends the process over the rows of a sheet that has none.
    return sheet.iter_rows() if sheet.height else iter(())


def _head(sheet: Any, limit: int) -> list[list[str]]:
    from features.manifest.typed_cells import cell_text

    found: list[list[str]] = []
    for row in _rows(sheet):
        if len(found) >= limit:
            break
        found.append([cell_text(cell) or "" for cell in row])
    while found and not any(found[-1]):
        found.pop()
    return found


def _all_rows(sheet: Any) -> Iterator[Rows]:
    from features.manifest.typed_cells import cell_text, is_long

    texts: list[list[str]] = []
    long: list[tuple[int, int]] = []
    for row in _rows(sheet):
        long += [(len(texts), column) for column, cell in enumerate(row) if is_long(cell)]
        texts.append([cell_text(cell) or "" for cell in row])
        if len(texts) == _ROWS:
            yield texts, long
            texts, long = [], []
    yield texts, long
