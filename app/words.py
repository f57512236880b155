"""Texts, numbers and times of a page in the language of who looks at it.

Pages say ``from app.words import _, ngettext`` and write English texts, which catalogues translate. The
language is that of the session a script runs in; what runs outside a session (a print, a test) says which
language it means with `speaking`. Nothing here is shared between people: a context variable belongs to one
running piece of work, a session's state to one browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pandas as pd
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from risk import language, locales, vocabulary

#: Key of the session's state that holds the language of who is signed in.
STATE = "language"
#: Cookie of a language chosen before anybody signed in.
COOKIE = "wildcargo_language"

_SPOKEN: ContextVar[str | None] = ContextVar("spoken", default=None)

#: Signs that Markdown, as Streamlit shows it, takes for more than themselves.
_MARKED = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$^=&\"'])")
_BREAKS = re.compile(r"\s+")
#: What Streamlit makes a link of after it took the signs away: a stranger's address is nothing to click.
_LINKS = re.compile(r"(https?:(?=//)|www(?=\.))", re.IGNORECASE)
#: Joins two signs, seen by nobody.
_JOINER = "\u2060"


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language within a block, whatever the session says."""
    token = _SPOKEN.set(language.nearest(code))
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def current() -> str:
    """Return the language in force here."""
    if (spoken := _SPOKEN.get()) is not None:
        return spoken
    if get_script_run_ctx(suppress_warning=True) is None:
        return language.SOURCE
    asked = st.session_state.get(STATE) or st.context.cookies.get(COOKIE) or ""
    return language.nearest(str(asked))


def direction() -> str:
    """Return ``ltr`` or ``rtl``."""
    return language.BY_CODE[current()].direction


def _(message: str) -> str:
    """Return a text in the language in force; fields in braces are filled afterwards (``.format``)."""
    return language.gettext(message, current())


def ngettext(singular: str, plural: str, n: int) -> str:
    """Return the form of a text that a number asks for."""
    return language.ngettext(singular, plural, n, current())


def word(kind: str, code: str) -> str:
    """Return a code of `risk.vocabulary` in words."""
    return vocabulary.word(kind, code, current())


def words(kind: str) -> dict[str, str]:
    """Return the codes of a kind and their words, in the order they are offered in."""
    return vocabulary.words(kind, current())


def number(value: float, digits: int = 0) -> str:
    """Return a number as the language writes it, with so many digits after the point."""
    return locales.decimal(value, current(), digits)


def percent(share: float, digits: int = 0) -> str:
    """Return a share (0 to 1) as a percentage."""
    return locales.percent(f"{100.0 * share:,.{digits}f}", current())


def country(code: str) -> str:
    """Return the name of a country."""
    return locales.name_of_country(code, current())


def moment(at: pd.Timestamp | None, zone: str) -> str:
    """Return a moment (naive UTC) in the port's time zone, empty where there is none."""
    return "" if at is None or pd.isna(at) else locales.moment(at, zone, current())


def day(at: pd.Timestamp | None, zone: str) -> str:
    """Return the day of a moment (naive UTC) in the port's time zone, empty where there is none."""
    return "" if at is None or pd.isna(at) else locales.day(at, zone, current())


def left(until: pd.Timestamp | None, now: pd.Timestamp) -> str:
    """Return how long it is until a moment, empty where there is none."""
    if until is None or pd.isna(until):
        return ""
    minutes = int((until - now).total_seconds() // 60)
    if minutes <= 0:
        return _("over")
    if minutes < 48 * 60:
        return _("{hours} h {minutes} min").format(hours=minutes // 60, minutes=f"{minutes % 60:02d}")
    days = minutes // (24 * 60)
    return ngettext("{n} day", "{n} days", days).format(n=number(days))


def plain(text: str) -> str:
    r"""Return outside text such that Streamlit's Markdown shows it as it is, on one line, and links nothing.

    Examples
    --------
    >>> plain("*FROZEN* [FISH](http://x)\n# 1")
    '\\*FROZEN\\* \\[FISH\\]\\(http\\:\u2060//x\\) \\# 1'
    """
    text = _LINKS.sub(rf"\1{_JOINER}", _BREAKS.sub(" ", text).strip())
    return _MARKED.sub(r"\\\1", text)
