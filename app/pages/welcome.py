"""The page of people whose role opens no other yet."""

from __future__ import annotations

import streamlit as st

from app import session
from app.words import _


def show() -> None:
    """Show the page."""
    if session.person() is None:
        session.ask_to_sign_in()
    st.title(_("Welcome"))
    st.info(_("There is no page for your role here yet."))
