"""Hold and outcome: how far a shipment is, the notice that asks to hold it, and what came of opening it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import live_find, one_shipment, outcome_form, printed, session
from app.one_shipment import Subject
from app.paper import prints
from app.paper.facts import Hold
from app.views import live_find as advice_view
from app.views import outcome as view
from app.words import _, moment, ngettext, number, plain, word
from risk.refusals import Refusal
from risk.store import contacts, decided, decisions
from risk.store.database import Busy
from risk.store.roles import Person

ACTION = "decide"
_TOLD = "outcome-told"
#: Hours from now by which a shipment is to be presented; 0: nothing is said.
_WITHIN = (0, 1, 2, 4, 8, 24)


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Hold and outcome"), anchor=False)
    subject = one_shipment.asked(person)
    if subject is None:
        return
    one_shipment.head(subject, "outcome")
    one_shipment.claimed(subject, person)
    one_shipment.tell(_TOLD)
    with st.container():
        _steps(subject, person)
    _notice(subject, person)
    _outcome(subject, person)


# --- from the list to the table -----------------------------------------------------------------


def _steps(subject: Subject, person: Person) -> None:
    with session.database().read() as connection:
        noted = decided.steps_of(connection, subject.id)
    st.subheader(_("How far it is"), anchor=False)
    at = noted[-1].step if noted else ""
    ways = view.ways(at)
    for start in (0, 4):
        for place, way in zip(st.columns(4), ways[start : start + 4], strict=False):
            label = word("step", way.step)
            if place.button(
                f"{label} ✓" if way.here else label,
                key=f"step-{subject.id}-{way.step}",
                type="primary" if way.here else "secondary",
                disabled=not (way.may or way.here),
                width="stretch",
                wrap=True,
            ):
                _note(subject, person, way.step)
    for each in noted[-3:]:
        told = (word("step", each.step), moment(pd.Timestamp(each.at), subject.zone), plain(each.login or ""))
        st.caption(" · ".join(part for part in told if part))


def _note(subject: Subject, person: Person, step: str) -> None:
    try:
        with session.database().write() as connection:
            decisions.step(connection, subject.id, step, person, at=session.clock())
    except (Refusal, Busy) as error:
        session.say_fault(error)
        return
    st.rerun()


def _notice(subject: Subject, person: Person) -> None:
    with st.expander(_("Hold notice for the terminal or airline")):
        with session.database().read() as connection:
            known = contacts.by_topic(connection)
        st.caption(_("Nothing of risk, rank or reasons stands on it."))
        first = ("airline", "terminal") if subject.row["mode"] == "air" else ("terminal", "airline")
        names = [each.name for topic in first for each in known[topic]]
        usual = subject.row["location"] or subject.row["conveyance"]
        left, right = st.columns(2)
        key = f"notice-{subject.id}"
        who = left.selectbox(
            _("Addressee"),
            list(dict.fromkeys(name for name in (usual, *names) if name)),
            accept_new_options=True,
            placeholder=_("Choose or write"),
            key=f"{key}-who",
        )
        where = right.text_input(_("Present it at"), max_chars=200, key=f"{key}-where")
        within = left.selectbox(
            _("Not later than"),
            _WITHIN,
            format_func=lambda hours: (
                ngettext("in {n} hour", "in {n} hours", hours).format(n=number(hours)) if hours else "–"
            ),
            key=f"{key}-within",
        )
        call = right.text_input(_("Contact"), max_chars=200, key=f"{key}-call")
        spoken = printed.language_of(f"{key}-language")
        names_of = ("bill", "master_bill", "containers", "mode", "location", "conveyance")
        hold = Hold(
            reference=f"H-{subject.id}",
            addressee=str(who or ""),
            arrives_at=subject.row["arrives_at"],
            packages=subject.row["packages"],
            gross_weight_kg=subject.row["gross_weight_kg"],
            present_at=where,
            present_by=view.present_by(session.now(), within),
            contact=call,
            **{name: subject.row[name] for name in names_of},
        )

        def make() -> printed.Document:
            frame = printed.around(person, spoken)
            return printed.printable(
                lambda: prints.hold_notice(frame, hold),
                lambda: prints.hold_notice_page(frame, hold),
                f"hold-{subject.id}",
            )

        printed.offer(_("Make the hold notice"), (hold, spoken), make, key=key)


# --- what came of it ----------------------------------------------------------------------------


def _outcome(subject: Subject, person: Person) -> None:
    with session.database().read() as connection:
        rows = decided.outcomes_of(connection, subject.id)
        calls = contacts.by_topic(connection)
    st.subheader(_("Outcome"), anchor=False)
    shown = view.kept(rows)
    current = next((each for each in shown if each.in_force), None)
    row = next((each for each in rows if each.current), None)
    correcting = st.query_params.get("correct", "")
    if current is None or row is None:
        outcome_form.ask(subject, person, None, calls)
        return
    if outcome_form.carried(subject, person, current.id, correcting):
        st.query_params.pop("correct", None)
        st.warning(
            _(
                "Somebody else entered this outcome meanwhile. Your answers are kept: to put them in its "
                "place, correct it."
            )
        )
        correcting = ""
    _told(subject, current)
    if current.headline == "find":
        live_find.show(advice_view.advice(row.found, row.taxa, calls))
    if correcting == str(current.id):
        outcome_form.ask(subject, person, row, calls)
    elif st.button(_("Correct it"), key=f"correct-{current.id}", width="stretch"):
        st.query_params["correct"] = str(current.id)
        st.rerun()
    _photos(subject, person, shown, current.id)
    _history(subject, shown)


def _told(subject: Subject, kept: view.Kept) -> None:
    st.markdown(f"**{_(view.HEADLINES[kept.headline])}**")
    told = [(_(outcome_form.LABELS[name]), _value(name, value, subject.zone)) for name, value in kept.parts]
    entered = f"{moment(kept.at, subject.zone)} · {kept.by}"
    one_shipment.facts([*told, (_("Remark"), kept.remark), (_("Entered"), entered)])


def _value(name: str, value: object, zone: str) -> str:
    kind = {"where_in_load": "where"}.get(name, name)
    if name == "found":
        return ", ".join(word("found", code) for code in value)  # type: ignore[attr-defined]
    if name == "taxa":
        return ", ".join(outcome_form.taxon(each) for each in value)  # type: ignore[attr-defined]
    if name == "inspected_at":
        return moment(pd.Timestamp(value), zone)  # type: ignore[arg-type]
    if name == "permit_valid":
        return _("yes") if value else _("no")
    if name in ("pieces", "alive"):
        return number(float(value))  # type: ignore[arg-type]
    if name == "kg":
        return number(float(value), 2)  # type: ignore[arg-type]
    return str(value) if name == "evidence_reference" else word(kind, str(value))


def _photos(subject: Subject, person: Person, shown: list[view.Kept], current: int) -> None:
    with session.database().read() as connection:
        kept = decided.photos_of(connection, [each.id for each in shown])
    title = ngettext("{n} photo", "{n} photos", len(kept)).format(n=number(len(kept)))
    with st.expander(title if kept else _("Add photos")):
        if kept and st.toggle(_("Show them"), key=f"photos-{subject.id}"):
            for each in kept:
                with session.database().read() as connection:
                    content = decided.photo(connection, each.id)
                if content is not None:
                    st.image(content, caption=f"{each.id} · {moment(pd.Timestamp(each.at), subject.zone)}")
        outcome_form.add_photos(subject, person, current)


def _history(subject: Subject, shown: list[view.Kept]) -> None:
    earlier = [each for each in shown if not each.in_force]
    if not earlier:
        return
    title = ngettext("{n} earlier outcome, corrected", "{n} earlier outcomes, corrected", len(earlier))
    with st.expander(title.format(n=number(len(earlier)))):
        for each in earlier:
            _told(subject, each)
            st.divider()
