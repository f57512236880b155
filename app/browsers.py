"""Browsers that people signed in from before: whoever guesses at an account does not close it there.

Wrong passwords close an account for a while, or else they could be tried without end; so anybody on the
network could keep somebody out. A browser from which an account was signed in with its password holds a
proof of that, and is asked for the password all the same: its own wrong ones are counted by themselves.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from collections import OrderedDict

import pandas as pd

from risk.store.people import LOCKED_FOR, WRONG_ALLOWED, Checked

COOKIE = "wildcargo_known"
LASTS = pd.Timedelta(days=180)

#: Accounts one browser is known for: those of a shift at one machine. The latest stay.
_MOST = 12
_FORM = re.compile(rf"[0-9a-f]{{32}}(?:\.[0-9a-f]{{32}}){{1,{_MOST}}}")
_COUNTED = 4_096

_lock = threading.Lock()
_wrong: OrderedDict[str, tuple[int, pd.Timestamp]] = OrderedDict()


def knows(held: str, checked: Checked, secret: bytes, *, at: pd.Timestamp) -> bool:
    """Tell whether an account was signed in from this browser, and not guessed at from it since.

    Parameters
    ----------
    held : str
        What the browser holds; from outside.
    checked : Checked
        Whose account, and the hash of the password it has: another password is another proof.
    secret : bytes
        The site's.
    at : Timestamp
        UTC; passed in.
    """
    if not _FORM.fullmatch(held):
        return False
    name, *proofs = held.split(".")
    proof = _proof(name, checked, secret)
    if not any(hmac.compare_digest(proof, each) for each in proofs):
        return False
    with _lock:
        count, since = _wrong.get(proof, (0, at))
    return count < WRONG_ALLOWED or at - since >= LOCKED_FOR


def count_wrong(held: str, checked: Checked, secret: bytes, *, at: pd.Timestamp) -> None:
    """Count a wrong password of a browser that is known."""
    proof = _proof(held.split(".")[0], checked, secret)
    with _lock:
        count, since = _wrong.pop(proof, (0, at))
        _wrong[proof] = (1, at) if at - since >= LOCKED_FOR else (count + 1, at)
        while len(_wrong) > _COUNTED:
            _wrong.popitem(last=False)


def with_one_more(held: str, checked: Checked, secret: bytes) -> str:
    """Return what a browser holds from now on, after somebody signed in from it."""
    name, *proofs = held.split(".") if _FORM.fullmatch(held) else [secrets.token_hex(16)]
    proof = _proof(name, checked, secret)
    with _lock:
        _wrong.pop(proof, None)
    return ".".join((name, *[proof, *(each for each in proofs if each != proof)][:_MOST]))


def _proof(name: str, checked: Checked, secret: bytes) -> str:
    text = "\n".join(("known browser", name, checked.login, checked.kept))
    return hmac.new(secret, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]
