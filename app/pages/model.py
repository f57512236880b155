"""Model: which is in force, which scores beside it, and putting another one in its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa
import streamlit as st

from app import session, tables, working
from app.tables import code
from app.tables import number as count
from app.views import models as view
from app.words import _, ngettext, number, percent, plain, word
from models.bundle import BundleError
from risk import installed
from risk.engine import load_bundle
from risk.installed import Found
from risk.store import jobs, scored_again, stages
from risk.store.archives import MODELS
from risk.store.roles import Person

ACTION = "administer"
#: Days over which the shadow is compared.
DAYS = 30


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Model"))
    with session.database().read() as connection:
        known = stages.everything(connection)
    found = _found(str(session.data_folder()), _signature(session.data_folder()))
    offers = view.offers(found, known)
    _known(offers, [row for row in known if row.stage == "retired"])
    _choose(person, offers)
    working.watch("score", ACTION, _scored)
    if any(row.stage == stages.SHADOW for row in known):
        _shadow(person)
    _where(view.broken(found))


@st.cache_data(max_entries=4, show_spinner=False)
def _found(folder: str, signature: tuple[object, ...]) -> list[Found]:
    return installed.found(Path(folder))


def _signature(folder: Path) -> tuple[object, ...]:
    """Return what changes when a model is put below the folder or taken away."""
    places = sorted((folder / MODELS).glob("*/*"))
    return tuple((str(path), path.stat().st_mtime_ns) for path in places if path.is_file())


def _known(offers: list[view.Offer], retired: list[sa.Row[Any]]) -> None:
    rows: list[list[tables.Cell | str]] = [
        [
            code(each.model_id),
            word("stage", each.stage) if each.stage else _("Not in use"),
            word("risk_basis", each.risk_basis),
            each.folder or _("Comes with the program"),
        ]
        for each in sorted(offers, key=lambda each: ("champion", "shadow", "").index(each.stage))
    ]
    tables.show(
        _("Models that are here"), [_("Model"), _("Stage"), _("What its scores rest on"), _("Folder")], rows
    )
    if retired:
        told = ngettext("{n} model was in use before", "{n} models were in use before", len(retired))
        st.caption(told.format(n=number(len(retired))))


def _choose(person: Person, offers: list[view.Offer]) -> None:
    st.header(_("Put another model in its place"))
    others = {each.model_id: each for each in offers if each.stage != stages.CHAMPION}
    if not others:
        st.info(_("No other model is here."))
        return
    does = {
        stages.CHAMPION: _("Put it in force: the day is scored again by it"),
        stages.SHADOW: _("Let it score beside the one in force; nobody works by its scores"),
    }
    # Of what there is to choose from: the second half of a double click must not choose among what is left.
    with st.form(f"choose-{'-'.join(sorted(others))}", border=True):
        model = st.selectbox(_("Model"), list(others), format_func=lambda one: _named(others[one]))
        stage = st.radio(_("What to do"), list(does), index=1, format_func=does.__getitem__)
        if st.form_submit_button(_("Do it"), type="primary"):
            _put(person, str(model), str(stage))


def _named(offer: view.Offer) -> str:
    return f"{offer.model_id} · {offer.folder or _('Comes with the program')}"


def _put(person: Person, model_id: str, stage: str) -> None:
    at = session.clock()
    try:
        bundle, path = installed.placed(session.data_folder(), model_id)
        starter = load_bundle()
        with session.database().write() as connection:
            stages.begin(connection, starter.model_id, starter.risk_basis, at=at)
            stages.put(connection, model_id, bundle.risk_basis, path, stage, person, at=at)
            jobs.ask(connection, "score", {"stage": stage}, at=at, actor=person)
    except BundleError as error:
        st.error(plain(str(error).splitlines()[0][:300]))
        return
    except Exception as error:
        session.say_fault(error)
        return
    st.rerun()


def _scored(job: jobs.Job) -> None:
    scored = int((job.result or {}).get("scored", 0))
    told = ngettext("{n} shipment scored again", "{n} shipments scored again", scored)
    st.caption(told.format(n=number(scored)))


def _shadow(person: Person) -> None:
    st.header(_("The model beside, compared"))
    now = session.now()
    with session.database().read() as connection:
        since = now - pd.Timedelta(days=DAYS)
        until, zone = now + pd.Timedelta(days=3), str(session.chosen()["time_zone"])
        found = scored_again.compared(connection, since, until, view.FIRST, zone)
    tables.show(
        _("Over the last {n} days, each day's first {share} of the shipments").format(
            n=number(DAYS), share=percent(view.FIRST)
        ),
        [_("What"), _("Number")],
        [
            [_("Shipments both scored"), count(number(found.shipments))],
            [_("First by each"), count(number(found.first))],
            [_("First by both"), count(number(found.both))],
            [_("Random picks that were inspected"), count(number(found.inspected))],
            [_("Finds among them"), count(number(found.finds))],
            [_("Of these, first by the model in force"), _share(view.share_of(found, found.finds_champion))],
            [_("Of these, first by the model beside"), _share(view.share_of(found, found.finds_shadow))],
        ],
    )
    st.caption(
        _(
            "Only random picks compare fairly: what the model in force chose was opened because it stood "
            "first. Under ten finds nothing can be said."
        )
    )
    if st.button(_("Let no model score beside any more")):
        try:
            with session.database().write() as connection:
                stages.end_shadow(connection, person, at=session.clock())
        except Exception as error:
            session.say_fault(error)
            return
        st.rerun()


def _share(share: view.Share) -> str:
    if share.share is None or share.low is None or share.high is None:
        return f"{number(share.finds)} · {_('not estimable')}"
    return f"{number(share.finds)} · {percent(share.share)} ({percent(share.low)}–{percent(share.high)})"


def _where(broken: list[tuple[str, str]]) -> None:
    with st.expander(_("How a model comes here"), expanded=bool(broken)):
        st.markdown(
            _("Put its folder, as the command below makes it, into the folder models of the port's data.")
        )
        target = session.data_folder() / MODELS / "2026"
        st.code(f"wildcargo train port-history --out {target}", language=None, wrap_lines=True)
        if broken:
            tables.show(_("Folders that hold no model"), [_("Folder"), _("Why")], broken)
