"""The whole of a port's database checked for what an auditor asks: whether what stands there holds together.

What is checked is told with what was found, one line each; what is broken is named with the first row that
shows it. A database whose every row was made anew by somebody who can write to it and knows the site's secret
holds together as well: against that only a head of the ledger helps that was printed and kept elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from models.bundle import Bundle
from risk.language import N_
from risk.store import inspections, ledger, publishing, replaying, sealed, settings, shipments
from risk.store.said import Said, line_of
from risk.store.tables import (
    batches,
    declared,
    lists,
    outcomes,
    photos,
    purges,
    reasons,
    records,
    scores,
    versions,
)
from risk.store.tables import ledger as ledger_rows

HOLDS, BROKEN, UNCHECKED = "holds", "broken", "unchecked"

#: Rows named of one kind of fault; the rest are counted.
NAMED = 5

_AT_ONCE = 500
#: How many checks `check` makes.
CHECKS = 8


@dataclass(frozen=True)
class Checked:
    """What one check found.

    Attributes
    ----------
    name : str
        What was checked: ``ledger``, ``outcomes``, ``lists``, …
    state : str
        `HOLDS`, `BROKEN` or `UNCHECKED`.
    said : tuple of Said
        What was found, for people.
    problems : tuple of Said
        What is broken, the first rows named.
    """

    name: str
    state: str
    said: tuple[Said, ...]
    problems: tuple[Said, ...] = ()

    @property
    def told(self) -> str:
        """What was found, in English."""
        return "; ".join(map(str, self.said))


def check(
    connection: sa.Connection,
    *,
    head: str = "",
    secret: bytes | None = None,
    goes_on: Callable[[str], None] = lambda name: None,
) -> list[Checked]:
    """Check everything a database can be checked for.

    Parameters
    ----------
    connection : Connection
        That sees one moment throughout (`Database.read`).
    head : str
        A head as printed on a list or report.
    secret : bytes, optional
        The site's secret; without it outcomes and draws cannot be checked, which is said.
    goes_on : callable
        Told what is checked next.

    Raises
    ------
    risk.store.ledger.LedgerError
        ``head`` is no head.
    """
    found: list[Checked] = []
    works: dict[str, Callable[[], Checked]] = {
        "ledger": lambda: of_ledger(connection, head),
        "batches": lambda: of_batches(connection),
        "records": lambda: of_records(connection),
        "purges": lambda: of_purges(connection),
        "photos": lambda: of_photos(connection),
        "secret": lambda: of_secret(connection, secret),
        "outcomes": lambda: of_outcomes(connection, secret),
        "lists": lambda: of_lists(connection, secret),
    }
    for name, work in works.items():
        goes_on(name)
        try:
            found.append(work())
        except ledger.LedgerError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
            # Rows somebody wrote by hand: what cannot be made sense of does not hold.
            why = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            found.append(
                Checked(
                    name,
                    BROKEN,
                    (line_of(N_("what stands there makes no sense")),),
                    (Said("{why}", {"why": why}),),
                )
            )
    return found


def holds(found: list[Checked]) -> bool:
    """Tell whether nothing is broken."""
    return all(each.state != BROKEN for each in found)


def of_ledger(connection: sa.Connection, head: str = "") -> Checked:
    """Check the chain, and that it reaches a printed head."""
    verified = ledger.verify(connection, head)
    if verified.fault is not None:
        where = _at(N_("row {row}: {fault}"), row=verified.broken, fault=verified.fault)
        told = line_of(N_("{n} rows hold, then it breaks"), n=verified.rows)
        return Checked("ledger", BROKEN, (told,), (where,))
    told = line_of(N_("{n} rows hold; head {head}"), n=verified.rows, head=verified.head)
    parts = [told]
    if head:
        parts.append(line_of(N_("it reaches the printed head {head}"), head=head.strip()))
    # In a sample time stands still for shipments and goes on for people.
    if verified.back and not settings.current(connection)["clock"]:
        text = N_("the clock was set back {n} times, first before row {row}")
        parts.append(line_of(text, n=len(verified.back), row=verified.back[0]))
    return Checked("ledger", HOLDS, tuple(parts))


def of_batches(connection: sa.Connection) -> Checked:
    """Check that the scores of every batch are those the ledger says were put in."""
    entered = {subject: facts["data"] for _, subject, facts in _rows_of(connection, "batch")}
    ready = connection.execute(
        sa.select(batches.c.id, batches.c.data_hash).where(batches.c.state == "ready").order_by(batches.c.id)
    ).all()
    wrong = []
    for row in ready:
        said = entered.pop(f"batch:{row.id}", None)
        if said is None:
            wrong.append(_at(N_("batch {row}: the ledger does not know it"), row=row.id))
        elif said != row.data_hash:
            wrong.append(_at(N_("batch {row}: its hash is not the one in the ledger"), row=row.id))
        elif shipments.data_hash(connection, row.id) != said:
            wrong.append(_at(N_("batch {row}: its scores are not the ones that were put in"), row=row.id))
    wrong += [_gone(subject) for subject in entered]
    return _checked("batches", (line_of(N_("{n} batches are as they were put in"), n=len(ready)),), wrong)


def of_records(connection: sa.Connection) -> Checked:
    """Check every record against its hash, and the numbers of its score against the record."""
    wrong, count, last, alone = [], 0, 0, 0
    while True:
        rows = connection.execute(
            sa.select(
                scores,
                records.c.record,
                reasons.c.records.label("reasons"),
                reasons.c.told,
                declared.c.row,
                declared.c.origin,
            )
            .join(records, records.c.score_id == scores.c.id)
            .outerjoin(reasons, reasons.c.score_id == scores.c.id)
            .outerjoin(declared, declared.c.version_id == scores.c.version_id)
            .where(scores.c.id > last)
            .order_by(scores.c.id)
            .limit(_AT_ONCE)
        ).all()
        if not rows:
            break
        for row in rows:
            read = replaying.unpacked(row.record, row.record_hash)
            faults = [line_of(text) for text in read.wrong]
            faults = faults or [*replaying.repeated(row, read.numbers), *_beside(row, read.beside)]
            wrong += [_at(N_("score {row}: {fault}"), row=row.id, fault=fault) for fault in faults[:1]]
            alone += not read.beside
        last, count = rows[-1].id, count + len(rows)
    told = [
        line_of(
            N_("{n} records of scores are unchanged, with what was declared and the reasons as shown"),
            n=count,
        )
    ]
    if alone:
        told.append(line_of(N_("{n} made by an earlier version say nothing of these"), n=alone))
    return _checked("records", tuple(told), wrong)


def _beside(row: Any, said: dict[str, str]) -> list[Said]:
    """Return what is kept beside a record that is not what the record says of it."""
    wrong = []
    of_score = (row.model_id, row.risk_basis, row.families, row.notes, row.reasons, row.told)
    if "shown" in said and said["shown"] != sealed.of_shown(*of_score):
        wrong.append(line_of(N_("its reasons, their words or its basis are not those that were shown")))
    stated = "declared" in said and row.row is not None
    if stated and said["declared"] != sealed.of_declared(row.row, row.origin):
        wrong.append(line_of(N_("what was declared is not what was scored")))
    return wrong


def of_purges(connection: sa.Connection) -> Checked:
    """Check that what was declared is there or was purged by a rule the ledger knows."""
    gone = (
        sa.select(versions.c.id)
        .join(batches, batches.c.id == versions.c.batch_id)
        .outerjoin(declared, declared.c.version_id == versions.c.id)
        .outerjoin(purges, purges.c.version_id == versions.c.id)
        .where(batches.c.state == "ready", declared.c.version_id.is_(None), purges.c.id.is_(None))
        .order_by(versions.c.id)
    )
    wrong = [
        _at(N_("version {row}: its declared row is gone, and no rule took it"), row=number)
        for number in _all(connection, gone)
    ]
    lost = (
        sa.select(scores.c.id)
        .join(batches, batches.c.id == scores.c.batch_id)
        .outerjoin(records, records.c.score_id == scores.c.id)
        .outerjoin(purges, purges.c.version_id == scores.c.version_id)
        .where(batches.c.state == "ready", records.c.score_id.is_(None), purges.c.id.is_(None))
        .order_by(scores.c.id)
    )
    text = N_("score {row}: its record is gone, and no rule took it")
    wrong += [_at(text, row=number) for number in _all(connection, lost)]
    told: dict[str, int] = {}
    for _, _, facts in _rows_of(connection, "purge"):
        told[facts["rule"]] = told.get(facts["rule"], 0) + int(facts.get("versions", 0))
    kept = sa.select(purges.c.rule, sa.func.count()).group_by(purges.c.rule).order_by(purges.c.rule)
    there = {row[0]: int(row[1]) for row in connection.execute(kept)}
    for rule in sorted({**told, **there}):
        said, found = told.get(rule, 0), there.get(rule, 0)
        if said != found:
            text = N_("rule {rule}: versions purged by the ledger: {said}; there are: {found}")
            wrong.append(line_of(text, rule=rule, said=said, found=found))
    told_all = line_of(N_("{n} versions were purged by rule, none otherwise"), n=sum(there.values()))
    return _checked("purges", (told_all,), wrong)


def of_photos(connection: sa.Connection) -> Checked:
    """Check every photo against the ledger."""
    entered = {facts["photo"]: (seq, facts["sha256"]) for seq, _, facts in _rows_of(connection, "photo")}
    purged = sum(int(facts.get("photos", 0)) for _, _, facts in _rows_of(connection, "purge"))
    wrong, count = [], 0
    for number in _all(connection, sa.select(photos.c.id).order_by(photos.c.id)):
        content = connection.execute(sa.select(photos.c.content).where(photos.c.id == number)).scalar_one()
        count += 1
        if number not in entered:
            wrong.append(_at(N_("photo {row}: the ledger does not know it"), row=number))
        elif entered.pop(number)[1] != sha256(content).hexdigest():
            wrong.append(_at(N_("photo {row}: it is not the one that was kept"), row=number))
    if len(entered) != purged:
        text = N_("photos that are gone: {gone}; purged by rule: {purged}")
        wrong.append(line_of(text, gone=len(entered), purged=purged))
    return _checked("photos", (line_of(N_("{n} photos are unchanged"), n=count),), wrong)


def of_secret(connection: sa.Connection, secret: bytes | None) -> Checked:
    """Check the site's secret against what the ledger committed to."""
    if secret is None:
        return Checked(
            "secret", UNCHECKED, (line_of(N_("not checked: the site's secret was not given (--data)")),)
        )
    committed = _commitments(connection)
    if not committed:
        told = line_of(N_("not checked: no list was published yet, which commits to it"))
        return Checked("secret", UNCHECKED, (told,))
    if sha256(secret).hexdigest() != committed[-1][1]:
        return _checked("secret", (), [line_of(N_("it is not the one the ledger committed to"))])
    if len(committed) > 1:
        before = line_of(N_("{n} were in use before"), n=len(committed) - 1)
        return Checked("secret", HOLDS, (line_of(N_("it is the one the ledger committed to last")), before))
    return Checked("secret", HOLDS, (line_of(N_("it is the one the ledger committed to")),))


