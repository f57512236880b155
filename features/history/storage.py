"""How a state lies on disk: four Parquet files and a JSON file with version and digests.

Everything read is checked before it is used: a folder that is not a state, is of another version,
is damaged or was changed by hand ends in a `StateError` that names what is wrong.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.history import events, placing
from features.parties import identity, resolution
from features.scratch import Draft

if TYPE_CHECKING:
    from features.history.state import State

FORMAT = "wildcargo history"
VERSION = 1
_LARGEST_NOTE = 100_000


class StateError(ValueError):
    """A folder is not a sound state; the message names the file and what is wrong with it."""


def _schemas() -> dict[str, pa.Schema]:
    name_types = {"key": pa.int64(), "organisation": pa.bool_()}
    return {
        "shipments": pa.schema([(c, pa.int64()) for c in events.SHIPMENT_COLUMNS]),
        "outcomes": pa.schema([(c, pa.int64()) for c in events.OUTCOME_COLUMNS]),
        "links": pa.schema([(c, pa.int64()) for c in resolution.LINK_COLUMNS]),
        "names": pa.schema([(c, name_types.get(c, pa.large_string())) for c in identity.COLUMNS]),
    }


def save(folder: Path, frames: dict[str, pd.DataFrame], digest: str) -> None:
    """Write a state; the folder appears whole, an older one of the same name is replaced.

    Raises
    ------
    StateError
        If something else than a state already lies at that place.
    """
    place = placing.real(folder)
    if place.exists() and not place.is_dir():
        raise StateError(f"{folder}: is a file, expected a state folder")
    if place.exists() and not (place / "state.json").is_file() and any(place.iterdir()):
        raise StateError(f"{folder}: is not a state folder, so nothing is written over it")
    place.parent.mkdir(parents=True, exist_ok=True)
    with Draft(place, folder=True) as fresh:
        shipments = frames["shipments"]
        for name, schema in _schemas().items():
            table = pa.Table.from_pandas(frames[name], schema=schema, preserve_index=False)
            table = table.replace_schema_metadata(None)
            pq.write_table(table, fresh.path / f"{name}.parquet", compression="zstd")
        note = {
            "format": FORMAT,
            "version": VERSION,
            "digest": digest,
            "links_digest": _links_digest(frames["links"]),
            "rows": {name: len(frame) for name, frame in frames.items()},
            "covers_from": _text_of(shipments["known_at"].min()) if len(shipments) else None,
            "covers_until": _text_of(shipments["known_at"].max()) if len(shipments) else None,
        }
        text = json.dumps(note, indent=1, sort_keys=True) + "\n"
        (fresh.path / "state.json").write_text(text, encoding="utf-8")
        fresh.path.chmod(0o700)  # names of people: nobody else's to read
        fresh.settle()
        placing.put(fresh, place)


def load(folder: Path) -> State:
    """Read and check a state.

    Raises
    ------
    StateError
        If the folder is not a sound state.
    """
    from features.history.state import State

    note = _note(folder / "state.json")
    frames = {name: _frame(folder / f"{name}.parquet", schema) for name, schema in _schemas().items()}
    shipments, names = frames["shipments"], frames["names"]
    _check_shipments(folder, shipments)
    if not names["key"].is_monotonic_increasing or names["key"].duplicated().any():
        raise StateError(f"{folder / 'names.parquet'}: names are not sorted by key, each once")
    used = np.unique(shipments[list(identity.ROLES)].to_numpy())
    if not np.isin(used[used != 0], names["key"].to_numpy()).all():
        raise StateError(f"{folder}: shipments name parties that names.parquet does not hold")
    state = State(shipments, frames["outcomes"], names, frames["links"])
    if state.digest != note["digest"]:
        raise StateError(f"{folder}: the content is not what state.json says it is (damaged or changed)")
    _check_links(folder, frames["links"], state, note)
    return state


def _links_digest(links: pd.DataFrame) -> str:
    return hashlib.sha256(np.ascontiguousarray(links.to_numpy(dtype="<i8")).tobytes()).hexdigest()


def _check_links(folder: Path, links: pd.DataFrame, state: State, note: dict[str, object]) -> None:
    """Check that links lead from the names of the state back in time."""
    path = folder / "links.parquet"
    if _links_digest(links) != note.get("links_digest"):
        raise StateError(f"{path}: the content is not what state.json says it is (damaged or changed)")
    if not np.array_equal(links["key"], state.names["key"]) or not np.array_equal(
        links["first_seen"], state.first_seen
    ):
        raise StateError(f"{path}: does not fit the names of the state")
    linked = links[links["link"] != 0]
    place = np.clip(np.searchsorted(links["key"], linked["link"]), 0, max(len(links) - 1, 0))
    back = links["first_seen"].to_numpy()[place] < linked["first_seen"].to_numpy()
    if not (np.array_equal(links["key"].to_numpy()[place], linked["link"]) and back.all()):
        raise StateError(f"{path}: a link does not lead to an earlier name")
    if not links["ground"].between(0, len(resolution.GROUNDS) - 1).all():
        raise StateError(f"{path}: unknown ground of a link")


def _plain(path: Path) -> None:
    """Refuse a pipe or a device in a file's place: it would be waited for, or read without end."""
    if path.exists() and not path.is_file():
        raise StateError(f"{path}: not a plain file")


