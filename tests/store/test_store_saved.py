"""Contacts, saved views, mappings of senders."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlalchemy as sa

from features.manifest import ManifestError
from risk.store import contacts, ledger, people, roles, saved, tables
from risk.store.contacts import Contact
from risk.store.database import Database

NOW = pd.Timestamp("2026-11-22 04:00")
VET = Contact("vet", "Dr Lan", "+84 28 123", "lan@zoo.example", "day and night", "reptiles")
TOML = '[columns]\nshipment_id = "no"\n'


@pytest.fixture
def crew(database: Database) -> dict[str, roles.Person]:
    made = {}
    for login, role in (("ana", "officer"), ("ben", "officer"), ("sam", "supervisor"), ("adm", "admin")):
        with database.write() as connection:
            number = people.add(connection, login, role, at=NOW, actor="system")
        made[login] = roles.Person(number, login, "", role, "en")
    return made


def test_contacts_by_topic_and_who_is_missing(database: Database, crew: dict) -> None:
    with database.write() as connection:
        assert not any(contacts.by_topic(connection).values())
        first = contacts.add(connection, VET, crew["sam"], at=NOW)
        airline = contacts.add(
            connection, Contact("airline", "Cargo desk", email="desk@air.example"), crew["adm"], at=NOW
        )
        later = Contact("vet", "Dr Lan", "+84 28 999")
        second = contacts.change(connection, first, later, crew["sam"], at=NOW)
        contacts.end(connection, airline, crew["sam"], at=NOW)
        found = contacts.by_topic(connection)
        assert ledger.verify(connection).holds
        kept = connection.execute(sa.select(tables.contacts.c.id, tables.contacts.c.replaces_id)).all()
        text = str(connection.execute(sa.select(tables.ledger)).all())
    assert list(found) == list(contacts.TOPICS)
    assert [(each.id, each.phone) for each in found["vet"]] == [(second, "+84 28 999")]
    assert found["airline"] == []
    assert (second, first) in kept
    assert "Lan" not in text


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (Contact("priest", "A", "1"), "no topic"),
        (Contact("vet", "  ", "1"), "who"),
        (Contact("vet", "A"), "reached"),
        (Contact("vet", "A", "call me"), "telephone"),
    ],
)
def test_a_contact_nobody_could_call_is_refused(
    database: Database, crew: dict, wrong: Contact, why: str
) -> None:
    with database.write() as connection, pytest.raises(contacts.ContactRefused, match=why):
        contacts.add(connection, wrong, crew["sam"], at=NOW)


def test_officers_change_no_contacts(database: Database, crew: dict) -> None:
    with database.write() as connection:
        number = contacts.add(connection, VET, crew["sam"], at=NOW)
        for call in (
            lambda: contacts.add(connection, VET, crew["ana"], at=NOW),
            lambda: contacts.change(connection, number, VET, crew["ana"], at=NOW),
            lambda: contacts.end(connection, number, crew["ana"], at=NOW),
        ):
            with pytest.raises(roles.NotAllowed):
                call()
        contacts.end(connection, number, crew["sam"], at=NOW)
        with pytest.raises(contacts.ContactRefused, match="any more"):
            contacts.end(connection, number, crew["sam"], at=NOW)


def test_a_hostile_contact_is_one_line(database: Database, crew: dict) -> None:
    wrong = Contact("vet", "A\u202eB\x00\nC" + "x" * 1_000, "1\t2")
    with database.write() as connection:
        contacts.add(connection, wrong, crew["sam"], at=NOW)
        (kept,) = contacts.by_topic(connection)["vet"]
    assert kept.name.startswith("AB C")
    assert (len(kept.name), kept.phone) == (200, "1 2")


def test_views_are_ones_own(database: Database, crew: dict) -> None:
    ana, ben = crew["ana"], crew["ben"]
    with database.write() as connection:
        assert saved.save_view(connection, " night  air ", {"mode": "air"}, ana, at=NOW) == "night air"
        saved.save_view(connection, "night air", {"mode": "air", "mine": True}, ana, at=NOW)
        saved.save_view(connection, "night air", {"mode": "sea"}, ben, at=NOW)
        saved.drop_view(connection, "night air", ben, at=NOW)
        saved.drop_view(connection, "night air", ben, at=NOW)
        assert saved.views(connection, ana) == {"night air": {"mode": "air", "mine": True}}
        assert saved.views(connection, ben) == {}
        for name, filters, why in (
            ("", {}, "name"),
            ("x", {"a": "x" * 5_000}, "too long"),
            ("x", {"a": object()}, "cannot"),
            ("x", {"a": float("nan")}, "cannot"),
        ):
            with pytest.raises(saved.NotSaved, match=why):
                saved.save_view(connection, name, filters, ana, at=NOW)
        for number in range(saved.MOST_VIEWS - 1):
            saved.save_view(connection, f"v{number}", {}, ana, at=NOW)
        with pytest.raises(saved.NotSaved, match="at most 50"):
            saved.save_view(connection, "one more", {}, ana, at=NOW)
        assert saved.save_view(connection, "v0", {"mode": "post"}, ana, at=NOW) == "v0"


def test_mappings_are_a_senders(database: Database, crew: dict) -> None:
    with database.write() as connection:
        assert saved.mapping(connection, "Blue Line") == ""
        saved.save_mapping(connection, " Blue  Line", TOML, crew["ana"], at=NOW)
        saved.save_mapping(connection, "Blue Line", TOML + "[constants]\nmode = 'air'\n", crew["ben"], at=NOW)
        assert "air" in saved.mapping(connection, "Blue Line")
        assert saved.senders(connection) == {"Blue Line": NOW}
        with pytest.raises(ManifestError):
            saved.save_mapping(connection, "Blue Line", "[columns]\nflavour = 'x'\n", crew["ana"], at=NOW)
        with pytest.raises(saved.NotSaved, match="whose"):
            saved.save_mapping(connection, " ", TOML, crew["ana"], at=NOW)
        with pytest.raises(roles.NotAllowed):
            saved.save_mapping(connection, "Blue Line", TOML, crew["adm"], at=NOW)
        saved.drop_mapping(connection, "Blue Line", crew["sam"], at=NOW)
        assert saved.senders(connection) == {}
        kinds = (
            connection.execute(sa.select(tables.ledger.c.kind).order_by(tables.ledger.c.seq)).scalars().all()
        )
    assert kinds[-3:] == ["mapping.saved", "mapping.saved", "mapping.dropped"]
