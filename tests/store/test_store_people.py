"""Accounts: signing in, lock-out, sessions, roles."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from risk.store import ledger, people, roles
from risk.store.database import Database
from risk.store.tables import ledger as rows
from risk.store.tables import sessions, users

NOW = pd.Timestamp("2026-11-22 04:00")
IDLE = pd.Timedelta(minutes=30)
WORD = "correct horse"


def later(minutes: float) -> pd.Timestamp:
    return NOW + pd.Timedelta(minutes=minutes)


@pytest.fixture
def officer(database: Database) -> int:
    with database.write() as connection:
        return people.add(
            connection, "Ana", "officer", at=NOW, actor="system", password=WORD, must_change=False
        )


def try_(database: Database, word: str, at: pd.Timestamp = NOW, login: str = "ana"):
    checked = people.check(database, login, word)
    with database.write() as connection:
        return people.sign_in(connection, checked, at=at)


def test_who_knows_the_word_comes_in(database: Database, officer: int) -> None:
    person, token = try_(database, WORD)
    assert (person.id, person.login, person.role) == (officer, "ana", "officer")
    with database.read() as connection:
        assert people.of_token(connection, token, at=later(1), idle=IDLE) == person
        assert people.of_token(connection, token + "x", at=later(1), idle=IDLE) is None


def test_neither_words_nor_tokens_stand_in_the_database(database: Database, officer: int) -> None:
    _, token = try_(database, WORD)
    with database.read() as connection:
        everything = str(
            connection.execute(sa.select(users)).all() + connection.execute(sa.select(sessions)).all()
        )
        told = str(connection.execute(sa.select(rows)).all())
    assert WORD not in everything + told
    assert token not in everything + told


@pytest.mark.parametrize(
    ("login", "word"), [("ana", "wrong"), ("nobody", WORD), ("", ""), ("ana", "x" * 100_000)]
)
def test_others_do_not(database: Database, officer: int, login: str, word: str) -> None:
    assert try_(database, word, login=login) is None


def test_five_wrong_words_close_an_account_for_a_while(database: Database, officer: int) -> None:
    for _ in range(people.WRONG_ALLOWED):
        assert try_(database, "wrong") is None
    assert try_(database, WORD, later(14)) is None
    assert try_(database, WORD, later(16)) is not None
    with database.read() as connection:
        kinds = connection.execute(sa.select(rows.c.kind).order_by(rows.c.seq)).scalars().all()
    assert kinds == ["account.added", *["login.refused"] * 4, "login.locked", "login.locked", "login"]


def test_passwords_checked_at_once_are_counted_one_by_one(database: Database, officer: int) -> None:
    """All were checked before the first of them was counted: the right one at the end comes too late."""
    checks = [people.check(database, "ana", "wrong") for _ in range(people.WRONG_ALLOWED)]
    right = people.check(database, "ana", WORD)
    assert right.right
    with database.write() as connection:
        assert [people.sign_in(connection, each, at=NOW) for each in checks] == [None] * len(checks)
    with database.write() as connection:
        assert people.sign_in(connection, right, at=later(1)) is None
        failed = sa.select(users.c.failed, users.c.locked_until).where(users.c.id == officer)
        assert tuple(connection.execute(failed).one()) == (0, later(15))
    with database.read() as connection:
        kinds = connection.execute(sa.select(rows.c.kind).order_by(rows.c.seq)).scalars().all()
    assert kinds == ["account.added", *["login.refused"] * 4, "login.locked", "login.locked"]


def test_a_password_changed_since_it_was_checked_is_not_the_one(database: Database, officer: int) -> None:
    checked = people.check(database, "ana", WORD)
    with database.write() as connection:
        people.change(
            connection, officer, at=NOW, actor="system", password=people.hashed("another long word")
        )
    with database.write() as connection:
        assert people.sign_in(connection, checked, at=later(1)) is None
    with database.write() as connection:
        people.change(connection, officer, at=NOW, actor="system", active=False)
    checked = people.check(database, "ana", "another long word")
    assert checked.right
    with database.write() as connection:
        assert people.sign_in(connection, checked, at=later(1)) is None
    assert try_(database, "another long word", later(2)) is None


def test_an_account_without_a_password_is_checked_as_nobodys(database: Database) -> None:
    with database.write() as connection:
        people.add(connection, "prox", "officer", at=NOW, actor="system")
    for login in ("prox", "nobody"):
        checked = people.check(database, login, "")
        assert (checked.right, checked.kept.startswith("$argon2")) == (False, True)
        with database.write() as connection:
            assert people.sign_in(connection, checked, at=NOW) is None


def test_a_hash_costs_what_is_recommended() -> None:
    """In a process of its own: in the others, tests hash with less work."""
    code = f"from risk.store import people\nprint(people.hashed({WORD!r}), people._NOBODY, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    told = done.stdout.split()
    assert len(told) == 2
    # RFC 9106 for machines without much memory.
    assert all(each.startswith("$argon2id$v=19$m=65536,t=3,p=4$") for each in told)


def test_every_login_costs_one_check_and_nobody_waits_for_it(
    database: Database, officer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    matches = people._matches

    def while_others_write(kept: str, password: str) -> bool:
        checked.append(kept)
        # Would wait for the writer, and fail, if it were within its transaction.
        with database.write() as connection:
            people.seen(connection, "", at=NOW)
        return matches(kept, password)

    monkeypatch.setattr(people, "_matches", while_others_write)
    for login, word in (("ana", WORD), ("ana", "wrong"), ("nobody", WORD), ("", "")):
        checked.clear()
        try_(database, word, login=login)
        assert len(checked) == 1


def test_a_session_ends_by_itself(database: Database, officer: int) -> None:
    _, token = try_(database, WORD)
    with database.read() as connection:
        assert people.of_token(connection, token, at=later(31), idle=IDLE) is None
    with database.write() as connection:
        people.seen(connection, token, at=later(29))
    with database.read() as connection:
        assert people.of_token(connection, token, at=later(31), idle=IDLE) is not None
        assert people.of_token(connection, token, at=NOW + people.SESSION, idle=people.SESSION) is None


def test_signing_out_ends_it(database: Database, officer: int) -> None:
    _, token = try_(database, WORD)
    with database.write() as connection:
        people.sign_out(connection, token, at=NOW)
        people.sign_out(connection, token, at=NOW)
    with database.read() as connection:
        assert people.of_token(connection, token, at=later(1), idle=IDLE) is None


@pytest.mark.parametrize("change", [{"active": False}, {"role": "auditor"}, {"password": "another word"}])
def test_a_changed_account_has_to_sign_in_again(database: Database, officer: int, change: dict) -> None:
    _, token = try_(database, WORD)
    with database.write() as connection:
        people.change(connection, officer, at=NOW, actor="system", **change)
    with database.read() as connection:
        assert people.of_token(connection, token, at=later(1), idle=IDLE) is None


def test_a_closed_account_stays_out(database: Database, officer: int) -> None:
    with database.write() as connection:
        people.change(connection, officer, at=NOW, actor="system", active=False)
    assert try_(database, WORD) is None


def test_somebody_must_be_left_to_administer(database: Database) -> None:
    with database.write() as connection:
        one = people.add(connection, "root", "admin", at=NOW, actor="system", password=WORD)
    root = roles.Person(one, "root", "", "admin", "en")
    for change in ({"role": "officer"}, {"active": False}):
        with pytest.raises(people.AccountError, match="nobody would be left"), database.write() as connection:
            people.change(connection, one, at=NOW, actor=root, **change)
    with database.write() as connection:
        people.add(connection, "two", "admin", at=NOW, actor=root, password=WORD)
        people.change(connection, one, at=NOW, actor=root, role="officer")


@pytest.mark.parametrize(
    ("login", "role", "word", "says"),
    [
        ("a", "officer", WORD, "2 to 80"),
        ("<script>", "officer", WORD, "2 to 80"),
        ("ana", "officer", WORD, "already"),
        ("ben", "king", WORD, "no role"),
        ("ben", "officer", "short", "10 to 200"),
    ],
)
def test_accounts_that_cannot_be(
    database: Database, officer: int, login: str, role: str, word: str, says: str
) -> None:
    with pytest.raises(people.AccountError, match=says), database.write() as connection:
        people.add(connection, login, role, at=NOW, actor="system", password=word)


def test_every_role_has_its_actions_and_the_admin_no_shipments() -> None:
    assert set().union(*roles.MAY.values()) == set(roles.ROLES)
    admin = roles.Person(1, "root", "", "admin", "en")
    assert [action for action in roles.MAY if admin.may(action)] == [
        "see_contacts",
        "tend_contacts",
        "administer",
        "read_ledger",
    ]


def test_the_ledger_names_no_one(database: Database, officer: int) -> None:
    try_(database, WORD)
    try_(database, WORD, login="Somebody Unknown")
    with database.read() as connection:
        told = connection.execute(sa.select(rows)).all()
        assert ledger.verify(connection).holds
    text = json.dumps([list(map(str, row)) for row in told]).lower()
    assert "ana" not in text
    assert "somebody" not in text
