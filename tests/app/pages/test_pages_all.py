"""What holds for every page: it opens over a scored day, in two languages, and checks the role itself."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from app.pages import PAGES
from risk import translating
from risk.store.roles import MAY, ROLES

NAMES = [page.name for page in PAGES if page.action]
WIDGETS = (
    "button",
    "checkbox",
    "selectbox",
    "multiselect",
    "text_input",
    "text_area",
    "number_input",
    "radio",
)
ACTION = {page.name: page.action for page in PAGES}


#: Texts that every language writes alike, or that are names.
SAME = frozenset(
    text
    for message in translating.read("ar")
    if (text := message.id) and isinstance(text, str) and message.string == text
)
ENGLISH = frozenset(text for text in translating.messages() if isinstance(text, str)) - SAME


def parts(app: AppTest, said: str) -> set[str]:
    """Every line, cell and label of a page, by itself."""
    labels = [str(getattr(each, "label", "")) for kind in WIDGETS for each in app.get(kind)]
    choices = [str(one) for each in (*app.selectbox, *app.radio) for one in each.options]
    pieces = re.split(r"<[^>]*>|\n| · |\*\*", html.unescape(said))
    return {piece.strip() for piece in (*pieces, *labels, *choices)}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_it_opens(
    name: str, language: str, open_page: Callable[..., AppTest], said: Callable[[AppTest], str]
) -> None:
    role = next(role for role in ROLES if role in MAY[ACTION[name]])
    app = open_page(name, role=role, language=language)
    assert not app.exception
    assert app.title
    if language != "en":
        assert sorted(parts(app, said(app)) & ENGLISH) == []


@pytest.mark.parametrize("name", NAMES)
def test_it_checks_the_role_itself(
    name: str, open_page: Callable[..., AppTest], said: Callable[[AppTest], str]
) -> None:
    for role in sorted(set(ROLES) - MAY[ACTION[name]]):
        app = open_page(name, login=role, role=role)
        assert not app.exception
        assert not app.title
        assert "Your role does not allow this page" in said(app)
