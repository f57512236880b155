"""Forms that are emptied when what they hold is kept, and not before.

Streamlit can have the browser empty a form at each press. What was typed or handed in is then gone where the
database was busy or refused it, and the second half of a double click sends the form empty.
"""

from __future__ import annotations

import streamlit as st

_COUNT = "form:{}".format


def key(name: str) -> str:
    """Return the key of a form; with another one it begins empty, and a press of the one before is past."""
    return f"{name}-{int(st.session_state.get(_COUNT(name), 0))}"


def empty(name: str) -> None:
    """Have a form begin empty when it is drawn next."""
    st.session_state[_COUNT(name)] = int(st.session_state.get(_COUNT(name), 0)) + 1