def of_outcomes(connection: sa.Connection, secret: bytes | None) -> Checked:
    """Check that every outcome is the one that was entered."""
    since = _keyed_since(connection, secret)
    wrong = _in_force(connection)
    if secret is None or since is None:
        if wrong:
            return _checked("outcomes", (), wrong)
        return Checked("outcomes", UNCHECKED, (line_of(N_("not checked: needs the site's secret (--data)")),))
    entered = {facts["outcome"]: seq for seq, _, facts in _rows_of(connection, "outcome")}
    for number in inspections.changed_behind(connection, secret):
        if number not in entered:
            wrong.append(_at(N_("outcome {row}: the ledger does not know it"), row=number))
        elif entered[number] > since:
            text = N_("outcome {row}: not what was entered (ledger row {seq})")
            wrong.append(_at(text, row=number, seq=str(entered[number])))
    count = sum(seq > since for seq in entered.values())
    told = line_of(N_("{n} outcomes are as they were entered"), n=count)
    return _checked("outcomes", (told, *_before(len(entered) - count)), wrong)


def _in_force(connection: sa.Connection) -> list[Said]:
    """Return outcomes that count although one replaced them, or do not although none did."""
    kept = connection.execute(
        sa.select(outcomes.c.id, outcomes.c.current, outcomes.c.replaces_id).order_by(outcomes.c.id)
    ).all()
    replaced = {row.replaces_id for row in kept}
    twice, not_at_all = (
        N_("outcome {row}: counts, but a later one replaced it"),
        N_("outcome {row}: does not count"),
    )
    return [
        _at(twice if row.current else not_at_all, row=row.id)
        for row in kept
        if bool(row.current) == (row.id in replaced)
    ]


