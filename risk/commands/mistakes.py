"""What went wrong, in words: a user's mistake never ends in a program trace."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from typing import IO, Any

import click

from risk.commands import streams

WRONG_CALL = 2
FAULT = 1
STOPPED = 130

#: A named `ValueError` of these packages says that something given to them is wrong; a bare
#: ValueError, or one from elsewhere, is a fault of the program.
_OURS = ("features", "models", "risk", "data_samples")

#: Problems shown before the rest is only counted.
MOST_SHOWN = 200


class Mistake(click.ClickException):
    """A message and an exit code; ``problems`` are listed under the message."""

    def __init__(self, message: str, problems: list[str] | None = None, exit_code: int = WRONG_CALL) -> None:
        super().__init__(message)
        self.problems = problems or []
        self.exit_code = exit_code  # type: ignore[misc]  # click declares it once per class

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message and every problem to standard error."""
        click.echo(f"wildcargo: {self.message}", err=True, file=file)
        for problem in self.problems[:MOST_SHOWN]:
            click.echo(f"  - {problem}", err=True, file=file)
        if len(self.problems) > MOST_SHOWN:
            click.echo(f"  … and {len(self.problems) - MOST_SHOWN:,} more", err=True, file=file)


@contextlib.contextmanager
def stated(*, show_trace: bool = False) -> Iterator[None]:
    """Turn whatever goes wrong inside into a `Mistake`."""
    try:
        yield
    except (click.exceptions.Exit, click.ClickException):
        raise
    except (KeyboardInterrupt, click.Abort):
        raise Mistake("stopped; no output was written", exit_code=STOPPED) from None
    except BrokenPipeError:  # whoever reads our output has read enough
        streams.silence()
        raise click.exceptions.Exit(0) from None
    except OSError as error:
        raise _from_os(error) from error
    except MemoryError:
        raise Mistake("not enough memory; nothing was written", exit_code=FAULT) from None
    except Exception as error:
        if show_trace and not is_call_error(error):
            raise
        raise _from_error(error) from error


#: What a disk (or whatever output goes to) says when it takes no more.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)


def _from_os(error: OSError) -> Mistake:
    if isinstance(error, streams.PrintError):
        streams.silence()
        return Mistake(
            f"standard output: {_reason(error)}; what was to be printed is lost. "
            "Files that were to be written are there whole, or not at all",
            exit_code=FAULT,
        )
    name = os.fspath(error.filename) if error.filename is not None else ""
    message = ": ".join(filter(None, (os.fsdecode(name), _reason(error))))
    if _is_full(error):
        return Mistake(f"{message}; nothing was written", exit_code=FAULT)
    return Mistake(message)


def _is_full(error: OSError) -> bool:
    return error.errno in _FULL


def _reason(error: OSError) -> str:
    """Return the system's words for a fault, without those a library put around them."""
    if _is_full(error) and error.errno is not None:
        return os.strerror(error.errno).lower()
    return (error.strerror or str(error) or type(error).__name__).lower()


def _from_error(error: Exception) -> Mistake:
    if is_call_error(error):
        lines = str(error).splitlines() or [type(error).__name__]
        listed = (
            list(getattr(error, "problems", None) or ()) if type(error).__module__ == "risk.triage" else []
        )
        lines = listed or lines
        lines += [f"shipment {i}" for i in getattr(error, "shipment_ids", ())]
        if len(lines) == 1:
            return Mistake(lines[0])
        return Mistake(f"{len(lines):,} problems:", lines)
    text = f"{type(error).__name__}: {error}".splitlines()[0]
    advice = "this is a fault in the program; please report it with the output of: wildcargo --trace …"
    return Mistake(f"{text} ({advice})", exit_code=FAULT)


def is_call_error(error: Exception) -> bool:
    """Return whether an error says that the call (its files, options, bundle) is wrong."""
    kind = type(error)
    return isinstance(error, ValueError) and kind.__module__.partition(".")[0] in _OURS
