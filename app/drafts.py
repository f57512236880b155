"""Answers on their way: what somebody entered and has not sent yet, kept by the server.

A page that is loaded again, a tablet that lost its network and a session that ended all begin anew in the
browser. Drafts stand in the server's memory, by person and by what they are about: never in an address, never
in the database, gone half a day later or when the server ends.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import pandas as pd

#: A draft is kept so long after its last change, and so many at once.
KEPT_FOR = pd.Timedelta(hours=12)
MOST = 2_000

_lock = threading.Lock()
_drafts: OrderedDict[tuple[str, int, str], tuple[pd.Timestamp, dict[str, Any]]] = OrderedDict()


def put(port: str, user_id: int, about: str, answers: Mapping[str, Any], *, at: pd.Timestamp) -> None:
    """Keep answers in the place of what was kept before.

    Parameters
    ----------
    port : str
        Which database they are meant for.
    about : str
        What they are about, as ``outcome:12``.
    """
    key = (port, user_id, about)
    with _lock:
        _drafts[key] = (at, dict(answers))
        _drafts.move_to_end(key)
        # In the order of their last change: what nobody came back for goes too.
        while len(_drafts) > MOST or at - next(iter(_drafts.values()))[0] > KEPT_FOR:
            _drafts.popitem(last=False)


def get(port: str, user_id: int, about: str, *, at: pd.Timestamp) -> dict[str, Any]:
    """Return the answers kept, empty without any."""
    with _lock:
        kept_at, answers = _drafts.get((port, user_id, about), (at, {}))
        if at - kept_at > KEPT_FOR:
            del _drafts[(port, user_id, about)]
            return {}
        return dict(answers)


def drop(port: str, user_id: int, about: str) -> None:
    """Forget answers."""
    with _lock:
        _drafts.pop((port, user_id, about), None)
