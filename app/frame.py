"""The frame around every page: title and icon, SAMPLE and DRILL bands, what scores rest on, the footer."""

from __future__ import annotations

import html
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import quote

import streamlit as st

from app import session, uploader, words
from app.icon import ICON
from app.views.frame import Frame, frame
from app.words import _, moment
from risk.language import BY_CODE, SOURCE
from risk.store import in_force
from risk.store.roles import Person

#: Colours whose contrast to their text is at least 7 to 1.
_STYLE = """
.wildcargo-band { padding: .6rem 1rem; margin: 0 0 .75rem; font-weight: 700; border-radius: .375rem;
  color: #3b2300; background: #ffd27a; border: 3px dashed #8a4b00; }
.wildcargo-band.drill { color: #fff; background: #6b1d5c; border-color: #f3b6e6; }
.wildcargo-basis { padding: .4rem .75rem; margin: 0; color: #16232e; background: #e6edf2;
  border-radius: .375rem; }
.wildcargo-foot { margin-top: 2rem; padding-top: .75rem; border-top: 1px solid #b8c4ce; color: #3d4c58;
  font-size: .875rem; overflow-wrap: anywhere; }
.wildcargo-button { display: inline-block; padding: .75rem 1.25rem; font-weight: 700; color: #fff !important;
  background: #0b5a7a; border-radius: .375rem; text-decoration: none; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] * {
  color: #3d4c58 !important; opacity: 1; }
[data-testid="stMainBlockContainer"] { padding-top: 1.75rem; }
[data-testid="stHeading"] h1 { font-size: 1.9rem; padding: .25rem 0; }
[data-testid="stHeading"] h2 { font-size: 1.4rem; padding: .5rem 0 .25rem; }
a:focus-visible, button:focus-visible { outline: 3px solid #c2410c; outline-offset: 2px; }
"""
_RIGHT_TO_LEFT = """
[data-testid="stAppViewContainer"] { direction: rtl; }
[data-testid="stHeading"] *, [data-testid="stMarkdownContainer"] *, [data-testid="stTable"] *,
[data-testid="stCaptionContainer"] {
  text-align: right !important; }
"""

#: A hint at keys that Streamlit has in English alone, and its link past the navigation.
_NO_ENGLISH = """
[data-testid="InputInstructions"] { display: none; }
[data-testid="stSkipToContent"] { font-size: 0; }
[data-testid="stSkipToContent"]::after { font-size: 1rem; }
"""


def begin() -> None:
    """Set the title and a picture of our own: another icon would be fetched from elsewhere."""
    st.set_page_config(page_title="wildcargo", page_icon=str(ICON), layout="wide", initial_sidebar_state=240)


def bands(person: Person) -> Frame:
    """Speak the person's language, show what this database is, and return what stands around the page."""
    st.session_state.setdefault(words.STATE, person.language)
    st.html(f"<style>{_STYLE}{_RIGHT_TO_LEFT if words.direction() == 'rtl' else ''}{_own_words()}</style>")
    with session.database().read() as connection:
        shown = frame(session.chosen(), in_force.get(connection))
    said = {
        "sample": _("SAMPLE: simulated shipments, for looking around. Nothing here is real."),
        "drill": _("DRILL: a simulated day; its answers are kept back until the end. Nothing here is real."),
    }
    if shown.band:
        st.html(f'<div class="wildcargo-band {shown.band}" role="note">{html.escape(said[shown.band])}</div>')
    return shown


def _own_words() -> str:
    """Return the style that puts words of the language in the place of Streamlit's own English ones."""
    if words.current() == SOURCE:
        return uploader.style()
    skip = uploader.quoted(_("Skip to the page"))
    return uploader.style() + _NO_ENGLISH + f'[data-testid="stSkipToContent"]::after {{ content: {skip}; }}'


def who(person: Person) -> None:
    """Say in the side bar who is signed in, with the way out."""
    with st.sidebar:
        name = html.escape(person.name or person.login)
        role = html.escape(words.word("role", person.role))
        password, out = html.escape(_("Change the password")), html.escape(_("Sign out"))
        spoken, back = BY_CODE[words.current()], quote(session.path(), safe="")
        language = f'{html.escape(_("Language"))}: <bdi lang="{spoken.code}">{html.escape(spoken.name)}</bdi>'
        read = "" if spoken.review == "source" else html.escape(words.word("review", spoken.review))
        st.html(
            f'<p><strong dir="auto">{name}</strong><br>{role}</p>'
            f'<p><a href="/language?next={back}" target="_self">{language}</a><br>{read}</p>'
            f'<p><a href="/password" target="_self">{password}</a></p>'
            f'<p><a class="wildcargo-button" href="/signout" target="_self">{out}</a></p>'
        )


def basis(shown: Frame, person: Person) -> None:
    """Say what every number on the page rests on; where there is none, who loads the day."""
    load = _("Nothing was scored yet: load the day's manifests.")
    wait = _("Nothing was scored yet: an officer, a supervisor or an analyst loads the day's manifests.")
    said = {
        "port": _("Scores are calibrated on this port's own outcomes."),
        "prior": _(
            "Scores are a prior, learnt elsewhere: they order shipments. The chance of a find is not known "
            "for this port. Not on the list does not mean cleared."
        ),
        "none": load if person.may("load") else wait,
    }
    st.html(f'<p class="wildcargo-basis">{html.escape(said[shown.basis])}</p>')


def end(shown: Frame) -> None:
    """Show the footer: port, model, ledger head, version, time."""
    zone = str(session.chosen()["time_zone"])
    # Each part by itself: in a line from right to left, numbers of one would else run into another's.
    parts = [
        html.escape(shown.port),
        html.escape(_("Model {id}")).format(id=_apart(shown.model_id)) if shown.model_id else "",
        html.escape(_("Ledger {head}")).format(head=_apart(shown.head)),
        f"wildcargo {html.escape(_version())}",
        html.escape(moment(session.now(), zone)),
    ]
    told = " · ".join(f"<bdi>{part}</bdi>" for part in parts if part)
    st.html(f'<footer class="wildcargo-foot">{told}</footer>')


def _apart(text: str) -> str:
    return f'<bdi dir="ltr">{html.escape(text)}</bdi>'


def _version() -> str:
    try:
        return version("wildcargo")
    except PackageNotFoundError:  # run from a source folder that was never installed
        return ""
