"""People known from elsewhere: an OpenID Connect provider, or a proxy that has checked them already.

``signin.toml`` in the port's folder says whether and how (docs/app.md). Whoever comes so is looked up by
login among the port's own accounts, which hold the roles; nothing a token or a header says gives a right.
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import sqlalchemy as sa

from risk.store import ledger, people, roles
from risk.store.tables import users

FILE = "signin.toml"

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Addresses of IPv6 that networks give themselves.
_OWN = ipaddress.IPv6Network("fc00::/7")


class IdentityError(ValueError):
    """``signin.toml`` cannot be followed; the text says all that is wrong."""


@dataclass(frozen=True)
class Provider:
    """An OpenID Connect provider.

    Attributes
    ----------
    issuer : str
        Its address; ``/.well-known/openid-configuration`` is read there.
    client_id, client_secret : str
    claim : str
        Claim of the ID token that is the login here.
    label : str
        What the button says.
    """

    issuer: str
    client_id: str
    client_secret: str
    claim: str = "preferred_username"
    label: str = "OpenID Connect"


@dataclass(frozen=True)
class Proxy:
    """A proxy that has signed people in already.

    Attributes
    ----------
    header : str
        Header with the login; the proxy must take it away from what comes from outside.
    peers : tuple of network
        Where the proxy connects from; the header is believed from there alone.
    """

    header: str
    peers: tuple[_Network, ...]

    def login(self, headers: list[tuple[bytes, bytes]], peer: str) -> str:
        """Return the login a request brings, empty where none is to be believed."""
        try:
            address = ipaddress.ip_address(peer.partition("%")[0])
        except ValueError:
            return ""
        address = getattr(address, "ipv4_mapped", None) or address
        if not any(address in network for network in self.peers if network.version == address.version):
            return ""
        wanted = self.header.lower().encode("ascii")
        said = [value for name, value in headers if name.lower() == wanted]
        # Two headers: one of them is not the proxy's.
        return said[0].decode("utf-8", "replace").strip() if len(said) == 1 else ""


@dataclass(frozen=True)
class Elsewhere:
    """Who is let in besides people with a password.

    Attributes
    ----------
    provider : Provider or None
    proxy : Proxy or None
    default_role : str
        Role of people that have no account yet; empty: they are not let in.
    passwords : bool
        Whether people may sign in with a password as well.
    """

    provider: Provider | None = None
    proxy: Proxy | None = None
    default_role: str = ""
    passwords: bool = True


def read(folder: Path) -> Elsewhere:
    """Read ``signin.toml``; without one, people sign in with passwords only.

    Raises
    ------
    IdentityError
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Elsewhere()
    except (OSError, ValueError) as error:
        raise IdentityError(f"{path}: cannot be read ({error})") from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise IdentityError(f"{path}: {error}") from error
    wrong: list[str] = []
    made = _elsewhere(document, wrong)
    if wrong:
        raise IdentityError(f"{path}: " + "; ".join(wrong))
    return made


def _elsewhere(document: Mapping[str, Any], wrong: list[str]) -> Elsewhere:
    wrong += [f"{name}: not known" for name in set(document) - {"oidc", "proxy", "default_role", "passwords"}]
    role = document.get("default_role", "")
    if role and role not in roles.ROLES:
        wrong.append(f"default_role: expected one of {', '.join(roles.ROLES)}")
    elif role == "admin":
        wrong.append("default_role: nobody becomes an administrator by coming from elsewhere")
    passwords = document.get("passwords", True)
    if not isinstance(passwords, bool):
        wrong.append("passwords: expected true or false")
    provider = _provider(document["oidc"], wrong) if "oidc" in document else None
    proxy = _proxy(document["proxy"], wrong) if "proxy" in document else None
    if passwords is False and provider is None and proxy is None:
        wrong.append("passwords = false: nobody could sign in")
    return Elsewhere(provider, proxy, str(role), bool(passwords))


