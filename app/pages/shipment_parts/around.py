"""What is around a shipment: its parties' past, what travels with it or is linked to it, what was alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app import markup
from app.views import past as view
from app.words import _, country, day, ngettext, number, word


def parties(found: view.Surroundings, zone: str) -> None:
    """Show what the port knows of the parties from before."""
    if found.own_purged:
        st.warning(_("This shipment's parties are no longer known: the time of keeping has ended."))
    if len(found.parties):
        heads = [_("Party"), _("Earlier shipments"), _("Inspected"), _("Finds"), _("First"), _("Last")]
        rows = [
            [
                markup.said(word("party_role", row["role"])),
                markup.said(_count(row["shipments"], row["capped"])),
                number(row["inspected"]),
                number(row["finds"]),
                markup.said(day(row["first_at"], zone) or _("never before")),
                markup.said(day(row["last_at"], zone)),
            ]
            for row in found.parties.to_dict("records")
        ]
        st.html(markup.table(_("Parties before this shipment"), heads, rows, numbers=(1, 2, 3)))
        st.caption(_("What was not inspected counts neither as a find nor as none."))
    elif not found.own_purged:
        st.info(_("No party is named."))
    for role, frame in found.earlier.items():
        with st.expander(_("{party}: the latest earlier shipments").format(party=word("party_role", role))):
            st.html(_rows(_("Earlier shipments"), frame, zone))
    if found.purged:
        told = ngettext(
            "Of {n} shipment the parties are no longer known.",
            "Of {n} shipments the parties are no longer known.",
            found.purged,
        )
        st.caption(told.format(n=number(found.purged)))


def links(found: view.Surroundings, zone: str) -> None:
    """Show what travels with it, and where its parties stand in another role."""
    titles = {
        "master": _("Under the same master bill"),
        "manifest": _("In the same manifest"),
        "container": _("In the same container"),
    }
    if not found.siblings and not found.linked:
        st.caption(_("No other shipment travels with it or is linked to it."))
    for group in found.siblings:
        _group(titles[group.how], group, zone)
    for group in found.linked:
        title = _("{here} here, {there} there").format(
            here=word("party_role", group.here), there=word("party_role", group.there)
        )
        _group(title, group, zone)


def _group(title: str, group: view.Nearby, zone: str) -> None:
    counted = ngettext("{n} shipment", "{n} shipments", group.count)
    told = _("{shipments}, inspected: {inspected}, finds: {finds}").format(
        shipments=counted.format(n=_count(group.count, group.capped)),
        inspected=number(group.inspected),
        finds=number(group.finds),
    )
    with st.expander(f"{title}: {told}"):
        st.html(_rows(title, group.rows, zone))
        if group.more:
            left = ngettext("{n} more is not shown", "{n} more are not shown", group.more)
            st.caption(left.format(n=number(group.more)))


def alike(found: view.Surroundings, zone: str) -> None:
    """Show the inspected shipments most like it, and what came of them."""
    if not len(found.alike):
        st.caption(_("No inspected shipment to compare with yet."))
        return
    told = ngettext(
        "The nearest of {n} inspected shipment; what came of them is no part of the score.",
        "The nearest of {n} inspected shipments; what came of them is no part of the score.",
        found.looked_at,
    )
    st.caption(told.format(n=number(found.looked_at)))
    heads = [_("Bill"), _("Outcome"), _("Goods"), _("Alike in"), _("Known")]
    rows = [
        [
            _bill(row),
            markup.said(outcome(row)),
            markup.text(row["goods"], 120),
            markup.said(", ".join(_same(kind, code) for kind, code in row["same"])),
            markup.said(day(row["known_at"], zone)),
        ]
        for row in found.alike.to_dict("records")
    ]
    st.html(markup.table(_("Most like it"), heads, rows))


def _same(kind: str, code: str) -> str:
    if kind == "family":
        return word("family", code)
    if kind in ("origin", "destination"):
        return country(code)
    if kind == "mode":
        return word("mode", code)
    return _("heading {code}").format(code=code) if kind == "heading" else code


def _rows(title: str, frame: pd.DataFrame, zone: str) -> str:
    heads = [_("Bill"), _("Outcome"), _("Goods"), _("Origin"), _("Vessel or flight"), _("Known")]
    rows = [
        [
            _bill(row),
            markup.said(outcome(row)),
            markup.text(row["goods"], 120),
            markup.said(country(row["origin"]) if row["origin"] else ""),
            markup.text(row["conveyance"], 60),
            markup.said(day(row["known_at"], zone)),
        ]
        for row in frame.to_dict("records")
    ]
    return markup.table(title, heads, rows)


def _bill(row: Mapping[Any, Any]) -> str:
    return markup.link(f"/shipment?id={row['shipment_id']}", markup.text(row["bill"], 80))


def outcome(row: Mapping[Any, Any]) -> str:
    """Return what came of a shipment in words; what was not inspected is neither."""
    told = {
        "find": _("Find"),
        "covered": _("Wildlife with a valid permit"),
        "no_find": _("Inspected, no wildlife found"),
        "not_inspected": word("inspection", "not_inspected"),
        "": _("No outcome yet"),
    }[str(row["outcome"])]
    status = str(row["status"])
    return f"{told} ({word('status', status)})" if status and row["outcome"] != "not_inspected" else told


def _count(count: int, capped: bool) -> str:
    return _("more than {n}").format(n=number(count)) if capped else number(count)
