"""Raise or lower: an officer who knows better, with a coded reason; the model's rank stays to be seen."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app import drafts, one_shipment, session, signing
from app.one_shipment import Subject
from app.views import override as view
from app.words import _, number, word
from risk.refusals import Refusal
from risk.store import day, decided, overriding
from risk.store.database import Busy
from risk.store.roles import Person

ACTION = "decide"


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Raise or lower"), anchor=False)
    subject = one_shipment.asked(person)
    if subject is None:
        return
    one_shipment.head(subject, "override")
    one_shipment.claimed(subject, person)
    one_shipment.tell(signing.TOLD)
    with session.database().read() as connection:
        frame = day.rows(connection, session.now(), at=session.clock(), scored=session.scored())
        stands = overriding.in_force(connection, subject.id, now=session.now())
        said = view.said(decided.overrides_of(connection, subject.id), person)
    standing = view.standing(frame, subject.id, stands.high)
    _standing(standing)
    for each in said:
        if each.state in ("waiting", "in_force"):
            signing.show(each, person, subject.zone)
    _ask(subject, person, standing)
    if ended := [each for each in said if each.state not in ("waiting", "in_force")]:
        with st.expander(_("Earlier ones that do not stand any more")):
            for each in ended:
                signing.show(each, person, subject.zone)


def _standing(standing: view.Standing) -> None:
    if standing.rank is None or standing.place is None:
        st.info(_("This shipment is not among those of the day: the model's rank is not known."))
        return
    of = number(standing.of)
    told = _("{rank} of {n} shipments")
    # One under the other: beside each other they are cut off on a tablet.
    st.metric(_("Model's rank"), told.format(rank=number(standing.rank), n=of))
    st.metric(_("Place now"), told.format(rank=number(standing.place), n=of))


def _ask(subject: Subject, person: Person, standing: view.Standing) -> None:
    about, at = f"override:{subject.id}", session.clock()
    port = session.database().name
    kept = drafts.get(port, person.id, about, at=at)
    direction = _choose(about, "direction", _("Up or down?"), view.DIRECTIONS, "override", kept)
    code = remark = ""
    if direction:
        if direction == "lower" and standing.high:
            st.info(
                _(
                    "It stands high, or is to be opened: lowering it waits for a second signature. It keeps "
                    "its place until somebody else has signed."
                )
            )
        code = _choose(about, f"code-{direction}", _("Why"), view.CODES[direction], direction, kept)
        key = f"{about}:remark"
        st.session_state.setdefault(key, kept.get("remark", ""))
        remark = st.text_area(_("Remark"), max_chars=4_000, key=key)
    answers = {"direction": direction, f"code-{direction}": code, "remark": remark}
    if direction and answers != kept:
        drafts.put(port, person.id, about, answers, at=at)
    if st.button(_("Save it"), key=f"{about}:save", type="primary", width="stretch"):
        if missing := view.missing(direction, code, remark):
            for field in missing:
                st.error(_(view.WRONG[field]))
            return
        _put(subject, person, direction, code, remark, about)


def _choose(
    about: str, field: str, label: str, codes: tuple[str, ...], kind: str, kept: dict[str, str]
) -> str:
    key = f"{about}:{field}"
    held = kept.get(field)
    st.session_state.setdefault(key, held if held in codes else None)
    verbs = {"raise": _("Raise it"), "lower": _("Lower it")}
    told = verbs.__getitem__ if field == "direction" else partial(word, kind)
    return st.pills(label, codes, format_func=told, key=key) or ""


def _put(
    subject: Subject,
    person: Person,
    direction: str,
    code: str,
    remark: str,
    about: str,
) -> None:
    try:
        with session.database().write() as connection:
            state = overriding.override(
                connection,
                subject.id,
                direction,
                code,
                person,
                now=session.now(),
                at=session.clock(),
                remark=remark,
            )
    except (Refusal, Busy) as error:
        session.say_fault(error)
        return
    drafts.drop(session.database().name, person.id, about)
    for key in [key for key in st.session_state if str(key).startswith(f"{about}:")]:
        del st.session_state[key]
    told = {
        "raise": _("Raised: it stands before all that nobody raised."),
        "lower": _("Lowered: it stands last now."),
    }
    waits = _("It waits for a second signature and keeps its place.")
    one_shipment.tell(signing.TOLD, waits if state == "waiting" else told[direction])
    st.rerun()
