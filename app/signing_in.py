"""Plain pages to sign in, out, make the first account, change password and language: forms without a script.

They are answered before any page of the app runs, so that what a browser is given, a cookie no script can
read, comes from here alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pandas as pd
from anyio import CapacityLimiter, to_thread
from jinja2 import Environment, FileSystemLoader
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app import browsers, identity
from app.guard import inside, proxied, token_of
from app.icon import ICON
from app.identity import Elsewhere
from app.place import COOKIE, clock, place
from app.words import COOKIE as LANGUAGE
from risk import vocabulary, worker
from risk.language import BY_CODE, LANGUAGES, gettext, nearest
from risk.refusals import Refusal
from risk.store import first_account, people, roles, settings
from risk.store.database import StoreError

#: Bytes of a form.
_LARGEST = 16_384
#: Seconds without a beat after which the worker is taken for gone.
_STALE = 60.0

#: Passwords checked at once: each check is slow and large on purpose.
_AT_ONCE = 2

Opened = tuple[roles.Person, str]


def routes(elsewhere: Elsewhere) -> list[Route]:
    """Return the routes of this module.

    Parameters
    ----------
    elsewhere : Elsewhere
        Who is let in by others; how that is done with a provider, `app.oidc` knows.
    """

    def handled(handler: Callable[..., Any]) -> Any:
        async def handle(request: Request) -> Response:
            try:
                return await handler(request, elsewhere)
            except (StoreError, OperationalError, InterfaceError):
                # Busy, or away while its server is started anew.
                said = words(request)("The database is busy; nothing was changed, try again.")
                return page(request, "message.html", 503, said=said)

        return handle

    return [
        Route("/signin", handled(_sign_in_form), methods=["GET"]),
        Route("/signin", handled(_sign_in), methods=["POST"]),
        Route("/signout", handled(_sign_out_form), methods=["GET"]),
        Route("/signout", handled(_sign_out), methods=["POST"]),
        Route("/first", handled(_first_form), methods=["GET"]),
        Route("/first", handled(_first), methods=["POST"]),
        Route("/password", handled(_password_form), methods=["GET"]),
        Route("/password", handled(_password), methods=["POST"]),
        Route("/language", handled(_language_form), methods=["GET"]),
        Route("/language", handled(_speak), methods=["POST"]),
        Route("/healthz", _health, methods=["GET"]),
        Route("/icon.png", _icon, methods=["GET"]),
    ]


# --- signing in and out -------------------------------------------------------------------------


async def _sign_in_form(request: Request, elsewhere: Elsewhere) -> Response:
    target = inside(request.query_params.get("next", "/"))
    if await to_thread.run_sync(_nobody_yet):
        return RedirectResponse("/first", 303)
    if login := proxied(request.scope, elsewhere):
        opened = await to_thread.run_sync(_let_in, login, elsewhere.default_role)
        if opened is None:
            return _no_account(request)
        return with_session(request, RedirectResponse(target, 303), opened)
    return _asks(request, elsewhere, target)


def _asks(request: Request, elsewhere: Elsewhere, target: str, status: int = 200, **said: str) -> Response:
    label = elsewhere.provider.label if elsewhere.provider else ""
    known: dict[str, Any] = {
        "target": target,
        "provider": label,
        "passwords": elsewhere.passwords,
        "login": "",
        **said,
    }
    return page(request, "signin.html", status, **known)


async def _sign_in(request: Request, elsewhere: Elsewhere) -> Response:
    form = await _form(request)
    target = inside(form.get("next", "/"))
    if not elsewhere.passwords:
        return _asks(request, elsewhere, target, 403)
    login, word = form.get("login", ""), form.get("password", "")
    held = request.cookies.get(browsers.COOKIE, "")

    def opened() -> tuple[Opened, str] | None:
        here, at = place(), clock()
        secret = settings.site_secret(here.folder)
        checked = people.check(here.database, login, word)
        known = browsers.knows(held, checked, secret, at=at)
        with here.database.write() as connection:
            found = people.sign_in(connection, checked, at=at, known=known)
            if found is not None:
                # Another tab of this browser must not go on as somebody else.
                people.sign_out(connection, token_of(request.headers), at=at)
        if found is not None:
            return found, browsers.with_one_more(held, checked, secret)
        if known:
            browsers.count_wrong(held, checked, secret, at=at)
        return None

    found = await to_thread.run_sync(opened, limiter=_limiter())
    if found is None:
        wrong = words(request)("Login and password do not fit together, or the account is closed for now.")
        return _asks(request, elsewhere, target, 401, wrong=wrong, login=login[:80])
    return _remembered(request, target, *found)


def _let_in(login: str, default_role: str) -> Opened | None:
    with place().database.write() as connection:
        try:
            return identity.let_in(connection, login, default_role, at=clock())
        except people.AccountError as error:
            logging.getLogger(__name__).warning("no account for somebody known from elsewhere: %s", error)
            return None


def _no_account(request: Request) -> Response:
    _ = words(request)
    said = _("You are known, but this port has no account for you. An administrator can make one.")
    return page(request, "message.html", 403, said=said)


async def _sign_out_form(request: Request, elsewhere: Elsewhere) -> Response:
    return page(request, "signout.html")


async def _sign_out(request: Request, elsewhere: Elsewhere) -> Response:
    def ended() -> None:
        with place().database.write() as connection:
            people.sign_out(connection, token_of(request.headers), at=clock())

    if token_of(request.headers):
        await to_thread.run_sync(ended)
    _ = words(request)
    answer = page(request, "message.html", said=_("You are signed out."), link="/signin")
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=is_secure(request))
    return answer


def with_session(request: Request, answer: Response, opened: Opened) -> Response:
    """Return an answer that gives the browser its session."""
    _give(request, answer, COOKIE, opened[1], people.SESSION)
    return answer


def _remembered(request: Request, target: str, opened: Opened, known: str) -> Response:
    """Return the way on, with a session and what tells this browser from others next time."""
    answer = with_session(request, RedirectResponse(target, 303), opened)
    _give(request, answer, browsers.COOKIE, known, browsers.LASTS)
    return answer


def _give(request: Request, answer: Response, name: str, value: str, lasts: pd.Timedelta) -> None:
    """Give a browser what no script can read and no other site sends."""
    seconds, secure = int(lasts.total_seconds()), is_secure(request)
    answer.set_cookie(name, value, max_age=seconds, path="/", httponly=True, samesite="strict", secure=secure)


def is_secure(request: Request) -> bool:
    """Tell whether the browser speaks TLS; who lies about it harms himself alone."""
    said = request.headers.get("x-forwarded-proto", "").split(",")[0].strip().lower()
    return request.url.scheme == "https" or said == "https"


# --- the first account, passwords ---------------------------------------------------------------


def _nobody_yet() -> bool:
    with place().database.read() as connection:
        return first_account.wanted(connection)


async def _first_form(request: Request, elsewhere: Elsewhere) -> Response:
    if not await to_thread.run_sync(_nobody_yet):
        return RedirectResponse("/signin", 303)
    return page(request, "first.html", login="", shortest=people.SHORTEST)


async def _first(request: Request, elsewhere: Elsewhere) -> Response:
    form = await _form(request)
    login, word, again = form.get("login", ""), form.get("password", ""), form.get("again", "")
    language = _language(request)

    def made() -> Opened | Refusal:
        here = place()
        try:
            with here.database.write() as connection:
                return first_account.make(
                    connection,
                    here.folder,
                    form.get("code", ""),
                    login,
                    word,
                    at=clock(),
                    language=language,
                )
        except Refusal as error:
            return error

    _ = words(request)
    wrong = "" if word == again else _("The two passwords are not the same.")
    if not wrong:
        found = await to_thread.run_sync(made)
        if isinstance(found, tuple):
            return with_session(request, RedirectResponse("/", 303), found)
        wrong = _told(found, language)
    return page(request, "first.html", 400, wrong=wrong, login=login[:80], shortest=people.SHORTEST)


def _told(error: Refusal, language: str) -> str:
    return gettext(error.text, language).format(**error.values)


async def _password_form(request: Request, elsewhere: Elsewhere) -> Response:
    return page(request, "password.html", shortest=people.SHORTEST)


async def _password(request: Request, elsewhere: Elsewhere) -> Response:
    form = await _form(request)
    word, again, language = form.get("password", ""), form.get("again", ""), _language(request)
    old, target = form.get("old", ""), inside(form.get("next", "/"))
    held = request.cookies.get(browsers.COOKIE, "")

    def changed() -> tuple[Opened, str] | Refusal | None:
        token = token_of(request.headers)
        person = place().person_of(token)
        if person is None:
            return None
        try:
            # Before the transaction: others write meanwhile.
            checked, new = people.check(place().database, person.login, old), people.hashed(word)
            secret = settings.site_secret(place().folder)
            known = browsers.knows(held, checked, secret, at=clock())
            with place().database.write() as connection:
                right = people.sign_in(connection, checked, at=clock(), known=known) is not None
                if right:
                    people.change(connection, person.id, at=clock(), actor=person, password=new)
                    again = people.opened(connection, person.id, at=clock())
            if right:
                return again, browsers.with_one_more(held, people.Checked(person.login, new, True), secret)
            if known:
                browsers.count_wrong(held, checked, secret, at=clock())
            return None
        except Refusal as error:
            return error

    _ = words(request)
    wrong = "" if word == again else _("The two passwords are not the same.")
    wrong = wrong or (_("Choose another password than before.") if word == old else "")
    if not wrong:
        found = await to_thread.run_sync(changed, limiter=_limiter())
        if isinstance(found, tuple):
            return _remembered(request, target, *found)
        wrong = _("The password so far is not right.") if found is None else _told(found, language)
    return page(request, "password.html", 400, wrong=wrong, shortest=people.SHORTEST, target=target)


# --- the language --------------------------------------------------------------------------------


async def _language_form(request: Request, elsewhere: Elsewhere) -> Response:
    person = await to_thread.run_sync(place().person_of, token_of(request.headers))
    if person is None:
        return RedirectResponse("/signin", 303)
    return page(request, "language.html", speaks=person.language, review=vocabulary.review)


async def _speak(request: Request, elsewhere: Elsewhere) -> Response:
    form = await _form(request)
    target, code = inside(form.get("next", "/")), form.get("language", "")

    def changed() -> bool:
        person = place().person_of(token_of(request.headers))
        if person is None or code not in BY_CODE:
            return False
        if person.language != code:
            with place().database.write() as connection:
                people.change(connection, person.id, at=clock(), actor=person, language=code)
        return True

    if not await to_thread.run_sync(changed):
        return RedirectResponse("/language", 303)
    answer = RedirectResponse(target, 303)
    _remember(answer, code)
    return answer


def _remember(answer: Response, code: str) -> None:
    """Let the browser say which language somebody chose, for pages before anybody has signed in."""
    answer.set_cookie(LANGUAGE, code, path="/", samesite="lax", httponly=True)


# --- pages --------------------------------------------------------------------------------------


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form; one that is too large has none."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            return {}
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        return {}


@cache
def _limiter() -> CapacityLimiter:
    return CapacityLimiter(_AT_ONCE)


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True)


def page(request: Request, template: str, status: int = 200, *, speaks: str = "", **said: Any) -> Response:
    """Return a plain page in the language of whoever asks; texts given are in that language already.

    Parameters
    ----------
    speaks : str
        The language; empty: what the browser asks for.
    """
    code = nearest(speaks) if speaks else _language(request)
    told = {
        "_": partial(gettext, language=code),
        "reviewed": vocabulary.review(code, code),
        "language": BY_CODE[code],
        "languages": [BY_CODE[each] for each in LANGUAGES],
        "path": request.url.path,
        "target": inside(request.query_params.get("next", "/")),
        **said,
    }
    answer = HTMLResponse(_templates().get_template(template).render(told), status)
    if request.query_params.get("language") in BY_CODE:
        _remember(answer, code)
    return answer


def words(request: Request) -> Callable[[str], str]:
    """Return what looks a text up in the language of whoever asks."""
    return partial(gettext, language=_language(request))


def _language(request: Request) -> str:
    asked = request.query_params.get("language") or request.cookies.get(LANGUAGE)
    return nearest(asked or wished(request.headers))


def wished(headers: Headers) -> str:
    """Return the language a browser asks for first that is offered."""
    for each in headers.get("accept-language", "")[:500].split(","):
        code = nearest(each.split(";")[0].strip())
        if code != "en" or each.strip().lower().startswith("en"):
            return code
    return "en"


async def _icon(request: Request) -> Response:
    return FileResponse(ICON, media_type="image/png")


async def _health(request: Request) -> Response:
    def looked() -> dict[str, Any]:
        here = place()
        try:
            with here.database.read() as connection:
                connection.exec_driver_sql("SELECT 1 FROM settings")
            database = "ok"
        except (StoreError, OSError) as error:
            database = type(error).__name__
        except Exception as error:
            database = type(error).__name__
        age = worker.age_of_beat(here.folder)
        return {"database": database, "worker_beat_seconds": None if age is None else round(age, 1)}

    found = await to_thread.run_sync(looked)
    age = found["worker_beat_seconds"]
    found["worker"] = "ok" if age is not None and age < _STALE else "gone"
    well = found["database"] == found["worker"] == "ok"
    return JSONResponse(
        {"status": "ok" if well else "degraded", **found}, 200 if found["database"] == "ok" else 503
    )
