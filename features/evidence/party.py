"""Who the parties of the bill say they are: type of name, addresses, countries.

All of it is read off the row alone. The type of a name rests on legal forms, trade words and
titles; a name without such a sign is ``unknown`` in any script, and nothing is guessed from what a
name sounds like. Countries are those of addresses and ports: where goods are sent, not who people
are.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from features import reference
from features.parties import identity, names, normal_form
from features.registry import Entries, Fact, Feature, tabulate
from features.view import View

_WHO = {"shipper": "shipper", "consignee": "consignee", "notify": "party to notify"}
_ENDS = ("shipper", "consignee")


_entry = Entries("party", indicators=(7,))

FEATURES: tuple[Feature, ...] = (
    *(
        _entry.category(
            f"{role}_type",
            f"Type of the {who}'s name by legal form, trade words and titles: {', '.join(names.KINDS)}; "
            "missing when none is named",
            f'The name of the {who}, "{{{role}_name}}", is {{{role}_type:name_of}}',
            sentence_missing=f"No {who} is named",
            topic=f"name of the {role}",
            indicators=(7, 8) if role != "shipper" else (7,),
        )
        for role, who in _WHO.items()
    ),
    *(
        _entry.flag(
            f"{role}_has_legal_form",
            f"The {role}'s name holds a legal form of a firm, in any script; missing when none is named",
            f'The {role} "{{{role}_name}}" is named with the legal form of a firm',
            sentence_zero=f'The {role} "{{{role}_name}}" is named without the legal form of a firm',
            usual=(1.0, 1.0),
            topic=f"name of the {role}",
        )
        for role in _ENDS
    ),
    _entry.flag(
        "consignee_is_to_order",
        "The bill is made out to order",
        'The bill is made out to order ("{consignee_name}"): who receives the goods is open',
        topic="name of the consignee",
    ),
    _entry.flag(
        "consignee_is_forwarder",
        "The consignee's name is that of a forwarder, carrier or customs agent",
        'The consignee "{consignee_name}" is a forwarder or agent: who receives the goods is not shown',
        topic="name of the consignee",
        indicators=(8,),
    ),
    _entry.flag(
        "notify_is_forwarder",
        "The party to notify is a forwarder, carrier or customs agent by its name",
        'The party to notify "{notify_name}" is a forwarder or agent',
        topic="name of the notify",
        indicators=(8,),
    ),
    _entry.flag(
        "shipper_is_forwarder",
        "The shipper's name is that of a forwarder, carrier or customs agent",
        'The shipper "{shipper_name}" is a forwarder or agent: who sends the goods is not shown',
        topic="name of the shipper",
    ),
    _entry.flag(
        "consignee_is_shipper",
        "Shipper and consignee have the same name, legal forms and spelling apart",
        'Shipper and consignee have the same name ("{consignee_name}")',
    ),
    _entry.flag(
        "notify_is_consignee",
        "The party to notify is the consignee again; missing when none is named",
        "The party to notify is the consignee",
        sentence_zero='The party to notify, "{notify_name}", is not the consignee, "{consignee_name}"',
        usual=(0.0, 1.0),
        sentence_missing="No party to notify is named",
        indicators=(7, 8),
    ),
    *(
        _entry.flag(
            f"{role}_po_box",
            f"The {role}'s address is a post-office box; missing without an address",
            f'The {role}\'s address is a post-office box: "{{{role}_address}}"',
        )
        for role in _ENDS
    ),
    *(
        _entry.flag(
            f"{role}_free_mail",
            f"The {role}'s e-mail is at a domain anyone can register at; missing without an e-mail",
            f'The {role}\'s e-mail is at a free mail service: "{{{role}_email}}"',
            sentence_zero=f'The {role}\'s e-mail is at a domain of its own: "{{{role}_email}}"',
            sentence_missing=f"No e-mail of the {role} is given",
        )
        for role in _ENDS
    ),
    *(_entry.flag(f"{role}_not_named", f"No {role} is named", f"No {role} is named") for role in _ENDS),
    *(
        _entry.flag(
            f"{role}_no_address",
            f"No {role} address",
            f"No address of the {role} is given",
            sentence_zero=f'An address of the {role} is given: "{{{role}_address}}"',
        )
        for role in _ENDS
    ),
    *(
        _entry.flag(
            f"{role}_no_number",
            f"No usable tax, trader or registration number of the {role}",
            f"No tax or registration number of the {role} is given",
            sentence_zero=f'A tax or registration number of the {role} is given: "{{{role}_id}}"',
            usual=(0.0, 1.0),
        )
        for role in _ENDS
    ),
    _entry.flag(
        "shipper_away_from_loading",
        "Country of the shipper's address is not that of the place of loading; missing if either is",
        "The shipper's address is in {shipper_country:country}, but the goods were loaded in "
        "{loading_country:country}",
        sentence_zero="The shipper's address is in the country of loading, {loading_country:country}",
        uses_country=True,
    ),
    _entry.flag(
        "consignee_away_from_destination",
        "Country of the consignee's address is not that of destination; missing if either is",
        "The consignee's address is in {consignee_country:country}, but the goods go to "
        "{goes_to_country:country}",
        sentence_zero="The consignee's address is in the country of destination, {goes_to_country:country}",
        uses_country=True,
    ),
    _entry.flag(
        "notify_away_from_consignee",
        "Country of the address to notify is not that of the consignee's address; missing if either is",
        "The address of the party to notify is in {notify_country:country}, the consignee's in "
        "{consignee_country:country}",
        indicators=(8,),
        uses_country=True,
    ),
)

FACTS: tuple[Fact, ...] = (
    Fact("loading_country", "Country of the place of loading", dtype="text"),
    Fact("goes_to_country", "Country of destination", dtype="text"),
)


def compute(view: View) -> pd.DataFrame:
    """Compute the features and facts of the parties.

    Parameters
    ----------
    view : View, n shipments

    Returns
    -------
    DataFrame, shape (n, len(FEATURES) + len(FACTS))
        On the view's index.
    """
    table = view.table
    kinds = {role: names.kinds(table[f"{role}_name"]) for role in _WHO}
    repeats = identity.same_as(table["notify_name"])
    kinds["notify"] = kinds["notify"].mask(repeats, kinds["consignee"])
    columns: dict[str, pd.Series | np.ndarray] = {f"{role}_type": kind for role, kind in kinds.items()}
    for role, kind in kinds.items():
        columns[f"{role}_is_forwarder"] = _where(kind == "forwarder", kind.notna())
    columns["consignee_is_to_order"] = _where(kinds["consignee"] == "to_order", kinds["consignee"].notna())
    columns |= _same_names(table, repeats)
    for role in _ENDS:
        columns |= _of_role(table, role)
    loading, destination = view.route["loading"], view.route["destination"]
    notify = table["notify_country"].mask(repeats, table["consignee_country"])
    columns["shipper_away_from_loading"] = _differ(table["shipper_country"], loading)
    columns["consignee_away_from_destination"] = _differ(table["consignee_country"], destination)
    columns["notify_away_from_consignee"] = _differ(notify, table["consignee_country"])
    columns["loading_country"], columns["goes_to_country"] = loading, destination
    return tabulate(columns, FEATURES, FACTS, table.index)


def _of_role(table: pd.DataFrame, role: str) -> dict[str, np.ndarray]:
    named, address = table[f"{role}_name"].notna(), table[f"{role}_address"]
    box = normal_form.each(address, lambda text: "1" if normal_form.is_po_box(text) else "") == "1"
    number = normal_form.each(table[f"{role}_id"], normal_form.identifier) != ""
    mail = normal_form.each(table[f"{role}_email"], normal_form.email)
    free = set(reference.table("free_mail_domains")["domain"])
    at_free = (
        normal_form.each(pd.Series(mail), lambda text: "1" if text.rpartition("@")[2] in free else "") == "1"
    )
    forms = names.legal_forms(table[f"{role}_name"])
    return {
        f"{role}_has_legal_form": _where(forms != "", named),
        f"{role}_po_box": _where(box, address.notna()),
        f"{role}_free_mail": _where(at_free, mail != ""),
        f"{role}_not_named": _where(~named, True),
        f"{role}_no_address": _where(address.isna(), True),
        f"{role}_no_number": _where(~number, True),
    }


def _same_names(table: pd.DataFrame, repeats: pd.Series) -> dict[str, np.ndarray]:
    core = {
        role: normal_form.each(table[f"{role}_name"], lambda text: names.take_apart(text).core)
        for role in _WHO
    }
    named = {role: core[role] != "" for role in _WHO}
    again = repeats.to_numpy() | (core["notify"] == core["consignee"])
    return {
        "consignee_is_shipper": _where(
            core["consignee"] == core["shipper"], named["consignee"] & named["shipper"]
        ),
        "notify_is_consignee": _where(again, named["notify"] & named["consignee"]),
    }


def _differ(one: pd.Series, other: pd.Series) -> np.ndarray:
    return _where((one != other).fillna(False), one.notna() & other.notna())


def _where(value: pd.Series | np.ndarray, known: pd.Series | np.ndarray | bool) -> np.ndarray:
    """Return 1.0 and 0.0, NaN where it is not known."""
    flags = np.asarray(value, dtype=bool).astype(float)
    return np.where(np.asarray(known, dtype=bool), flags, np.nan)