def of_lists(connection: sa.Connection, secret: bytes | None) -> Checked:
    """Check that published lists are as they were, and draw them again."""
    entered = {subject: (seq, facts) for seq, subject, facts in _rows_of(connection, "list.published")}
    since = _keyed_since(connection, secret)
    wrong, drawn = [], 0
    kept = connection.execute(sa.select(lists).order_by(lists.c.id)).all()
    for row in kept:
        seq, facts = entered.pop(f"list:{row.id}", (0, _Facts()))
        published = (facts["digest"], facts["data"], facts["draw"])
        if not seq:
            wrong.append(_at(N_("list {row}: the ledger does not know it"), row=row.id))
        elif (row.digest, row.data_hash, row.draw_commitment) != published:
            wrong.append(_at(N_("list {row}: it is not the one that was published"), row=row.id))
        elif secret is not None and since is not None and seq > since:
            drawn += 1
            differs = publishing.drawn_again(connection, row.id, secret)
            if "rows" in facts and publishing.rows_digest(connection, row.id, secret) != facts["rows"]:
                text = N_("its rows, or what it says of itself, are not those that were published")
                differs.append(line_of(text))
            wrong += [_at(N_("list {row}: {fault}"), row=row.id, fault=fault) for fault in differs[:1]]
    wrong += [_gone(subject) for subject in entered]
    told = [line_of(N_("{n} lists are as they were published"), n=len(kept))]
    if secret is None or since is None:
        told.append(line_of(N_("their draws were not made again: that needs the site's secret (--data)")))
    else:
        told.append(line_of(N_("{n} draws were made again and are the same"), n=drawn))
        told += _before(len(kept) - drawn)
    return _checked("lists", tuple(told), wrong)


