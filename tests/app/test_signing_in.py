"""The plain routes: signing in and out, the first account, passwords, what stands before every request."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, MutableMapping
from contextlib import ExitStack
from typing import Any

import anyio.from_thread
import anyio.lowlevel
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app import guard, held_uploads, place
from risk import vocabulary, worker
from risk.language import BY_CODE, LANGUAGES
from risk.store import first_account, ledger, people, settings
from risk.store.database import StoreError

HOST = "http://port.test"
WORD = "a word that is long"
Clients = Callable[..., TestClient]
Accounts = Callable[..., int]


def sign_in(client: TestClient, login: str = "ana", word: str = WORD, target: str = "/") -> object:
    return client.post("/signin", data={"login": login, "password": word, "next": target})


def test_who_has_no_session_is_sent_to_sign_in_and_comes_back(client: Clients, account: Accounts) -> None:
    account("ana")
    browser = client()
    answer = browser.get("/load?job=3")
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin?next=%2Fload%3Fjob%3D3")
    form = browser.get(answer.headers["location"]).text
    assert 'value="/load?job=3"' in form
    assert "<script" not in form
    answer = sign_in(browser, target="/load?job=3")
    assert (answer.status_code, answer.headers["location"]) == (303, "/load?job=3")
    assert browser.get("/load").text == "page /load"


def test_the_cookie_is_for_this_server_alone(client: Clients, account: Accounts) -> None:
    account("ana")
    said = sign_in(client()).headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in said.split(";")}
    assert "secure" not in said
    behind = client(headers={"x-forwarded-proto": "https"})
    assert "; secure" in sign_in(behind).headers["set-cookie"].lower()


@pytest.mark.parametrize(
    ("login", "word"), [("ana", "wrong"), ("nobody", WORD), ("", ""), ("ana", "x" * 5_000), ("ana\x00", WORD)]
)
def test_others_do_not_come_in(client: Clients, account: Accounts, login: str, word: str) -> None:
    account("ana")
    browser = client()
    answer = sign_in(browser, login, word)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert browser.get("/load").status_code == 303


def test_a_form_of_any_size_or_kind_is_survived(client: Clients, account: Accounts) -> None:
    account("ana")
    browser = client()
    for content in (b"login=ana&password=" + b"x" * 200_000, b"\xff\xfe=%%%", b"&".join([b"a=b"] * 500)):
        assert browser.post("/signin", content=content).status_code == 401


def test_signing_out_ends_the_session(client: Clients, account: Accounts, port: place.Place) -> None:
    account("ana")
    browser = client()
    sign_in(browser)
    held = browser.cookies["wildcargo"]
    assert browser.get("/signout").status_code == 200
    assert browser.get("/load").status_code == 200, "looking at the way out signs nobody out"
    assert browser.post("/signout").status_code == 200
    assert browser.get("/load").status_code == 303
    assert port.person_of(held) is None
    with port.database.read() as connection:
        assert ledger.verify(connection).holds


def test_who_signs_in_again_ends_what_was_before(
    client: Clients, account: Accounts, port: place.Place
) -> None:
    account("ana")
    account("bo")
    browser = client()
    sign_in(browser)
    before = browser.cookies["wildcargo"]
    sign_in(browser, "bo")
    assert port.person_of(before) is None
    assert port.person_of(browser.cookies["wildcargo"]).login == "bo"


def test_a_session_ends_when_nobody_clicks(
    client: Clients, account: Accounts, port: place.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    account("ana")
    browser = client()
    sign_in(browser)
    real = place.clock
    monkeypatch.setattr(place, "clock", lambda: real() + pd.Timedelta(minutes=29))
    assert browser.get("/load").status_code == 200
    monkeypatch.setattr(place, "clock", lambda: real() + pd.Timedelta(minutes=31))
    assert browser.get("/load").status_code == 303
    monkeypatch.setattr(place, "clock", real)
    port.note(browser.cookies["wildcargo"])
    with port.database.write() as connection:
        settings.change(connection, {"session_minutes": 720}, at=real(), actor="system")
    monkeypatch.setattr(place, "clock", lambda: real() + people.SESSION + pd.Timedelta(minutes=1))
    assert browser.get("/load").status_code == 303


def test_time_that_stands_still_keeps_no_session_open(
    client: Clients, account: Accounts, port: place.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    account("ana")
    browser = client()
    sign_in(browser)
    with port.database.write() as connection:
        settings.change(connection, {"clock": "2025-01-06T04:00"}, at=place.clock(), actor="system")
    real = place.clock
    monkeypatch.setattr(place, "clock", lambda: real() + pd.Timedelta(minutes=31))
    assert browser.get("/load").status_code == 303


def test_files_are_handed_in_and_out_to_people_signed_in_alone(client: Clients, account: Accounts) -> None:
    account("ana")
    browser = client()
    paths = ("/_stcore/upload_file/a/b", "/_stcore/metrics", "/media/abc.pdf", "/component/x/y.js")
    for path in paths:
        assert browser.get(path).status_code == 401
    assert browser.put("/_stcore/upload_file/a/b", content=b"x").status_code == 401
    assert browser.get("/_stcore/health").status_code == 200
    assert browser.get("/static/js/index.js").status_code == 200
    sign_in(browser)
    for path in paths:
        assert browser.get(path).status_code == 200
    assert browser.put("/_stcore/upload_file/a/b", content=b"x").status_code == 200


def test_one_person_does_not_fill_the_servers_memory(
    client: Clients, account: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    there: dict[str, int] = {}
    monkeypatch.setattr(held_uploads.Room.__init__, "__defaults__", (1_000, 1_500, lambda: there))
    account("ana")
    account("chi")
    ana = client()
    chi = TestClient(ana.app, base_url=HOST, headers={"origin": HOST})
    sign_in(ana)
    sign_in(chi, "chi")
    where = held_uploads.PATH

    def hands_in(browser: TestClient, page: str, size: int) -> int:
        status: int = browser.put(f"{where}{page}/{len(there)}", content=b"x" * size).status_code
        if status == 200:
            there[page] = there.get(page, 0) + size
        return status

    assert [hands_in(ana, page, 400) for page in ("a1", "a2", "a3")] == [200, 200, 413]
    assert hands_in(ana, "a3", 200) == 200
    assert hands_in(ana, "a1", 1) == 413, "at whatever page"
    assert hands_in(chi, "c1", 500) == 200, "what one holds keeps nobody else out"
    assert hands_in(chi, "c1", 1) == 413, "but for what all hold together"
    assert ana.put(f"{where}a1/7", content=iter([b"x"])).status_code == 413, "nor without saying how much"
    assert ana.delete(f"{where}a1/0").status_code == 200
    there.clear()
    assert hands_in(ana, "a1", 1_000) == 200, "a page that is closed makes room"


def test_what_is_coming_in_counts() -> None:
    room = held_uploads.Room(1_000, 1_500, dict)
    path = f"{held_uploads.PATH}page/file"
    with room.for_one(1, path, 700) as first, room.for_one(1, path, 301) as second:
        assert (first, second) == (True, False)
        with room.for_one(2, path, 801) as third, room.for_one(2, path, 800) as fourth:
            assert (third, fourth) == (False, True)
    with room.for_one(1, path, 1_000) as again:
        assert again, "what did not come holds nothing"


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "null", "", "http://port.test.evil", "http://port.test:81"]
)
def test_what_changes_something_comes_from_here(client: Clients, account: Accounts, origin: str) -> None:
    account("ana")
    browser = client()
    sign_in(browser)
    for path in ("/signin", "/signout", "/first", "/password", "/_stcore/upload_file/a/b"):
        assert browser.post(path, headers={"origin": origin}, data={"login": "ana"}).status_code == 403
    assert browser.get("/load").status_code == 200, "and it signed nobody out"


@pytest.mark.parametrize("host", ["evil.test", "port.test.evil", "127.0.0.1", ""])
def test_other_names_are_refused(client: Clients, host: str) -> None:
    assert client().get("/signin", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["[::1", "[", "]", "%", "a:b:c", "[v1.x]:80"])
def test_names_that_are_none_are_refused(client: Clients, host: str) -> None:
    assert client().get("/signin", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("origin", ["http://[", "http://[x]", "http://]"])
def test_origins_that_are_none_are_refused(client: Clients, origin: str) -> None:
    assert client().post("/signin", headers={"origin": origin}).status_code == 403


def test_a_path_that_is_none_is_no_page(client: Clients) -> None:
    told: list[int] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        told.append(message.get("status", 0))

    headers = [(b"host", b"port.test")]
    # A loop of its own: this thread may have one already, of a browser.
    with anyio.from_thread.start_blocking_portal() as portal:
        for path in ("*", "today", ""):
            scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers}
            portal.call(guard.Guard(client().app, ("port.test",)), scope, anyio.lowlevel.checkpoint, send)
            assert told.pop(0) == 404
            told.clear()


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, True),
        ({"origin": "http://evil.test"}, False),
        # Another port of this machine: Streamlit lets it in, and a strict cookie comes along.
        ({"origin": "http://port.test:9999"}, False),
        ({"origin": "http://localhost"}, False),
        ({"origin": "http://0.0.0.0"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://["}, False),
        # Equal but for its case Streamlit finds no equal, and asks the internet who this machine is.
        ({"origin": "http://port.test", "host": "PORT.test"}, False),
        ({"origin": "http://evil.test", "host": "evil.test"}, False),
    ],
)
def test_only_pages_of_this_server_talk(client: Clients, headers: dict[str, str], passes: bool) -> None:
    assert talks(client(), **headers) == passes


def test_nobody_opens_pages_without_end(
    client: Clients, account: Accounts, port: place.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    account("ana")
    monkeypatch.setattr(guard, "PAGES_AT_ONCE", 3)
    browser = client()
    sign_in(browser)
    held = {"cookie": f"wildcargo={browser.cookies['wildcargo']}"}
    with ExitStack() as opened:
        for _ in range(3):
            opened.enter_context(browser.websocket_connect("/_stcore/stream", headers={"host": "port.test"}))
        assert not talks(browser)
        assert not talks(browser, cookie="wildcargo=made-up")
        assert talks(browser, **held), "who is signed in is not kept out by those who are not"
    assert talks(browser), "one that is closed makes room"


def talks(browser: TestClient, **headers: str) -> bool:
    try:
        with browser.websocket_connect("/_stcore/stream", headers={"host": "port.test", **headers}):
            return True
    except WebSocketDisconnect:
        return False


def test_a_link_from_elsewhere_finds_the_session(client: Clients, account: Accounts) -> None:
    account("ana")
    browser = client()
    answer = browser.get("/load?a=1&b=<x>", headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, "location" in answer.headers) == (200, False)
    assert 'content="0;url=/load?a=1&amp;b=%3Cx%3E"' in answer.text
    assert browser.get("/load", headers={"sec-fetch-site": "same-origin"}).status_code == 303


@pytest.mark.parametrize("path", ["/", "/signin", "/static/x.js", "/healthz", "/media/x"])
def test_every_answer_is_headed(client: Clients, account: Accounts, path: str) -> None:
    account("ana")
    said = client().get(path).headers
    rules = {part.split()[0]: part.split()[1:] for part in said["content-security-policy"].split("; ")}
    assert rules["default-src"] == ["'self'"]
    assert rules["frame-ancestors"] == ["'none'"]
    assert "'unsafe-inline'" not in rules["script-src"]
    assert not re.search(r"https?:|\*", said["content-security-policy"])
    assert said["x-frame-options"] == "DENY"
    assert said["x-content-type-options"] == "nosniff"
    assert said["referrer-policy"] == "same-origin"
    assert ("no-store" in said.get("cache-control", "")) == (not path.startswith("/static"))


@given(st.text(max_size=60))
def test_nobody_is_sent_elsewhere(text: str) -> None:
    found = guard.inside(text)
    assert found == "/" or (found == text and found[0] == "/" and found[1:2] not in ("/", "\\"))
    assert "\n" not in found


@pytest.mark.parametrize(
    "path", ["//evil", "/\\evil", "https://evil", "/signin", "/signout?x", "javascript:x", "/a\nb"]
)
def test_some_places_are_no_way_back(path: str) -> None:
    assert guard.inside(path) == "/"


@pytest.mark.parametrize(
    ("asked", "comes_to"),
    [
        ("/shipment?id=12&x=%3Cb%3E", "/shipment?id=12&x=%3Cb%3E"),
        ("//evil.example/x", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/signout", "/"),
        ('"><script>', "/"),
    ],
)
def test_who_changes_a_password_comes_to_the_page_asked_for(
    client: Clients, account: Accounts, asked: str, comes_to: str
) -> None:
    account("ana", must_change=True)
    browser = client()
    sign_in(browser)
    form = browser.get("/password", params={"next": asked})
    assert "<script" not in form.text
    assert f'name="next" value="{html.escape(comes_to)}"' in form.text
    given = {"old": WORD, "password": "quite another word", "next": asked}
    # A mistake does not forget it either.
    again = browser.post("/password", data={**given, "again": "something else"})
    assert f'name="next" value="{html.escape(comes_to)}"' in again.text
    answer = browser.post("/password", data={**given, "again": given["password"]})
    assert (answer.status_code, answer.headers["location"]) == (303, comes_to)


# --- the first account --------------------------------------------------------------------------


def first(client: TestClient, code: str, **given: str) -> object:
    form = {"code": code, "login": "root", "password": WORD, "again": WORD, **given}
    return client.post("/first", data=form)


def test_the_first_account_is_made_with_the_code_once(client: Clients, port: place.Place) -> None:
    browser = client()
    assert browser.get("/").headers["location"] == "/first"
    assert browser.get("/signin").headers["location"] == "/first"
    code = first_account.offer(port.folder, at=place.clock())
    answer = first(browser, code.lower().replace("-", " "))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert port.person_of(browser.cookies["wildcargo"]).role == "admin"
    assert browser.get("/first").headers["location"] == "/signin"
    assert first(client(), code, login="other").status_code == 400
    with port.database.read() as connection:
        assert len(people.everybody(connection)) == 1


def test_without_the_code_there_is_none(client: Clients, port: place.Place) -> None:
    assert first(client(), "").status_code == 400
    code = first_account.offer(port.folder, at=place.clock())
    for wrong in ("", "AAAAA-AAAAA-AAAAA-AAAAA", code[:-1], code + "2"):
        assert first(client(), wrong).status_code == 400
    for changed in ({"again": "another word"}, {"password": "short", "again": "short"}, {"login": "x y"}):
        answer = first(client(), code, **changed)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
    with port.database.read() as connection:
        assert people.everybody(connection) == []
    assert first(client(), code).status_code == 303, "a mistake uses no code up"


# --- passwords ----------------------------------------------------------------------------------


def test_a_word_somebody_else_chose_is_changed_before_anything_else(
    client: Clients, account: Accounts, port: place.Place
) -> None:
    account("ana", must_change=True)
    browser = client()
    sign_in(browser)
    assert browser.get("/load").headers["location"] == "/password?next=%2Fload"
    other = client()
    sign_in(other)
    new = "a word of my own"
    for wrong in (
        {"old": "wrong", "password": new, "again": new},
        {"old": WORD, "password": WORD, "again": WORD},
        {"old": WORD, "password": new, "again": new + "x"},
        {"old": WORD, "password": "short", "again": "short"},
    ):
        assert browser.post("/password", data=wrong).status_code == 400
    answer = browser.post("/password", data={"old": WORD, "password": new, "again": new})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/load").status_code == 200
    assert other.get("/load").status_code == 303, "other sessions ended"
    assert sign_in(client(), word=WORD).status_code == 401
    assert sign_in(client(), word=new).status_code == 303


def test_nobody_else_comes_to_the_page_of_passwords(client: Clients, account: Accounts) -> None:
    account("ana")
    assert client().get("/password").status_code == 303
    assert client().post("/password", data={"old": WORD}).status_code == 401


# --- languages and health -----------------------------------------------------------------------


def test_pages_speak_the_browsers_language_or_the_one_chosen(client: Clients, account: Accounts) -> None:
    account("ana")
    browser = client(headers={"accept-language": "de, ar;q=0.8, en;q=0.5"})
    assert '<html lang="ar" dir="rtl">' in browser.get("/signin").text
    assert '<html lang="fr" dir="ltr">' in browser.get("/signin?language=fr").text
    assert '<html lang="fr"' in browser.get("/signin").text, "and it is kept"
    assert '<html lang="en"' in client().get("/signin?language=<script>").text


def test_health_says_what_stands_and_what_does_not(client: Clients, port: place.Place) -> None:
    browser = client()
    found = browser.get("/healthz").json()
    assert (found["database"], found["worker"], found["worker_beat_seconds"]) == ("ok", "gone", None)
    worker.beat_of(port.folder)
    found = browser.get("/healthz").json()
    assert (found["status"], found["worker"]) == ("ok", "ok")
    assert found["worker_beat_seconds"] < 5
    port.database.close()
    (port.folder / "port.db").write_bytes(b"not a database, " * 1000)
    answer = browser.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (503, "degraded")
    assert str(port.folder) not in answer.text


def test_a_database_that_is_away_is_said(
    client: Clients, account: Accounts, port: place.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    account("ana")
    browser = client()
    gone = [
        StoreError("cannot be opened"),
        OperationalError("SELECT 1", {}, Exception("the connection is lost")),
    ]
    for error in gone:

        def away(error: Exception = error) -> None:
            raise error

        with monkeypatch.context() as patched:
            patched.setattr(port.database, "write", away)
            answer = sign_in(browser)
        assert answer.status_code == 503
        assert "try again" in answer.text
        assert "set-cookie" not in answer.headers
    assert sign_in(browser).status_code == 303


# --- the language -------------------------------------------------------------------------------


def test_who_is_signed_in_chooses_another_language_and_comes_back(
    client: Clients, account: Accounts, port: place.Place
) -> None:
    account("ana")
    browser = client()
    assert browser.get("/language").headers["location"].startswith("/signin")
    sign_in(browser)
    form = browser.get("/language?next=%2Fshift%3Fw%3Dtoday").text
    assert 'value="/shift?w=today"' in form
    answer = browser.post("/language", data={"language": "ar", "next": "/shift?w=today"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/shift?w=today")
    person = port.person_of(browser.cookies["wildcargo"])
    assert person is not None, "nobody is signed out by it"
    assert person.language == "ar"
    assert 'dir="rtl"' in browser.get("/password").text
    with port.database.read() as connection:
        row = ledger.latest(connection, 1)[0]
        assert ledger.verify(connection).holds
    assert (row.kind, row.actor, "language" in row.facts) == ("account.changed", person.actor, True)
    assert browser.post("/language", data={"language": "ar"}).headers["location"] == "/"
    with port.database.read() as connection:
        assert ledger.latest(connection, 1)[0].seq == row.seq, "what is as it was is not written"


def test_beside_each_language_stands_how_far_it_was_read(client: Clients, account: Accounts) -> None:
    account("ana", language="fr")
    browser = client()
    sign_in(browser)
    form = html.unescape(browser.get("/language").text)
    for code in LANGUAGES:
        assert f'value="{code}"' in form
        assert form.count(vocabulary.review(code, code)) >= 1
    others = [code for code in LANGUAGES if code != "fr" and BY_CODE[code].review == "unread"]
    assert form.count(vocabulary.review("vi", "fr")) == len(others) + 1
    before = html.unescape(client().get("/signin?language=fr").text)
    assert vocabulary.review("fr", "fr") in before


@pytest.mark.parametrize("language", ["", "xx", "../en", "en\x00", "x" * 9_000])
def test_no_other_language_is_taken(
    client: Clients, account: Accounts, port: place.Place, language: str
) -> None:
    account("ana")
    browser = client()
    sign_in(browser)
    answer = browser.post("/language", data={"language": language, "next": "//evil.example"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/language")
    assert port.person_of(browser.cookies["wildcargo"]).language == "en"
    assert (
        browser.post("/language", data={"language": "fr"}, headers={"origin": "http://x.test"}).status_code
        == 403
    )
    assert browser.post("/language", data={"language": "fr", "next": "//x.test"}).headers["location"] == "/"
