"""Local rules: plain conditions that give a reason and a place shipments do not stand below."""

from __future__ import annotations

import html

import streamlit as st

from app import session, tables
from app.pages import entry_form
from app.pages.lists import record
from app.tables import Cell
from app.views import address
from app.views import lists as view
from app.words import _, day, moment, ngettext, number, plain
from risk import conditions
from risk.condition_fields import FIELDS
from risk.conditions import ConditionError
from risk.refusals import Refusal
from risk.store import local_rules, trying, watching
from risk.store.database import Busy
from risk.store.local_rules import NewRule, Rule
from risk.store.roles import Person
from risk.watch_entries import LOWEST_FLOOR

ACTION = "see_list"
_FORM = "rules.form"
#: Conditions to begin with; codes and fields are the same in every language.
_SUCH_AS = (
    "mode = air and hs starts 0511 and origin in (CM, NG) and gross_weight_kg > 100",
    'goods has "personal effects" and value_per_kg < 2',
    "loading = CMDLA and not (trusted = yes or packages > 500)",
    "consignee is missing and mode in (air, express)",
)


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Rules"))
    entry_form.say_told()
    asked = st.query_params.get("rule")
    ended = st.query_params.get("ended") == "1"
    with session.database().read() as connection:
        found = local_rules.listed(connection, at=session.now(), ended=ended or asked is not None)
    if asked is not None:
        _one(person, found, address.number(asked))
        return
    st.markdown(
        _(
            "A rule is a condition in plain words. What it hits stands no lower than the place it names, and "
            "says why. The model's rank stays as it is, beside it."
        )
    )
    _list(found, ended)
    if person.may("tend_lists"):
        st.header(_("Add a rule"))
        _add(person)


def _list(found: list[Rule], ended: bool) -> None:
    if st.toggle(_("Ended ones too"), ended) != ended:
        st.query_params.from_dict({} if ended else {"ended": "1"})
        st.rerun()
    if not found:
        st.info(_("There is no rule yet."))
        return
    said = ngettext("{n} rule", "{n} rules", len(found)).format(n=number(len(found)))
    heads = [_("Rule"), _("Condition"), _("Why"), _("Place"), _("Hit and found")]
    tables.show(said, heads, [_row(each) for each in found])


def _row(rule: Rule) -> list[str | Cell]:
    new = rule.new
    return [
        Cell(
            new.name,
            page="rules",
            query=(("rule", str(rule.id)),),
            more=_state(rule),
            tag="" if rule.readable else _("cannot be read"),
        ),
        Cell(new.condition, kind="condition"),
        new.reason,
        tables.number(number(new.floor)),
        record(rule.hits, rule.inspected, rule.finds),
    ]


def _state(rule: Rule) -> str:
    zone = str(session.chosen()["time_zone"])
    if rule.active:
        return _("from {day}").format(day=day(rule.new.valid_from, zone))
    return _("ended {day}").format(day=day(rule.ended_at, zone))


# --- the form -------------------------------------------------------------------------------


def _add(person: Person) -> None:
    _fields()
    count = int(st.session_state.get(_FORM, 0))
    new, tried, sent = _form(f"add-{count}", NewRule("", "", "", 50), _("Add it"))
    if tried:
        _try(new.condition)
    if sent and (added := _kept(person, new, None)) is not None:
        st.session_state[_FORM] = count + 1
        entry_form.tell(entry_form.added(added.hit))
        st.rerun()


def _form(key: str, start: NewRule, done: str) -> tuple[NewRule, bool, bool]:
    with st.form(key, enter_to_submit=False):
        left, right = st.columns([3, 1])
        name = left.text_input(_("Name"), start.name, max_chars=120)
        floor = right.number_input(_("Place its shipments do not stand below"), 1, LOWEST_FLOOR, start.floor)
        condition = st.text_area(
            _("Condition"), start.condition, max_chars=conditions.LONGEST, height=100, placeholder=_SUCH_AS[0]
        )
        reason = st.text_area(
            _("Why: officers read it beside the shipment"), start.reason, max_chars=1_000, height=80
        )
        tries, sends = st.columns(2)
        tried = tries.form_submit_button(_("Try it on the last days"), width="stretch")
        sent = sends.form_submit_button(done, type="primary", width="stretch")
    return NewRule(name, condition, reason, int(floor)), tried, sent


