"""What is told once it was done: for a few seconds, not once.

The second half of a double click, or any press that waits, draws the page again at once: told once, it would
not be seen.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import session

#: So long it is told.
FOR = pd.Timedelta(seconds=8)


def keep(key: str, what: Any) -> None:
    """Keep something to be told when the page is drawn again."""
    st.session_state[key] = (what, session.clock())


def kept(key: str) -> Any:
    """Return what is to be told, None for nothing; afterwards it is forgotten.

    It is to be told in a container of its own that is there in any case: where it goes, what follows would
    else move, and with it what is unfolded, typed or handed in there would be lost.
    """
    what, at = st.session_state.get(key, (None, None))
    if at is None:
        return None
    if session.clock() - at < FOR:
        return what
    del st.session_state[key]
    return None
