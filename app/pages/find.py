"""One find, part of the page of finds: its case sheet, on the page and on paper."""

from __future__ import annotations

import html
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app import bars, one_shipment, printed, session
from app.bars import Cell
from app.paper import kept, prints
from app.printed import Document
from app.views import finds as view
from app.words import _, current, day, moment, number, percent, plain, word
from features.manifest import schema
from risk import taxa
from risk.store import decided, finds, people
from risk.store.roles import Person

#: Kinds of codes by field.
_CODES = {
    **{"inspection": "inspection", "status": "status", "found": "found", "where_in_load": "where"},
    **{"selected_by": "selected_by", "risk_basis": "risk_basis"},
}
_SHARES = ("risk", "risk_live_animals", "risk_wildlife_products", "selection_probability")


def show(person: Person, shipment_id: int | None) -> None:
    """Show the case sheet of a find, or that there is none of this number."""
    case = None
    if shipment_id is not None:
        with session.database().read() as connection:
            try:
                case = finds.case(connection, shipment_id)
            except finds.NoFind:
                case = None
            logins = {row.id: row.login for row in people.everybody(connection)}
    if case is None:
        st.title(_("Finds"))
        st.warning(_("No find stands under this number: none was entered, or it was overturned since."))
        _back()
        return
    one_shipment.looked(person, case.shipment_id)
    st.title(_("Find {bill}").format(bill=plain(case.bill[:80])))
    _back(case.shipment_id)
    _print(person, case, logins)
    _sheet(view.sheet(case, logins), case)


def _back(shipment_id: int | None = None) -> None:
    links = [("/finds", _("All finds"))]
    if shipment_id is not None:
        links.append((f"/shipment?id={shipment_id}", _("The shipment")))
        links.append((f"/outcome?id={shipment_id}", _("Its outcome: correct, confirm")))
    told = " ".join(
        f'<a class="wildcargo-button" href="{address}" target="_self">{html.escape(text)}</a>'
        for address, text in links
    )
    st.html(f"<p>{told}</p>")


# --- what it says -------------------------------------------------------------------------------


def _sheet(sheet: view.Sheet, case: finds.Case) -> None:
    zone = str(session.chosen()["time_zone"])
    left, right = st.columns(2)
    with left:
        _facts(_("Outcome in force"), _told(sheet.facts, zone))
        if sheet.corrections:
            st.caption(
                _("Corrected before: {n}. The print has them all.").format(n=number(sheet.corrections))
            )
    with right:
        # A prior orders shipments; as a chance of a find it would mislead.
        kept_back = () if case.score["risk_basis"] == "port" else _SHARES[:3]
        scored = [each for each in sheet.score if each[0] not in kept_back]
        _facts(_("Rank and reasons as they were then"), _told((*sheet.place, *scored), zone))
    st.subheader(_("Reasons as they were shown then"))
    if sheet.told:
        st.markdown("\n".join(f"1. {plain(text)}" for text in sheet.told))
    else:
        st.caption(_("Not kept any more, or none were told."))
    st.subheader(_("Who decided"))
    head = (_("When"), _("Who"), _("What"))
    st.html(bars.table("", head, [_event(event, zone) for event in sheet.events]))
    with st.expander(_("What was declared")):
        _declared(case, zone)
    with st.expander(_("Hashes and rows of the ledger")):
        _proof(sheet, zone)


def _told(facts: tuple[tuple[str, object], ...], zone: str) -> list[tuple[str, str]]:
    names = _names()
    return [(names[name], _value(name, value, zone)) for name, value in facts]


def _names() -> dict[str, str]:
    return {
        "inspected_at": _("Inspected"),
        "inspection": _("How it was inspected"),
        "status": _("State"),
        "found": _("Found"),
        "permit_valid": _("Valid permit"),
        "taxa": _("Species"),
        "where_in_load": _("Where in the load"),
        "pieces": _("Pieces"),
        "kg": _("Weight (kg)"),
        "alive": _("Alive"),
        "evidence_reference": _("Evidence reference"),
        "list_id": _("List"),
        "published_at": _("Published"),
        "rank": _("Rank of the model"),
        "place": _("Place on the list"),
        "shipments": _("Of so many shipments"),
        "selected_by": _("Chosen by"),
        "selection_probability": _("Chance of being chosen"),
        "risk": _("Risk"),
        "risk_live_animals": _("Risk of live animals"),
        "risk_wildlife_products": _("Risk of wildlife products"),
        "risk_basis": _("Risk rests on"),
        "model_id": _("Model"),
    }


