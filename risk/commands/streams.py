"""Standard output and error of the program, made to fail in words or not at all."""

from __future__ import annotations

import io
import os
import sys
from typing import Any, TextIO


class PrintError(OSError):
    """What was to be printed could not be: the disk or device that output goes to takes no more."""


class _Told(io.TextIOWrapper):
    """Standard output: a fault says that it is of printing, not of a file."""

    def write(self, text: str, /) -> int:
        """Write a text."""
        return self._done(super().write, text)

    def flush(self) -> None:
        """Write what waits."""
        self._done(super().flush)

    def _done(self, what: Any, *given: str) -> Any:
        try:
            return what(*given)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise PrintError(error.errno, error.strerror) from error


class _Quiet(io.TextIOWrapper):
    """Standard error: where a complaint cannot be heard, the exit code still speaks."""

    def write(self, text: str, /) -> int:
        """Write a text, if it can be written."""
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        """Write what waits, if it can be written."""
        try:
            super().flush()
        except OSError:
            return


def prepare() -> None:
    """Put streams in place that never end a run for a character, a closed window or a full disk."""
    sys.stdout = _over(sys.stdout, _Told)
    sys.stderr = _over(sys.stderr, _Quiet)


def silence() -> None:
    """Let nothing more be printed."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (stays open to the end)


def _over(stream: TextIO | None, kind: type[io.TextIOWrapper]) -> TextIO:
    if stream is None:  # closed by whoever started the program
        return open(os.devnull, "w")
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    # A terminal or pipe that cannot show a character must not stop a worklist.
    return kind(
        stream.buffer, encoding=stream.encoding, errors="replace", line_buffering=stream.line_buffering
    )
