"""What acts for a person refuses the wrong role, and who is no longer who they were.

The functions of the store are found by what they take; one that is not named here fails the test.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

import risk.store
from risk.store import jobs, ledger, people, roles, settings
from risk.store.database import Database
from risk.store.roles import MAY, ROLES, NotAllowed, Person

NOW = pd.Timestamp("2026-11-22 04:00")
HOUR = pd.Timedelta(hours=1)

#: Function -> what its caller must be allowed.
ACTS = {
    "access.viewed": "see_list",
    "access.viewed_margins": "see_margins",
    "contacts.add": "tend_contacts",
    "contacts.change": "tend_contacts",
    "contacts.end": "tend_contacts",
    "decisions.claim": "decide",
    "decisions.note": "decide",
    "decisions.release": "decide",
    "decisions.step": "decide",
    "drills.end": "publish",
    "finds.exported": "see_finds",
    "inspections.add_photo": "decide",
    "inspections.record": "decide",
    "jobs.ask": "load",
    "jobs.stop": "load",
    "local_rules.add": "tend_lists",
    "local_rules.change": "tend_lists",
    "local_rules.end": "tend_lists",
    "margins.below": "see_margins",
    "margins.changes": "see_margins",
    "overriding.override": "decide",
    "overriding.sign": "sign_second",
    "overriding.withdraw": "decide",
    "people.add": "administer",
    "people.change": "administer",
    "publishing.publish": "publish",
    "holding.hold": "hold_data",
    "holding.lift": "hold_data",
    "saved.drop_mapping": "load",
    "saved.drop_view": "see_list",
    "saved.save_mapping": "load",
    "saved.save_view": "see_list",
    "settings.change": "administer",
    "stages.end_shadow": "administer",
    "stages.put": "administer",
    "uploads.add": "load",
    "uploads.load": "load",
    "watch_tables.check": "tend_lists",
    "watch_tables.leaving": "tend_lists",
    "watch_tables.take_in": "tend_lists",
    "watch_tables.take_out": "tend_lists",
    "watching.add": "tend_lists",
    "watching.change": "tend_lists",
    "watching.end": "tend_lists",
}

#: What only reads, and shows a person less where their role sees less.
READS = {
    "access.ground",
    "access.recorded",
    "dossier.of_shipment",
    "hits.of_shipment",
    "saved.views",
    "watch_listing.entries",
    "watch_listing.find",
    "watch_listing.hit_by",
    "watch_listing.one",
}

#: The check itself.
CHECKS = {"roles.acting", "roles.check", "roles.current"}


def found() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public functions of the store that take a person."""
    for each in pkgutil.iter_modules(risk.store.__path__):
        if each.ispkg:
            continue
        module = importlib.import_module(f"risk.store.{each.name}")
        for name, function in vars(module).items():
            if name.startswith("_") or not inspect.isfunction(function):
                continue
            if function.__module__ != module.__name__:
                continue
            hints = typing.get_type_hints(function)
            hints.pop("return", None)
            if any(hint is Person or Person in typing.get_args(hint) for hint in hints.values()):
                yield f"{each.name}.{name}", function


FUNCTIONS = dict(found())


def call(connection: sa.Connection, function: Callable[..., Any], person: Person) -> None:
    """Call a function for a person with whatever fits: the role is asked for before anything else."""
    given: dict[str, Any] = {}
    hints = typing.get_type_hints(function)
    for name, parameter in inspect.signature(function).parameters.items():
        hint = hints[name]
        if name == "connection":
            given[name] = connection
        elif hint is Person or Person in typing.get_args(hint):
            given[name] = person
        elif hint is pd.Timestamp:
            given[name] = NOW
        elif parameter.default is inspect.Parameter.empty:
            given[name] = "load" if name == "kind" else 7 if hint is int else "" if hint is str else None
    function(**given)


def test_every_function_that_acts_for_a_person_is_named() -> None:
    assert set(FUNCTIONS) == set(ACTS) | READS | CHECKS


@pytest.mark.parametrize("name", sorted(ACTS))
def test_the_wrong_role_is_refused_and_nothing_is_written(
    database: Database, crew: dict[str, Person], name: str
) -> None:
    wrong = [role for role in ROLES if role not in MAY[ACTS[name]]]
    assert wrong
    with database.read() as connection:
        before = ledger.head(connection)
    for role in wrong:
        with pytest.raises(NotAllowed, match="role"), database.write() as connection:
            call(connection, FUNCTIONS[name], crew[role])
    with database.read() as connection:
        assert ledger.head(connection) == before


