"""The app's script: who sees what, the frame around pages, the pages of loads and accounts."""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from app import pages, place, session
from risk import vocabulary, worker
from risk.store import jobs, people, roles, saved, settings, tables

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "app/script/main.py"
DAY = ROOT / "data_samples/port_day.csv"
WORD = "a word that is long"
Accounts = Callable[..., int]


@pytest.fixture
def signed_in(
    port: place.Place, account: Accounts, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AppTest]:
    """Open the app as somebody; the browser's cookie is replaced, and which page one begins with."""

    def open_as(login: str = "ana", role: str = "officer", *, first: str = "load", **query: str) -> AppTest:
        ordered = tuple(sorted(pages.PAGES, key=lambda page: page.name != first))
        monkeypatch.setattr(pages, "PAGES", ordered)
        number = account(login, role)
        with port.database.write() as connection:
            token = people.opened(connection, number, at=place.clock())[1]
        monkeypatch.setattr(session, "token", lambda: token)
        app = AppTest.from_file(str(SCRIPT), default_timeout=30)
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return open_as


def text(app: AppTest) -> str:
    parts = [
        each.value
        for kind in ("title", "header", "markdown", "caption", "error", "warning")
        for each in app.get(kind)
    ]
    parts += [each.value for kind in ("info", "success") for each in app.get(kind)]
    parts += [each.proto.body for each in app.get("html")]
    parts += [frame.value.reset_index().to_string() for frame in app.table]
    return "\n".join(str(part) for part in parts)


def labels(app: AppTest) -> list[str]:
    return [each.label for each in app.button]