def _value(name: str, value: object, zone: str) -> str:
    if name in _CODES:
        codes = value if isinstance(value, (list, tuple)) else [value]
        return " · ".join(word(_CODES[name], str(code)) for code in codes)
    if name == "taxa":
        return " · ".join(taxa.both_names(each, current()) for each in value)  # type: ignore[attr-defined]
    if name == "permit_valid":
        return _("yes") if value else _("no")
    if name in _SHARES:
        return percent(float(str(value)), 2)
    if isinstance(value, pd.Timestamp) or name.endswith("_at"):
        return moment(pd.Timestamp(str(value)), zone)
    if isinstance(value, (int, float)):
        return number(value, 0 if float(value).is_integer() else 2)
    return str(value)


def _facts(title: str, told: list[tuple[str, str]]) -> None:
    st.html(bars.table(title, (_("Field"), _("Value")), told))


def _event(event: view.Event, zone: str) -> list[Cell]:
    told = [word(kind, code) for kind, code in event.codes]
    if event.kind == "list.published":
        told = [word("ledger", event.kind), *told]
    return [moment(event.at, zone), event.by or "–", " · ".join(told)]


def _declared(case: finds.Case, zone: str) -> None:
    if case.purged is not None:
        at, rule = case.purged
        st.info(_("Purged on {day} under rule {rule}").format(day=day(at, zone), rule=plain(rule)))
    names = _columns()
    rows = [
        (names.get(name, name.replace("_", " ")), kept.written(name, value, language=current(), zone=zone))
        for name, value in (case.declared or {}).items()
        if value not in (None, "", [])
    ]
    if rows:
        st.html(bars.table("", (_("Field"), _("Declared")), rows))


def _columns() -> dict[str, str]:
    return {name: _(column.meaning) for name, column in schema.BY_NAME.items()}


def _proof(sheet: view.Sheet, zone: str) -> None:
    names = {
        "record": _("Record of the score"),
        "batch": _("Records loaded together"),
        "list": _("List"),
        "list_data": _("Data of the list"),
        "draw": _("Draw of the list"),
        "photo": _("Photo"),
    }
    st.html(
        bars.table(
            "SHA-256", (_("Of"), "SHA-256"), [(names.get(of, of), value) for of, value in sheet.hashes]
        )
    )
    head = (_("Row"), _("When"), _("Who"), _("What"), "SHA-256")
    rows = [
        (
            number(row["seq"]),
            moment(pd.Timestamp(row["at"]), zone),
            str(row["actor"]),
            word("ledger", str(row["kind"])),
            str(row["hash"]),
        )
        for row in sheet.ledger.to_dict("records")
    ]
    st.html(bars.table(_("Rows of the ledger"), head, rows))


# --- on paper -----------------------------------------------------------------------------------


def _print(person: Person, case: finds.Case, logins: Mapping[int, str]) -> None:
    with st.expander(_("Print the case sheet"), icon=":material/print:", expanded=True):
        language = printed.language_of("find.language")

        def make() -> Document:
            frame = printed.around(person, language)
            facts = kept.case_of(
                case,
                logins,
                language=language,
                zone=frame.zone,
                names=_titles(language),
                picture=_picture,
            )
            return printed.printable(
                lambda: prints.case_sheet(frame, facts),
                lambda: prints.case_sheet_page(frame, facts),
                f"case-{case.shipment_id}-{language}",
            )

        printed.offer(_("Make the case sheet"), (case, language), make, key="find.print")


def _picture(number: int) -> bytes | None:
    with session.database().read() as connection:
        return decided.photo(connection, number)


def _titles(language: str) -> dict[str, str]:
    from app.words import speaking

    with speaking(language):
        return _columns()
