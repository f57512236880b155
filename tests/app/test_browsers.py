"""Browsers an account was signed in from: others who guess at it do not keep its owner out."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app import browsers, place
from risk.store import people
from risk.store.people import Checked

WORD = "a word that is long"
NOW = pd.Timestamp("2026-11-22T04:00")
KEY = b"k" * 32
Clients = Callable[..., TestClient]
Accounts = Callable[..., int]


def sign_in(browser: TestClient, word: str = WORD, login: str = "ana") -> int:
    return browser.post("/signin", data={"login": login, "password": word}).status_code


def guess(browser: TestClient, times: int = people.WRONG_ALLOWED) -> None:
    for _ in range(times):
        assert sign_in(browser, "wrong") == 401


def test_guessing_elsewhere_does_not_keep_somebody_out(client: Clients, account: Accounts) -> None:
    account("ana")
    own, fresh, attacker = client(), client(), client()
    assert sign_in(own) == 303
    guess(attacker)
    assert sign_in(attacker) == 401, "closed: nobody tries passwords without end"
    assert sign_in(fresh) == 401
    assert sign_in(own) == 303
    assert sign_in(attacker) == 401, "and her coming in opens it to nobody"


def test_guessing_in_a_known_browser_closes_it_there_alone(
    client: Clients, account: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    account("ana")
    own, other = client(), client()
    assert (sign_in(own), sign_in(other)) == (303, 303)
    guess(own)
    assert sign_in(other) == 303
    guess(own)  # by now like a browser nobody knows: these close the account itself
    assert sign_in(own) == 401
    assert sign_in(other) == 303
    real = place.clock
    monkeypatch.setattr("app.signing_in.clock", lambda: real() + people.LOCKED_FOR + pd.Timedelta(minutes=1))
    assert sign_in(own) == 303


def test_several_people_at_one_machine_are_known(client: Clients, account: Accounts) -> None:
    account("ana")
    account("bo")
    shared = client()
    assert (sign_in(shared), sign_in(shared, login="bo")) == (303, 303)
    guess(client())
    assert sign_in(shared) == 303


def test_another_password_is_another_proof(client: Clients, account: Accounts, port: place.Place) -> None:
    number = account("ana")
    own = client()
    assert sign_in(own) == 303
    new = "a word of my own"
    answer = own.post("/password", data={"old": WORD, "password": new, "again": new})
    assert answer.status_code == 303
    guess(client())
    assert sign_in(own, new) == 303, "who changed it here is known here"
    with port.database.write() as connection:
        people.change(connection, number, at=place.clock(), actor="system", password="the third long word")
    guess(client())
    assert sign_in(own, "the third long word") == 401, "a password given by somebody else forgets browsers"


def test_the_password_is_changed_while_others_guess(client: Clients, account: Accounts) -> None:
    account("ana")
    own = client()
    assert sign_in(own) == 303
    guess(client())
    new = "a word of my own"
    wrong = {"old": "wrong", "password": new, "again": new}
    assert [own.post("/password", data=wrong).status_code for _ in range(2)] == [400, 400]
    assert own.post("/password", data={**wrong, "old": WORD}).status_code == 303


def test_no_script_reads_it(client: Clients, account: Accounts) -> None:
    account("ana")
    answer = client().post("/signin", data={"login": "ana", "password": WORD})
    (said,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith(browsers.COOKIE)]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(said.split("; "))
    assert "ana" not in said


def test_it_is_of_one_account_one_password_one_site_and_one_browser() -> None:
    ana = Checked("ana", "$argon2id$1", True)
    held = browsers.with_one_more("", ana, KEY)
    assert browsers.knows(held, ana, KEY, at=NOW)
    assert not browsers.knows(held, Checked("bo", ana.kept, True), KEY, at=NOW)
    assert not browsers.knows(held, Checked("ana", "$argon2id$2", True), KEY, at=NOW)
    assert not browsers.knows(held, ana, b"x" * 32, at=NOW)
    name, proof = held.split(".")
    assert not browsers.knows(f"{'0' * 32}.{proof}", ana, KEY, at=NOW)
    for number in range(40):
        held = browsers.with_one_more(held, Checked(f"o{number}", "$", True), KEY)
    assert held.startswith(name)
    assert len(held) < 450
    assert not browsers.knows(held, ana, KEY, at=NOW), "the latest stay"


@given(st.text() | st.from_regex(r"[0-9a-f.]{0,100}", fullmatch=True))
def test_what_was_made_up_is_not_known(held: str) -> None:
    ana = Checked("ana", "$argon2id$1", True)
    assert not browsers.knows(held, ana, KEY, at=NOW)
    made = browsers.with_one_more(held, ana, KEY)
    assert browsers.knows(made, ana, KEY, at=NOW)
    assert made.isascii()
