"""The declared route: a map drawn here, and its twin as a table."""

from __future__ import annotations

import streamlit as st

from app import maps, markup
from app.views import route as view
from app.words import _, country, word


def show(route: view.Route) -> None:
    """Show the places a shipment is declared to pass."""
    places = route.places
    if not places:
        st.info(_("No place is declared."))
        return
    numbers = {}
    stops = []
    for position, place in enumerate(places, start=1):
        if place.lat is not None and place.lon is not None:
            stops.append(maps.Stop(_name(place), place.lat, place.lon, position))
        numbers[position] = place
    drawn = maps.route(stops, _alt(places))
    if drawn:
        st.image(drawn, alt=_alt(places), width="stretch")
        st.caption(
            _(
                "The line joins the declared places in their order; it is not the way travelled. "
                "Land: Natural Earth."
            )
        )
    roles = _roles()
    rows = [
        [
            str(position),
            markup.said(", ".join(roles[role] for role in place.roles)),
            markup.text(place.declared, 300),
            markup.text(place.name) if place.name else "",
            markup.said(country(place.country)) if place.country else markup.said(_("place not known")),
        ]
        for position, place in numbers.items()
    ]
    heads = [_("No."), _("What"), _("As declared"), _("Place"), _("Country")]
    title = _("Route")
    if route.mode:
        title += " · " + word("mode", route.mode)
    st.html(markup.table(title, heads, rows))


def _roles() -> dict[str, str]:
    return {
        "origin": _("Origin of the goods"),
        "loading": _("Loaded"),
        "via": _("Changed vessel or aircraft"),
        "discharge": _("Unloaded"),
        "delivery": _("Delivered"),
        "destination": _("Destination of the goods"),
    }


def _name(place: view.Place) -> str:
    return place.name or (country(place.country) if place.country else _("place not known"))


def _alt(places: tuple[view.Place, ...]) -> str:
    names = ", ".join(_name(place) for place in places)
    return _("Map of the route: {places}").format(places=names)
