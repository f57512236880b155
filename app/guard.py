"""What stands before every request: who may come in, and what a browser is told to leave alone.

A page is asked for with a session or not at all (who has none is sent to sign in and comes back); files that
are handed in or out need one too. What changes something must come from a page of this server. The pages may
load nothing from elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlsplit

import streamlit
from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import held_uploads
from app.identity import Elsewhere
from app.place import COOKIE, place
from risk.store import first_account

#: Open to everybody: nothing of a shipment is there.
_OPEN = frozenset(("signin", "signout", "first", "healthz", "icon.png", "oidc", "static", "favicon.png"))
_OPEN_EXACT = ("/_stcore/health", "/_stcore/host-config", "/_stcore/script-health-check")
#: Asked for by pages, never by people: without a session refused, not sent to sign in.
_PARTS = ("/_stcore/", "/media/", "/component/", "/app/static/")
#: Pages one person has open at once, and all together that nobody is signed in at.
PAGES_AT_ONCE = 60
_READS = ("GET", "HEAD", "OPTIONS")


class Guard:
    """ASGI middleware.

    Parameters
    ----------
    app : ASGI application
    hosts : iterable of str
        Names people may call this server by; empty: any.
    elsewhere : Elsewhere
        Who is let in by others.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = (), elsewhere: Elsewhere | None = None) -> None:
        self.app = app
        self.hosts = frozenset(host.lower().strip("[]") for host in hosts)
        self.elsewhere = elsewhere or Elsewhere()
        self._open: Counter[int] = Counter()
        self._room = held_uploads.Room()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] == "websocket":
            await self._talk(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        answer = await self._answer(scope)
        if answer is None and scope["method"] != "DELETE" and scope["path"].startswith(held_uploads.PATH):
            await self._hand_in(scope, receive, headed)
            return
        await (answer or self.app)(scope, receive, headed)

    async def _hand_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a file in where there is room for it."""
        headers = Headers(scope=scope)
        person = await to_thread.run_sync(place().person_of, token_of(headers))
        who, size = person.id if person else 0, held_uploads.size_of(headers)
        with self._room.for_one(who, scope["path"], size) as fits:
            full = PlainTextResponse("Too much was handed in at once.", 413)
            await (self.app if fits else full)(scope, receive, send)

    async def _talk(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a page talk with the server; who is there, the page itself asks at every click.

        Pages whose session ended may talk too, so that they can say so, and nobody opens them without end:
        each takes memory for as long as it is open.
        """
        headers = Headers(scope=scope)
        if not self._is_ours(headers):
            await _close(scope, receive, send)
            return
        person = await to_thread.run_sync(place().person_of, token_of(headers))
        login, who = self._proxied(scope), person.id if person else 0
        if (login and person and person.login != login.lower()) or self._open[who] >= PAGES_AT_ONCE:
            await _close(scope, receive, send)
            return
        self._open[who] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._open[who] -= 1

    def _is_ours(self, headers: Headers) -> bool:
        """Tell whether a websocket comes from a page of this server.

        Streamlit would let in pages of other ports of this machine, and ask the internet for the machine's
        address, everybody waiting meanwhile, before it refuses others.
        """
        host = headers.get("host", "")
        return self._known(host) and _place_of(headers.get("origin", "")) == host

    def _known(self, host: str) -> bool:
        try:
            return not self.hosts or (urlsplit(f"//{host}").hostname or "") in self.hosts
        except ValueError:
            return False

    async def _answer(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._known(host):
            return PlainTextResponse("This server has another name.", 400)
        if scope["method"] not in _READS and not _same_origin(headers.get("origin", ""), host):
            return PlainTextResponse("This did not come from a page of this server.", 403)
        path = scope["path"]
        if not path.startswith("/"):
            return PlainTextResponse("There is no such page.", 404)
        if path in _OPEN_EXACT or path.split("/")[1] in _OPEN:
            return None
        token = token_of(headers)
        person = await to_thread.run_sync(place().person_of, token)
        login = self._proxied(scope)
        if person is not None and (not login or login.lower() == person.login):
            changes = person.must_change and not path.startswith((*_PARTS, "/password"))
            if not changes or scope["method"] != "GET":
                return None
            return RedirectResponse(f"/password?next={quote(_asked(scope), safe='')}", 303)
        if path.startswith(_PARTS) or scope["method"] != "GET":
            return PlainTextResponse("Sign in first.", 401)
        if not token and headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            # A strict cookie does not come along from a link elsewhere; asked for again from here it does.
            return once_more(_asked(scope))
        if await to_thread.run_sync(_nobody_yet):
            return RedirectResponse("/first", 303)
        return RedirectResponse(f"/signin?next={quote(_asked(scope), safe='')}", 303)

    def _proxied(self, scope: Scope) -> str:
        return proxied(scope, self.elsewhere)


async def _close(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a websocket before it is one: the server answers 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})


def proxied(scope: Scope, elsewhere: Elsewhere) -> str:
    """Return the login a trusted proxy says, empty without one."""
    if elsewhere.proxy is None or not scope.get("client"):
        return ""
    return elsewhere.proxy.login(list(scope["headers"]), str(scope["client"][0]))


def token_of(headers: Headers) -> str:
    """Return the token a browser holds, empty without one."""
    return cookie_parser(headers.get("cookie", "")).get(COOKIE, "")


def inside(path: str) -> str:
    r"""Return a path of this server as it was asked for, ``/`` for anything else.

    Examples
    --------
    >>> inside("/load?job=3"), inside("//evil.example/"), inside("https://evil.example"), inside("/\\evil")
    ('/load?job=3', '/', '/', '/')
    """
    right = re.fullmatch(r"/(?![/\\])[^\x00-\x1f\x7f\\]{0,1000}", path)
    return path if right and urlsplit(path).path.split("/")[1] not in _OPEN else "/"


def once_more(path: str) -> HTMLResponse:
    """Return a page that asks for a path again, from here."""
    safe = quote(inside(path), safe="/?=&%-._~")
    return HTMLResponse(
        f'<!doctype html><meta http-equiv="refresh" content="0;url={safe.replace("&", "&amp;")}">'
    )


def _asked(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return inside(scope["path"] + (f"?{query}" if query else ""))


def _same_origin(origin: str, host: str) -> bool:
    return bool(host) and _place_of(origin).lower() == host.lower()


def _place_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _nobody_yet() -> bool:
    with place().database.read() as connection:
        return first_account.wanted(connection)


@cache
def policy() -> str:
    """Return the content security policy: pages of this server, and nothing from elsewhere.

    Streamlit's charts compile expressions (``unsafe-eval``) and its components set styles
    (``unsafe-inline`` of styles alone); its one script within the page is named by its hash.
    """
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = [text for text in re.findall(r"<script(?:\s[^>]*)?>(.*?)</script>", page, re.S) if text.strip()]
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts]
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self' 'unsafe-eval'", *hashes)),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "frame-src 'self' blob: data:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _add_headers(headers: MutableHeaders, path: str) -> None:
    headers["Content-Security-Policy"] = policy()
    headers["X-Frame-Options"] = "DENY"
    headers["X-Content-Type-Options"] = "nosniff"
    # Not "no-referrer": a browser then hides from us, too, where a form came from.
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "geolocation=(), microphone=(), payment=(), usb=()"
    if not path.startswith("/static/"):
        headers["Cache-Control"] = "no-store"
