"""Which model is in force (the champion), and which scores beside it without anybody working by it (shadow).

A model that was either stays known as retired, so that its scores can be computed again.
"""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from risk.refusals import Refusal
from risk.store import ledger, roles
from risk.store.roles import Person
from risk.store.tables import models

CHAMPION, SHADOW, RETIRED = "champion", "shadow", "retired"
STAGES: Final = (CHAMPION, SHADOW, RETIRED)


class StageError(Refusal):
    """A model cannot be put where it was to be put; the text says why."""


def everything(connection: sa.Connection) -> list[sa.Row[Any]]:
    """Return every model the port knows: rows of `tables.models`, the one in force first."""
    order = sa.case((models.c.stage == CHAMPION, 0), (models.c.stage == SHADOW, 1), else_=2)
    return list(connection.execute(sa.select(models).order_by(order, models.c.id)))


def of_stage(connection: sa.Connection, stage: str) -> sa.Row[Any] | None:
    """Return the champion or the shadow, None where there is none."""
    return connection.execute(sa.select(models).where(models.c.stage == stage)).first()


def begin(connection: sa.Connection, model_id: str, risk_basis: str, *, at: pd.Timestamp) -> None:
    """Note the starter model as the one in force where no model was put in force yet."""
    if of_stage(connection, CHAMPION) is None:
        _put(connection, model_id, risk_basis, "", CHAMPION, "system", at)


def put(
    connection: sa.Connection,
    model_id: str,
    risk_basis: str,
    path: str,
    stage: str,
    person: Person,
    *,
    at: pd.Timestamp,
) -> None:
    """Put a model in force, or beside the one in force; the one that was there is retired.

    Parameters
    ----------
    path : str
        Where it lies; empty for the starter model.
    stage : str
        `CHAMPION` or `SHADOW`.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    StageError
        No such stage, or it is there already.
    """
    roles.check(connection, person, "administer", at=at)
    if stage not in (CHAMPION, SHADOW):
        raise StageError("A model is put in force or beside the one in force, nowhere else.")
    champion = of_stage(connection, CHAMPION)
    if champion is not None and champion.model_id == model_id:
        raise StageError("This model is in force already.")
    before = of_stage(connection, stage)
    if before is not None and before.model_id == model_id:
        raise StageError("This model scores beside the one in force already.")
    if champion is None and stage == SHADOW:
        raise StageError("No model is in force yet.")
    _put(connection, model_id, risk_basis, path, stage, person.actor, at)


def end_shadow(connection: sa.Connection, person: Person, *, at: pd.Timestamp) -> None:
    """Let no model score beside the one in force any more.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    StageError
        There is none.
    """
    roles.check(connection, person, "administer", at=at)
    shadow = of_stage(connection, SHADOW)
    if shadow is None:
        raise StageError("No model scores beside the one in force.")
    _retire(connection, SHADOW, at)
    facts: dict[str, ledger.Plain] = {"model": shadow.model_id, "stage": RETIRED}
    ledger.append(connection, "model", at=at, actor=person.actor, facts=facts)


def _put(
    connection: sa.Connection,
    model_id: str,
    risk_basis: str,
    path: str,
    stage: str,
    actor: str,
    at: pd.Timestamp,
) -> None:
    before = of_stage(connection, stage)
    _retire(connection, stage, at)
    values = {"stage": stage, "risk_basis": risk_basis, "path": path, "changed_at": at}
    if connection.execute(sa.select(models.c.id).where(models.c.model_id == model_id)).first():
        connection.execute(models.update().where(models.c.model_id == model_id).values(**values))
    else:
        connection.execute(models.insert().values(model_id=model_id, **values))
    facts: dict[str, ledger.Plain] = {
        "model": model_id,
        "stage": stage,
        "basis": risk_basis,
        "before": before.model_id if before else None,
    }
    ledger.append(connection, "model", at=at, actor=actor, facts=facts)


def _retire(connection: sa.Connection, stage: str, at: pd.Timestamp) -> None:
    there = models.update().where(models.c.stage == stage)
    connection.execute(there.values(stage=RETIRED, changed_at=at))