def _commitments(connection: sa.Connection) -> list[tuple[int, str]]:
    """Return the ledger's commitments to secrets of the site: row and SHA-256, oldest first."""
    return [(seq, facts["sha256"]) for seq, _, facts in _rows_of(connection, "site.secret")]


def _keyed_since(connection: sa.Connection, secret: bytes | None) -> int | None:
    """Return the ledger's row after which a secret was in use, None where it is not the one in use."""
    if secret is None:
        return None
    committed = _commitments(connection)
    if committed and committed[-1][1] != sha256(secret).hexdigest():
        return None
    # The first secret was in use before a list committed to it; one that replaced it was not.
    return committed[-1][0] if len(committed) > 1 else 0


def _before(count: int) -> tuple[Said, ...]:
    earlier = N_("{n} of an earlier secret of the site were not checked")
    return (line_of(earlier, n=count),) if count else ()


def of_scores(connection: sa.Connection, goes_on: Callable[[int], None] = lambda done: None) -> Checked:
    """Compute every score that still has its record again, and compare to the bit."""
    found: dict[str, Bundle | replaying.ReplayError] = {}

    def model(model_id: str) -> Bundle:
        if model_id not in found:
            try:
                found[model_id] = replaying.bundle_of(connection, model_id)
            except replaying.ReplayError as error:
                found[model_id] = error
        given = found[model_id]
        if isinstance(given, replaying.ReplayError):
            raise given
        return given

    states: dict[str, int] = {}
    wrong, done = [], 0
    ready = sa.select(batches.c.id).where(batches.c.state == "ready")
    ids = _all(connection, sa.select(scores.c.id).where(scores.c.batch_id.in_(ready)).order_by(scores.c.id))
    for start in range(0, len(ids), _AT_ONCE):
        for each in replaying.replay(connection, ids[start : start + _AT_ONCE], model):
            states[each.state] = states.get(each.state, 0) + 1
            if each.state in (replaying.DIFFERS, replaying.MISSING):
                wrong.append(_at(N_("score {row}: {fault}"), row=each.score_id, fault=each.told))
        done += len(ids[start : start + _AT_ONCE])
        goes_on(done)
    told = [line_of(N_("{n} scores are the same to the bit"), n=states.get(replaying.SAME, 0))]
    for state, words in (
        (replaying.PURGED, N_("{n} have their inputs purged by rule")),
        (replaying.NO_MODEL, N_("{n} were not replayed: their model is not here")),
    ):
        told += [line_of(words, n=states[state])] if state in states else []
    return _checked("scores", tuple(told), wrong)


def _at(text: str, *, row: object, **values: str | int | Said) -> Said:
    """Return a fault of one row, whose number is a name: it has no separators."""
    return Said(text, {"row": str(row), **values})


def _gone(subject: str) -> Said:
    kind, _, number = subject.partition(":")
    known = {
        "batch": N_("batch {row}: in the ledger, but gone"),
        "list": N_("list {row}: in the ledger, but gone"),
    }
    return _at(known.get(kind, "{row}: in the ledger, but gone"), row=number if kind in known else subject)


def _checked(name: str, told: tuple[Said, ...], wrong: list[Said]) -> Checked:
    if not wrong:
        return Checked(name, HOLDS, told)
    more = [line_of(N_("and {n} more"), n=len(wrong) - NAMED)] if len(wrong) > NAMED else []
    faults = line_of(N_("{n} faults"), n=len(wrong)) if len(wrong) > 1 else line_of(N_("1 fault"))
    return Checked(name, BROKEN, (faults,), (*wrong[:NAMED], *more))


def _rows_of(connection: sa.Connection, kind: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield number, subject and facts of the ledger's rows of a kind, oldest first."""
    wanted = sa.select(ledger_rows.c.seq, ledger_rows.c.subject, ledger_rows.c.facts).where(
        ledger_rows.c.kind == kind
    )
    for row in connection.execute(wanted.order_by(ledger_rows.c.seq)):
        yield row.seq, row.subject, _Facts(_read(row.facts))


class _Facts(dict[str, Any]):
    """Facts of a row somebody may have changed: what is not there is empty."""

    def __missing__(self, name: str) -> str:
        return ""


def _read(text: str) -> dict[str, Any]:
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _all(connection: sa.Connection, wanted: sa.Select[Any]) -> list[int]:
    return list(connection.execute(wanted).scalars())
