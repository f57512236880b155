"""The form of a list's entry: filled in, tried on the last days, kept. Part of the page *Lists*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd
import sqlalchemy as sa
import streamlit as st

from app import session, tables
from app import told as telling
from app.tables import Cell
from app.views import lists as view
from app.words import _, moment, ngettext, number, plain, word, words
from features.manifest import schema
from risk import watch_entries as written
from risk.refusals import Refusal
from risk.store import trying, watching
from risk.store.database import Busy
from risk.store.hit_records import Reached
from risk.store.roles import Person
from risk.store.watch_listing import Entry
from risk.store.watching import EntryRefused
from risk.watch_entries import LOWEST_FLOOR, New, Problem
from risk.watch_values import LONGEST

#: Keys of the session: what is told, and the number of the form, which empties it.
_TOLD, _FORM = "lists.told", "lists.form"


def tell(text: str) -> None:
    """Have a text told at the top of the page when it is shown next."""
    telling.keep(_TOLD, text)


def say_told() -> None:
    """Tell what was done just before."""
    with st.container():
        if text := telling.kept(_TOLD):
            st.success(plain(text))


def ask_to_end(label: str, ended: str, end: Callable[[sa.Connection], None]) -> None:
    """Ask whether an entry or a rule is to end; end it, say so, and go back to all of them.

    Parameters
    ----------
    label, ended : str
        What is asked for, and what is told once it is done.
    end : callable
        Ends it within a transaction.
    """
    with st.popover(label, width="stretch"):
        st.markdown(
            _("It hits nothing more and holds no shipment up. What it hit and found stays on record.")
        )
        if not st.button(_("End it now"), key="end", type="primary", width="stretch"):
            return
    try:
        with session.database().write() as connection:
            end(connection)
    except (Refusal, Busy) as error:
        session.say_fault(error)
        return
    tell(ended)
    st.query_params.clear()
    st.rerun()


def add(person: Person) -> None:
    """Show the form of a new entry."""
    _kinds()
    count = int(st.session_state.get(_FORM, 0))
    form, tried, sent = _form(f"add-{count}", view.Filled(New("party", "")), _("Add it"))
    new = view.meant(form, str(session.chosen()["time_zone"]))
    if tried:
        _try(new)
    if sent and (kept := _kept(person, new, None)) is not None:
        st.session_state[_FORM] = count + 1
        tell(added(kept.hit))
        st.rerun()


def change(person: Person, entry: Entry) -> None:
    """Show the form of an entry that stands."""
    zone = str(session.chosen()["time_zone"])
    form, tried, sent = _form(f"change-{entry.id}", view.filled(entry, zone), _("Keep the change"))
    new = view.meant(form, zone, entry)
    if tried:
        _try(new)
    if sent and (kept := _kept(person, new, entry)) is not None:
        tell(added(kept.hit))
        st.query_params.from_dict({"entry": str(kept.id)})
        st.rerun()


def added(hit: int) -> str:
    """Return that something was kept, and how much it hits at once."""
    if not hit:
        return _("Kept. It hits none of the shipments there are; what comes in is looked at.")
    return ngettext(
        "Kept. It hits {n} shipment already.", "Kept. It hits {n} shipments already.", hit
    ).format(n=number(hit))


def _kept(person: Person, new: New, before: Entry | None) -> watching.Added | None:
    times = {"now": session.now(), "at": session.clock()}
    try:
        with session.database().write() as connection:
            if before is None:
                return watching.add(connection, new, person, **times)
            return watching.change(connection, before.id, new, person, **times)
    except EntryRefused as error:
        if error.problems:
            _wrong(error.problems)
        else:
            session.say_fault(error)
    except (Refusal, Busy) as error:
        session.say_fault(error)
    return None


def fields() -> dict[str, str]:
    """Return the names of an entry's fields, as the form calls them."""
    return {
        "kind": _("Kind"),
        "value": _("What to watch for"),
        "reason": _("Why, in a few words"),
        "source_grade": _("Source"),
        "restricted": _("Restricted"),
        "floor": _("Not below place"),
        "lead": _("Where it comes from"),
        "valid_from": _("Counts from"),
        "expires_at": _("Last day"),
    }


def told(problem: Problem) -> str:
    """Return what is wrong in the language of who looks, not escaped yet."""
    return _(problem.text).format(**dict(problem.values))


def _wrong(problems: Sequence[Problem]) -> None:
    named = fields()
    lines = [f"**{plain(named.get(each.field, each.field))}**: {plain(told(each))}" for each in problems]
    st.error("  \n".join(lines))


def _form(key: str, start: view.Filled, done: str) -> tuple[view.Filled, bool, bool]:
    named, kinds, new = fields(), words("watch"), start.new
    with st.form(key, enter_to_submit=False):
        left, right = st.columns([1, 2])
        kind = left.selectbox(
            named["kind"], list(kinds), index=list(kinds).index(new.kind), format_func=kinds.__getitem__
        )
        value = right.text_input(named["value"], new.value, max_chars=LONGEST)
        reason = st.text_area(named["reason"], new.reason, max_chars=1_000, height=80)
        grade = _grades(new.source_grade)
        lead = st.text_input(
            _("Where it comes from: platform, seller, listing (may stay empty)"), new.lead, max_chars=500
        )
        one, two, three = st.columns(3)
        floor = one.number_input(
            _("Place its shipments do not stand below (may stay empty)"), 1, LOWEST_FLOOR, new.floor
        )
        first = two.date_input(_("Counts from (empty: from now on, or as before)"), start.first)
        last = three.date_input(_("Last day (empty: without an end)"), start.last)
        restricted = st.checkbox(
            _("Restricted: officers see “restricted list” and nothing else"), new.restricted
        )
        tries, sends = st.columns(2)
        tried = tries.form_submit_button(_("Try it on the last days"), width="stretch")
        sent = sends.form_submit_button(done, type="primary", width="stretch")
    made = New(kind, value, reason, grade, restricted, lead, None if floor is None else int(floor))
    return view.Filled(written.clean(made), first, last), tried, sent


