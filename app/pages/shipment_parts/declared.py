"""What was declared, as on a manifest, and what its amendments changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from app import markup
from app.views import shipment as view
from app.words import _, country, day, moment, ngettext, number, word
from features.manifest import schema
from risk.store.dossier import Dossier, Version

#: Choices of the shipment table -> kinds of `risk.vocabulary`.
_CHOICES = {
    "mode": "mode",
    "direction": "direction",
    "bill_level": "bill_level",
    "container_load_status": "load_status",
}


def show(dossier: Dossier, zone: str) -> None:
    """Show what was declared."""
    version = dossier.current
    if version.declared is None:
        st.warning(gone(version, zone))
        st.html(_kept(version, zone))
    else:
        _whole(view.declared(version.declared), zone)
    _changes(dossier, zone)


def gone(version: Version, zone: str) -> str:
    """Say why nothing declared stands here any more."""
    if version.purged is None:
        return _("What was declared is not here.")
    at, rule = version.purged
    return _("Purged on {day} under rule {rule}").format(day=day(at, zone), rule=rule)


def _whole(found: view.Declared, zone: str) -> None:
    parties = [
        markup.facts(word("party_role", role), [_row(field, zone, short=role != "other") for field in fields])
        for role, fields in found.parties.items()
    ]
    if parties:
        st.subheader(_("Parties"))
        st.html(markup.grid(parties))
    st.subheader(_("Goods"))
    _goods(found, zone)
    rest = [
        markup.facts(_title(name), [_row(field, zone) for field in fields])
        for name, fields in found.groups.items()
        if name != "goods"
    ]
    st.subheader(_("Bill, route, weights and equipment"))
    st.html(markup.grid(rest))


def _goods(found: view.Declared, zone: str) -> None:
    st.html(markup.facts(_("Goods"), [_row(field, zone) for field in found.groups.get("goods", ())]))
    if not found.lines:
        return
    heads = [_("Line"), *(_line_heads()[name] for name in found.columns)]
    rows = [
        [number(position), *(_line_cell(name, line.get(name)) for name in found.columns)]
        for position, line in enumerate(found.lines, start=1)
    ]
    st.html(markup.table(_("Goods lines"), heads, rows))
    if found.more:
        told = ngettext("{n} more line is not shown", "{n} more lines are not shown", found.more)
        st.caption(told.format(n=number(found.more)))


def _line_heads() -> dict[str, str]:
    return {
        "description": _("Description"),
        "hs": _("Tariff code"),
        "packages": _("Packages"),
        "kg": _("kg"),
        "value": _("Value"),
        "currency": _("Currency"),
        "origin": _("Origin"),
    }


def _line_cell(name: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return markup.said(_amount(float(value)))
    if name == "origin" and isinstance(value, str):
        return markup.said(_country(value))
    return markup.text(value)


def _title(group: str) -> str:
    return {
        "identity": _("Bill and declaration"),
        "time_place": _("Time and place"),
        "goods": _("Goods"),
        "route": _("Route"),
        "quantities": _("Weights and values"),
        "equipment": _("Container and equipment"),
        "message": _("Where it was read"),
        "changes": _("Amendments"),
        "local": _("Local columns"),
    }[group]


def _row(field: view.Field, zone: str, *, short: bool = False) -> tuple[str, str]:
    part = field.name.rpartition("_")[2]
    return (_parts()[part] if short and part in _parts() else name_of(field.name)), written(field, zone)


def _parts() -> dict[str, str]:
    return {
        "name": _("Name"),
        "address": _("Address"),
        "country": _("Country"),
        "id": _("Registration number"),
        "phone": _("Telephone number"),
        "email": _("E-mail address"),
    }


def name_of(column: str) -> str:
    """Return what a column is called; one of the port's own by its own name, cut."""
    known = schema.BY_NAME.get(column)
    return _(known.meaning) if known else column.replace("_", " ")[:80]


def written(field: view.Field, zone: str) -> str:
    """Return a declared value as HTML; a dash where there is none."""
    value = field.value
    if value is None or value == "":
        return "–"
    if field.kind == "time":
        return markup.said(_moment(value, zone))
    if field.kind == "flag":
        return markup.said(_("yes") if value is True else _("no"))
    if field.kind == "number" and isinstance(value, (int, float)):
        unit = schema.BY_NAME[field.name].unit
        return markup.said(_amount(float(value)) + (f" {unit}" if unit not in ("", "1") else ""))
    if field.kind == "choice" and field.name in _CHOICES:
        return markup.said(word(_CHOICES[field.name], str(value)))
    if field.code == "country":
        return markup.said(_country(str(value)))
    if field.kind == "list":
        members, more = view.members(value)
        return ", ".join(markup.text(each, 200) for each in members) + (f" … (+{more})" if more else "")
    return markup.text(value)


def _moment(value: Any, zone: str) -> str:
    try:
        at = pd.Timestamp(value)
    except (ValueError, TypeError):
        return str(value)[:40]
    return moment(at, zone) or str(value)[:40]


def _amount(value: float) -> str:
    digits = 0 if value == round(value) else 3 if abs(value) < 10 else 2
    return number(value, digits)


def _country(code: str) -> str:
    name = country(code)
    return name if name == code else f"{name} ({code})"


def _kept(version: Version, zone: str) -> str:
    """Return what of a purged version still stands: codes and numbers."""
    names: dict[str, tuple[str, Callable[[Any], str]]] = {
        "mode": (_("How it travels"), lambda code: word("mode", code)),
        "direction": (_("Customs movement at this port"), lambda code: word("direction", code)),
        "heading": (_("Heading"), str),
        "origin": (_("Country the goods come from"), _country),
        "destination": (_("Country the goods go to"), _country),
        "loading_port": (_("Where it was loaded"), str),
        "discharge_port": (_("Where it is unloaded"), str),
        "packages": (_("Number of packages"), _amount),
        "gross_weight_kg": (_("Gross weight"), lambda kg: f"{_amount(kg)} kg"),
        "arrives_at": (_("When it arrives at this port"), lambda at: _moment(at, zone)),
    }
    rows = [
        (title, markup.text(write(version.kept[name])))
        for name, (title, write) in names.items()
        if name in version.kept
    ]
    return markup.facts(_("What is kept after that"), rows)


def _changes(dossier: Dossier, zone: str) -> None:
    if len(dossier.versions) < 2:
        st.caption(_("One version: nothing was amended here."))
        return
    st.subheader(_("Versions and what they changed"))
    if dossier.earlier:
        told = ngettext(
            "{n} earlier version is not shown", "{n} earlier versions are not shown", dossier.earlier
        )
        st.caption(told.format(n=number(dossier.earlier)))
    for change in view.changes(dossier.versions):
        title = _("Version {n}, known {moment}").format(n=change.number, moment=moment(change.known_at, zone))
        if change.current:
            title += " · " + _("in force")
        if not change.compared:
            st.html(markup.facts(title, [(_("Changed"), markup.said(_("nothing to compare with")))]))
            continue
        rows = [
            (name_of(before.name), f"{written(before, zone)} → {written(after, zone)}")
            for before, after in change.fields
        ]
        st.html(markup.facts(title, rows or [(_("Changed"), markup.said(_("nothing that was declared")))]))
