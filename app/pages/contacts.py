"""Contacts: whom to call, by topic, and for which topics nobody is named."""

from __future__ import annotations

import streamlit as st

from app import session, tables
from app.pages import entry_form
from app.tables import Cell
from app.views import address
from app.words import _, plain, word, words
from risk.refusals import Refusal
from risk.store import contacts
from risk.store.contacts import Contact
from risk.store.database import Busy
from risk.store.roles import Person

ACTION = "see_contacts"
_FORM = "contacts.form"


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Contacts"))
    entry_form.say_told()
    with session.database().read() as connection:
        found = contacts.by_topic(connection)
    tends = person.may("tend_contacts")
    asked = address.number(st.query_params.get("contact"))
    known = {each.id: each for listed in found.values() for each in listed}
    if "contact" in st.query_params and tends:
        _one(person, known.get(asked))
        return
    _missing([topic for topic, listed in found.items() if not listed])
    _list(found, tends)
    if tends:
        st.header(_("Add a contact"))
        _add(person)


def _missing(topics: list[str]) -> None:
    if topics:
        named = ", ".join(word("topic", each) for each in topics)
        st.warning(plain(_("Nobody is named yet for: {topics}").format(topics=named)))


def _list(found: dict[str, list[Contact]], tends: bool) -> None:
    rows: list[list[str | Cell]] = [
        [
            word("topic", topic),
            Cell(
                each.name,
                page="contacts" if tends else "",
                query=(("contact", str(each.id)),),
                more=each.note,
            ),
            Cell(each.phone, more=each.email),
            each.hours,
        ]
        for topic, listed in found.items()
        for each in listed
    ]
    if not rows:
        st.info(_("Nobody stands here yet. The program brings no numbers with it: each port writes its own."))
        return
    tables.show(_("Contacts"), [_("For"), _("Whom"), _("How"), _("When")], rows)


def _add(person: Person) -> None:
    count = int(st.session_state.get(_FORM, 0))
    new, sent = _form(f"add-{count}", Contact("", ""), _("Add the contact"))
    if sent and _kept(person, new, None):
        st.session_state[_FORM] = count + 1
        entry_form.tell(_("Kept."))
        st.rerun()


def _form(key: str, start: Contact, done: str) -> tuple[Contact, bool]:
    topics = words("topic")
    with st.form(key):
        left, right = st.columns(2)
        topic = left.selectbox(
            _("For"),
            list(topics),
            index=list(topics).index(start.topic) if start.topic in topics else 0,
            format_func=topics.__getitem__,
        )
        name = right.text_input(_("Whom: name or office"), start.name, max_chars=200)
        one, two, three = st.columns(3)
        phone = one.text_input(_("Telephone number"), start.phone, max_chars=200)
        email = two.text_input(_("E-mail address"), start.email, max_chars=200)
        hours = three.text_input(_("When they answer"), start.hours, max_chars=200)
        note = st.text_area(_("Note"), start.note, max_chars=1_000, height=80)
        sent = st.form_submit_button(done, type="primary", width="stretch")
    return Contact(topic, name, phone, email, hours, note), sent


def _kept(person: Person, new: Contact, before: int | None) -> bool:
    try:
        with session.database().write() as connection:
            if before is None:
                contacts.add(connection, new, person, at=session.clock())
            else:
                contacts.change(connection, before, new, person, at=session.clock())
    except (Refusal, Busy) as error:
        session.say_fault(error)
        return False
    return True


def _one(person: Person, contact: Contact | None) -> None:
    tables.link(_("All contacts"), "contacts")
    if contact is None or contact.id is None:
        st.warning(_("There is no such contact any more."))
        return
    st.header(plain(contact.name))
    new, sent = _form(f"change-{contact.id}", contact, _("Keep the change"))
    if sent and _kept(person, new, contact.id):
        _back(_("Kept."))
    with st.popover(_("Take off the list"), width="stretch"):
        if not st.button(_("Take it off now"), key="end", type="primary", width="stretch"):
            return
    try:
        with session.database().write() as connection:
            contacts.end(connection, contact.id, person, at=session.clock())
    except (Refusal, Busy) as error:
        session.say_fault(error)
        return
    _back(_("Taken off the list."))


def _back(text: str) -> None:
    entry_form.tell(text)
    st.query_params.clear()
    st.rerun()