def _grades(grade: str) -> str:
    reliability, credibility = view.graded(grade)
    sources = {"": _("Not graded"), **_lettered("reliability")}
    says = {"": _("Not graded"), **_lettered("credibility")}
    left, right = st.columns(2)
    source = left.selectbox(
        _("How reliable the source is"),
        list(sources),
        index=list(sources).index(reliability),
        format_func=sources.__getitem__,
    )
    said = right.selectbox(
        _("How credible what it says is"),
        list(says),
        index=list(says).index(credibility),
        format_func=says.__getitem__,
    )
    return view.grade(source, said)


def _lettered(kind: str) -> dict[str, str]:
    return {code: f"{code} – {text}" for code, text in words(kind).items()}


def grade_in_words(grade: str) -> str:
    """Return what a source grade says, empty where there is none."""
    reliability, credibility = view.graded(grade)
    if not reliability:
        return ""
    return " · ".join((word("reliability", reliability), word("credibility", credibility)))


def _kinds() -> None:
    with st.expander(_("What can be watched for")):
        kinds = {
            "party": (_("A name, or a seller's handle"), "Blue Lagoon Trading Ltd, @rare_pets77"),
            "address": (_("Street and number"), "12 Ly Thai To, Hanoi"),
            "route": (_("Countries or ports the goods go through"), "CM > HK, CMDLA > AE > HKHKG, * > VN"),
            "goods": (_("A tariff code, with every code under it"), "0511, 030191"),
            "word": (_("A word or phrase in any script, in description, marks and lines"), "ivory, 象牙"),
            "phone": (_("A telephone number, however written"), "+84 90 123 4567"),
            "email": (_("An e-mail address, or everything of a domain"), "x@example.org, @example.org"),
            "identifier": (_("A number of a tax office, permit, container, seal or bill"), "TGHU1234567"),
        }
        rows: list[list[str | Cell]] = [
            [word("watch", code), text, Cell(example, kind="condition")]
            for code, (text, example) in kinds.items()
        ]
        tables.show(_("What can be watched for"), [_("Kind"), _("What is written"), _("Such as")], rows)


# --- what it hits ---------------------------------------------------------------------------


def _try(new: New) -> None:
    if wrong := written.problems(new, at=session.now()):
        _wrong(wrong)
        return
    with session.database().read() as connection:
        show_trial(trying.entry(connection, new))


def show_trial(trial: trying.Trial) -> None:
    """Show what an entry or a rule would have hit."""
    counted = trial.counted
    if not counted.of:
        st.info(_("There are no shipments to try it on yet."))
        return
    said = _("It would have hit {hit} of {of} shipments, spread over the latest.").format(
        hit=number(counted.hit), of=number(counted.of)
    )
    if counted.too_broad:
        st.warning(f"{plain(said)} {_('That is too many to say anything; say more.')}")
    else:
        st.info(plain(said))
    if trial.examples:
        rows: list[list[str | Cell]] = [
            [tables.shipment(each.shipment_id, each.bill), each.goods[:200], where(each.columns)]
            for each in trial.examples
        ]
        tables.show(_("The latest of them"), [_("Bill"), _("Goods"), _("Where")], rows)


def where(columns: Sequence[str]) -> str:
    """Return the columns something was found in, in words."""
    shorter = {"goods_description": _("Description"), "items": _("Lines"), "route": _("Route")}
    names = (
        shorter.get(each) or (_(schema.BY_NAME[each].meaning) if each in schema.BY_NAME else each)
        for each in columns
    )
    return ", ".join(names)


def reached(hit: Sequence[Reached], count: int) -> None:
    """Show the shipments an entry or a rule hit, with what came of them."""
    if not hit:
        st.info(_("It has hit nothing yet."))
        return
    zone = str(session.chosen()["time_zone"])
    rows: list[list[str | Cell]] = [
        [
            replace(tables.shipment(each.shipment_id, each.bill), more=where(each.columns)),
            moment(each.first_at, zone),
            _outcome(each, zone),
        ]
        for each in hit
    ]
    more = count - len(hit)
    said = _("The latest {n} of {of}").format(n=number(len(hit)), of=number(count))
    tables.show(said if more > 0 else _("What it hit"), [_("Bill"), _("Hit"), _("Outcome")], rows)


def _outcome(each: Reached, zone: str) -> Cell:
    if each.inspected_at is None or pd.isna(each.inspected_at):
        return Cell(_("Not inspected"))
    said = ", ".join(word("found", code) for code in each.found)
    if each.status == "overturned":
        said = f"{said} ({word('status', 'overturned')})"
    before = "" if each.after else _("inspected before it hit: does not count for it")
    return Cell(said, more="\n".join(filter(None, (moment(each.inspected_at, zone), before))))
