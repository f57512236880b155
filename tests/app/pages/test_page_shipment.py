"""The page of a shipment: everything declared, why, notes, and who sees what; each look on record."""

from __future__ import annotations

import time
from collections.abc import Callable

import pandas as pd
import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from app import place, session
from risk.store import (
    contacts,
    inspections,
    ledger,
    overriding,
    retention,
    roles,
    tables,
    watching,
)
from risk.store.inspections import Outcome
from risk.watch_entries import New

Open = Callable[..., AppTest]
Said = Callable[[AppTest], str]


def first(port: place.Place) -> int:
    """Return the shipment of the highest score."""
    with port.database.read() as connection:
        best = sa.select(tables.versions.c.shipment_id).join(
            tables.scores, tables.scores.c.version_id == tables.versions.c.id
        )
        return int(connection.execute(best.order_by(tables.scores.c.log_odds.desc()).limit(1)).scalar_one())


def looks(port: place.Place) -> list[str]:
    with port.database.read() as connection:
        rows = connection.execute(sa.select(tables.ledger).where(tables.ledger.c.kind == "view")).all()
    return [f"{row.actor} {row.subject} {row.facts}" for row in rows]


def as_person(port: place.Place, login: str, role: str) -> roles.Person:
    with port.database.read() as connection:
        number = connection.execute(
            sa.select(tables.users.c.id).where(tables.users.c.login == login)
        ).scalar_one()
    return roles.Person(int(number), login, "", role, "en")


@pytest.mark.parametrize(
    "asked", ["0", "999999999", "1e3", "-1", "９", "12; drop table", "<script>", "9" * 5000, ""]
)
def test_a_number_that_is_none_is_told_so(asked: str, open_page: Open, said: Said, port: place.Place) -> None:
    app = open_page("shipment", id=asked)
    assert not app.exception
    assert "There is no shipment of this number" in said(app)
    assert looks(port) == []


def test_a_shipment_is_found_by_its_bill(open_page: Open, said: Said, port: place.Place) -> None:
    number = first(port)
    with port.database.read() as connection:
        bill = connection.execute(
            sa.select(tables.shipments.c.bill).where(tables.shipments.c.id == number)
        ).scalar_one()
    app = open_page("shipment")
    app.text_input[0].set_value(bill).run()
    assert f"/shipment?id={number}" in said(app)
    assert "Nothing was found" in said(app.text_input[0].set_value("qqqqqq").run())


def test_all_of_it_is_shown(open_page: Open, said: Said, port: place.Place) -> None:
    number = first(port)
    with port.database.read() as connection:
        row = connection.execute(
            sa.select(tables.declared.c.row)
            .join(tables.versions, tables.versions.c.id == tables.declared.c.version_id)
            .where(tables.versions.c.shipment_id == number, tables.versions.c.current)
        ).scalar_one()
        score = connection.execute(
            sa.select(tables.scores)
            .join(tables.versions, tables.versions.c.id == tables.scores.c.version_id)
            .where(tables.versions.c.shipment_id == number, tables.scores.c.current)
        ).one()
    app = open_page("shipment", id=str(number))
    text = said(app)
    assert not app.exception
    for name in ("shipper_name", "consignee_name", "goods_description", "hs_codes"):
        if row.get(name):
            assert str(row[name]).split(";")[0] in text
    assert score.record_hash in text
    assert score.model_id in text
    assert "1 of 300 shipments" in text
    assert "not known for this port" in text
    for family in score.families:
        assert people_words(family) in text
    assert "Nobody on the port" in text
    image = app.get("image")[0].proto.imgs[0]
    assert image.alt.startswith("Map of the route: ")
    assert image.url.startswith("data:image/svg+xml")


def people_words(family: str) -> str:
    from app.words import word

    return word("family", family)


def test_a_look_is_on_record_once_and_outside_ones_work(open_page: Open, port: place.Place) -> None:
    number = first(port)
    app = open_page("shipment", id=str(number))
    app.run()
    app.run()
    assert [each.split(" ", 1)[1] for each in looks(port)] == [f'shipment:{number} {{"by":"none"}}']
    open_page("shipment", "ben", "auditor", id=str(number))
    assert len(looks(port)) == 2


def test_a_note_is_kept_with_who_and_when(
    open_page: Open, said: Said, press: Callable[[AppTest, str], AppTest], port: place.Place
) -> None:
    number = first(port)
    app = open_page("shipment", id=str(number))
    assert "Nothing was written yet." in said(app)
    press(app, "Add the note")
    assert "Write something first." in said(app)
    app.text_area[0].set_value("seal **torn** <b>twice</b>")
    press(app, "Add the note")
    assert "seal **torn** &lt;b&gt;twice&lt;/b&gt;" in said(app)
    assert "ana" in said(app)
    with port.database.read() as connection:
        kinds = [row.kind for row in connection.execute(sa.select(tables.ledger.c.kind))]
        assert kinds.count("note") == 1
        assert ledger.verify(connection).holds


