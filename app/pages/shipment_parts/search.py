"""Where in the load to look, how such things were hidden before, and what to do first for a find."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import live_find, markup
from app.views.live_find import advice
from app.words import _, current, day, ngettext, number, word
from risk import labels, looking, phrases
from risk.language import gettext
from risk.store.concealed import Concealed, Place
from risk.store.contacts import Contact
from risk.taxa import taxon_name

#: Taxa and ways of finding named per place.
_NAMED = 4


def where(load: looking.Load, concealed: Concealed, zone: str) -> None:
    """Show where to look, and how such loads hid something before."""
    st.subheader(_("Where to look"))
    hints = looking.hints(load)
    each = looking.weight_per_package(load)
    entries = [_hint(hint) for hint in hints]
    if each is not None:
        told = _("Declared are {kg} kg per package: weigh some, and open those that differ.")
        entries.append(markup.said(told.format(kg=number(each, 1))))
    st.html(markup.items(entries) if entries else markup.note(_("No hint fits this load.")))
    st.caption(_(looking.HINTS_SOURCE))
    _before(concealed, zone)
    _tables(load)


def _hint(hint: looking.Hint) -> str:
    text = markup.said(_(hint.text))
    return f"<strong>{markup.said(word('where', hint.where))}</strong>: {text}" if hint.where else text


def _before(found: Concealed, zone: str) -> None:
    st.subheader(_("Where finds of this port lay"))
    if not found.finds:
        st.caption(_("This port has entered no find yet."))
        return
    scopes = {
        "heading": _("In goods of heading {code}"),
        "chapter": _("In goods of chapter {code}"),
        "any": _("In any goods: none was found in goods like these"),
    }
    finds = ngettext("{n} find", "{n} finds", found.finds).format(n=number(found.finds))
    title = f"{scopes[found.scope].format(code=found.code)} · {finds}"
    heads = [_("Where"), _("Finds"), _("Found by"), _("What"), _("Last")]
    rows = [_place(place, zone) for place in found.places]
    st.html(markup.table(title, heads, rows, numbers=(1,)))


def _place(place: Place, zone: str) -> list[str]:
    where_ = word("where", place.where) if place.where else _("not noted")
    how = ", ".join(
        f"{word('inspection', code)} {number(count)}" for code, count in place.inspections[:_NAMED]
    )
    what = [markup.text(taxon_name(name, current()), 80) for name, _count in place.taxa[:_NAMED]]
    what = what or [markup.said(word("found", code)) for code, _count in place.found]
    return [
        markup.said(where_),
        number(place.finds),
        markup.said(how),
        ", ".join(what),
        markup.said(day(place.last_at, zone)),
    ]


def _tables(load: looking.Load) -> None:
    st.subheader(_("What such goods on such a way could hide"))
    rows = []
    cover = looking.cover(load.heading)
    if cover is not None:
        for kind, strength, taxa in (
            ("live_animals", cover.live_animals, cover.taxa_live),
            ("wildlife_products", cover.wildlife_products, cover.taxa_products),
        ):
            if strength:
                named = labels.label("cover_taxa_live", ", ".join(taxa), current())
                rows.append((f"{word('found', kind)}: {_strength(strength)}", markup.said(named or "–")))
    for fit in looking.fits(load):
        name = phrases.word("taxon", fit.taxon)
        together = _("goods and way together")
        told = f"{word('found', fit.head)}: {together}"
        rows.append((told, markup.said(gettext(name, current()))))
    if rows:
        st.html(markup.facts(_("For heading {code}").format(code=load.heading[:4] or "–"), rows))
    else:
        st.caption(_("The tables name nothing for such goods on such a way."))
    st.caption(
        _(
            "From the reference tables cover_goods, taxon_covers and taxon_routes (November 2026): expert "
            "judgement from public reports, which a port corrects. They know what was found, not what was "
            "missed."
        )
    )


def _strength(strength: int) -> str:
    return {
        1: _("goods near to known covers"),
        2: _("a cover in some reports"),
        3: _("a cover in several reports"),
    }[min(strength, 3)]


def first(contacts: dict[str, list[Contact]], taxa: Sequence[str], *, live: bool) -> None:
    """Show what to do first for a find, what to wear and whom to call.

    Parameters
    ----------
    contacts : dict
        `risk.store.contacts.by_topic`.
    taxa : sequence of str
        What was found, as far as anybody knows.
    live : bool
        Whether live animals are told first.
    """
    kinds = ("live_animals", "wildlife_products")
    one, other = kinds if live else kinds[::-1]
    live_find.show(advice((one,), taxa, contacts))
    with st.expander(_("If it is: {found}").format(found=word("found", other))):
        live_find.show(advice((other,), taxa, contacts))
