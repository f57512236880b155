"""What stands around every page: what this database is, what scores rest on, and the ledger's head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from risk.store.in_force import InForce

#: Characters of a hash that are shown and printed: enough to be found again.
HEX = 16


@dataclass(frozen=True)
class Frame:
    """What is shown.

    Attributes
    ----------
    port : str
        Name of the port, may be empty.
    band : str
        ``sample``, ``drill`` or empty: a real port.
    basis : str
        ``port``, ``prior`` or ``none`` (nothing was scored yet).
    model_id : str
    head : str
        Row number, dash, first digits of the hash.
    """

    port: str
    band: str
    basis: str
    model_id: str
    head: str


def frame(chosen: Mapping[str, object], in_force: InForce) -> Frame:
    """Return what stands around every page.

    Parameters
    ----------
    chosen : mapping
        The port's settings.
    """
    number, _, digest = in_force.head.partition("-")
    band = "drill" if chosen["drill"] else "sample" if chosen["sample"] else ""
    return Frame(
        port=str(chosen["port_name"]),
        band=band,
        basis=in_force.risk_basis or "none",
        model_id=in_force.model_id,
        head=f"{number}-{digest[:HEX]}",
    )