def _try(condition: str) -> None:
    try:
        with session.database().read() as connection:
            entry_form.show_trial(trying.condition(connection, condition))
    except ConditionError as error:
        _at_fault(condition, error)


def _kept(person: Person, new: NewRule, before: Rule | None) -> watching.Added | None:
    times = {"now": session.now(), "at": session.clock()}
    try:
        with session.database().write() as connection:
            if before is None:
                return local_rules.add(connection, new, person, **times)
            return local_rules.change(connection, before.id, new, person, **times)
    except ConditionError as error:
        _at_fault(new.condition, error)
    except (Refusal, Busy) as error:
        session.say_fault(error)
    return None


def _at_fault(condition: str, error: ConditionError) -> None:
    """Show a condition with the place where it cannot be read, and what was expected there."""
    fault = view.fault(condition, error)
    expected = _(fault.text).format(**fault.values)
    here = html.escape(fault.here) or "&nbsp;▲&nbsp;"
    st.error(plain(_("The condition cannot be read at the mark: {expected}").format(expected=expected)))
    st.html(
        '<pre dir="ltr" style="white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; '
        'padding: .6rem; background: #e6edf2; color: #16232e;">'
        f"{html.escape(fault.before)}"
        '<mark style="background: #ffd27a; color: #3b2300; outline: 2px solid #8a4b00; font-weight: 700;">'
        f"{here}</mark>{html.escape(fault.after)}</pre>"
    )


def _fields() -> None:
    with st.expander(_("How a condition is written, and its fields")):
        st.markdown(
            _(
                "Compare fields and join them by and, or and not; brackets group. Text with blanks stands in "
                "quotes. What a shipment does not declare is unknown: no comparison with it is true, nor "
                "is its opposite; “is missing” and “is declared” ask for it."
            )
        )
        tables.show(_("Condition"), [_("Such as")], [[Cell(each, kind="condition")] for each in _SUCH_AS])
        rows: list[list[str | Cell]] = [
            [
                Cell(field.name, kind="condition"),
                Cell(_(field.meaning), more=_(field.expects).format(allowed=field.allowed)),
                Cell(" ".join(field.operators), kind="condition"),
            ]
            for field in FIELDS.values()
        ]
        tables.show(_("Field"), [_("Field"), _("What it holds"), _("Compared by")], rows)


# --- one rule -------------------------------------------------------------------------------


def _one(person: Person, found: list[Rule], rule_id: int | None) -> None:
    tables.link(_("All rules"), "rules")
    rule = next((each for each in found if each.id == rule_id), None)
    if rule is None:
        st.warning(_("There is no such rule."))
        return
    st.header(plain(rule.new.name))
    if not rule.readable:
        st.warning(_("This version does not know a field of it: it hits nothing until it is changed."))
    zone = str(session.chosen()["time_zone"])
    tables.show(
        _("As written"),
        [_("What"), _("As written")],
        [
            [_("Condition"), Cell(rule.new.condition, kind="condition")],
            [_("Why"), rule.new.reason],
            [_("Not below place"), number(rule.new.floor)],
            [_("Counts"), _state(rule)],
            [_("Owner"), Cell(rule.owner, more=moment(rule.added_at, zone))],
            [_("Hit and found"), record(rule.hits, rule.inspected, rule.finds)],
        ],
    )
    st.subheader(_("What it hit"))
    with session.database().read() as connection:
        hit = local_rules.hit_by(connection, rule.id, view.SIZE)
    entry_form.reached(hit, rule.hits)
    if person.may("tend_lists") and rule.active:
        _change(person, rule)


def _change(person: Person, rule: Rule) -> None:
    st.subheader(_("Change it"))
    _fields()
    new, tried, sent = _form(f"change-{rule.id}", rule.new, _("Keep the change"))
    if tried:
        _try(new.condition)
    if sent and (added := _kept(person, new, rule)) is not None:
        entry_form.tell(entry_form.added(added.hit))
        st.query_params.from_dict({"rule": str(added.id)})
        st.rerun()
    entry_form.ask_to_end(
        _("End this rule"),
        _("The rule has ended."),
        lambda connection: local_rules.end(
            connection, rule.id, person, now=session.now(), at=session.clock()
        ),
    )
