"""The server: the app's pages with plain routes beside them, as one ASGI application.

`wildcargo app` runs it (``python -m streamlit run app/serving.py``) with `risk.commands.app.SETTINGS`.
"""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from app import guard, identity, oidc, session, signing_in, taps
from app.place import place
from risk import together

elsewhere = identity.read(place().folder)
hosts = [str(host) for host in st.get_option("server.allowedHosts") or []]


def _failed(error: Exception) -> bool:
    """Log a fault of a page and say it without its insides; nothing it was about to change was changed."""
    logging.getLogger(__name__).error("a page failed", exc_info=error)
    session.say_fault(error)
    return True


app = st.App(
    Path(__file__).with_name("script") / "main.py",
    routes=[*signing_in.routes(elsewhere), *oidc.routes(elsewhere)],
    middleware=[Middleware(guard.Guard, hosts=hosts, elsewhere=elsewhere)],
    on_script_error=_failed,
)

taps.carry_through()
together.end_with_parent()