@pytest.mark.parametrize("name", sorted(ACTS))
def test_who_was_demoted_closed_or_signed_out_meanwhile_is_refused(
    database: Database, crew: dict[str, Person], name: str
) -> None:
    role = next(role for role in ROLES if role in MAY[ACTS[name]])
    lower = next(each for each in ROLES if each != role)
    person = crew[role]
    with database.write() as connection:
        people.add(connection, "root", "admin", at=NOW, actor="system")
        held, token = people.opened(connection, person.id, at=NOW)
        people.sign_out(connection, token, at=NOW)
        stays, _ = people.opened(connection, person.id, at=NOW - 2 * people.SESSION)
    assert held.session
    for gone, why in ((held, "signed out"), (stays, "signed out")):
        with pytest.raises(NotAllowed, match=why), database.write() as connection:
            call(connection, FUNCTIONS[name], gone)
    for change in ({"role": lower}, {"role": role, "active": False}):
        with database.write() as connection:
            people.change(connection, person.id, at=NOW, actor="system", **change)
        with pytest.raises(NotAllowed, match="changed meanwhile"), database.write() as connection:
            call(connection, FUNCTIONS[name], person)


def test_the_right_role_gets_past_the_check(database: Database, crew: dict[str, Person]) -> None:
    with database.write() as connection:
        for role in ROLES:
            for action, allowed in MAY.items():
                if role in allowed:
                    roles.check(connection, crew[role], action, at=NOW)
        held, _ = people.opened(connection, crew["officer"].id, at=NOW)
        roles.check(connection, held, "decide", at=NOW + people.SESSION - HOUR)
        with pytest.raises(NotAllowed, match="signed out"):
            roles.check(connection, held, "decide", at=NOW + people.SESSION)
        # A token of somebody else is no session of one's own.
        with pytest.raises(NotAllowed, match="signed out"):
            roles.check(connection, replace(crew["supervisor"], session=held.session), "decide", at=NOW)
        with pytest.raises(NotAllowed, match="changed"):
            roles.check(connection, Person(999, "x", "", "admin", "en"), "administer", at=NOW)


def test_a_role_on_the_page_is_not_the_one_in_the_database(database: Database, crew: dict) -> None:
    with pytest.raises(NotAllowed), database.write() as connection:
        settings.change(connection, {"port_name": "x"}, at=NOW, actor=replace(crew["officer"], role="admin"))


def test_nobody_is_named_by_a_text(database: Database, crew: dict) -> None:
    """What is done by a person is done with the person: a text could name anybody."""
    for actor in ("user:1", crew["admin"].actor, ""):
        with pytest.raises(TypeError), database.write() as connection:
            settings.change(connection, {"port_name": "x"}, at=NOW, actor=actor)


def test_ones_own_password_is_ones_own_and_nothing_else_is(database: Database, crew: dict) -> None:
    ana = crew["officer"]
    with database.write() as connection:
        people.change(connection, ana.id, at=NOW, actor=ana, password="another long word")
        for change in ({"role": "admin"}, {"active": True}, {"terminal": "Pier 9"}):
            with pytest.raises(NotAllowed):
                people.change(connection, ana.id, at=NOW, actor=ana, **change)
        with pytest.raises(NotAllowed):
            people.change(connection, crew["admin"].id, at=NOW, actor=ana, password="another long word")


@pytest.mark.parametrize(("kind", "action"), sorted(jobs.NEEDS.items()))
def test_each_kind_of_job_needs_its_role(database: Database, crew: dict, kind: str, action: str) -> None:
    for role in ROLES:
        with database.write() as connection:
            if role in MAY[action]:
                jobs.ask(connection, kind, {}, at=NOW, actor=crew[role])
                continue
            with pytest.raises(NotAllowed):
                jobs.ask(connection, kind, {}, at=NOW, actor=crew[role])


def test_a_job_is_stopped_by_who_asked_for_it_or_a_supervisor(database: Database, crew: dict) -> None:
    with database.write() as connection:
        number = jobs.ask(connection, "load", {}, at=NOW, actor=crew["officer"])
        with pytest.raises(NotAllowed, match="only who asked"):
            jobs.stop(connection, number, at=NOW, actor=crew["analyst"])
        jobs.stop(connection, number, at=NOW, actor=crew["officer"])
        assert jobs.get(connection, number).state == "stopped"
        number = jobs.ask(connection, "load", {}, at=NOW, actor=crew["officer"])
        jobs.stop(connection, number, at=NOW, actor=crew["supervisor"])
        assert jobs.get(connection, number).state == "stopped"
