"""What holds for every page: it opens over a scored day, in two languages, and checks the role itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from app.pages import PAGES
from risk.store.people import MAY, ROLES

NAMES = [page.name for page in PAGES if page.action]
ACTION = {page.name: page.action for page in PAGES}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_it_opens(name: str, language: str, open_page: Callable[..., AppTest]) -> None:
    role = next(role for role in ROLES if role in MAY[ACTION[name]])
    app = open_page(name, role=role, language=language)
    assert not app.exception
    assert app.title


@pytest.mark.parametrize("name", NAMES)
def test_it_checks_the_role_itself(
    name: str, open_page: Callable[..., AppTest], said: Callable[[AppTest], str]
) -> None:
    for role in sorted(set(ROLES) - MAY[ACTION[name]]):
        app = open_page(name, login=role, role=role)
        assert not app.exception
        assert not app.title
        assert "Your role does not allow this page" in said(app)
