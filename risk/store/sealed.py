"""Hashes by which a record of a score vouches for what is kept beside it: declared row, reasons, words.

The ledger holds a hash over the records of a batch; a record holds these. So what somebody changed in the
database after an officer saw it no longer fits, as long as the record itself is there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def of_declared(row: Mapping[str, Any], origin: Mapping[str, Any]) -> str:
    """Return the hash of a declared row and of what it is made of."""
    return _hash([row, origin])


def of_shown(
    model_id: str, risk_basis: str, families: Mapping[str, float], notes: str, reasons: Any, told: list[str]
) -> str:
    """Return the hash of what is shown of a score: its basis, families, notes, reasons and their words."""
    return _hash([model_id, risk_basis, families, notes, reasons, told])


def _hash(what: Any) -> str:
    text = json.dumps(what, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
