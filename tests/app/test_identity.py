"""People known from elsewhere: a provider played by a server of this test, and a proxy's header."""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app import identity, place
from app.identity import Elsewhere, IdentityError, Provider
from risk.store import people
from risk.store.tables import ledger

Clients = Callable[..., TestClient]
Accounts = Callable[..., int]


# --- signin.toml --------------------------------------------------------------------------------


def write(folder: Path, text: str) -> Path:
    (folder / identity.FILE).write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_there_are_passwords(tmp_path: Path) -> None:
    assert identity.read(tmp_path) == Elsewhere()


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    text = """
    default_role = "officer"
    passwords = false
    [oidc]
    issuer = "https://login.test"
    client_id = "wildcargo"
    client_secret = "s"
    claim = "email"
    label = "Customs"
    [proxy]
    header = "X-Remote-User"
    peers = ["10.0.0.5", "fd00::/64"]
    """
    found = identity.read(write(tmp_path, text))
    assert found.provider == Provider("https://login.test", "wildcargo", "s", "email", "Customs")
    assert found.proxy is not None
    assert (found.proxy.header, len(found.proxy.peers)) == ("X-Remote-User", 2)
    assert (found.default_role, found.passwords) == ("officer", False)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x =", "Invalid"),
        ("role = 'officer'", "role: not known"),
        ("default_role = 'admin'", "administrator"),
        ("default_role = 'chief'", "expected one of"),
        ("passwords = false", "nobody could sign in"),
        ("passwords = 'no'", "true or false"),
        ("oidc = 1", "expected a section"),
        ("[oidc]\nissuer = 'https://a'", "client_id: is missing"),
        ("[oidc]\nissuer = 'http://a.test'\nclient_id = 'a'\nclient_secret = 'b'", "https://"),
        (
            "[oidc]\nissuer = 'https://a.test'\nclient_id = 1\nclient_secret = 'b'",
            "client_id: expected a text",
        ),
        ("[proxy]\nheader = 'X-User'", "peers"),
        ("[proxy]\nheader = 'X-User'\npeers = ['0.0.0.0/0']", "everybody"),
        ("[proxy]\nheader = 'X-User'\npeers = ['0.0.0.0/1', '128.0.0.0/1']", "everybody"),
        ("[proxy]\nheader = 'X-User'\npeers = ['64.0.0.0/2']", "everybody"),
        ("[proxy]\nheader = 'X-User'\npeers = ['::/0']", "everybody"),
        ("[proxy]\nheader = 'X-User'\npeers = ['2000::/3']", "everybody"),
        ("[proxy]\nheader = 'X-User'\npeers = ['anybody']", "no address"),
        ("[proxy]\nheader = 'X User:'\npeers = ['127.0.0.1']", "name of a header"),
    ],
)
def test_what_cannot_be_followed_is_said(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(IdentityError, match=says):
        identity.read(write(tmp_path, text))


def test_a_ports_own_networks_may_be_named(tmp_path: Path) -> None:
    peers = ["127.0.0.1", "::1", "10.0.0.0/8", "192.168.0.0/16", "fc00::/7", "2001:db8::/32"]
    found = identity.read(write(tmp_path, f"[proxy]\nheader = 'X-User'\npeers = {peers}"))
    assert found.proxy is not None
    assert len(found.proxy.peers) == len(peers)


# --- a trusted proxy ----------------------------------------------------------------------------

PROXY = '[proxy]\nheader = "X-Remote-User"\npeers = ["10.0.0.5"]\n'


@pytest.fixture
def proxied(tmp_path: Path) -> Elsewhere:
    return identity.read(write(tmp_path, PROXY))


def test_whom_the_proxy_names_is_signed_in(client: Clients, account: Accounts, proxied: Elsewhere) -> None:
    account("ana")
    browser = client(proxied, peer="10.0.0.5", headers={"x-remote-user": "Ana"})
    answer = browser.get("/load")
    assert answer.headers["location"] == "/signin?next=%2Fload"
    answer = browser.get(answer.headers["location"])
    assert answer.headers["location"] == "/load"
    assert browser.get("/load").text == "page /load"


@pytest.mark.parametrize("peer", ["10.0.0.6", "127.0.0.1", "::1", "fe80::1%eth0"])
def test_from_anywhere_else_the_header_is_nothing(
    client: Clients, account: Accounts, proxied: Elsewhere, peer: str
) -> None:
    account("ana", "admin")
    browser = client(proxied, peer=peer, headers={"x-remote-user": "ana", "x-forwarded-for": "10.0.0.5"})
    answer = browser.get("/signin")
    assert answer.status_code == 200
    assert 'name="password"' in answer.text
    assert "set-cookie" not in answer.headers


def test_two_headers_are_none(client: Clients, account: Accounts, proxied: Elsewhere) -> None:
    account("ana")
    browser = client(proxied, peer="10.0.0.5")
    twice = [("x-remote-user", "ana"), ("x-remote-user", "bo")]
    assert browser.get("/signin", headers=twice).status_code == 200


def test_somebody_else_at_the_proxy_does_not_go_on_as_who_was_there(
    client: Clients, account: Accounts, proxied: Elsewhere, port: place.Place
) -> None:
    account("ana")
    account("bo")
    browser = client(proxied, peer="10.0.0.5")
    browser.get("/signin", headers={"x-remote-user": "ana"})
    assert browser.get("/load", headers={"x-remote-user": "ana"}).status_code == 200
    assert browser.get("/load", headers={"x-remote-user": "bo"}).status_code == 303
    browser.get("/signin", headers={"x-remote-user": "bo"})
    assert port.person_of(browser.cookies["wildcargo"]).login == "bo"


def test_somebody_else_at_the_proxy_does_not_talk_as_who_was_there(
    client: Clients, account: Accounts, proxied: Elsewhere
) -> None:
    account("ana")
    browser = client(proxied, peer="10.0.0.5")
    browser.get("/signin", headers={"X-Remote-User": "ana"})
    held = f"wildcargo={browser.cookies['wildcargo']}"
    for login, passes in (("ana", True), ("bo", False)):
        given = {"host": "port.test", "cookie": held, "X-Remote-User": login}
        try:
            with browser.websocket_connect("/_stcore/stream", headers=given):
                assert passes
        except WebSocketDisconnect:
            assert not passes


def kinds(port: place.Place) -> list[str]:
    with port.database.read() as connection:
        return list(connection.execute(sa.select(ledger.c.kind).order_by(ledger.c.seq)).scalars())


@pytest.mark.parametrize("closed", [False, True])
def test_who_has_no_account_or_a_closed_one_is_not_let_in(
    client: Clients, account: Accounts, proxied: Elsewhere, port: place.Place, closed: bool
) -> None:
    account("root", "admin")
    if closed:
        number = account("bo")
        with port.database.write() as connection:
            people.change(connection, number, at=place.clock(), actor="system", active=False)
    browser = client(proxied, peer="10.0.0.5", headers={"x-remote-user": "bo"})
    answer = browser.get("/signin")
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert kinds(port)[-1] == ("login.refused" if closed else "login.unknown")


def test_a_default_role_makes_accounts_and_never_changes_one(
    client: Clients, account: Accounts, port: place.Place, tmp_path: Path
) -> None:
    account("ana", "auditor")
    elsewhere = identity.read(write(tmp_path, 'default_role = "officer"\n' + PROXY))
    for login, role in (("new.one", "officer"), ("ana", "auditor")):
        browser = client(elsewhere, peer="10.0.0.5", headers={"x-remote-user": login})
        browser.get("/signin")
        found = port.person_of(browser.cookies["wildcargo"])
        assert (found.login, found.role) == (login, role)
    odd = client(elsewhere, peer="10.0.0.5", headers={"x-remote-user": "a b;drop"})
    assert odd.get("/signin").status_code == 403


def test_an_account_without_a_password_is_not_for_passwords(client: Clients, account: Accounts) -> None:
    account("ana", password="")
    for word in ("", "a word that is long"):
        assert client().post("/signin", data={"login": "ana", "password": word}).status_code == 401


def test_passwords_can_be_shut_off(client: Clients, account: Accounts, tmp_path: Path) -> None:
    account("ana")
    elsewhere = identity.read(write(tmp_path, "passwords = false\n" + PROXY))
    browser = client(elsewhere)
    assert 'name="password"' not in browser.get("/signin").text
    assert (
        browser.post("/signin", data={"login": "ana", "password": "a word that is long"}).status_code == 403
    )


# --- a provider ---------------------------------------------------------------------------------


def text_of(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


class Key:
    """A key of a provider, and tokens signed with it (RS256)."""

    def __init__(self) -> None:
        self.private = rsa.generate_private_key(65537, 2048)

    def public(self) -> dict[str, str]:
        numbers = self.private.public_key().public_numbers()
        n, e = (text_of(x.to_bytes((x.bit_length() + 7) // 8)) for x in (numbers.n, numbers.e))
        return {"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256", "n": n, "e": e}

    def signed(self, claims: dict[str, Any]) -> str:
        head = {"alg": "RS256", "kid": "1", "typ": "JWT"}
        said = ".".join(text_of(json.dumps(part).encode()) for part in (head, claims))
        return f"{said}.{text_of(self.private.sign(said.encode(), padding.PKCS1v15(), SHA256()))}"


class Login:
    """An OpenID Connect provider on this machine, as true or as false as a test wants it."""

    def __init__(self) -> None:
        self.key = Key()
        self.claims: dict[str, Any] = {"preferred_username": "ana"}
        self.signing = self.key
        self.asked: dict[str, str] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/.well-known/openid-configuration":
                    self.say(outer.configuration())
                elif self.path == "/jwks":
                    self.say({"keys": [outer.key.public()]})
                else:
                    self.send_error(404)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                self.say(outer.token({name: values[0] for name, values in parse_qs(body).items()}))

            def say(self, what: dict[str, Any]) -> None:
                content = json.dumps(what).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *words: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "id_token_signing_alg_values_supported": ["RS256", "none"],
        }

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        proof = text_of(sha256(form["code_verifier"].encode()).digest())
        if form["code"] != "right" or proof != self.asked["code_challenge"]:
            return {"error": "invalid_grant"}
        now = int(time.time())
        said = {"iss": self.url, "sub": "1", "aud": "wildcargo", "iat": now, "exp": now + 60}
        claims = {**said, "nonce": self.asked["nonce"], **self.claims}
        return {"access_token": "a", "token_type": "Bearer", "id_token": self.signing.signed(claims)}


@pytest.fixture(scope="module")
def running() -> Iterator[Login]:
    made = Login()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def login(running: Login) -> Login:
    running.claims, running.signing = {"preferred_username": "ana"}, running.key
    return running


def come(browser: TestClient, login: Login, *, code: str = "right", state: str = "") -> Any:
    begun = browser.get("/oidc/begin?next=/load")
    assert begun.status_code == 302, begun.text
    there = urlsplit(begun.headers["location"])
    login.asked = {name: values[0] for name, values in parse_qs(there.query).items()}
    assert begun.headers["location"].startswith(f"{login.url}/authorize?")
    assert login.asked["code_challenge_method"] == "S256"
    back = urlsplit(login.asked["redirect_uri"])
    assert (back.netloc, back.path) == ("port.test", "/oidc/back")
    return browser.get(f"{back.path}?code={code}&state={state or login.asked['state']}")


def of(login: Login, **given: Any) -> Elsewhere:
    return Elsewhere(Provider(login.url, "wildcargo", "s", **given))


def test_whom_the_provider_knows_is_signed_in_and_comes_back(
    client: Clients, account: Accounts, login: Login, port: place.Place
) -> None:
    account("ana", "supervisor")
    browser = client(of(login))
    assert "/oidc/begin?next=/load" in browser.get("/signin?next=/load").text
    answer = come(browser, login)
    assert (answer.status_code, 'content="0;url=/load"' in answer.text) == (200, True)
    found = port.person_of(browser.cookies["wildcargo"])
    assert (found.login, found.role) == ("ana", "supervisor")
    assert "samesite=strict" in answer.headers["set-cookie"].lower()


def test_what_a_token_says_of_roles_is_nothing(
    client: Clients, account: Accounts, login: Login, port: place.Place
) -> None:
    account("ana")
    login.claims |= {"role": "admin", "roles": ["admin"], "groups": ["admin"]}
    browser = client(of(login))
    come(browser, login)
    assert port.person_of(browser.cookies["wildcargo"]).role == "officer"


FOREIGN = Key()


class Unsigned(Key):
    """Tokens nobody signed."""

    def signed(self, claims: dict[str, Any]) -> str:
        return ".".join(text_of(json.dumps(part).encode()) for part in ({"alg": "none"}, claims)) + "."


UNSIGNED = Unsigned()


@pytest.mark.parametrize(
    ("claims", "signing", "code", "state"),
    [
        ({"aud": "another"}, None, "right", ""),
        ({"iss": "https://evil.test"}, None, "right", ""),
        ({"exp": 1, "iat": 0}, None, "right", ""),
        ({"nonce": "replayed"}, None, "right", ""),
        ({}, FOREIGN, "right", ""),
        ({}, UNSIGNED, "right", ""),
        ({}, None, "wrong", ""),
        ({}, None, "right", "forged"),
        ({"preferred_username": ""}, None, "right", ""),
        ({"preferred_username": ["ana"]}, None, "right", ""),
    ],
)
def test_a_token_that_is_not_sound_is_refused(
    client: Clients,
    account: Accounts,
    login: Login,
    claims: dict[str, Any],
    signing: Key | None,
    code: str,
    state: str,
) -> None:
    account("ana")
    login.claims = {**login.claims, **claims}
    login.signing = signing or login.key
    browser = client(of(login))
    answer = come(browser, login, code=code, state=state)
    assert answer.status_code == 502
    assert "wildcargo" not in browser.cookies
    assert browser.get("/load").status_code == 303


@pytest.mark.parametrize(
    ("verified", "let_in"), [(True, True), (False, False), (None, False), ("true", False)]
)
def test_an_address_counts_where_it_is_verified(
    client: Clients, account: Accounts, login: Login, verified: object, let_in: bool
) -> None:
    account("ana@port.test")
    login.claims = {"email": "Ana@port.test", "email_verified": verified}
    browser = client(of(login, claim="email"))
    come(browser, login)
    assert ("wildcargo" in browser.cookies) == let_in


def test_whom_this_port_does_not_know_is_not_let_in(
    client: Clients, account: Accounts, login: Login, port: place.Place
) -> None:
    account("root", "admin")
    browser = client(of(login))
    assert come(browser, login).status_code == 403
    assert "wildcargo" not in browser.cookies
    assert kinds(port)[-1] == "login.unknown"


def test_a_provider_that_is_not_there_is_said(client: Clients, account: Accounts) -> None:
    account("ana")
    browser = client(Elsewhere(Provider("http://127.0.0.1:9", "wildcargo", "s")))
    answer = browser.get("/oidc/begin")
    assert answer.status_code == 502
    assert "127.0.0.1:9" not in answer.text
