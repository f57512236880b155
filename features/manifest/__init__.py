"""Manifests: what a shipment is, and how files of shipments are read and written.

Everything here is loaded when first used, so that `features.manifest.schema` stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from features.manifest.mapping import Mapping, load_mapping, parse_mapping
    from features.manifest.problems import ManifestError
    from features.manifest.proposals import ColumnProposal, MappingProposal, propose, render_mapping
    from features.manifest.reading import Manifest, read, read_outcomes, stream
    from features.manifest.writing import write

_HOMES = {
    "Mapping": "mapping",
    "load_mapping": "mapping",
    "parse_mapping": "mapping",
    "ManifestError": "problems",
    "ColumnProposal": "proposals",
    "MappingProposal": "proposals",
    "propose": "proposals",
    "render_mapping": "proposals",
    "Manifest": "reading",
    "read": "reading",
    "read_outcomes": "reading",
    "stream": "reading",
    "write": "writing",
}

__all__ = [
    "ColumnProposal",
    "Manifest",
    "ManifestError",
    "Mapping",
    "MappingProposal",
    "load_mapping",
    "parse_mapping",
    "propose",
    "read",
    "read_outcomes",
    "render_mapping",
    "stream",
    "write",
]


def __getattr__(name: str) -> Any:
    """Load a public name's module when the name is first used."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
