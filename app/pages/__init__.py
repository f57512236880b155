"""The pages, one module each, and who sees which.

A page is a module of this folder with `show()`, which begins with ``person = session.allowed(<action>)``: the
page checks its role itself, whatever the navigation shows. To add one, write the module and put it into
`PAGES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app.words import _
from risk.store.roles import Person


def N_(text: str) -> str:
    """Mark a text for the catalogues."""
    return text


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes
    ----------
    name : str
        Its module and its path.
    title : str
        English; looked up when shown.
    icon : str
        ``:material/…:``, drawn with the font the server brings.
    action : str
        What one must be allowed (`risk.store.roles.MAY`) to see it in the navigation.
    listed : bool
        Whether the navigation shows it; else it is reached from another page.
    in_drill : bool
        Whether only a drill has it.
    """

    name: str
    title: str
    icon: str
    action: str
    listed: bool = True
    in_drill: bool = False


#: In the order of the navigation; the first a person may see is the one they begin with.
PAGES: tuple[Page, ...] = (
    Page("today", N_("Today"), ":material/format_list_numbered:", "see_list"),
    Page("shipment", N_("Shipment"), ":material/package_2:", "see_list", listed=False),
    Page("outcome", N_("Hold and outcome"), ":material/back_hand:", "decide", listed=False),
    Page("override", N_("Raise or lower"), ":material/swap_vert:", "decide", listed=False),
    Page("load", N_("Load"), ":material/upload_file:", "load"),
    Page("lists", N_("Lists"), ":material/playlist_add_check:", "see_list"),
    Page("rules", N_("Rules"), ":material/rule:", "see_list"),
    Page("shift", N_("Shift"), ":material/swap_horiz:", "see_list"),
    Page("planning", N_("Where and when"), ":material/event:", "see_list"),
    Page("finds", N_("Finds"), ":material/fact_check:", "see_finds"),
    Page("access", N_("Access"), ":material/visibility:", "see_access"),
    Page("margins", N_("Margins"), ":material/align_vertical_center:", "see_margins"),
    Page("debrief", N_("Debrief"), ":material/flag:", "see_list", in_drill=True),
    Page("holds", N_("Legal holds"), ":material/gavel:", "hold_data"),
    Page("signatures", N_("Second signatures"), ":material/draw:", "sign_second"),
    Page("accounts", N_("Accounts"), ":material/group:", "administer"),
    Page("ledger", N_("Ledger"), ":material/link:", "read_ledger"),
    Page("admin", N_("Settings"), ":material/tune:", "administer"),
    Page("model", N_("Model"), ":material/model_training:", "administer"),
    Page("upkeep", N_("Keeping and backup"), ":material/backup:", "administer"),
    Page("contacts", N_("Contacts"), ":material/call:", "see_contacts"),
    Page("welcome", N_("Welcome"), ":material/home:", "", listed=False),
)


def seen_by(person: Person, *, drill: bool = False) -> list[Page]:
    """Return the pages a person may see; one that says so where there is none in the navigation."""
    here = [page for page in PAGES if drill or not page.in_drill]
    seen = [page for page in here if page.action and person.may(page.action)]
    if not any(page.listed for page in seen):
        seen.insert(0, next(page for page in PAGES if not page.action))
    return seen


def of(person: Person, *, drill: bool = False) -> list[StreamlitPage]:
    """Return the pages a person may see, for Streamlit's navigation."""
    seen = seen_by(person, drill=drill)
    made = [_made(page) for page in seen]
    first = made[next(number for number, page in enumerate(seen) if page.listed or not page.action)]

    # Streamlit knows the page one begins with by no path but "/": it is a page of its own that leads on, so
    # that every page is found by its name.
    def begin() -> None:
        asked = {name: st.query_params.get_all(name) for name in st.query_params}
        st.switch_page(first, query_params=asked)

    return [st.Page(begin, title=first.title, default=True, visibility="hidden"), *made]


def _made(page: Page) -> StreamlitPage:
    return st.Page(
        _shown(page.name),
        title=_(page.title),
        icon=page.icon,
        url_path=page.name,
        visibility="visible" if page.listed else "hidden",
    )


def _shown(name: str) -> Callable[[], None]:
    # Imported when it is opened: who looks at one page does not wait for all.
    def show() -> None:
        import_module(f"app.pages.{name}").show()

    show.__name__ = name
    return show


def go(name: str, **query: str) -> NoReturn:
    """Go to a page in place, with what its address holds; the script ends here.

    Raises
    ------
    KeyError
        There is no such page.
    """
    page = next((each for each in PAGES if each.name == name), None)
    if page is None:
        raise KeyError(name)
    st.switch_page(_made(page), query_params=query)


def link(name: str, label: str, **query: str) -> None:
    """Show a link to a page that is opened in place, with what its address holds."""
    page = next(each for each in PAGES if each.name == name)
    st.page_link(_made(page), label=label, query_params=query, width="stretch")
