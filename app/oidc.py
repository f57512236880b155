"""Signing in by an OpenID Connect provider (authorisation code with PKCE), where ``signin.toml`` names one.

Needs the extra ``wildcargo[oidc]``. Authlib checks signature, issuer, audience, times and nonce of the ID
token; what it says of groups or roles is not looked at.
"""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app import signing_in
from app.guard import inside, once_more
from app.identity import Elsewhere, IdentityError, Provider, let_in
from app.place import clock, place
from risk.store import people

_NEXT = "next"


def routes(elsewhere: Elsewhere) -> list[Route]:
    """Return the routes of signing in by a provider; none without one.

    Raises
    ------
    IdentityError
        A provider is named and the libraries for it are not installed.
    """
    provider = elsewhere.provider
    if provider is None:
        return []
    if find_spec("authlib") is None or find_spec("httpx") is None:
        raise IdentityError(
            "signin.toml names a provider: install what it needs with pip install 'wildcargo[oidc]'"
        )
    client = _client(provider)

    async def begin(request: Request) -> Response:
        request.session[_NEXT] = inside(request.query_params.get("next", "/"))
        back = f"{_scheme(request)}://{request.headers['host']}/oidc/back"
        try:
            answer: Response = await client.authorize_redirect(request, back)
        except Exception:
            return _failed(request, "the provider could not be asked")
        return answer

    async def back(request: Request) -> Response:
        try:
            _signed_alone(await client.load_server_metadata())
            token = await client.authorize_access_token(request)
        except Exception:
            return _failed(request, "the provider's answer was refused")
        claims = token.get("userinfo") or {}
        login = _login(claims, provider)
        if not login:
            return _failed(request, f"the ID token has no {provider.claim} that could be used")
        opened = await to_thread.run_sync(_opened, login, str(claims.get("name", ""))[:120], elsewhere)
        if opened is None:
            _ = signing_in.words(request)
            said = _("You are known, but this port has no account for you. An administrator can make one.")
            return signing_in.page(request, "message.html", 403, said=said)
        # A strict cookie is not sent on the way back from elsewhere: a page of ours has to ask for the next.
        return signing_in.with_session(request, once_more(request.session.pop(_NEXT, "/")), opened)

    return [Route("/oidc/begin", begin, methods=["GET"]), Route("/oidc/back", back, methods=["GET"])]


def _client(provider: Provider) -> Any:
    from authlib.integrations.starlette_client import OAuth

    clients = OAuth()
    clients.register(
        "port",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256", "timeout": 10.0},
    )
    return clients.port


def _signed_alone(metadata: dict[str, Any]) -> None:
    """Let no token count that nobody signed, though a provider may say that it knows such."""
    named = metadata.get("id_token_signing_alg_values_supported")
    if isinstance(named, list):
        signed = [each for each in named if str(each).lower() != "none"]
        metadata["id_token_signing_alg_values_supported"] = signed


def _login(claims: dict[str, Any], provider: Provider) -> str:
    """Return the login a token says, empty where it says none that is proven."""
    if provider.claim == "email" and claims.get("email_verified") is not True:
        return ""
    login = claims.get(provider.claim)
    return login.strip() if isinstance(login, str) else ""


def _opened(login: str, name: str, elsewhere: Elsewhere) -> signing_in.Opened | None:
    with place().database.write() as connection:
        try:
            return let_in(connection, login, elsewhere.default_role, at=clock(), name=name)
        except people.AccountError as error:
            logging.getLogger(__name__).warning("no account for somebody of the provider: %s", error)
            return None


def _failed(request: Request, why: str) -> Response:
    logging.getLogger(__name__).warning("signing in by the provider: %s", why, exc_info=True)
    said = signing_in.words(request)("Signing in did not work. Try again, or use a password.")
    return signing_in.page(request, "message.html", 502, said=said, link="/signin")


def _scheme(request: Request) -> str:
    return "https" if signing_in.is_secure(request) else "http"
