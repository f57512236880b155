"""The bundle: a model as a folder of plain data.

==================  ========================================================================
file                holds
==================  ========================================================================
``bundle.json``     format, heads with calibrators, feature schema, risk basis, versions
``HEAD.txt``        one LightGBM text per head
``card.json``       the model card as data, ``card.md`` the same for people
``manifest.json``   SHA-256 of every other file
==================  ========================================================================

Loading checks the folder and the sums first, parses second, builds last; nothing in it is code, so
nothing in it can run. ``model_id`` is the beginning of the digest of ``manifest.json``. A bundle
holds no names of parties (`models.schema`). Writing is all or nothing, and the same model gives the
same bytes.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.registry import Feature
from features.scratch import Draft
from models.calibration import Calibrator
from models.card import render
from models.heads import Head
from models.labels import HEADS
from models.schema import FeatureSchema, SchemaError

if TYPE_CHECKING:
    from models.treeshap import TreeShap

FORMAT = 1
RISK_BASES = ("prior", "port")
MANIFEST = "manifest.json"
LARGEST_FILE = 64 * 1024 * 1024
#: Threads that score and explain; more would hold more memory than the promised 100 MB beyond the rows.
MOST_THREADS = 4
#: Slope and intercept beyond this turn every margin into certainty, or into no number.
LARGEST_CALIBRATION = 1e4
#: Log-odds that a head's trees can add up to: more is no probability's, and too much to add up exactly.
LARGEST_MARGIN = 1e4
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}\.(?:json|md|txt)")


class BundleError(ValueError):
    """A bundle cannot be read or written; the message names the file."""


@dataclass(frozen=True)
class Bundle:
    """A trained model, ready to score.

    Attributes
    ----------
    schema : FeatureSchema
        How a feature frame is encoded; all heads see the same matrix.
    heads : tuple of Head
        One or two, in the order of `models.labels.HEADS`.
    absent : dict of str to str
        Heads not trained, with the reason and what it would take.
    risk_basis : str
        ``prior`` (not calibrated on this port's own outcomes) or ``port``.
    registry_digest : str
        Digest of the registry entries the model was trained with (`registry_digest`).
    seed : int
    versions : dict of str to str
        Libraries that trained it.
    card : dict
        Model card as data (`models.card`).
    model_id : str
        Digest of the saved form; empty until saved or identified.
    """

    schema: FeatureSchema
    heads: tuple[Head, ...]
    absent: dict[str, str]
    risk_basis: str
    registry_digest: str
    seed: int
    versions: dict[str, str]
    card: dict[str, Any] = field(default_factory=dict)
    model_id: str = ""

    def __post_init__(self) -> None:
        """Check heads and risk basis."""
        if self.risk_basis not in RISK_BASES:
            raise BundleError(f"bundle.json: unknown risk_basis {self.risk_basis!r}")
        names = [head.name for head in self.heads]
        if not names or names != [name for name in HEADS if name in names]:
            raise BundleError(f"bundle.json: heads {names} are not one or two of {list(HEADS)} in order")

    @cached_property
    def trees(self) -> TreeShap:
        """All heads' models, ready to score and explain in one pass; outputs in the order of heads.

        Raises
        ------
        ModelTextError
            A head's text is not a LightGBM model, or they read different columns.
        """
        from models.treeshap import TreeShap

        return TreeShap([head.text for head in self.heads], threads=min(MOST_THREADS, _cores()))

    def head(self, name: str) -> Head | None:
        """Return a head by name, or None when it was not trained."""
        return next((head for head in self.heads if head.name == name), None)


def _cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def registry_digest(features: Sequence[Feature]) -> str:
    """Return a digest of what features are: name, type, unit, family, sign, when known, meaning, in order.

    How a feature is told (its sentences, what is usual) is no part of it, nor are other features.
    """
    lines = [f"{f.name}|{f.dtype}|{f.unit}|{f.family}|{f.monotone}|{f.known}|{f.meaning}" for f in features]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def files(bundle: Bundle) -> dict[str, bytes]:
    """Return every file of a bundle, manifest included, by name."""
    out = {f"{head.name}.txt": head.text.encode() for head in bundle.heads}
    out["bundle.json"] = _json(_describe(bundle))
    out["card.json"] = _json(bundle.card)
    out["card.md"] = render(bundle.card).encode()
    sums = {name: hashlib.sha256(out[name]).hexdigest() for name in sorted(out)}
    out[MANIFEST] = _json({"format": FORMAT, "sha256": sums})
    return out


def identify(bundle: Bundle) -> Bundle:
    """Return the bundle with its ``model_id``."""
    return replace(bundle, model_id=_digest(files(bundle)[MANIFEST]))


def save(bundle: Bundle, directory: str | os.PathLike[str], *, overwrite: bool = False) -> Bundle:
    """Write a bundle; the folder appears whole or not at all.

    Parameters
    ----------
    bundle : Bundle
    directory : path
        Folder to make.
    overwrite : bool, default False
        Replace an existing bundle (never another kind of folder).

    Returns
    -------
    Bundle
        With its ``model_id``.

    Raises
    ------
    BundleError
        The folder exists, or cannot be written.
    """
    target = Path(directory)
    content = files(bundle)
    check_place(target, overwrite=overwrite)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with Draft(target, folder=True) as draft:
            _write(draft.path, content)
            _swap(draft.path, target)
    except OSError as error:
        raise BundleError(f"{target}: cannot be written: {error.strerror or error}") from error
    return replace(bundle, model_id=_digest(content[MANIFEST]))


def check_place(directory: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Check that a bundle may be written here, before any work is done.

    Raises
    ------
    BundleError
        Something lies there that is not to be replaced, or the folder around it cannot be one.
    """
    target = Path(directory)
    if target.exists() or target.is_symlink():
        if not (target / MANIFEST).is_file():
            raise BundleError(f"{target}: exists already and is no model")
        if not overwrite:
            raise BundleError(f"{target}: exists already; --overwrite replaces a model")
    around = next(folder for folder in target.absolute().parents if folder.exists())
    if not around.is_dir():
        raise BundleError(f"{around}: is a file, expected a folder")
    if not os.access(around, os.W_OK):
        raise BundleError(f"{around}: no permission to write here")


def load(directory: str | os.PathLike[str]) -> Bundle:
    """Verify and read a bundle.

    Raises
    ------
    BundleError
        Anything is missing, changed, added, of another format or malformed; the message names
        the file.
    """
    try:
        return _loaded(Path(directory))
    except BundleError as error:
        if str(error).startswith(f"{directory}:"):
            raise
        raise BundleError(f"{directory}: {error}") from error


def _loaded(folder: Path) -> Bundle:
    content = _read(folder)
    manifest = content.pop(MANIFEST)
    _verify(content, manifest)
    data = _parse("bundle.json", content.get("bundle.json"))
    card = _parse("card.json", content.get("card.json"))
    if data.get("format") != FORMAT:
        raise BundleError(f"bundle.json: format {data.get('format')!r}; this program reads format {FORMAT}")
    try:
        schema = FeatureSchema.from_json(data["schema"])
        heads = tuple(_head(entry, content) for entry in data["heads"])
        bundle = Bundle(
            schema=schema,
            heads=heads,
            absent={str(k): str(v) for k, v in data["absent"].items()},
            risk_basis=data["risk_basis"],
            registry_digest=str(data["registry_digest"]),
            seed=int(data["seed"]),
            versions={str(k): str(v) for k, v in data["versions"].items()},
            card=card,
            model_id=_digest(manifest),
        )
    except (SchemaError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        if isinstance(error, BundleError):
            raise
        raise BundleError(f"bundle.json: {error}") from error
    _check_trees(bundle)
    return bundle


def _describe(bundle: Bundle) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "risk_basis": bundle.risk_basis,
        "registry_digest": bundle.registry_digest,
        "seed": bundle.seed,
        "versions": bundle.versions,
        "heads": [
            {"name": h.name, "file": f"{h.name}.txt", "calibrator": h.calibrator.to_json(), "facts": h.facts}
            for h in bundle.heads
        ],
        "absent": bundle.absent,
        "schema": bundle.schema.to_json(),
    }


def _head(entry: dict[str, Any], content: dict[str, bytes]) -> Head:
    name = entry["name"]
    if name not in HEADS or entry["file"] != f"{name}.txt":
        raise BundleError(f"bundle.json: head {name!r} with file {entry['file']!r}")
    if entry["file"] not in content:
        raise BundleError(f"{name}.txt: missing")
    try:
        text = content[f"{name}.txt"].decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError(f"{name}.txt: not UTF-8 text") from error
    calibrator = Calibrator.from_json(entry["calibrator"])
    if max(abs(calibrator.slope), abs(calibrator.intercept)) > LARGEST_CALIBRATION:
        raise BundleError(
            f"bundle.json: the calibrator of {name} holds {calibrator}, which calibrates nothing"
        )
    return Head(name, text, calibrator, dict(entry["facts"]))


def _check_trees(bundle: Bundle) -> None:
    """Build the heads' trees; say which file is wrong if they cannot be."""
    from models.treeshap import ModelTextError

    try:
        trees = bundle.trees
    except ModelTextError as error:
        raise BundleError(f"{bundle.heads[error.model].name}.txt: {error}") from error
    for head in bundle.heads:
        if (reached := _reach(head.text)) > LARGEST_MARGIN:
            raise BundleError(f"{head.name}.txt: its leaves add up to log-odds of {reached:.3g}")
    first = f"{bundle.heads[0].name}.txt"
    if trees.columns != len(bundle.schema):
        raise BundleError(f"{first}: made for {trees.columns} columns, the schema has {len(bundle.schema)}")
    if trees.outputs != len(bundle.heads):
        raise BundleError(f"{first}: tells several classes, expected one kind of find")


def _reach(text: str) -> float:
    """Return how far from 0 the margin of a model's text can lie at most."""
    leaves = (line[11:].split() for line in text.splitlines() if line.startswith("leaf_value="))
    return sum(max(abs(float(value)) for value in values) for values in leaves)


def _json(data: object) -> bytes:
    text = json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def _digest(manifest: bytes) -> str:
    return hashlib.sha256(manifest).hexdigest()[:12]


def _write(folder: Path, content: dict[str, bytes]) -> None:
    for name, data in content.items():
        with (folder / name).open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    folder.chmod(0o755)


def _swap(draft: Path, target: Path) -> None:
    if target.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
        target.replace(old / "bundle")
        try:
            draft.replace(target)
        except BaseException:
            (old / "bundle").replace(target)
            raise
        finally:
            shutil.rmtree(old, ignore_errors=True)
    else:
        draft.replace(target)


def _read(folder: Path) -> dict[str, bytes]:
    """Read every file of the folder; refuse anything but plain files of expected names."""
    if not folder.is_dir():
        aside = sorted(folder.parent.glob(f".{glob.escape(folder.name)}-old-*/bundle"))
        if aside and not folder.exists():
            raise BundleError(
                f"{folder}: its replacement was cut off; the model lies whole in {aside[-1]}: move it back"
            )
        raise BundleError(f"{folder}: not a folder")
    content = {}
    try:
        for entry in sorted(folder.iterdir()):
            status = entry.lstat()
            if not stat.S_ISREG(status.st_mode):
                raise BundleError(f"{entry.name}: not a plain file")
            if status.st_size > LARGEST_FILE:
                raise BundleError(f"{entry.name}: larger than {LARGEST_FILE} bytes")
            content[entry.name] = entry.read_bytes()
    except OSError as error:
        raise BundleError(f"{error.filename or folder}: cannot be read: {error.strerror}") from error
    if MANIFEST not in content:
        raise BundleError(f"{folder}: no model here ({MANIFEST} is missing)")
    return content


def _verify(content: dict[str, bytes], manifest: bytes) -> None:
    data = _parse(MANIFEST, manifest)
    if data.get("format") != FORMAT:
        raise BundleError(f"{MANIFEST}: format {data.get('format')!r}; this program reads format {FORMAT}")
    sums = data.get("sha256")
    if not isinstance(sums, dict):
        raise BundleError(f"{MANIFEST}: holds no sums")
    for name in sums:
        if not _NAME.fullmatch(name) or name == MANIFEST:
            raise BundleError(f"{MANIFEST}: {name!r} is not the name of a file of a bundle")
        if name not in content:
            raise BundleError(f"{name}: missing")
        if hashlib.sha256(content[name]).hexdigest() != sums[name]:
            raise BundleError(f"{name}: changed (its SHA-256 is not the one in {MANIFEST})")
    for name in content:
        if name not in sums:
            raise BundleError(f"{name}: does not belong to the bundle ({MANIFEST} does not list it)")


def _parse(name: str, data: bytes | None) -> dict[str, Any]:
    if data is None:
        raise BundleError(f"{name}: missing")

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not a number")

    try:
        parsed = json.loads(data.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{name}: not valid JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise BundleError(f"{name}: not a JSON object")
    return parsed
