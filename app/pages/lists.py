"""Lists: what the port watches for, what it hit and found; entries tried, added, changed, ended."""

from __future__ import annotations

import streamlit as st

from app import session, tables
from app.pages import entry_form, entry_tables
from app.tables import Cell
from app.views import address
from app.views import lists as view
from app.words import _, day, moment, ngettext, number, plain, word, words
from risk.store import watch_listing, watching
from risk.store.roles import Person
from risk.store.watch_listing import Entry

ACTION = "see_list"


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Lists"))
    entry_form.say_told()
    asked = st.query_params.get("entry")
    if asked is not None:
        _one(person, address.number(asked))
        return
    if not person.may("tend_lists"):
        _entries(person)
        return
    listed, add, bring, take = st.tabs(
        [_("Entries"), _("Add an entry"), _("Bring in a table"), _("Take out")], key="lists.parts"
    )
    with listed:
        _entries(person)
    with add:
        entry_form.add(person)
    with bring:
        entry_tables.bring_in(person)
    with take:
        entry_tables.take_out(person)


# --- the list -------------------------------------------------------------------------------


def _entries(person: Person) -> None:
    text, kind, ended, page = _filters()
    with session.database().read() as connection:
        found = watch_listing.find(
            connection,
            person,
            at=session.now(),
            kind=kind,
            text=text,
            ended=ended,
            first=(page - 1) * view.SIZE,
            most=view.SIZE,
        )
    if found.hidden:
        st.info(_("There is a restricted list as well. What hits it shows as “restricted list”."))
    if not found.count:
        st.info(_("No entry is like that.") if text or kind else _("Nothing is watched for yet."))
        return
    last = view.pages(found.count)
    said = ngettext("{n} entry", "{n} entries", found.count).format(n=number(found.count))
    heads = [_("Watched for"), _("Why"), _("Counts"), _("Place"), _("Hit and found")]
    tables.show(said, heads, [_row(each) for each in found.entries])
    _turn(min(page, last), last)


def _filters() -> tuple[str, str, bool, int]:
    """Return what is looked for: it stands in the address, so that one comes back to it."""
    asked = st.query_params
    text, kind = asked.get("q", "")[:200], asked.get("kind", "")
    kinds = {"": _("All kinds"), **words("watch")}
    kind = kind if kind in kinds else ""
    ended, page = asked.get("ended") == "1", max(1, address.number(asked.get("page")) or 1)
    with st.form("filter"):
        left, middle = st.columns(2)
        right, go = st.columns(2, vertical_alignment="center")
        new_text = left.text_input(_("Search in entries"), text, max_chars=200)
        new_kind = middle.selectbox(
            _("Kind"), list(kinds), index=list(kinds).index(kind), format_func=kinds.__getitem__
        )
        new_ended = right.checkbox(_("Ended ones too"), ended)
        if go.form_submit_button(_("Search"), width="stretch"):
            held = {"q": new_text.strip(), "kind": new_kind, "ended": "1" if new_ended else ""}
            asked.from_dict({name: value for name, value in held.items() if value})
            st.rerun()
    return text, kind, ended, page


def _turn(page: int, last: int) -> None:
    if last == 1:
        return
    back, where, on = st.columns([1, 2, 1], vertical_alignment="center")
    # Of the page one is on: a double click turns one page.
    if back.button(_("Page before"), key=f"before-{page}", disabled=page <= 1, width="stretch"):
        st.query_params["page"] = str(page - 1)
        st.rerun()
    where.markdown(_("Page {n} of {of}").format(n=number(page), of=number(last)))
    if on.button(_("Next page"), key=f"next-{page}", disabled=page >= last, width="stretch"):
        st.query_params["page"] = str(page + 1)
        st.rerun()


def _row(entry: Entry) -> list[str | Cell]:
    new = entry.new
    why = " · ".join(filter(None, (new.source_grade, new.lead)))
    return [
        Cell(
            new.value or _("No longer kept"),
            page="lists",
            query=(("entry", str(entry.id)),),
            more=word("watch", new.kind),
            tag=_("restricted") if new.restricted else "",
        ),
        Cell(new.reason, more=why),
        Cell(word("watch_state", entry.state), more=_days(entry)),
        tables.number("" if new.floor is None else number(new.floor)),
        _record(entry),
    ]


def _days(entry: Entry) -> str:
    zone = str(session.chosen()["time_zone"])
    told = [_("from {day}").format(day=day(entry.new.valid_from, zone))]
    if entry.ended_at is not None:
        told.append(_("ended {day}").format(day=day(entry.ended_at, zone)))
    elif entry.new.expires_at is not None:
        told.append(_("until {day}").format(day=moment(entry.new.expires_at, zone)))
    return "\n".join(told)


def _record(entry: Entry) -> Cell:
    return record(entry.hits or 0, entry.inspected or 0, entry.finds or 0)


def record(hits: int, inspected: int, finds: int) -> Cell:
    """Return in a cell what an entry or a rule hit, how much of it was inspected after, and found."""
    told = ngettext("{n} shipment", "{n} shipments", hits).format(n=number(hits))
    more = [
        _("inspected after: {n}").format(n=number(inspected)),
        _("with wildlife: {n}").format(n=number(finds)),
    ]
    return Cell(told, more="\n".join(more) if hits else "")


# --- one entry ------------------------------------------------------------------------------


def _one(person: Person, entry_id: int | None) -> None:
    tables.link(_("All entries"), "lists")
    entry = None
    if entry_id is not None:
        with session.database().read() as connection:
            entry = watch_listing.one(connection, entry_id, person, at=session.now())
            hit = (
                watch_listing.hit_by(connection, entry_id, person, at=session.now(), most=view.SIZE)
                if entry
                else []
            )
    if entry is None:
        st.warning(_("There is no such entry."))
        return
    st.header(plain(entry.new.value[:200]) or _("No longer kept"))
    _about(entry)
    st.subheader(_("What it hit"))
    entry_form.reached(hit, entry.hits or 0)
    if person.may("tend_lists") and entry.state in watch_listing.STANDING:
        st.subheader(_("Change it"))
        entry_form.change(person, entry)
        _end(person, entry)


def _about(entry: Entry) -> None:
    new, zone = entry.new, str(session.chosen()["time_zone"])
    kind = word("watch", new.kind)
    rows: list[list[str | Cell]] = [
        [_("Kind"), Cell(kind, tag=_("restricted") if new.restricted else "")],
        [_("Why"), new.reason],
        [_("Source"), Cell(new.source_grade, more=entry_form.grade_in_words(new.source_grade))],
        [_("Where it comes from"), new.lead],
        [_("Not below place"), "" if new.floor is None else number(new.floor)],
        [_("Counts"), Cell(word("watch_state", entry.state), more=_days(entry))],
        [_("Owner"), Cell(entry.owner, more=moment(entry.added_at, zone))],
        [_("Hit and found"), _record(entry)],
    ]
    tables.show(_("As written"), [_("What"), _("As written")], rows)


def _end(person: Person, entry: Entry) -> None:
    entry_form.ask_to_end(
        _("End this entry"),
        _("The entry has ended."),
        lambda connection: watching.end(connection, entry.id, person, now=session.now(), at=session.clock()),
    )
