"""A published list on paper, and what is looked at as a table for a spreadsheet: made when asked for."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import printed, session
from app.pages import today_rows
from app.pages.today_looked import Looked
from app.paper import facts, printing, prints, sheets
from app.views import day_table
from app.views import today as view
from app.views.day_query import Asked
from app.words import _, current, direction, number, word
from features.manifest import schema
from risk import retelling
from risk.refusals import Refusal
from risk.store import day, people
from risk.store.roles import Person

_PDF, _XLSX = "application/pdf", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show(person: Person, asked: Asked, looked: Looked) -> None:
    """Offer the print of a list, and tables of what is looked at."""
    listed = next((each for each in looked.lists if each.id == asked.list), None)
    with st.container(border=True):
        if listed is None:
            st.caption(_("Choose a published list above to print it."))
        paper, csv, xlsx = st.columns(3)
        lacking = printing.lacking()
        label = _("Make the worklist (PDF)") if not lacking else _("Make the worklist (page to print)")
        if paper.button(label, disabled=listed is None, key="paper-print", width="stretch"):
            _print(person, listed, looked, page=bool(lacking))
        if csv.button(_("Make a table (CSV)"), key="paper-csv", width="stretch"):
            made = sheets.csv(*_table(person, asked, looked), zone=_zone())
            _give(made, "csv", "text/csv")
        if xlsx.button(_("Make a table (Excel)"), key="paper-xlsx", width="stretch"):
            _sheet(person, asked, looked)
        if len(looked.frame) > day_table.TOLD:
            text = _("Tables of more than {n} shipments go without reasons.")
            st.caption(text.format(n=number(day_table.TOLD)))


def _zone() -> str:
    return str(session.chosen()["time_zone"])


def _give(made: bytes, ending: str, kind: str) -> None:
    local = session.now().tz_localize("UTC").tz_convert(_zone())
    name = f"wildcargo-{local:%Y%m%d-%H%M}.{ending}"
    st.download_button(
        _("Save {name}").format(name=name),
        made,
        name,
        kind,
        key="paper-save",
        type="primary",
        on_click="ignore",
    )


def _sheet(person: Person, asked: Asked, looked: Looked) -> None:
    try:
        made = sheets.xlsx(
            *_table(person, asked, looked),
            zone=_zone(),
            title=_("Shipments"),
            right_to_left=direction() == "rtl",
        )
    except Refusal as error:
        session.say_fault(error)
        return
    _give(made, "xlsx", _XLSX)


def _table(person: Person, asked: Asked, looked: Looked) -> tuple[pd.DataFrame, dict[str, str]]:
    frame = looked.frame
    told = _reasons(frame) if len(frame) <= day_table.TOLD else {}
    rows = view.rows(frame, {}, day=view.Day.of(looked.day, session.now()), user_id=person.id)
    statuses = [today_rows.status_words(row, _zone()) for row in rows]
    made = day_table.table(frame, told, unmarked=asked.of_lists, statuses=statuses)
    made["mode"] = [word("mode", code) if code else "" for code in made["mode"]]
    made["direction"] = [word("direction", code) if code else "" for code in made["direction"]]
    made["risk_basis"] = [word("risk_basis", code) if code else "" for code in made["risk_basis"]]
    return made, _headings()


def _headings() -> dict[str, str]:
    own = {
        "number": _("No."),
        "place": _("Place"),
        "rank": _("Rank by the model"),
        "score": _("Score"),
        "risk": _("Risk"),
        "risk_basis": _("What scores rest on"),
        "model_id": _("Model"),
        "status": _("Status"),
        "bill": _("Bill"),
        "master_bill": _("Master bill"),
        "available_until": _("Leaves"),
        "arrives_at": _("Arrives"),
        "goods": _("Goods"),
        "heading": _("Heading"),
        "location": _("Terminal"),
        "conveyance": _("Flight or vessel"),
        "containers": _("Containers"),
        "reason_1": _("Reason {n}").format(n=1),
        "reason_2": _("Reason {n}").format(n=2),
    }
    declared = {
        name: _(schema.BY_NAME[name].meaning) for name in day_table.DECLARED if name in schema.BY_NAME
    }
    return {**declared, "origin": _("Origin"), "destination": _("Destination"), **own}


def _reasons(frame: pd.DataFrame) -> dict[int, list[str]]:
    with session.database().read() as connection:
        records = day.listed_reasons(connection, [int(each) for each in frame["score_id"]])
    first, zone = day_table.REASONS, _zone()
    return {
        score: retelling.told(each, 4, language=current(), first=first, zone=zone)
        for score, each in records.items()
        if each
    }


def _print(person: Person, listed: Any, looked: Looked, *, page: bool) -> None:
    with session.database().read() as connection:
        names = {row.id: row.login for row in people.everybody(connection)}
    paper = printed.around(person, current())
    published = facts.PublishedList(
        number=listed.id,
        digest=listed.digest,
        published_at=pd.Timestamp(listed.published_at),
        published_by=names.get(listed.published_by, ""),
        shift="",
        capacity=listed.capacity,
        shipments=listed.shipments,
        risk_basis=listed.risk_basis,
        model_id=listed.model_id,
        expected_finds=listed.expected_finds,
        after=listed.after_id,
        gone=looked.gone,
    )
    whole = looked.listed if looked.listed is not None else looked.frame
    rows = facts.rows_of(whole, _reasons(whole), listed.capacity)
    try:
        if page:
            _give(prints.worklist_page(paper, published, rows).encode(), "html", "text/html")
        else:
            _give(prints.worklist(paper, published, rows), "pdf", _PDF)
    except Refusal as error:
        session.say_fault(error)
