"""What runs for every click: who is there, the frame around the pages, and the page itself.

In a folder of its own: a folder ``pages`` beside it Streamlit would take for scripts to run without any of
this.
"""

from __future__ import annotations

import streamlit as st

from app import frame, pages, session, taps

pressed = taps.begun()
frame.begin()
person = session.person()
if person is None:
    session.ask_to_sign_in()
shown = frame.bands(person)
page = st.navigation(pages.of(person, drill=shown.band == "drill"), position="sidebar", expanded=True)
frame.who(person)
frame.basis(shown, person)
gone = st.container()
page.run()
taps.say_gone(pressed, gone)
frame.end(shown)
