"""Keeping and backup: how long things are kept, what is due, backups there are and how one is put back."""

from __future__ import annotations

import streamlit as st

from app import session, tables, working
from app.tables import code
from app.tables import number as count
from app.views import upkeep as view
from app.words import _, moment, ngettext, number, plain, word
from risk import upkeep
from risk.store import holding, jobs, ledger, retention
from risk.store.roles import Person

ACTION = "administer"
#: Purges told.
PURGES = 10


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Keeping and backup"))
    _keeping(person)
    _backups(person)


def _keeping(person: Person) -> None:
    st.header(_("How long things are kept"))
    with session.database().read() as connection:
        keep = retention.Keeping.of(connection)
        due = retention.due(connection, session.now(), all_kept=True)
        past = view.purges(ledger.latest(connection, PURGES, kind="purge"))
        held = len(holding.held(connection))
    tables.show(
        _("What is due goes once a day by itself"),
        [_("What"), _("Days"), _("Due now"), _("Due, but kept for another reason")],
        [
            [
                word("setting", rule.setting),
                count(number(rule.days)),
                _counted(rule.due),
                _counted(rule.kept),
            ]
            for rule in view.rules(keep, due)
        ],
    )
    told = ngettext("{n} shipment is under a legal hold", "{n} shipments are under a legal hold", held)
    st.caption(f"{told.format(n=number(held))} · {_('Days are changed on the page Settings.')}")
    sure = st.checkbox(_("I know that what is purged does not come back"))
    if st.button(_("Purge what is due now"), disabled=not sure):
        working.ask("purge", person)
    working.watch("purge", ACTION, _purged)
    if past:
        zone = str(session.chosen()["time_zone"])
        tables.show(
            _("Latest purges"),
            [_("When"), _("Rule"), _("Shipments")],
            [[moment(each.at, zone), code(each.rule), count(number(each.shipments))] for each in past],
        )


def _counted(n: int | None) -> tables.Cell | str:
    return "–" if n is None else count(number(n))


def _purged(job: jobs.Job) -> None:
    n = int((job.result or {}).get("shipments", 0))
    st.caption(ngettext("{n} shipment purged", "{n} shipments purged", n).format(n=number(n)))


def _backups(person: Person) -> None:
    st.header(_("Backups"))
    if st.button(_("Back up now"), type="primary"):
        working.ask("backup", person)
    working.watch("backup", ACTION, _backed_up)
    place = session.data_folder() / upkeep.BACKUPS
    found = view.backups(place)
    zone = str(session.chosen()["time_zone"])
    if found:
        size = _("{n} MB")
        tables.show(
            _("In the port's folder, newest first; the last {n} stay").format(n=number(upkeep.KEPT)),
            [_("File"), _("When"), _("Size")],
            [
                [code(each.name), moment(each.at, zone), count(size.format(n=number(each.megabytes, 1)))]
                for each in found
            ],
        )
    else:
        st.info(_("There is no backup in the port's folder yet."))
    st.markdown(
        _(
            "A backup holds everything, the site's secret too, and is not encrypted. Copy it to another "
            "machine: one that lies beside the database is lost with it."
        )
    )
    with st.expander(_("How a backup is put back")):
        st.markdown(_("On the machine, by whoever tends it. The new folder must not be there yet."))
        file = place / (found[0].name if found else "port-20261122-040000.zip")
        new = session.data_folder().parent / "port-restored"
        call = f"wildcargo verify {file}\nwildcargo restore {file} --data {new}\nwildcargo app --data {new}"
        st.code(call, language=None, wrap_lines=True)


def _backed_up(job: jobs.Job) -> None:
    told = _("{file} was written and read again.").format(file=str((job.result or {}).get("file", "")))
    st.caption(plain(told))
