"""Models that lie in the port's folder, to be put in force or beside the one in force.

Whoever tends the machine puts a bundle (`wildcargo train --out`) below ``models/`` of the port's folder. What
is put in force is copied to a folder of its own name first, so that a later model of the same folder takes
nobody's place.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from features import scratch
from models.bundle import Bundle, BundleError
from risk.engine import Engine
from risk.store.archives import MODELS

#: Folders looked at.
MOST = 50


@dataclass(frozen=True)
class Found:
    """A folder below ``models/``, or the starter model.

    Attributes
    ----------
    name : str
        Of the folder; empty for the starter model.
    model_id, risk_basis : str
        Empty where it cannot be read.
    heads : tuple of str
    problem : str
        Why it cannot be used, empty where it can.
    """

    name: str
    model_id: str
    risk_basis: str
    heads: tuple[str, ...]
    problem: str = ""


def found(folder: Path) -> list[Found]:
    """Return the starter model and every model below ``models/``, by name; each model once."""
    places = sorted(place for place in (folder / MODELS).glob("*") if place.is_dir())[:MOST]
    known: dict[str, Found] = {}
    for place in (None, *places):
        each = _read(place)
        known.setdefault(each.model_id or f"/{each.name}", each)
    return list(known.values())


def _read(place: Path | None) -> Found:
    name = place.name if place else ""
    try:
        bundle = Engine.load(place).bundle
    except (BundleError, OSError) as error:
        return Found(name, "", "", (), str(error).splitlines()[0][:300])
    return Found(name, bundle.model_id, bundle.risk_basis, tuple(head.name for head in bundle.heads))


def placed(folder: Path, model_id: str) -> tuple[Bundle, str]:
    """Return a model found in the port's folder, and the path it is kept at (empty: the starter model).

    Raises
    ------
    BundleError
        There is no such model, or it cannot be used.
    """
    each = next((one for one in found(folder) if one.model_id == model_id), None)
    if each is None or not model_id:
        raise BundleError(f"{model_id[:40]}: no model of this name is here")
    if not each.name:
        return Engine.load().bundle, ""
    own = folder / MODELS / model_id
    if not own.is_dir():
        with scratch.folder(own.parent) as work:
            shutil.copytree(folder / MODELS / each.name, work / model_id)
            (work / model_id).replace(own)
    bundle = Engine.load(own).bundle
    if bundle.model_id != model_id:
        raise BundleError(f"{own}: holds another model ({bundle.model_id})")
    return bundle, str(own.resolve())
