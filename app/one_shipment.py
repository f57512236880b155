"""The shipment a page is about, by the number in its address: found, noted as looked at, and told of."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa
import streamlit as st

from app import session, told
from app.views import address
from app.words import _, left, moment, number, plain, word
from risk.refusals import Refusal
from risk.store import access, decided, holding
from risk.store.database import Busy
from risk.store.roles import Person

#: Every target on these pages is at least 44 px high: fingers, gloves, a tablet that moves.
_STYLE = """
.wildcargo-facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr));
  gap: .4rem 1rem; margin: 0 !important; padding: 0 !important; }
.wildcargo-facts div { overflow-wrap: anywhere; min-width: 0; }
.wildcargo-facts dt { font-weight: 600; color: #3d4c58; font-size: .875rem; }
.wildcargo-facts dd { margin: 0 !important; }
.wildcargo-goto a { display: inline-block; min-height: 44px; line-height: 44px; padding: 0 1rem 0 0; }
[data-testid="stMain"] [data-testid="stButton"] button,
[data-testid="stMain"] [data-testid="stFormSubmitButton"] button,
[data-testid="stMain"] [data-testid="stDownloadButton"] button,
[data-testid="stMain"] [data-testid="stButtonGroup"] button { min-height: 48px; }
[data-testid="stMain"] [data-testid="stButtonGroup"] button { padding: 0 1rem; }
[data-testid="stMain"] [data-testid="stButtonGroup"] button *,
[data-testid="stMain"] :is([data-testid="stButton"], [data-testid="stFormSubmitButton"]) button * {
  font-size: 1rem; }
[data-testid="stButtonGroup"] button:is([aria-checked="true"], [aria-pressed="true"]) {
  color: #fff !important; background: #0b5a7a !important; }
[data-testid="stButtonGroup"] button:is([aria-checked="true"], [aria-pressed="true"]) p::before {
  content: "✓ "; }
[data-testid="stMain"] [data-testid="stWidgetLabel"] p { font-size: 1rem; font-weight: 600; }
[data-testid="stMain"] input, [data-testid="stMain"] [data-testid="stFileUploader"] button,
[data-testid="stMain"] summary { min-height: 44px; }
/* Numbers are typed: steps of one beside a narrow field would hide what was typed. */
[data-testid="stMain"] [data-testid="stNumberInput"] button { display: none; }
"""


@dataclass(frozen=True)
class Subject:
    """What a page is about."""

    id: int
    row: dict[str, Any]
    zone: str
    back: str = "/today"


def asked(person: Person) -> Subject | None:
    """Return the shipment in the address; where there is none such, say so and return None.

    The number comes from outside: whatever is no number of a shipment is told as that.
    """
    style()
    shipment_id, row = address.number(st.query_params.get("id")), None
    if shipment_id is not None:
        with session.database().read() as connection:
            row = decided.shipment(connection, shipment_id)
    if shipment_id is None or row is None:
        st.warning(_("There is no such shipment. Choose one in the day's list."))
        ways([(session.list_address(person), _("The day's list"))])
        return None
    looked(person, shipment_id)
    return Subject(shipment_id, row, str(session.chosen()["time_zone"]), session.list_address(person))


def bill_asked() -> str:
    """Return the bill of the shipment the address names, empty for none."""
    shipment_id = address.number(st.query_params.get("id"))
    if shipment_id is None:
        return ""
    with session.database().read() as connection:
        return holding.bill_of(connection, shipment_id) or ""


def looked(person: Person, shipment_id: int) -> None:
    """Put a look at a shipment on record; where that cannot be, the page ends here."""
    at = session.clock()
    try:
        with session.database().read() as connection:
            if access.recorded(connection, shipment_id, person, at=at):
                return
        with session.database().write() as connection:
            access.viewed(connection, shipment_id, person, at=at)
    except (Refusal, Busy, sa.exc.SQLAlchemyError) as error:
        session.say_fault(error)
        st.stop()


def head(subject: Subject, here: str) -> None:
    """Tell which shipment this is, with ways to its other pages.

    Parameters
    ----------
    here : str
        Name of the page one is on.
    """
    row, now = subject.row, session.now()
    st.header(plain(row["bill"][:120]), anchor=False)
    until = moment(row["available_until"], subject.zone)
    time_left = left(row["available_until"], now)
    about = [
        (_("Goods"), row["goods"]),
        (_("Mode"), word("mode", row["mode"]) if row["mode"] else ""),
        (_("Location"), row["location"]),
        (_("Vessel or flight"), row["conveyance"]),
        (_("Containers"), row["containers"]),
        (_("Packages"), "" if row["packages"] is None else number(row["packages"])),
        (_("Arrives"), moment(row["arrives_at"], subject.zone)),
        (_("Released or goes on"), f"{until} ({time_left})" if until and time_left else until),
    ]
    facts(about)
    pages = {
        "shipment": _("Shipment"),
        "outcome": _("Hold and outcome"),
        "override": _("Raise or lower"),
    }
    to = [(f"/{name}?id={subject.id}", text) for name, text in pages.items() if name != here]
    ways([*to, (subject.back, _("The day's list"))])


def style() -> None:
    """Make targets big."""
    st.html(f"<style>{_STYLE}</style>")


def ways(to: list[tuple[str, str]]) -> None:
    """Show links to other pages: paths, and what they are called."""
    links = "".join(
        f'<a href="{html.escape(path)}" target="_self">{html.escape(text)}</a>' for path, text in to
    )
    st.html(f'<nav class="wildcargo-goto">{links}</nav>')


def facts(known: list[tuple[str, str]]) -> None:
    """Show facts, outside text as it is; what is empty is left out."""
    rows = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd><bdi>{html.escape(str(value)[:400])}</bdi></dd></div>"
        for name, value in known
        if value
    )
    st.html(f'<dl class="wildcargo-facts">{rows}</dl>')


def claimed(subject: Subject, person: Person) -> None:
    """Say that somebody else works on the shipment; nobody is kept from acting by it."""
    with session.database().read() as connection:
        found = decided.claim(connection, subject.id, at=session.clock())
    place = st.container()
    if found is not None and found.user_id != person.id:
        place.warning(
            _("{login} works on this shipment until {time}. Speak to each other first.").format(
                login=plain(found.login), time=moment(pd.Timestamp(found.expires_at), subject.zone)
            )
        )


def tell(key: str, text: str = "") -> None:
    """Keep a text to be told when the page is drawn again; without one, tell what was kept."""
    if text:
        told.keep(key, text)
        return
    # A place of its own, told or not: what follows would else move, and what was unfolded would fold.
    with st.container():
        if kept := told.kept(key):
            st.success(kept, icon=":material/check_circle:")
