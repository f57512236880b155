"""The names a batch of shipments holds: one row per distinct way a party is written down.

A *name* here is everything a row says about a party: name, registration number, address,
telephone, e-mail. Each is known by a 64-bit key of its normal forms, so that the same writing has
the same key in every file and every state folder. Which names are one party is decided in
`features.parties.resolution`.

A name of a person with nothing else beside it says too little to follow anybody by: thousands
share the common ones. In any script it is therefore followed only together with the other party of
the bill, whose name becomes part of the key.

The table holds personal data. It lives in a port's state folder and never in a model bundle.
"""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pandas as pd

from features.parties import normal_form
from features.parties.names import take_apart

ROLES = ("shipper", "consignee", "notify")

#: Columns of a table of names; ``key`` is the identity, the rest is its content.
COLUMNS = ("key", "name", "core", "native", "legal", "organisation", "id", "address", "phone", "email")

_ORGANISATIONS = ("company", "forwarder", "bank", "government")
_COUNTERPARTY = {"shipper": "consignee", "consignee": "shipper", "notify": "consignee"}
_SAME_AS = re.compile(r"^(same as|same|as above|as consignee|idem|ditto|同上|同收货人)\b")
_SEPARATOR = "\x1f"


def keys(texts: pd.Series | np.ndarray) -> np.ndarray:
    """Return a stable 64-bit key per text; 0 for missing and empty texts.

    Parameters
    ----------
    texts : array of str, shape (n,)

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    codes, distinct = pd.factorize(np.asarray(texts, dtype=object))
    found = [
        int.from_bytes(
            hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True
        )
        or 1
        if text
        else 0
        for text in map(str, distinct)
    ]
    return np.array([*found, 0], dtype=np.int64)[codes]


def same_as(names: pd.Series) -> pd.Series:
    """Say where a party is written as the same as another (``SAME AS CONSIGNEE``)."""
    matches = normal_form.each(names, lambda text: "1" if _SAME_AS.search(normal_form.simplify(text)) else "")
    return pd.Series(matches == "1", index=names.index)


def of_table(table: pd.DataFrame) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Return the key of each row's parties and the table of the names met.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
        Complete shipment table.

    Returns
    -------
    keys : dict of ndarray of int64, shape (n,)
        One entry per role of `ROLES`; 0 where no party is named, where the consignee is "to order"
        and where the party to notify is the consignee again.
    names : DataFrame, shape (m, len(COLUMNS))
        Sorted by key.
    """
    normal = {role: normal_form.each(table[f"{role}_name"], _party_name) for role in ROLES}
    repeats = same_as(table["notify_name"]).to_numpy() | (normal["notify"] == normal["consignee"])
    normal["notify"] = np.where(repeats, "", normal["notify"])
    found: dict[str, np.ndarray] = {}
    contents: list[pd.DataFrame] = []
    for role in ROLES:
        content = _content(table, role, normal[role], normal[_COUNTERPARTY[role]])
        joined = content["name"]
        for column in ("id", "address", "phone", "email", "beside"):
            joined = joined + _SEPARATOR + content[column]
        content["key"] = np.where(content["name"] == "", 0, keys(joined))
        found[role] = content["key"].to_numpy(dtype=np.int64)
        contents.append(content.loc[content["name"] != ""].drop_duplicates("key"))
    return found, _described(pd.concat(contents, ignore_index=True))


def empty() -> pd.DataFrame:
    """Return a table of names without rows."""
    columns = dict.fromkeys(COLUMNS, "str") | {"key": "int64", "organisation": "bool"}
    return pd.DataFrame({column: pd.Series(dtype=dtype) for column, dtype in columns.items()})


def union(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return the names of two tables, each once, sorted by key (any order gives the same)."""
    both = pd.concat([one, other], ignore_index=True).sort_values(list(COLUMNS), kind="stable")
    return both.drop_duplicates("key").reset_index(drop=True)


def _party_name(text: str) -> str:
    name = take_apart(text)
    return "" if name.kind == "to_order" else name.normal


def _content(table: pd.DataFrame, role: str, name: np.ndarray, other: np.ndarray) -> pd.DataFrame:
    content = pd.DataFrame(
        {
            "name": name,
            "id": normal_form.each(table[f"{role}_id"], normal_form.identifier),
            "address": normal_form.each(table[f"{role}_address"], normal_form.address),
            "phone": normal_form.each(table[f"{role}_phone"], normal_form.phone),
            "email": normal_form.each(table[f"{role}_email"], normal_form.email),
        },
        dtype=object,
    )
    bare = (content[["id", "address", "phone", "email"]] == "").all(axis=1).to_numpy()
    person = (
        normal_form.each(pd.Series(name), lambda n: "" if take_apart(n).kind in _ORGANISATIONS else "1")
        == "1"
    )
    content["beside"] = np.where(bare & person, other, "")
    return content


def _described(content: pd.DataFrame) -> pd.DataFrame:
    content = content.drop_duplicates("key")
    parts = [take_apart(name) for name in content["name"]]
    described = content.assign(
        core=[part.core for part in parts],
        native=[part.native for part in parts],
        legal=[";".join(part.legal) for part in parts],
        organisation=np.array([part.kind in _ORGANISATIONS for part in parts], dtype=bool),
    )[list(COLUMNS)]
    text = [column for column in COLUMNS if column not in ("key", "organisation")]
    return described.astype(dict.fromkeys(text, "str")).sort_values("key").reset_index(drop=True)
