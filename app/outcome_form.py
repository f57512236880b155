"""The questions about an outcome: few taps, big targets, only what applies; answers are kept on their way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import uuid4

import pandas as pd
import streamlit as st

from app import drafts, forms, live_find, session, uploader
from app.one_shipment import Subject, tell
from app.views import address
from app.views import live_find as advice_view
from app.views import outcome as view
from app.words import _, current, number, plain, word
from risk.language import N_
from risk.refusals import Refusal
from risk.store import contacts, inspections
from risk.store.database import Busy
from risk.store.inspections import Meanwhile, OutcomeError
from risk.store.roles import Person
from risk.taxa import search_taxa, taxon_name

#: What each field is called; English, looked up when shown.
LABELS: Final[dict[str, str]] = {
    "inspection": N_("How was it inspected?"),
    "why_not": N_("Why not?"),
    "found": N_("What was found?"),
    "taxa": N_("Which animals or plants?"),
    "pieces": N_("Pieces"),
    "alive": N_("Alive"),
    "kg": N_("Weight (kg)"),
    "where_in_load": N_("Where in the load"),
    "permit_valid": N_("Valid permit"),
    "status": N_("How certain is it?"),
    "evidence_reference": N_("Evidence"),
    "photos": N_("Photos"),
    "inspected_at": N_("Inspected"),
    "remark": N_("Remark"),
}
_REQUEST = "request"
_NUMBERS = ("pieces", "alive", "kg")


def taxon(scientific: str) -> str:
    """Return what a taxon is called here, with its scientific name."""
    name = taxon_name(scientific, current())
    return scientific if name == scientific else f"{name} ({scientific})"


def _about(subject: Subject, replaces: int | None) -> str:
    return f"outcome:{subject.id}:{replaces or 0}"


def _port() -> str:
    return session.database().name


def carried(subject: Subject, person: Person, in_force: int, correcting: str) -> bool:
    """Take answers along that were meant for what another has taken the place of; tell whether any were."""
    meant = {0, address.number(correcting) or 0}
    for before in meant - {in_force}:
        about, at = _about(subject, before), session.clock()
        if answers := drafts.get(_port(), person.id, about, at=at):
            answers[_REQUEST] = uuid4().hex
            drafts.put(_port(), person.id, _about(subject, in_force), answers, at=at)
            drafts.drop(_port(), person.id, about)
            return True
    return False


def ask(subject: Subject, person: Person, row: Any, calls: Mapping[str, Sequence[contacts.Contact]]) -> None:
    """Ask about an outcome: the first where ``row`` is None, else a correction of that one."""
    if row is not None:
        st.info(
            _(
                "A correction is kept beside what was entered before, with your name and the time. From then "
                "on the correction counts."
            )
        )
    # Only this part is drawn again at a tap, which keeps a tap short.
    st.fragment(_ask)(subject, row, calls)


def _ask(subject: Subject, row: Any, calls: Mapping[str, Sequence[contacts.Contact]]) -> None:
    person = session.allowed("decide")
    form = _Form(subject, person, row)
    form.ask(calls)
    form.keep()
    form.finish()


class _Form:
    """One drawing of the form."""

    def __init__(self, subject: Subject, person: Person, row: Any) -> None:
        self.subject, self.person, self.row = subject, person, row
        self.replaces = None if row is None else int(row.id)
        self.about = _about(subject, self.replaces)
        self.kept = drafts.get(_port(), person.id, self.about, at=session.clock())
        self.begun = {} if row is None else view.answers_of(row)
        self.answers: dict[str, Any] = dict(self.kept or self.begun)
        self.answers.setdefault(_REQUEST, uuid4().hex)
        self.photos: list[bytes] = []
        self.slots: dict[str, Any] = {}
        self.columns: list[Any] = []

    # --- one field after the other

    def ask(self, calls: Mapping[str, Sequence[contacts.Contact]]) -> None:
        asked: set[str] = set()
        here: Any = None
        while left := [field for field in view.questions(self.answers) if field not in asked]:
            field = left[0]
            asked.add(field)
            if field in _NUMBERS:
                self._number(field)
            elif field != "photos":  # with the button that sends them
                self._fields()[field](field)
                self.slots[field] = st.empty()
            if field == "found":
                here = st.container()
        if here is not None:
            # Told above the questions that follow, once it is known which animals they are.
            with here:
                self._advise(calls)

    def _fields(self) -> dict[str, Callable[[str], None]]:
        return {
            "inspection": partial(self._choose, codes=view.INSPECTIONS, kind="inspection"),
            "why_not": partial(self._choose, codes=inspections.WHY_NOT, kind="why_not"),
            "found": self._found,
            "taxa": self._taxa,
            "where_in_load": partial(self._choose, codes=inspections.WHERE, kind="where"),
            "permit_valid": self._permit,
            "status": partial(self._choose, codes=view.statuses(self.row is not None), kind="status"),
            "evidence_reference": partial(self._text, most=120),
            "inspected_at": self._when,
            "remark": partial(self._text, most=4_000),
        }

    def _key(self, field: str, value: Any) -> str:
        """Return the key of a field's widget, which begins with an answer kept before."""
        key = f"{self.about}:{field}"
        if key not in st.session_state:
            st.session_state[key] = value
        return key

    def _choose(self, field: str, *, codes: Sequence[str], kind: str) -> None:
        held = self.answers.get(field) or ("provisional" if field == "status" else None)
        key = self._key(field, held if held in codes else None)
        chosen = st.pills(_(LABELS[field]), codes, format_func=partial(word, kind), key=key)
        self.answers[field] = chosen or ""

    def _found(self, field: str) -> None:
        held = [code for code in self.answers.get(field) or () if code in inspections.FOUND]
        key = self._key(field, held)

        def changed() -> None:
            # Gone where a press meant for the form before comes in after it was sent.
            if key in st.session_state:
                st.session_state[key] = view.together(held, st.session_state[key])

        chosen = st.pills(
            _(LABELS[field]),
            inspections.FOUND,
            selection_mode="multi",
            format_func=partial(word, "found"),
            key=key,
            on_change=changed,
        )
        self.answers[field] = list(chosen)

    def _permit(self, field: str) -> None:
        said = {"yes": _("yes"), "no": _("no"), "": _("not known")}
        key = self._key(field, self.answers.get(field) or "")
        chosen = st.pills(_(LABELS[field]), list(said), format_func=said.__getitem__, key=key)
        self.answers[field] = chosen or ""

    def _taxa(self, field: str) -> None:
        held = list(self.answers.get(field) or ())
        searched = st.text_input(
            _("Which animals or plants? A name in any language"),
            key=self._key("search", ""),
            max_chars=100,
            placeholder=_("for example: pangolin, ngà voi, 海马"),
        )
        found = [each.scientific for each in search_taxa(searched, current(), view.OFFERED)]
        own = view.own_name(searched)
        if own and not found:
            found = [own]
        offered = view.offered(held, found)
        if searched.strip() and not found:
            st.caption(_("No such name is known. Write the scientific name, as Nasua nasua."))
        if not offered:
            return
        # Under a key of what is offered, nothing chosen moves to another name when the search changes.
        key = self._key(f"{field}:{'|'.join(offered)}", held)
        self.answers[field] = list(
            st.pills(
                _("Tap what it is; tap again to take it back"),
                offered,
                selection_mode="multi",
                format_func=lambda each: plain(taxon(each)),
                key=key,
            )
        )

    def _number(self, field: str) -> None:
        self.columns = self.columns or list(st.columns(3))
        place = self.columns[_NUMBERS.index(field)]
        held = self.answers.get(field)
        whole = field != "kg"
        key = self._key(field, held if held is None or not whole else int(held))
        most: Any = 10**9 if whole else 1e8
        self.answers[field] = place.number_input(
            _(LABELS[field]),
            min_value=0 if whole else 0.0,
            max_value=most,
            step=1 if whole else 0.5,
            value=None,
            format=None if whole else "%.2f",
            key=key,
        )
        self.slots[field] = place.empty()

    def _text(self, field: str, *, most: int) -> None:
        key = self._key(field, str(self.answers.get(field) or ""))
        asks = st.text_area if most > 1_000 else st.text_input
        self.answers[field] = asks(_(LABELS[field]), max_chars=most, key=key)

    def _when(self, field: str) -> None:
        held = self.answers.get(field)
        zone = self.subject.zone
        local = None if held is None else view.local(pd.Timestamp(held), zone)
        if not st.toggle(_("It was inspected earlier than now"), key=self._key("earlier", held is not None)):
            self.answers[field] = None
            return
        begin = local or view.local(session.now(), zone)
        day, time = st.columns(2)
        on = day.date_input(_("Day"), key=self._key("day", begin.date()), format="YYYY-MM-DD")
        at = time.time_input(_("Time"), key=self._key("time", begin.time()), step=300)
        self.answers[field] = view.utc(datetime.combine(on, at), zone) if on and at else None

    def _advise(self, calls: Mapping[str, Sequence[contacts.Contact]]) -> None:
        advice = advice_view.advice(self.answers["found"], self.answers.get("taxa") or (), calls)
        if advice is not None:
            live_find.brief(advice)
            with st.expander(_("All first steps")):
                live_find.show(advice)

    # --- what becomes of the answers

    def keep(self) -> None:
        """Keep the answers on their way, once there are any."""
        if view.answered(self.answers) != view.answered(self.begun):
            drafts.put(_port(), self.person.id, self.about, self.answers, at=session.clock())

    def finish(self) -> None:
        tried = f"{self.about}:tried"
        # A form, for while a photo is on its way browsers let nobody press its button: pressed then, an
        # outcome would be kept without it.
        with st.form(f"{self.about}:send", border=False, enter_to_submit=False):
            if "found" in view.questions(self.answers):
                # There while it is not said yet what was found: it would lose its photos if it went.
                self.photos = _given(f"{self.about}:photos")
                self.slots["photos"] = st.empty()
            sent = st.form_submit_button(
                _("Save the correction") if self.row is not None else _("Save the outcome"),
                type="primary",
                width="stretch",
                key=f"{self.about}:save",
                on_click=partial(st.session_state.__setitem__, tried, True),
            )
        st.caption(_("Until you save, answers stay on the server, photos only in this tab."))
        if (self.kept or self.row is not None) and st.button(
            _("Leave it as it is") if self.row is not None else _("Begin again"),
            key=f"{self.about}:leave",
            width="stretch",
        ):
            self._end()
            st.rerun()
        wrong = view.wrong(self.answers, now=session.now())
        if st.session_state.get(tried):
            for field, text in wrong.items():
                self.slots.get(field, st).error(_(text))
        if sent and not wrong and not _too_many(self.photos):
            self._save()

    def _save(self) -> None:
        try:
            with session.database().write() as connection:
                number = inspections.record(
                    connection,
                    self.subject.id,
                    view.outcome(self.answers, now=session.now()),
                    self.person,
                    at=session.clock(),
                    request=self.answers[_REQUEST],
                    key=session.secret(),
                    replaces=self.replaces,
                    remark=str(self.answers.get("remark") or ""),
                )
                # All of it or nothing: an outcome never stands without photos that were sent with it.
                for content in self.photos:
                    inspections.add_photo(connection, number, content, self.person, at=session.clock())
        except Meanwhile:
            drafts.put(_port(), self.person.id, self.about, self.answers, at=session.clock())
            st.rerun()
        except OutcomeError as error:
            for field, _why in error.problems:
                st.error(_(view.WRONG.get(field, view.NO_PHOTO)))
            return
        except (Refusal, Busy) as error:
            session.say_fault(error)
            return
        self._end()
        tell("outcome-told", _("Kept as outcome {number}.").format(number=number))
        st.rerun()

    def _end(self) -> None:
        drafts.drop(_port(), self.person.id, self.about)
        for key in [key for key in st.session_state if str(key).startswith(f"{self.about}:")]:
            del st.session_state[key]
        st.query_params.pop("correct", None)