def test_a_claim_is_told_to_others_and_given_up(
    open_page: Open, said: Said, press: Callable[[AppTest, str], AppTest], port: place.Place
) -> None:
    number = first(port)
    app = open_page("shipment", id=str(number))
    press(app, "Claim: I work on it")
    assert "You work on this shipment until" in said(app)
    press(app, "Claim it for longer")
    other = open_page("shipment", "ben", id=str(number))
    assert "ana works on this shipment until" in said(other)
    assert "Claim: I work on it" not in [each.label for each in other.button]
    again = open_page("shipment", id=str(number))
    press(again, "Release the claim")
    assert "Claim: I work on it" in [each.label for each in again.button]


@pytest.mark.parametrize("role", ["analyst", "auditor"])
def test_who_does_not_decide_reads_only(role: str, open_page: Open, said: Said, port: place.Place) -> None:
    app = open_page("shipment", role, role, id=str(first(port)))
    assert not app.button
    assert not app.text_area
    assert "/outcome?id=" not in said(app)
    assert "/margins?id=" in said(app)


@pytest.mark.parametrize("role", ["officer", "supervisor"])
def test_margins_are_not_for_who_decides(role: str, open_page: Open, said: Said, port: place.Place) -> None:
    text = said(open_page("shipment", role, role, id=str(first(port))))
    assert "margins" not in text
    assert "would change" not in text
    assert "/outcome?id=" in text
    assert "/override?id=" in text


def test_restricted_entries_are_a_restricted_list_to_officers(
    open_page: Open, said: Said, port: place.Place
) -> None:
    number = first(port)
    open_page("shipment", "sue", "supervisor")
    with port.database.write() as connection:
        row = connection.execute(
            sa.select(tables.versions.c.goods, tables.versions.c.known_at).where(
                tables.versions.c.shipment_id == number, tables.versions.c.current
            )
        ).one()
        word = max(row.goods.split(), key=len)
        new = New("word", word, "SECRETREASON", "B2", True, "", 5, row.known_at - pd.Timedelta(days=9))
        watching.add(
            connection, new, as_person(port, "sue", "supervisor"), now=session.now(), at=place.clock()
        )
    officer = said(open_page("shipment", id=str(number)))
    assert "restricted list" in officer
    assert "SECRETREASON" not in officer
    assert "SECRETREASON" in said(open_page("shipment", "sue", "supervisor", id=str(number)))


def test_purged_fields_say_so(open_page: Open, said: Said, port: place.Place) -> None:
    number = first(port)
    with port.database.write() as connection:
        retention.purge(connection, at=place.clock() + pd.Timedelta(days=4000), actor="system")
    app = open_page("shipment", id=str(number))
    assert not app.exception
    text = said(app)
    assert "Purged on" in text
    assert "under rule" in text
    assert "What is kept after that" in text
    assert "1 of 300 shipments" in text


def test_finds_contacts_and_outcomes_are_shown(open_page: Open, said: Said, port: place.Place) -> None:
    number = first(port)
    open_page("shipment", "sue", "supervisor")
    sue = as_person(port, "sue", "supervisor")
    with port.database.write() as connection:
        contacts.add(connection, contacts.Contact("vet", "Dr. Ho", "+852 5550 100"), sue, at=place.clock())
        overriding.override(connection, number, "raise", "tip", sue, now=session.now(), at=place.clock())
        fields = {"taxa": ("Manidae",), "where_in_load": "walls", "permit_valid": False}
        found = Outcome("full", found=("live_animals",), **fields)
        for each in (number, number + 1 if number < 300 else number - 1):
            inspections.record(
                connection, each, found, sue, at=place.clock(), request=f"r{each}", key=b"k" * 32
            )
    text = said(open_page("shipment", id=str(number)))
    assert "Dr. Ho" in text
    assert "+852 5550 100" in text
    assert "Raised: A tip (sue)" in text
    assert "Full unload · Live animals" in text
    assert "pangolin" in text
    assert "In the walls" in text


def test_it_is_quick(open_page: Open, port: place.Place) -> None:
    number = first(port)
    app = open_page("shipment", id=str(number))
    took = []
    for _ in range(3):
        begin = time.process_time()
        app.run()
        took.append(time.process_time() - begin)
    assert min(took) < 1.0


@pytest.mark.parametrize(("hours", "told"), [(-1, "(Time is over)"), (3, "(3 h 00 min left)")])
def test_how_long_it_stays_is_told_as_a_sentence(
    hours: int, told: str, open_page: Open, said: Said, port: place.Place
) -> None:
    shipment, until = first(port), session.now() + pd.Timedelta(hours=hours)
    with port.database.write() as connection:
        mine = tables.versions.c.shipment_id == shipment
        connection.execute(tables.versions.update().where(mine).values(available_until=until))
    assert told in said(open_page("shipment", id=str(shipment)))
