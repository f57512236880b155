"""A port's own rules: a plain condition, a reason in words, and the place its shipments do not stand below.

A rule is never changed in place: a change is a further row that names the one it takes the place of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from risk import conditions
from risk.refusals import Refusal
from risk.store import declared_rows, hit_records, ledger, roles, working_out
from risk.store.roles import Person
from risk.store.tables import rule_hits, rules, users
from risk.store.texts import kept, line
from risk.store.watching import TRIED_ON, Added, Tried
from risk.watch_entries import LOWEST_FLOOR


class RuleRefused(Refusal):
    """A rule cannot be kept so; a condition that cannot be read is a `conditions.ConditionError`."""


@dataclass(frozen=True)
class NewRule:
    """A rule to be.

    Attributes
    ----------
    name : str
    condition : str
        See `risk.conditions`.
    reason : str
        What an officer reads.
    floor : int
        What it hits stands no lower than this place.
    valid_from : Timestamp or None
        None: from the moment it is added.
    """

    name: str
    condition: str
    reason: str
    floor: int
    valid_from: pd.Timestamp | None = None


@dataclass(frozen=True)
class Rule:
    """A rule of the port.

    Attributes
    ----------
    id : int
    new : NewRule
        What was written, the condition in its canonical writing.
    owner : str
    replaces_id : int or None
    added_at : Timestamp
    ended_at : Timestamp or None
    active : bool
    readable : bool
        False where this version no longer knows a field of its condition: it hits nothing until it is mended.
    hits, inspected, finds : int
        Shipments it (or what it takes the place of) hit, of these inspected after, and with wildlife found.
    """

    id: int
    new: NewRule
    owner: str
    replaces_id: int | None
    added_at: pd.Timestamp
    ended_at: pd.Timestamp | None
    active: bool
    readable: bool
    hits: int = 0
    inspected: int = 0
    finds: int = 0


def tried(connection: sa.Connection, condition: str, last: int = TRIED_ON) -> Tried:
    """Return what a condition would have hit of some of the latest shipments, whenever they became known.

    Raises
    ------
    ConditionError
        It cannot be read.
    """
    parsed = conditions.parse(condition)
    _, table = declared_rows.recent(connection, last)
    return Tried(int(conditions.holds(parsed, table).sum()), len(table))


def add(
    connection: sa.Connection, new: NewRule, person: Person, *, now: pd.Timestamp, at: pd.Timestamp
) -> Added:
    """Keep a rule and work out what it hits of the shipments there are.

    Parameters
    ----------
    now : Timestamp
        The moment shipments are looked at, by which rules count: from it on this one unless it says
        otherwise.
    at : Timestamp
        The time it is: the ledger says it.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    ConditionError
        Its condition cannot be read.
    RuleRefused
        A name, reason or floor is missing, or it hits too many shipments.
    """
    roles.check(connection, person, "tend_lists", at=at)
    return _keep(connection, _checked(connection, new), person, now, at, None)


def change(
    connection: sa.Connection,
    rule_id: int,
    new: NewRule,
    person: Person,
    *,
    now: pd.Timestamp,
    at: pd.Timestamp,
) -> Added:
    """Put a further rule in the place of one, which ends if it had not; the same condition counts on.

    Parameters
    ----------
    now, at : Timestamp
        As of `add`.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    ConditionError, RuleRefused
        There is no such rule, it was replaced before, or see `add`.
    """
    roles.check(connection, person, "tend_lists", at=at)
    new = _checked(connection, new)
    row = _row(connection, rule_id)
    if connection.execute(sa.select(rules.c.id).where(rules.c.replaces_id == rule_id)).first():
        raise RuleRefused("this rule was changed since; look at the list again")
    # An ended rule that is taken up again counts from now on: meanwhile it did not stand.
    if new.valid_from is None and row.condition == new.condition and row.ended_at is None:
        new = NewRule(new.name, new.condition, new.reason, new.floor, pd.Timestamp(row.valid_from))
    if row.ended_at is None:
        connection.execute(rules.update().where(rules.c.id == rule_id).values(ended_at=now))
    return _keep(connection, new, person, now, at, rule_id)


def end(
    connection: sa.Connection, rule_id: int, person: Person, *, now: pd.Timestamp, at: pd.Timestamp
) -> None:
    """End a rule: it hits nothing more and gives no floor.

    Parameters
    ----------
    now, at : Timestamp
        As of `add`.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    RuleRefused
        There is no such rule, or it ended already.
    """
    roles.check(connection, person, "tend_lists", at=at)
    if _row(connection, rule_id).ended_at is not None:
        raise RuleRefused("this rule has ended")
    connection.execute(rules.update().where(rules.c.id == rule_id).values(ended_at=now))
    ledger.append(connection, "rule.ended", at=at, actor=person.actor, subject=f"rule:{rule_id}")


def listed(connection: sa.Connection, *, at: pd.Timestamp, ended: bool = False) -> list[Rule]:
    """Return the rules, the latest first, with what they hit and found.

    Parameters
    ----------
    ended : bool
        Those that ended or were replaced too.
    """
    wanted = sa.select(rules, users.c.login).join(users, users.c.id == rules.c.owner_id)
    rows = connection.execute(wanted.order_by(rules.c.id.desc())).all()
    told = hit_records.record(
        connection, rule_hits, rule_hits.c.rule_id, {row.id: row.replaces_id for row in rows}
    )
    made = (_rule(row, at, told.get(row.id, (0, 0, 0))) for row in rows)
    return [each for each in made if each.active or ended]


def hit_by(connection: sa.Connection, rule_id: int, most: int = 200) -> list[hit_records.Reached]:
    """Return what a rule (or what it takes the place of) hit, the latest first; no more than ``most``."""
    before = {
        row.id: row.replaces_id for row in connection.execute(sa.select(rules.c.id, rules.c.replaces_id))
    }
    numbers = hit_records.line_before([rule_id], before)
    return hit_records.reached(connection, rule_hits, rule_hits.c.rule_id, numbers, most)


def _rule(row: Any, at: pd.Timestamp, told: tuple[int, int, int]) -> Rule:
    ended = None if row.ended_at is None else pd.Timestamp(row.ended_at)
    new = NewRule(row.name, row.condition, row.reason, row.floor, pd.Timestamp(row.valid_from))
    return Rule(
        row.id,
        new,
        row.login,
        row.replaces_id,
        pd.Timestamp(row.at),
        ended,
        ended is None or ended > at,
        _readable(row.condition),
        *told,
    )


def _readable(condition: str) -> bool:
    try:
        conditions.parse(condition)
    except conditions.ConditionError:
        return False
    return True


def _row(connection: sa.Connection, rule_id: int) -> Any:
    row = connection.execute(sa.select(rules).where(rules.c.id == rule_id)).first()
    if row is None:
        raise RuleRefused("there is no such rule")
    return row


def _checked(connection: sa.Connection, new: NewRule) -> NewRule:
    condition = conditions.told(conditions.parse(new.condition))
    checked = NewRule(line(new.name, 120), condition, kept(new.reason, 1_000), new.floor, new.valid_from)
    if not checked.name:
        raise RuleRefused("a rule needs a name")
    if not checked.reason:
        raise RuleRefused("say in a few words why")
    if not 1 <= checked.floor <= LOWEST_FLOOR:
        raise RuleRefused("expected a place from 1 to {most}", most=LOWEST_FLOOR)
    result = tried(connection, condition)
    if result.too_broad:
        raise RuleRefused(
            "this would have hit {hit} of {of} shipments, spread over the latest; say more",
            hit=result.hit,
            of=result.of,
        )
    return checked


def _keep(
    connection: sa.Connection,
    new: NewRule,
    person: Person,
    now: pd.Timestamp,
    at: pd.Timestamp,
    replaces: int | None,
) -> Added:
    row = {
        "name": new.name,
        "condition": new.condition,
        "reason": new.reason,
        "floor": new.floor,
        "replaces_id": replaces,
        "owner_id": person.id,
        "valid_from": now if new.valid_from is None else new.valid_from,
        "at": at,
    }
    number = int(connection.execute(rules.insert().values(**row).returning(rules.c.id)).scalar_one())
    hit = working_out.of_rule(connection, number, at=now)
    facts: dict[str, ledger.Plain] = {"floor": new.floor, "hit": hit}
    if replaces is not None:
        facts["replaces"] = replaces
    kind = "rule.added" if replaces is None else "rule.changed"
    ledger.append(connection, kind, at=at, actor=person.actor, subject=f"rule:{number}", facts=facts)
    return Added(number, hit)