def _texts(
    section: Any, needed: tuple[str, ...], may: tuple[str, ...], where: str, wrong: list[str]
) -> dict[str, str]:
    if not isinstance(section, dict):
        wrong.append(f"{where}: expected a section")
        return {}
    wrong += [f"{where}.{name}: not known" for name in set(section) - {*needed, *may}]
    wrong += [f"{where}.{name}: is missing" for name in needed if not section.get(name)]
    said = {name: value for name, value in section.items() if name in (*needed, *may)}
    wrong += [
        f"{where}.{name}: expected a text" for name, value in said.items() if not isinstance(value, str)
    ]
    return {name: value for name, value in said.items() if isinstance(value, str)}


def _provider(section: Any, wrong: list[str]) -> Provider | None:
    before = len(wrong)
    given = _texts(section, ("issuer", "client_id", "client_secret"), ("claim", "label"), "oidc", wrong)
    address = urlsplit(given.get("issuer", ""))
    here = address.hostname in ("localhost", "127.0.0.1", "::1")
    if "issuer" in given and address.scheme != "https" and not (address.scheme == "http" and here):
        wrong.append("oidc.issuer: expected an address that begins with https://")
    return None if len(wrong) > before else Provider(**given)


def _proxy(section: Any, wrong: list[str]) -> Proxy | None:
    before = len(wrong)
    peers = section.get("peers") if isinstance(section, dict) else None
    rest = (
        {name: value for name, value in section.items() if name != "peers"}
        if isinstance(section, dict)
        else section
    )
    given = _texts(rest, ("header",), (), "proxy", wrong)
    networks: list[_Network] = []
    if not isinstance(peers, list) or not peers:
        wrong.append('proxy.peers: expected addresses the proxy connects from, as ["127.0.0.1"]')
    for peer in peers if isinstance(peers, list) else []:
        try:
            networks.append(ipaddress.ip_network(str(peer)))
        except ValueError:
            wrong.append(f"proxy.peers: {str(peer)[:60]!r} is no address")
    if any(_is_wide(network) for network in _joined(networks)):
        wrong.append("proxy.peers: everybody is no proxy; name the proxy's own addresses")
    header = given.get("header", "")
    if header and not all(c.isascii() and (c.isalnum() or c == "-") for c in header):
        wrong.append("proxy.header: expected the name of a header, as X-Remote-User")
    return None if len(wrong) > before else Proxy(header, tuple(networks))


def _joined(networks: list[_Network]) -> list[_Network]:
    """Return networks as few as they are: two halves of everything are everything."""
    v4 = [network for network in networks if isinstance(network, ipaddress.IPv4Network)]
    v6 = [network for network in networks if isinstance(network, ipaddress.IPv6Network)]
    return [*ipaddress.collapse_addresses(v4), *ipaddress.collapse_addresses(v6)]


def _is_wide(network: _Network) -> bool:
    """Tell whether a network is wider than any a port has for itself."""
    if isinstance(network, ipaddress.IPv4Network):
        return network.prefixlen < 8
    return network.prefixlen < 32 and not network.subnet_of(_OWN)


def let_in(
    connection: sa.Connection, login: str, default_role: str, *, at: pd.Timestamp, name: str = ""
) -> tuple[roles.Person, str] | None:
    """Open a session for somebody known from elsewhere; None where this port does not know them.

    Raises
    ------
    risk.store.people.AccountError
        An account was to be made and its login cannot be one.
    """
    login = login.strip().lower()[:80]
    row = connection.execute(sa.select(users.c.id, users.c.active).where(users.c.login == login)).first()
    if row is None and login and default_role:
        number = people.add(connection, login, default_role, at=at, actor="system", name=name)
        return people.opened(connection, number, at=at)
    if row is None:
        ledger.append(connection, "login.unknown", at=at, actor="nobody")
        return None
    if not row.active:
        ledger.append(connection, "login.refused", at=at, actor="nobody", subject=f"user:{row.id}")
        return None
    return people.opened(connection, row.id, at=at)
