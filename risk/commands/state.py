"""``wildcargo state``: a port's past, kept in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.commands import options, terminal
from risk.commands.mistakes import Mistake

if TYPE_CHECKING:
    from features.history import State

_EPILOG = """\b
Examples:
  wildcargo state update --state port-past 2025.parquet --outcomes seizures.csv
  wildcargo state show --state port-past
  wildcargo state merge terminal-a terminal-b --state port-past
  wildcargo state forget --state port-past --before 2023-01-01

The folder holds names of firms and people: keep it on the port's own machine. The order of
updates and merges changes nothing, and the same file twice counts once.
"""


@click.group("state", epilog=_EPILOG)
def command() -> None:
    """Keep the port's past: what every score compares a shipment with."""


_folder = click.option(
    "--state", "state_dir", required=True, metavar="DIR", type=options.FILE, help="Folder of the state."
)


@command.command("update")
@options.manifests
@_folder
@options.mapping
@options.outcomes
@options.now
def update(
    files: tuple[Path, ...], state_dir: Path, mapping: Path | None, outcomes: Path | None, now: str | None
) -> None:
    """Add manifests, with outcomes if there are any, to the state (made when it does not exist)."""
    from features.history import State
    from features.manifest import stream
    from features.view import prepare
    from risk import histories
    from risk.reading import Tally

    paths = options.existing(files)
    found = histories.read_outcomes(outcomes) if outcomes is not None else None
    tally, parts, matched = Tally(), [], set()
    progress = terminal.Progress("adding")
    # Every version: a shipment counts from when it was first known, not from its last amendment.
    for manifest in stream(paths, mapping, now=options.moment(now), versions="all"):
        tally.add(manifest)
        table = manifest.table
        if found is not None:
            table, unmatched = histories.join_outcomes(table, found, as_known=True)
            matched |= set(found["shipment_id"]) - set(unmatched)
        parts.append(State.of(prepare(table)))
        progress.add(len(table))
    progress.done()
    if not tally.shipments:
        raise Mistake("no shipment could be read", tally.problems() or ["the files hold no rows"])
    with _alone(state_dir):
        before = State.load(state_dir) if _begun(state_dir) else State.empty()
        after = State.joined([before, *parts])
        after.save(state_dir)
    terminal.say(tally.sentence("kept"))
    terminal.items(tally.problems()[:50])
    if found is not None:
        lost = len(found) - len(matched)
        terminal.say(f"Outcomes: {len(matched):,} joined, {lost:,} belong to no shipment in these files")
    _say(after, state_dir)


@command.command("show")
@_folder
def show(state_dir: Path) -> None:
    """Say what the state has seen."""
    _say(_loaded(state_dir), state_dir)


@command.command("merge")
@click.argument("folders", metavar="DIR…", nargs=-1, required=True, type=options.FILE)
@_folder
def merge(folders: tuple[Path, ...], state_dir: Path) -> None:
    """Join several states into one; the order does not matter."""
    from features.history import State

    parts = _all_loaded(folders)
    with _alone(state_dir):
        whole = State.joined([*parts, State.load(state_dir)] if _begun(state_dir) else parts)
        whole.save(state_dir)
    _say(whole, state_dir)


@command.command("forget")
@_folder
@click.option(
    "--before", required=True, metavar="TIME", help="Remove what was known before (UTC, 2023-01-01)."
)
def forget(state_dir: Path, before: str) -> None:
    """Remove what is older than the port may keep, names no longer needed included."""
    from features.history import State

    moment = options.moment(before, "--before")
    with _alone(state_dir):
        state = State.load(state_dir).forget(moment)
        state.save(state_dir)
    _say(state, state_dir)


def load_state(folder: Path | None) -> tuple[State | None, str]:
    """Return a state and its digest; None and an empty text when no folder is named."""
    if folder is None:
        return None, ""
    state = _loaded(folder)
    return state, state.digest


def _loaded(folder: Path) -> State:
    from features import scratch
    from features.history import State
    from features.history.storage import StateError

    try:
        return State.load(folder)
    except StateError:
        # An update may be putting it in place at this moment: look again once that is done.
        with scratch.alone(folder, shared=True):
            return State.load(folder)


def _all_loaded(folders: tuple[Path, ...]) -> list[State]:
    from features.history.storage import StateError

    states, wrong = [], []
    for folder in folders:
        try:
            states.append(_loaded(folder))
        except StateError as error:
            wrong.append(str(error))
    if wrong:
        raise Mistake(wrong[0] if len(wrong) == 1 else "these states cannot be read:", wrong[1:] and wrong)
    return states


def _begun(folder: Path) -> bool:
    """Say whether there is a state already; an empty folder is none yet."""
    return folder.exists() and (not folder.is_dir() or any(folder.iterdir()))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Change a state alone; one that was set aside by a change cut off is put back first."""
    from features import scratch
    from features.history import placing

    with scratch.alone(folder):
        if placing.put_back(folder):
            terminal.say(f"{folder}: its last change was cut off; the state as it was before was put back")
        yield


def _say(state: State, folder: Path) -> None:
    from features.history import DAYS_NEEDED

    terminal.say(f"State {folder}: {len(state.shipments):,} shipments, {len(state.outcomes):,} outcomes")
    if state.covers_from is not None and state.covers_until is not None:
        days = (state.covers_until - state.covers_from).days
        terminal.say(
            f"  covers {state.covers_from:%Y-%m-%d} to {state.covers_until:%Y-%m-%d} ({days:,} days)"
        )
        if days < DAYS_NEEDED:
            terminal.say(
                f"  history is used from {DAYS_NEEDED} days on; until then it counts as missing, not as zero"
            )
    terminal.say(f"  digest {state.digest[:16]}")
