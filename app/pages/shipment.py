"""Shipment: everything declared, the risk and how it came about, what is around it, where to look, notes."""

from __future__ import annotations

import streamlit as st

from app import markup, one_shipment, outcome_words, session
from app.pages.shipment_parts import around, declared, notes, risk, route, search
from app.views import address
from app.views import past as surroundings
from app.views import route as routes
from app.views import shipment as view
from app.words import _, left, moment, plain, word
from risk.refusals import Refusal
from risk.store import alike, concealed, contacts, day, decisions, dossier, past
from risk.store.database import Busy
from risk.store.dossier import Dossier
from risk.store.roles import Person

ACTION = "see_list"
#: Shipments offered for what is looked for.
_OFFERED = 20


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.html(f"<style>{markup.STYLE}{risk.STYLE}</style>")
    number = address.number(st.query_params.get("id"))
    found = _read(person, number) if number is not None else None
    if found is None:
        st.title(_("Shipment"))
        if "id" in st.query_params:
            st.error(_("There is no shipment of this number. Look for it by its bill, container or party."))
        _look_for()
        return
    one_shipment.looked(person, found.shipment_id)
    _whole(person, found)


def _read(person: Person, number: int) -> Dossier | None:
    with session.database().read() as connection:
        return dossier.of_shipment(connection, number, person, now=session.now(), clock=session.clock())


def _look_for() -> None:
    text = st.text_input(_("Bill, container or party"), max_chars=200)
    if not text.strip():
        return
    with session.database().read() as connection:
        ids = day.search(connection, text)[:_OFFERED]
        rows = past.rows_of(connection, ids)
    if rows.empty:
        st.info(_("Nothing was found for it."))
        return
    entries = [
        markup.link(f"/shipment?id={row['shipment_id']}", markup.text(row["bill"], 80))
        + f" · {markup.text(row['goods'], 120)}"
        for row in rows.to_dict("records")
    ]
    st.html(markup.items(entries))


def _whole(person: Person, found: Dossier) -> None:
    zone = str(session.chosen()["time_zone"])
    st.title(_("Shipment {bill}").format(bill=plain(found.bill[:80])))
    st.html(markup.grid([_summary(found, zone), risk.heads(found)]))
    _actions(person, found, zone)
    where = routes.route(found.current)
    with session.database().read() as connection:
        near = surroundings.surroundings(
            past.of_shipment(connection, found.shipment_id), alike.of_shipment(connection, found.shipment_id)
        )
        heading = str(found.current.kept.get("heading") or "")
        hidden = concealed.in_such_goods(connection, found.shipment_id, heading)
        people_to_call = contacts.by_topic(connection)
    why, said, way, others, look, find, written = st.tabs(
        [
            _("Why"),
            _("Declared"),
            _("Route"),
            _("Parties and past"),
            _("Where to look"),
            _("First steps"),
            _("Notes"),
        ]
    )
    with why:
        risk.show(found, zone)
    with said:
        declared.show(found, zone)
    with way:
        route.show(where)
    with others:
        st.subheader(_("Parties before"))
        around.parties(near, zone)
        st.subheader(_("Travelling with it, linked to it"))
        around.links(near, zone)
        st.subheader(_("Most like it, and what came of them"))
        around.alike(near, zone)
    with look:
        search.where(view.load(found.current, where), hidden, zone)
    with find:
        taxa = tuple(found.outcome["taxa"] or ()) if found.outcome else ()
        search.first(people_to_call, taxa, live=_live_first(found))
    with written:
        notes.show(found, person, zone)


def _live_first(found: Dossier) -> bool:
    """Tell whether live animals are the more likely find, or were found."""
    if found.outcome and "live_animals" in (found.outcome["found"] or ()):
        return True
    score = found.score
    if score is None:
        return True
    return (score.risk_live_animals or 0.0) >= (score.risk_wildlife_products or 0.0)


def _summary(found: Dossier, zone: str) -> str:
    kept = found.current.kept
    until = kept.get("available_until")
    rows = [
        (_("Goods"), markup.text(kept.get("goods", "–"), 300)),
        (
            _("Where it is"),
            " · ".join(markup.text(kept[n], 100) for n in ("location", "conveyance") if n in kept),
        ),
        (_("Arrives"), markup.said(moment(kept.get("arrives_at"), zone) or "–")),
    ]
    if until is not None:
        over = until <= session.now()
        told = _("Time is over") if over else _("{time} left").format(time=left(until, session.now()))
        told = f"{moment(until, zone)} ({told})"
        rows.append((_("Released or goes on"), markup.said(told)))
    rows += [(_("Status"), _status(found, zone))]
    return markup.facts(_("At a glance"), [row for row in rows if row[1]])


def _status(found: Dossier, zone: str) -> str:
    parts = []
    for each in found.listed[-1:]:
        told = _("On list {n} of {moment}")
        parts.append(told.format(n=each["list_id"], moment=moment(each["published_at"], zone)))
    if found.steps:
        last = found.steps[-1]
        parts.append(f"{word('step', last['step'])} ({moment(last['at'], zone)}, {last['who']})")
    for each in found.overrides:
        if each["state"] in ("in_force", "waiting"):
            state = "" if each["state"] == "in_force" else f" · {word('override', 'waiting')}"
            parts.append(
                f"{word('override', each['direction'])}: {word(each['direction'], each['code'])}"
                f" ({each['who']}){state}"
            )
    if found.outcome:
        parts.append(outcome_words.whole(found.outcome))
    if found.legal_hold:
        parts.append(_("Its data are held: nothing of it is purged."))
    return "<br>".join(markup.text(part, 300) for part in parts or [word("step", "")])


def _actions(person: Person, found: Dossier, zone: str) -> None:
    claim = found.claim
    if claim is not None and claim.user_id != person.id:
        told = _("{who} works on this shipment until {moment}.")
        st.warning(told.format(who=plain(claim.login), moment=moment(claim.expires_at, zone)))
    if person.may("decide"):
        _claim(person, found, zone)
    number = found.shipment_id
    links = [(session.list_address(person), _("Back to the list"))]
    if person.may("decide"):
        links = [
            (f"/outcome?id={number}", _("Hold and outcome")),
            (f"/override?id={number}", _("Raise or lower")),
            *links,
        ]
    if person.may("see_margins"):
        links.insert(0, (f"/margins?id={number}", _("What would change the score")))
    st.html(f'<p class="wc-links">{"".join(markup.button(*each) for each in links)}</p>')


def _claim(person: Person, found: Dossier, zone: str) -> None:
    claim = found.claim
    mine = claim is not None and claim.user_id == person.id
    if claim is not None and not mine:
        return
    if mine and claim is not None:
        st.success(
            _("You work on this shipment until {moment}.").format(moment=moment(claim.expires_at, zone))
        )
    wide = st.columns(2)
    label = _("Claim it for longer") if mine else _("Claim: I work on it")
    if wide[0].button(label, type="secondary" if mine else "primary", width="stretch"):
        _decide(person, found, claims=True)
    if mine and wide[1].button(_("Release the claim"), width="stretch"):
        _decide(person, found, claims=False)


def _decide(person: Person, found: Dossier, *, claims: bool) -> None:
    at = session.clock()
    try:
        with session.database().write() as connection:
            if claims:
                minutes = int(session.chosen()["claim_minutes"])
                decisions.claim(connection, found.shipment_id, person, at=at, minutes=minutes)
            else:
                decisions.release(connection, found.shipment_id, person, at=at)
    except (Busy, Refusal) as error:
        session.say_fault(error)
        return
    st.rerun()
