"""Options that several commands share, said once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    import pandas as pd

    from features.manifest.messages import Form

F = TypeVar("F", bound=Callable[..., Any])

FILE = click.Path(path_type=Path)

manifests = click.argument("files", metavar="FILE…", nargs=-1, required=True, type=FILE)
histories = click.argument("histories", metavar="HISTORY…", nargs=-1, required=True, type=FILE)

model = click.option(
    "--model",
    "model_dir",
    metavar="DIR",
    type=FILE,
    help="Folder of the model (a bundle made by `wildcargo train`).  [default: the starter model]",
)
mapping = click.option(
    "--mapping",
    metavar="M.toml",
    type=FILE,
    help="How the file's columns become the shipment table (`wildcargo mapping` proposes one).",
)
state = click.option(
    "--state",
    "state_dir",
    metavar="DIR",
    type=FILE,
    help="Folder with the port's past (`wildcargo state`); without it, history is missing, not zero.",
)
outcomes = click.option(
    "--outcomes",
    metavar="FILE",
    type=FILE,
    help="Outcomes of inspections, joined by shipment_id.",
)
strict = click.option(
    "--strict", is_flag=True, help="If anything is wrong with the input, list it, write nothing and exit 2."
)
now = click.option(
    "--now",
    metavar="TIME",
    help="Moment of the run, UTC (2026-11-21T04:00), for rows without a time.  [default: the clock]",
)


def message_format(name: str, help_text: str) -> Callable[[F], F]:
    """Return an option that names a message format; the command gets the `Form`, or None."""

    def known(ctx: click.Context, param: click.Parameter, value: str | None) -> Form | None:
        if value is None:
            return None
        from features.manifest.messages import BY_NAME

        if value not in BY_NAME:
            raise click.BadParameter(f"{value!r} is none of {', '.join(BY_NAME)}")
        return BY_NAME[value]

    return click.option(name, "form", metavar="NAME", callback=known, help=help_text)


def moment(text: str | None, option: str = "--now") -> pd.Timestamp:
    """Return the moment of the run: the one given, else the clock's (UTC, whole seconds, no zone).

    Raises
    ------
    click.BadParameter
    """
    import pandas as pd

    if text is None:
        return pd.Timestamp.now(tz="UTC").tz_localize(None).floor("s")
    try:
        time = pd.Timestamp(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is not a time like 2026-11-21T04:00", param_hint=option
        ) from error
    if time is pd.NaT:
        raise click.BadParameter("expected a time like 2026-11-21T04:00", param_hint=option)
    return time.tz_convert("UTC").tz_localize(None) if time.tzinfo else time


def existing(paths: tuple[Path, ...]) -> list[Path]:
    """Return the paths when all exist.

    Raises
    ------
    Mistake
        Listing every path that does not.
    """
    from risk.commands.mistakes import Mistake

    missing = [f"{path}: no such file or folder" for path in paths if not path.exists()]
    if missing:
        raise Mistake(
            missing[0] if len(missing) == 1 else "these files do not exist:", missing[1:] and missing
        )
    return list(paths)


def apart(outputs: Iterable[Path | None], inputs: Iterable[Path | None]) -> None:
    """Check that no output is also an input (its rows would be lost) or another output.

    Parameters
    ----------
    outputs, inputs : iterable of Path or None
        Options not given are None.

    Raises
    ------
    Mistake
        Naming the first such file.
    """
    from risk.commands.mistakes import Mistake

    read = {_place(path) for path in inputs if path is not None}
    written: set[Path] = set()
    for path in (path for path in outputs if path is not None):
        if _place(path) in read:
            raise Mistake(f"{path}: is read and would be overwritten; name another file to write")
        folder = next((place for place in _place(path).parents if place in read), None)
        if folder is not None:
            raise Mistake(f"{path}: lies in {folder}, which is read whole; write beside it, not into it")
        if _place(path) in written:
            raise Mistake(f"{path}: two outputs name the same file")
        written.add(_place(path))


def _place(path: Path) -> Path:
    return Path(os.path.realpath(path))
