"""What the page of loads shows: jobs, what became of them, and the questions about an unknown table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from features.manifest.proposals import MappingProposal
from risk.store.jobs import ENDED, Job
from risk.store.roles import Person

#: Counts of a load told in this order; others after them.
ORDER = ("rows_read", "shipments", "changed", "rejected")
#: Columns asked about at once; a table with more has the rest below a fold.
ASKED_FIRST = 40
#: Columns a preview shows first, where they hold anything.
SHOWN = (
    *("shipment_id", "master_id", "mode", "direction", "arrives_at", "shipper_name", "consignee_name"),
    *("goods_description", "hs_codes", "origin_country", "loading_port", "discharge_port"),
    *("destination_country", "gross_weight_kg", "packages", "container_ids", "vessel_or_flight"),
)
#: Where a row stands: of a preview, in no file that anybody knows.
_WHERE = ("source_file", "source_position")


@dataclass(frozen=True)
class Load:
    """One load.

    Attributes
    ----------
    id : int
    state : str
        ``queued``, ``running``, ``done``, ``failed`` or ``stopped``.
    files : tuple of str
    asked_at : Timestamp
    asked_by : str
        Name or login; empty for the program itself.
    done, total : int
        Shipments done so far of the step, and of how many (0: not known yet).
    step : str
        ``waiting`` in the queue; ``reading``, ``putting in`` … while it runs.
    told : tuple of str
        Lines on why it failed.
    counts : tuple of (str, int)
        What became of the rows, in order.
    batch : int or None
        Its problems are found by this number.
    rejected : int
    nothing_new : bool
        All of it stood in the database before.
    may_stop : bool
    """

    id: int
    state: str
    files: tuple[str, ...]
    asked_at: pd.Timestamp
    asked_by: str
    done: int
    total: int
    step: str
    told: tuple[str, ...]
    counts: tuple[tuple[str, int], ...]
    batch: int | None
    rejected: int
    nothing_new: bool
    may_stop: bool

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will come of it."""
        return self.state in ENDED


def loads(jobs: Sequence[Job], names: Mapping[int, str], person: Person) -> list[Load]:
    """Return the loads among jobs, in their order.

    Parameters
    ----------
    names : mapping of int to str
        Account -> what people are called.
    person : Person
        Who looks: one's own loads can be stopped, a supervisor's are all.
    """
    return [_load(job, names, person) for job in jobs if job.kind == "load"]


def _load(job: Job, names: Mapping[int, str], person: Person) -> Load:
    result = job.result or {}
    counts = {name: int(value) for name, value in result.items() if name != "batch"}
    if counts.get("shipments") == counts.get("changed"):
        counts.pop("shipments", None)
    known = [(name, counts.pop(name)) for name in ORDER if name in counts]
    own = job.asked_by == person.id or person.may("stop_others")
    failed = job.state == "failed"
    # What a later version replaced said other things: that is not told as the same.
    nothing_new = result.get("changed") == 0 == result.get("superseded", 0) and result.get(
        "rows_read", 0
    ) > result.get("rejected", 0)
    return Load(
        id=job.id,
        state=job.state,
        files=tuple(str(each.get("name", "")) for each in job.asked.get("files", ())),
        asked_at=job.asked_at,
        asked_by=names.get(job.asked_by, "") if job.asked_by is not None else "",
        done=job.done,
        total=job.total,
        step=_step(job),
        told=tuple(job.message.splitlines()) if failed else (),
        counts=(*known, *((name, value) for name, value in sorted(counts.items()) if value)),
        batch=result.get("batch"),
        rejected=int(result.get("rejected", 0)),
        nothing_new=job.state == "done" and nothing_new,
        may_stop=job.state not in ENDED and own and person.may("load"),
    )


def _step(job: Job) -> str:
    if job.state in ENDED:
        return ""
    # A worker that took it says what it does only some seconds later, and reads first.
    return job.message or ("waiting" if job.state == "queued" else "reading")


@dataclass(frozen=True)
class Question:
    """One column of an unknown table.

    Attributes
    ----------
    source : str
    samples : tuple of str
    guess : str
        Canonical column, empty for none.
    sure : float
        0 to 1.
    """

    source: str
    samples: tuple[str, ...]
    guess: str
    sure: float


def questions(proposal: MappingProposal) -> list[Question]:
    """Return what is asked about a table: columns with a guess first, each source column once."""
    asked: dict[str, Question] = {}
    for each in proposal.columns:
        for name in filter(None, (each.source, *each.others)):
            if name not in asked:
                samples = each.samples if name == each.source else ()
                asked[name] = Question(name, samples, each.canonical, each.confidence)
    for each in proposal.unused:
        asked.setdefault(each.source, Question(each.source, each.samples, "", 0.0))
    return list(asked.values())


def previewed(table: pd.DataFrame, most: int = 3) -> pd.DataFrame:
    """Return the first shipments of a preview as texts: one row per column that holds anything.

    Returns
    -------
    DataFrame, shape (columns, at most ``most``)
        Index: canonical columns; columns: bill numbers, made different where they are not.
    """
    head = table.head(most)
    names = [name for name in (*SHOWN, *(n for n in head.columns if n not in SHOWN)) if name in head.columns]
    names = [name for name in names if name not in _WHERE and head[name].notna().any()]
    texts = {name: ["" if pd.isna(cell) else str(cell) for cell in head[name]] for name in names}
    return pd.DataFrame.from_dict(texts, orient="index", columns=[str(n + 1) for n in range(len(head))])