def _note(path: Path) -> dict[str, object]:
    _plain(path)
    try:
        if path.stat().st_size > _LARGEST_NOTE:
            raise StateError(f"{path}: too large for a state's description")
        note = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StateError(_no_state(path.parent)) from error
    except NotADirectoryError:
        raise StateError(
            f"{path.parent}: expected a state folder; this is a file, a pipe or a device"
        ) from None
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise (
            error if isinstance(error, StateError) else StateError(f"{path}: cannot be read: {error}")
        ) from error
    if not isinstance(note, dict) or note.get("format") != FORMAT:
        raise StateError(f"{path}: does not describe a state")
    if note.get("version") != VERSION:
        raise StateError(f"{path}: version {note.get('version')!r}, this program reads version {VERSION}")
    if not isinstance(note.get("digest"), str):
        raise StateError(f"{path}: holds no digest")
    return note


def _no_state(folder: Path) -> str:
    aside = placing.set_aside(folder)
    if aside and not (folder.is_dir() and any(folder.iterdir())):
        return (
            f"{folder}: its last change was cut off; the state as it was before lies whole in {aside[-1]}. "
            f"`wildcargo state update --state {folder} FILE…` puts it back and goes on; or move that "
            f"folder to {folder} yourself"
        )
    return f"{folder}: no state folder (state.json is missing)"


def _frame(path: Path, schema: pa.Schema) -> pd.DataFrame:
    _plain(path)
    try:
        table = pq.read_table(path, partitioning=None)
    except FileNotFoundError:
        raise StateError(f"{path}: missing") from None
    except (OSError, pa.ArrowException) as error:
        raise StateError(f"{path}: cannot be read: {error}") from error
    plain = pa.schema(
        [(f.name, pa.large_string() if f.type == pa.string() else f.type) for f in table.schema]
    )
    if not plain.equals(schema):
        raise StateError(f"{path}: holds other columns than {', '.join(schema.names)}")
    if any(column.null_count for column in table.columns):
        raise StateError(f"{path}: holds missing values")
    frame = table.to_pandas()
    text = [f.name for f in schema if f.type == pa.large_string()]
    return frame.astype(dict.fromkeys(text, "str"))


def _check_shipments(folder: Path, shipments: pd.DataFrame) -> None:
    path = folder / "shipments.parquet"
    row = shipments["row"]
    if not row.is_monotonic_increasing or row.duplicated().any():
        raise StateError(f"{path}: shipments are not sorted by row, each once")
    if not np.array_equal(events.fingerprint(shipments[list(events.SHIPMENT_COLUMNS[1:])]), row.to_numpy()):
        raise StateError(f"{path}: rows were changed (fingerprints differ)")


def _text_of(microseconds: int) -> str:
    return pd.Timestamp(int(microseconds), unit="us").isoformat()