def test_nobody_sees_a_page(port: place.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for held in ("", "x" * 43):
        monkeypatch.setattr(session, "token", lambda held=held: held)
        app = AppTest.from_file(str(SCRIPT)).run()
        assert not app.exception
        assert "/signin?next=" in text(app)
        assert not app.title
        assert not app.get("file_uploader")


def test_a_session_that_ends_leads_back_to_the_same_page(
    signed_in: Callable[..., AppTest], port: place.Place
) -> None:
    app = signed_in(map="7")
    assert "Load" in text(app)
    with port.database.write() as connection:
        connection.execute(tables.sessions.delete())
    app.run()
    assert not app.exception
    assert "not signed in" in text(app)
    assert "next=%2F%3Fmap%3D7" in text(app)
    assert not app.title


@pytest.mark.parametrize("role", roles.ROLES)
def test_the_navigation_shows_what_a_role_may_see(role: str) -> None:
    person = roles.Person(1, "x", "", role, "en")
    shown = [page.name for page in pages.seen_by(person)]
    daily = [page for page in pages.PAGES if page.action and not page.in_drill]
    may = [page.name for page in daily if role in roles.MAY[page.action]]
    assert shown == (may or ["welcome"])


_REFUSABLE = [page for page in pages.PAGES if page.action and roles.MAY[page.action] < set(roles.ROLES)]


@pytest.mark.parametrize("module", [page.name for page in _REFUSABLE])
def test_a_page_checks_the_role_itself(
    port: place.Place, account: Accounts, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    action = next(page.action for page in pages.PAGES if page.name == module)
    role = next(role for role in roles.ROLES if role not in roles.MAY[action])
    number = account("bo", role)
    with port.database.write() as connection:
        token = people.opened(connection, number, at=place.clock())[1]
    monkeypatch.setattr(session, "token", lambda: token)

    def script(name: str) -> None:
        from importlib import import_module

        import streamlit as st

        import_module(f"app.pages.{name}").show()
        st.write("went on")

    app = AppTest.from_function(script, kwargs={"name": module}).run()
    assert not app.exception
    assert "does not allow" in text(app)
    assert "went on" not in text(app)
    assert not app.button


def test_no_file_of_the_app_hides_a_library() -> None:
    import importlib.util
    import sys

    for folder in (ROOT / "app", ROOT / "app/script"):
        for path in folder.iterdir():
            name = path.stem
            if path.suffix not in ("", ".py") or name.startswith(("_", ".")):
                continue
            assert name not in sys.stdlib_module_names, name
            found = importlib.util.find_spec(name)
            assert found is None or found.loader is None or "site-packages" not in str(found.origin), name


def test_the_frame_says_what_this_is_and_what_scores_rest_on(
    signed_in: Callable[..., AppTest], port: place.Place
) -> None:
    app = signed_in()
    assert "Nothing was scored yet" in text(app)
    assert "SAMPLE" not in text(app)
    assert "Ledger" in text(app)
    with port.database.write() as connection:
        row = {"model_id": "m9", "stage": "champion", "risk_basis": "prior", "changed_at": place.clock()}
        connection.execute(tables.models.insert().values(**row))
        chosen = {"sample": True, "clock": "2025-01-06T04:00", "port_name": "<b>Port</b>"}
        settings.change(connection, chosen, at=place.clock(), actor="system")
    said = text(app.run())
    assert "SAMPLE" in said
    assert "not known for this port" in said
    assert "does not mean cleared" in " ".join(said.split())
    assert 'Model <bdi dir="ltr">m9</bdi>' in said
    assert "&lt;b&gt;Port" in said
    assert "<b>Port" not in said
    with port.database.write() as connection:
        settings.change(connection, {"drill": True}, at=place.clock(), actor="system")
    assert "DRILL" in text(app.run())


def test_the_page_speaks_the_language_of_the_account(
    signed_in: Callable[..., AppTest], port: place.Place
) -> None:
    app = signed_in()
    with port.database.write() as connection:
        number = connection.execute(sa.select(tables.users.c.id)).scalar_one()
        people.change(connection, number, at=place.clock(), actor="system", language="ar")
    del app.session_state["language"]
    assert "direction: rtl" in text(app.run())


def test_the_frame_leads_to_another_language_and_says_how_far_this_one_was_read(
    signed_in: Callable[..., AppTest], port: place.Place
) -> None:
    said = text(signed_in("ana"))
    assert 'href="/language?next=' in said
    assert '<bdi lang="en">English</bdi>' in said
    assert "native speaker" not in said
    app = signed_in("bo")
    with port.database.write() as connection:
        wanted = sa.select(tables.users.c.id).where(tables.users.c.login == "bo")
        number = connection.execute(wanted).scalar_one()
        people.change(connection, number, at=place.clock(), actor="system", language="fr")
    del app.session_state["language"]
    assert vocabulary.review("fr", "fr") in html.unescape(text(app.run()))


# --- loads --------------------------------------------------------------------------------------


def head(rows: int) -> bytes:
    return "".join(DAY.read_text("utf-8").splitlines(keepends=True)[: rows + 1]).encode()


def drop(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app.get("file_uploader")[0].set_value([(name, content, "text/csv") for name, content in files])
    next(each for each in app.button if each.label == "Load").click()
    return app.run()


def all_jobs(port: place.Place) -> list[jobs.Job]:
    with port.database.read() as connection:
        return jobs.latest(connection)


def test_files_become_one_job_that_a_page_only_watches(
    signed_in: Callable[..., AppTest], port: place.Place
) -> None:
    app = drop(signed_in(), ("day<b>.csv", head(20)), ("more.csv", head(30)))
    assert not app.exception
    (job,) = all_jobs(port)
    assert job.kind == "load"
    assert [each["name"] for each in job.asked["files"]] == ["day<b>.csv", "more.csv"]
    assert "Waits" in text(app)
    assert r"\<b\>" in text(app)
    assert worker.Worker(port.database, port.folder).work().state == "done"
    said = text(app.run())
    assert "Done" in said
    assert "Rows read: **50** · New or changed: **30**" in said
    again = drop(app, ("day.csv", head(20)))
    assert len(all_jobs(port)) == 2
    worker.Worker(port.database, port.folder).work()
    assert "Nothing new" in text(again.run())


def test_what_cannot_be_read_is_said(signed_in: Callable[..., AppTest], port: place.Place) -> None:
    app = drop(signed_in(), ("x.pdf", b"%PDF-1.7 [a](http://evil) <script>"))
    worker.Worker(port.database, port.folder).work()
    said = text(app.run())
    assert "Failed" in said
    assert "x\\.pdf" in said
    assert "Traceback" not in said


def test_problems_are_listed_by_row(signed_in: Callable[..., AppTest], port: place.Place) -> None:
    bad = b"shipment_id,goods_description,gross_weight_kg\nA-1,=1+1 **x**,heavy\n,no number,3\n"
    app = drop(signed_in(), ("bad.csv", bad))
    worker.Worker(port.database, port.folder).work()
    app.run()
    assert not app.exception
    said = text(app)
    assert "heavy" in said
    assert "A\\-1" in said
    assert any("problem" in each.label for each in app.expander)


def test_a_job_is_stopped_by_who_asked_for_it(
    signed_in: Callable[..., AppTest], port: place.Place, account: Accounts
) -> None:
    app = drop(signed_in(), ("day.csv", head(5)))
    assert "Stop" in labels(app)
    other = signed_in("bo")
    assert "Waits" in text(other)
    assert "Stop" not in labels(other)
    chief = signed_in("chief", "supervisor")
    next(each for each in chief.button if each.label == "Stop").click()
    chief.run()
    assert all_jobs(port)[0].state == "stopped"


UNKNOWN = (
    "Ref;Was drin ist;Kunde;Kilo\n" + "".join(f"R-{n};frozen fish {n};Kunde {n};{n}\n" for n in range(1, 9))
).encode()


def test_an_unknown_table_is_explained_kept_for_its_sender_and_known_next_time(
    signed_in: Callable[..., AppTest], port: place.Place
) -> None:
    app = drop(signed_in(), ("odd.csv", UNKNOWN))
    assert not app.exception
    assert "What do the columns of odd\\.csv hold?" in text(app)
    assert all_jobs(port) == []
    app.run()
    assert "What do the columns" in text(app), "a refresh keeps the question"
    boxes = {each.label: each for each in app.selectbox}
    boxes["What Kunde holds"].select("consignee_name")
    boxes["What Kilo holds"].select("gross_weight_kg")
    boxes["What Ref holds"].select("shipment_id")
    boxes["What Was drin ist holds"].select("goods_description")
    app.run()
    assert "frozen fish 1" in text(app)
    next(each for each in app.text_input if each.label.startswith("Sender")).input("Odd & Co")
    next(each for each in app.button if each.label == "Load it so").click()
    app.run()
    assert not app.exception
    assert "What do the columns" not in text(app)
    job = worker.Worker(port.database, port.folder).work()
    assert (job.state, job.result["shipments"]) == ("done", 8)
    with port.database.read() as connection:
        assert list(saved.senders(connection)) == ["Odd & Co"]
        weights = connection.execute(sa.select(tables.versions.c.gross_weight_kg)).scalars().all()
    assert sorted(weights) == [float(n) for n in range(1, 9)]
    app.run()
    next(each for each in app.selectbox if each.label.startswith("Sender")).select("Odd & Co")
    drop(app, ("odd2.csv", UNKNOWN.replace(b"R-", b"S-")))
    assert "What do the columns" not in text(app)
    assert worker.Worker(port.database, port.folder).work().result["changed"] == 8
    app.run()
    next(each for each in app.selectbox if each.label == "Sender").select("Odd & Co").run()
    next(each for each in app.button if each.label == "Forget how their tables are read").click().run()
    assert not app.exception
    with port.database.read() as connection:
        assert saved.senders(connection) == {}
    drop(app, ("odd3.csv", UNKNOWN.replace(b"R-", b"T-")))
    assert "What do the columns" in text(app)


def test_a_number_in_the_address_opens_nothing_else(
    signed_in: Callable[..., AppTest], port: place.Place
) -> None:
    for number, text_of in enumerate(("99", "-1", "../../x", "9" * 40, "١")):
        app = signed_in(f"u{number}", map=text_of)
        assert not app.exception
        assert app.get("file_uploader")


# --- accounts -----------------------------------------------------------------------------------


def test_an_account_is_made_with_a_word_told_for_a_moment(
    signed_in: Callable[..., AppTest], port: place.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = signed_in("root", "admin")
    next(each for each in app.text_input if each.label == "Login").input("Bo")
    next(each for each in app.button if each.label == "Make the account").click()
    app.run()
    assert not app.exception
    (word,) = [each.value for each in app.code]
    checked = people.check(port.database, "bo", word)
    with port.database.write() as connection:
        found = people.sign_in(connection, checked, at=place.clock())
    assert found is not None
    assert (found[0].role, found[0].must_change) == ("officer", True)
    app.run()
    assert [each.value for each in app.code] == [word], "not seen, where a double click draws the page again"
    later = place.clock() + pd.Timedelta(seconds=10)
    monkeypatch.setattr(place, "clock", lambda: later)
    app.run()
    assert not app.code
    next(each for each in app.text_input if each.label == "Login").input("bo")
    next(each for each in app.button if each.label == "Make the account").click()
    assert "already" in text(app.run())


def test_an_account_has_a_place_of_work_by_which_looks_are_judged(
    signed_in: Callable[..., AppTest], port: place.Place
) -> None:
    def places() -> list[str]:
        with port.database.read() as connection:
            return [row.terminal for row in people.everybody(connection) if row.login == "bo"]

    app = signed_in("root", "admin")
    made, *_others = [each for each in app.text_input if each.label == "Place of work"]
    next(each for each in app.text_input if each.label == "Login").input("bo")
    made.input(" Pier 9 ")
    next(each for each in app.button if each.label == "Make the account").click()
    app.run()
    assert places() == ["Pier 9"]
    next(each for each in app.selectbox if each.label == "Account").select_index(0)
    app.radio[0].set_value("terminal")
    [each for each in app.text_input if each.label == "Place of work"][1].input("SHED 4")
    next(each for each in app.button if each.label == "Change it").click()
    assert "SHED 4" in text(app.run())
    assert places() == ["SHED 4"]


def test_an_account_is_closed(
    signed_in: Callable[..., AppTest], port: place.Place, account: Accounts
) -> None:
    account("bo")
    app = signed_in("root", "admin")
    next(each for each in app.selectbox if each.label == "Account").select_index(0)
    app.radio[0].set_value("close")
    next(each for each in app.button if each.label == "Change it").click()
    assert "Closed" in text(app.run())
    checked = people.check(port.database, "bo", WORD)
    with port.database.write() as connection:
        assert people.sign_in(connection, checked, at=place.clock()) is None


# --- sessions -----------------------------------------------------------------------------------


def test_use_is_noted_at_most_once_a_minute(
    port: place.Place, account: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = account("ana")
    with port.database.write() as connection:
        token = people.opened(connection, number, at=place.clock())[1]
    noted: list[pd.Timestamp] = []
    monkeypatch.setattr(people, "seen", lambda connection, token, at: noted.append(at))
    for _ in range(5):
        port.note(token)
    assert len(noted) == 1
    real = place.clock
    monkeypatch.setattr(place, "clock", lambda: real() + pd.Timedelta(seconds=61))
    port.note(token)
    assert len(noted) == 2


def test_a_timer_keeps_no_session_open(
    signed_in: Callable[..., AppTest], port: place.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[str] = []
    monkeypatch.setattr(place.Place, "note", lambda self, token: noted.append(token))
    signed_in()
    clicks = len(noted)
    assert clicks > 0

    def script() -> None:
        from app import session

        session.allowed("load", clicked=False)

    AppTest.from_function(script).run()
    assert len(noted) == clicks


def test_a_busy_database_costs_no_page(port: place.Place, account: Accounts) -> None:
    number = account("ana")
    with port.database.write() as connection:
        token = people.opened(connection, number, at=place.clock())[1]
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with port.database.write():
            held.set()
            over.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    try:
        begun = time.monotonic()
        assert port.person_of(token) is not None
        assert time.monotonic() - begun < 2, "who looks does not wait for who writes"
    finally:
        over.set()
        thread.join()


def test_who_has_to_change_the_password_first_sees_no_page(
    port: place.Place, signed_in: Callable[..., AppTest]
) -> None:
    app = signed_in("ana")
    with port.database.write() as connection:
        connection.execute(sa.update(tables.users).values(must_change=True))
    assert app.run().title == []
    assert "You are not signed in" in text(app)
