"""What officers do, click by click, through the functions the pages call.

An act is a click and the page it leads to: who it is, what stands around the page, the change if there is
one, and what the page then shows. Every change is noted before it is asked for and again when it was kept.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from PIL import Image

from app.place import Place, clock
from app.views import past as past_view
from app.views import planning as planning_view
from app.views import route, today
from app.views import shift as shift_view
from app.views.frame import frame
from benchmarks.officers import port
from benchmarks.officers.journal import Journal
from risk import retelling
from risk.store import (
    access,
    alike,
    concealed,
    contacts,
    day,
    decisions,
    dossier,
    in_force,
    inspections,
    jobs,
    overriding,
    past,
    planning,
    publishing,
    roles,
    settings,
    shift,
    watch_listing,
)
from risk.store.day import Filters
from risk.store.inspections import Meanwhile, Outcome
from risk.store.tables import outcomes, overrides, photos
from risk.triage import CapacityError, Pool

#: How often each act is chosen, by role.
WEIGHTS: Final[Mapping[str, Mapping[str, int]]] = {
    "officer": {
        **{"list": 22, "filter": 8, "search": 5, "look": 26, "claim": 10, "step": 12, "outcome": 9},
        **{"correct": 2, "override": 3, "note": 4},
    },
    "supervisor": {
        **{"list": 30, "filter": 8, "look": 16, "sign": 12, "hours": 8, "numbers": 6, "override": 4},
        **{"publish": 2, "watch": 4, "note": 4},
    },
    "analyst": {"list": 10, "search": 10, "look": 20, "watch": 10, "load": 4, "numbers": 6},
}
#: The same where programs are killed: changes above all, and lists published again and again.
CHANGES: Final[Mapping[str, Mapping[str, int]]] = {
    "officer": {
        **{"list": 2, "look": 6, "claim": 8, "step": 8, "outcome": 14, "correct": 6, "override": 6},
        "note": 4,
    },
    "supervisor": {"publish": 6, "sign": 6, "override": 3, "note": 2},
    "analyst": {"load": 1, "look": 2},
}
#: Officers choose among so many of the first shipments: they meet at the same ones.
FIRST = 150
#: Share of outcomes that are sent twice, as by a tablet that lost its connection.
SENT_TWICE = 0.1
_STEPS = ("hold_asked", "located", "presented", "opened")
_WEEK = pd.Timedelta(days=7)


@dataclass
class Officer:
    """One person at work.

    Attributes
    ----------
    place : Place
        Database and folder, as the server has them.
    person : Person
    token : str
        Of the session.
    journal : Journal
    rng : Random
    files : int
        Shipments in a file that is loaded.
    weights : mapping
        `WEIGHTS` or `CHANGES`.
    """

    place: Place
    person: roles.Person
    token: str
    journal: Journal
    rng: random.Random
    files: int = 200
    weights: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: WEIGHTS)
    secret: bytes = b""
    seen: list[int] = field(default_factory=list)
    decided: list[int] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        self.secret = settings.site_secret(self.place.folder)

    def choose(self) -> str:
        """Return what is done next."""
        weights = self.weights[self.person.role]
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def do(self, act: str) -> str:
        """Do it; return ``done``, or why nothing came of it: ``meanwhile``, ``nothing``."""
        self._around()
        if not self.seen and act != "list":
            self.look_list()
        return _ACTS[act](self) or "done"

    # --- what every page begins with ---

    def _around(self) -> None:
        found = self.place.person_of(self.token)
        assert found is not None, "the session ended"
        self.place.note(self.token)
        chosen = self.place.chosen()
        with self.place.database.read() as connection:
            frame(chosen, in_force.get(connection))

    def _noted(self, kind: str, at: pd.Timestamp, **more: Any) -> dict[str, Any]:
        told = {"kind": kind, "actor": self.person.actor, "at": _told(at), **more}
        self.journal.write("asked", **told)
        return told

    def _one(self) -> int:
        return self.rng.choice(self.seen[:FIRST])

    # --- reading ---

    def look_list(self, chosen: Filters | None = None) -> None:
        """Look at today: the list, its numbers, a page of it with its reasons."""
        now = clock()
        with self.place.database.read() as connection:
            publishing.latest(connection, 20)
            whole = day.rows(connection, now, at=now, scored=self.place.scored)
            asked = chosen or Filters()
            part = day.filtered(whole, asked, now=now, user_id=self.person.id)
        today.counts(whole, now)
        shown, _ = today.page_of(part, 1 + self.rng.randrange(3))
        with self.place.database.read() as connection:
            records = day.listed_reasons(connection, shown["score_id"].tolist())
        told = {score: retelling.told(each, 4, "en") for score, each in records.items() if each}
        today.rows(shown, told, day=today.Day.of(whole, now), user_id=self.person.id)
        self.seen = [int(number) for number in whole["shipment_id"].head(FIRST * 2)]

    def filter(self) -> None:
        """Today, looked through by what an officer is after."""
        self.look_list(
            self.rng.choice(
                [
                    Filters(mode="sea"),
                    Filters(mode="air", undecided=True),
                    Filters(mine=True),
                    Filters(listed=True),
                ]
            )
        )

    def search(self) -> None:
        """Search by words of goods or parties."""
        with self.place.database.read() as connection:
            found = day.search(
                connection, self.rng.choice(["wooden", "fish frozen", "logistics", "maeu", "trading ltd"])
            )
            past.rows_of(connection, found[:20])

    def look(self, number: int | None = None) -> None:
        """Open a shipment: the look goes on record, then all that is known of it."""
        number, at = number or self._one(), clock()
        with self.place.database.read() as connection:
            known = access.recorded(connection, number, self.person, at=at)
        if not known:
            told = self._noted("view", at)
            with self.place.database.write() as connection:
                put = access.viewed(connection, number, self.person, at=at)
            if put:
                self.journal.write("kept", **told)
        with self.place.database.read() as connection:
            found = dossier.of_shipment(connection, number, self.person, now=at, clock=at)
        assert found is not None
        route.route(found.current)
        with self.place.database.read() as connection:
            past_view.surroundings(
                past.of_shipment(connection, number), alike.of_shipment(connection, number)
            )
            concealed.in_such_goods(connection, number, str(found.current.kept.get("heading") or ""))
            contacts.by_topic(connection)

    def hours(self) -> None:
        """Where and when: the picks of the next days."""
        now = clock()
        with self.place.database.read() as connection:
            planning_view.plan(planning.picks(connection, now), now, "UTC")

    def numbers(self) -> None:
        """Look at the shift in numbers."""
        now = clock()
        with self.place.database.read() as connection:
            shift_view.figures(shift.numbers(connection, now - _WEEK, now))

    def watch(self) -> None:
        """Look at the watch list, with what its entries have to show."""
        with self.place.database.read() as connection:
            watch_listing.entries(connection, self.person, at=clock())

    # --- writing ---

    def claim(self) -> str:
        """Claim a shipment, which may be somebody else's already."""
        number, at = self._one(), clock()
        told = self._noted("claim", at)
        with self.place.database.write() as connection:
            row = decisions.claim(connection, number, self.person, at=at, minutes=30)
        mine = row.user_id == self.person.id
        if mine:
            self.journal.write("kept", **told)
        self.look(number)
        return "done" if mine else "meanwhile"

    def step(self) -> str:
        """Note how far a shipment is."""
        number, at, to = self._one(), clock(), self.rng.choice(_STEPS)
        told = self._noted("step", at)
        with self.place.database.write() as connection:
            before = decisions.latest_step(connection, number)
            if to == before or to not in decisions.FOLLOWS[before]:
                return "nothing"
            decisions.step(connection, number, to, self.person, at=at)
        self.journal.write("kept", **told)
        self.look(number)
        return "done"

    def outcome(self) -> str:
        """Enter an outcome; now and then it is sent twice."""
        return self._send(self._one(), None)

    def correct(self) -> str:
        """Correct an outcome."""
        number = self.rng.choice(self.decided or [self._one()])
        with self.place.database.read() as connection:
            row = inspections.in_force_of(connection, number)
        return "nothing" if row is None else self._send(number, int(row.id))

    def _send(self, number: int, replaces: int | None) -> str:
        self.sent += 1
        request = f"{self.person.login}-{self.journal.run}-{self.sent}"
        entered = self._found()
        for again in range(2 if self.rng.random() < SENT_TWICE else 1):
            at = clock()
            self._noted("outcome", at, request=request)
            try:
                with self.place.database.write() as connection:
                    made = inspections.record(
                        connection, number, entered, self.person, at=at, request=request, key=self.secret,
                        replaces=replaces, remark=f"{request} seen",
                    )  # fmt: skip
                    kept_at = connection.execute(
                        sa.select(outcomes.c.at).where(outcomes.c.id == made)
                    ).scalar_one()
            except Meanwhile:
                self.look(number)
                return "meanwhile"
            self.journal.write(
                "kept", kind="outcome", actor=self.person.actor, at=_told(pd.Timestamp(kept_at)),
                request=request, id=made, shipment=number, again=again,
            )  # fmt: skip
        self.decided.append(number)
        if entered.is_find:
            self._photo(made)
        self.look(number)
        return "done"

    def _found(self) -> Outcome:
        chance = self.rng.random()
        if chance < 0.2:
            return Outcome("not_inspected", why_not=self.rng.choice(inspections.WHY_NOT))
        if chance < 0.85:
            return Outcome(
                self.rng.choice(("documents", "scan", "full")), found=("clean",), status="confirmed"
            )
        return Outcome(
            "full",
            found=("live_animals",),
            taxa=("Testudo graeca",),
            where_in_load="middle",
            pieces=12,
            alive=9,
        )

    def _photo(self, outcome: int) -> None:
        content = picture(self.rng)
        at = clock()
        told = self._noted("photo", at)
        with self.place.database.write() as connection:
            made = inspections.add_photo(connection, outcome, content, self.person, at=at)
            digest = connection.execute(sa.select(photos.c.sha256).where(photos.c.id == made)).scalar_one()
        self.journal.write("kept", **told, id=made, sha256=digest)

    def override(self) -> str:
        """Raise a shipment, or lower one that stands high and waits for a second signature."""
        number, at = self._one(), clock()
        direction = self.rng.choice(("raise", "lower"))
        code = "tip" if direction == "raise" else "permit_seen"
        self.sent += 1
        # What is said twice in the same words is written once: these words are new.
        remark = f"{self.person.login} {self.journal.run} {self.sent}: seen at the gate"
        told = self._noted("override", at)
        with self.place.database.write() as connection:
            overriding.override(
                connection, number, direction, code, self.person, now=at, at=at, remark=remark
            )
        self.journal.write("kept", **told)
        self.look(number)
        return "done"

    def sign(self) -> str:
        """Give a second signature to what waits for one."""
        at = clock()
        with self.place.database.read() as connection:
            waiting = (overrides.c.state == "waiting") & (overrides.c.user_id != self.person.id)
            number = connection.execute(sa.select(overrides.c.id).where(waiting).limit(1)).scalar()
        if number is None:
            return "nothing"
        told = self._noted("override.signed", at)
        try:
            with self.place.database.write() as connection:
                overriding.sign(connection, int(number), True, self.person, at=at)
        except decisions.Refused:
            return "meanwhile"
        self.journal.write("kept", **told)
        return "done"

    def note(self) -> None:
        """Write a note."""
        number, at = self._one(), clock()
        self.sent += 1
        text = f"{self.person.login} {self.journal.run} {self.sent}: ask the terminal"
        told = self._noted("note", at)
        with self.place.database.write() as connection:
            decisions.note(connection, number, text, self.person, at=at)
        self.journal.write("kept", **told, text=text)
        self.look(number)

    def publish(self) -> str:
        """Publish a list of what is not decided, or add what came since to the last."""
        at = clock()
        with self.place.database.read() as connection:
            latest = publishing.latest(connection, 1)
        after = latest[0].id if latest and self.rng.random() < 0.5 else None
        told = self._noted("list.published", at)
        try:
            with self.place.database.write() as connection:
                made = publishing.publish(
                    connection,
                    at,
                    (Pool(60),),
                    0.1,
                    secret=self.secret,
                    person=self.person,
                    after=after,
                    at=at,
                    scored=self.place.scored,
                )
        except (publishing.NothingToPublish, CapacityError):
            return "nothing"
        self.journal.write("kept", **told, id=made)
        self.look_list()
        return "done"

    def load(self) -> str:
        """Hand in a file of new shipments and ask for it to be loaded, unless another waits."""
        at = clock()
        with self.place.database.read() as connection:
            if any(job.state == "queued" for job in jobs.latest(connection, 5)):
                return "nothing"
        self.sent += 1
        tag = f"-{self.person.id}-{self.journal.run}-{self.sent}"
        content = port.manifest(self.files, at=at, tag=tag, first=self.rng.randrange(3000))
        told = self._noted("job.asked", at)
        made = port.ask(self.place.database, self.place.folder, content, self.person, at=at)
        self.journal.write("kept", **told, id=made)
        return "done"


_ACTS: Final[Mapping[str, Callable[[Officer], str | None]]] = {
    "list": lambda officer: officer.look_list(),
    "look": lambda officer: officer.look(),
    **{
        name: getattr(Officer, name)
        for name in (
            *("filter", "search", "hours", "numbers", "watch", "claim", "step", "outcome", "correct"),
            *("override", "sign", "note", "publish", "load"),
        )
    },
}


def picture(rng: random.Random) -> bytes:
    """Return a photo of some hundred kilobytes, no two alike."""
    held = io.BytesIO()
    Image.frombytes("RGB", (400, 300), rng.randbytes(400 * 300 * 3)).save(held, "JPEG", quality=90)
    return held.getvalue()


def _told(at: pd.Timestamp) -> str:
    return at.isoformat(timespec="microseconds")
