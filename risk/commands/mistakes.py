"""What went wrong, in words: a user's mistake never ends in a program trace."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import IO, Any

import click

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
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (stays open: nothing more is said)
        raise click.exceptions.Exit(0) from None
    except OSError as error:
        raise _from_os(error) from error
    except MemoryError:
        raise Mistake("not enough memory; nothing was written", exit_code=FAULT) from None
    except Exception as error:
        if show_trace and not is_call_error(error):
            raise
        raise _from_error(error) from error


def _from_os(error: OSError) -> Mistake:
    name = os.fspath(error.filename) if error.filename is not None else ""
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    message = f"{name}: {reason}" if name else reason
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)
    return Mistake(
        message + ("; nothing was written" if full else ""), exit_code=FAULT if full else WRONG_CALL
    )


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