def _given(key: str) -> list[bytes]:
    """Ask for photos and return what they hold."""
    given = uploader.files(
        _("Photos (JPEG or PNG; place, time and device are taken out)"),
        types=list(view.PHOTO_TYPES),
        accept_multiple_files=True,
        megabytes=inspections.PHOTO_BYTES // 1_000_000,
        key=key,
    )
    return [file.getvalue() for file in given]


def _too_many(photos: Sequence[bytes]) -> bool:
    """Tell whether more photos were sent than are kept at once, and say so: none is left out unseen."""
    if len(photos) <= view.PHOTOS:
        return False
    text = _("At once at most {n} photos are kept: send the rest afterwards.")
    st.error(f"{text.format(n=number(view.PHOTOS))} {_('Nothing was kept yet: take some out.')}")
    return True


def add_photos(subject: Subject, person: Person, outcome_id: int) -> None:
    """Ask for further photos of an outcome."""
    name = f"photos-of-{outcome_id}"
    key = forms.key(name)
    with st.form(key, border=False):
        contents = _given(f"{key}-files")
        if not st.form_submit_button(_("Keep the photos"), width="stretch") or not contents:
            return
    if _too_many(contents):
        return
    try:
        with session.database().write() as connection:
            for content in contents:
                inspections.add_photo(connection, outcome_id, content, person, at=session.clock())
    except OutcomeError:
        st.error(_(view.NO_PHOTO))
        return
    except (Refusal, Busy) as error:
        session.say_fault(error)
        return
    forms.empty(name)
    tell("outcome-told", _("The photos are kept."))
    st.rerun()
