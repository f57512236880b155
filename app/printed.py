"""Documents on a page: what stands around a print, its language, and a download made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from app import session
from app.paper.facts import Frame
from app.paper.printing import lacking
from app.views import frame as frame_view
from app.words import _, current
from risk.language import BY_CODE, LANGUAGES
from risk.store import in_force
from risk.store.roles import Person

PDF, HTML = "application/pdf", "text/html"


@dataclass(frozen=True)
class Document:
    """Something to download."""

    content: bytes
    file_name: str
    mime: str


def around(person: Person, language: str) -> Frame:
    """Return what stands around every page of a print."""
    chosen = session.chosen()
    with session.database().read() as connection:
        shown = frame_view.frame(chosen, in_force.get(connection))
    return Frame(
        language=language,
        port=shown.port,
        zone=str(chosen["time_zone"]),
        printed_at=session.now().floor("min"),
        printed_by=person.login,
        ledger_head=shown.head,
        band=shown.band,
    )


def language_of(key: str) -> str:
    """Ask for the language of a print; that of the page unless another is chosen."""
    return st.selectbox(
        _("Language of the print"),
        LANGUAGES,
        index=LANGUAGES.index(current()),
        format_func=lambda code: BY_CODE[code].name,
        key=key,
    )


def printable(pdf: Callable[[], bytes], page: Callable[[], str], name: str) -> Document:
    """Return a print as PDF; where this machine lacks Pango, as a page for a browser to print."""
    if lacking():
        return Document(page().encode("utf-8"), f"{name}.html", HTML)
    return Document(pdf(), f"{name}.pdf", PDF)


def offer(label: str, about: object, make: Callable[[], Document], *, key: str) -> None:
    """Offer a document: made when the button is pressed, never on a rerun, then there to be downloaded.

    Parameters
    ----------
    label : str
        Of the button.
    about : object
        What the document is of; one made of something else is not offered any more.
    make : callable
        What it raises is told on the page.
    """
    kept = f"{key}.made"
    if st.button(label, key=key, type="primary", width="stretch"):
        st.session_state.pop(kept, None)
        try:
            with st.spinner(_("Making the document …")):
                st.session_state[kept] = (repr(about), make())
        except Exception as error:
            session.say_fault(error)
    made = st.session_state.get(kept)
    if made is None or made[0] != repr(about):
        return
    document: Document = made[1]
    if document.mime == HTML:
        st.info(_("This machine cannot make PDF. Open the page in a browser and print it there."))
    st.download_button(
        _("Download {file}").format(file=document.file_name),
        document.content,
        file_name=document.file_name,
        mime=document.mime,
        key=f"{key}.download",
        on_click="ignore",
        width="stretch",
    )
