"""Load: drop files of any format, say what an unknown table holds, watch the job, read what was wrong."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pandas as pd
import streamlit as st

from app import forms, session, uploader
from app.views import address
from app.views import load as view
from app.words import _, moment, ngettext, number, plain, word
from features.manifest import ManifestError, schema
from features.manifest.proposals import MappingProposal
from risk import unknown_tables, worker, writing
from risk.refusals import Refusal
from risk.store import jobs, people, saved, uploads
from risk.store.database import Busy
from risk.store.roles import Person
from risk.unknown_tables import Answer
from risk.worker import keep_upload

ACTION = "load"
#: Seconds between two looks at a job that runs.
LOOK = 2
#: Loads shown, and rows of problems shown of one.
LATEST, ROWS = 8, 50


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Load"))
    waiting = _waiting()
    if waiting:
        _unknown(person, waiting)
    else:
        _drop(person)
    st.header(_("Latest loads"))
    _watch(person)
    _explained(person)


# --- files --------------------------------------------------------------------------------------


def _drop(person: Person) -> None:
    with session.database().read() as connection:
        senders = list(saved.senders(connection))
    with st.form(forms.key("drop"), border=True):
        given = uploader.files(
            _("Manifests, declarations and messages, of any format"),
            accept_multiple_files=True,
            help=_("CSV, Excel, Parquet, JSON Lines, EDIFACT, X12, XML, Cargo-IMP, zip archives of them."),
        )
        sender = st.selectbox(
            _("Sender, for tables whose columns were explained before"),
            ["", *senders],
            format_func=lambda name: name or _("None: tell by the content"),
        )
        sent = st.form_submit_button(_("Load"), type="primary")
    if not sent:
        return
    if not given:
        st.warning(_("Choose files first."))
        return
    try:
        kept = [_keep(person, file.name, file.getvalue()) for file in given]
        unknown = _ask(person, kept, sender or "")
    except (Refusal, Busy) as error:
        session.say_fault(error)
        return
    forms.empty("drop")
    if unknown:
        st.query_params["map"] = [str(each.id) for each in unknown]
    st.rerun()


def _explained(person: Person) -> None:
    """Let what was explained of a sender's tables be forgotten: their next table is asked about anew."""
    with session.database().read() as connection:
        senders = saved.senders(connection)
    if not senders:
        return
    zone = str(session.chosen()["time_zone"])
    with st.expander(_("Senders whose columns were explained")):
        sender = st.selectbox(
            _("Sender"),
            list(senders),
            index=None,
            format_func=lambda name: f"{name} · {moment(senders[name], zone)}",
            placeholder=_("Choose"),
            key="load.explained",
        )
        st.caption(_("Forgotten, the columns of their next table are asked about anew."))
        if not st.button(_("Forget how their tables are read"), disabled=sender is None):
            return
    try:
        with session.database().write() as connection:
            saved.drop_mapping(connection, str(sender), person, at=session.clock())
    except (Refusal, Busy) as error:
        session.say_fault(error)
        return
    st.session_state.pop("load.explained", None)
    st.rerun()


def _keep(person: Person, name: str, content: bytes) -> uploads.Upload:
    digest = sha256(content).hexdigest()
    keep_upload(session.data_folder(), content, digest)
    with session.database().write() as connection:
        return uploads.add(connection, name, digest, len(content), person, at=session.clock())


def _ask(person: Person, kept: list[uploads.Upload], sender: str) -> list[uploads.Upload]:
    """Ask for what is known to be loaded; return the rest, which has to be explained."""
    toml = ""
    if sender:
        with session.database().read() as connection:
            toml = saved.mapping(connection, sender)
    known: list[uploads.Upload] = []
    mapped: list[uploads.Upload] = []
    unknown: list[uploads.Upload] = []
    for each in kept:
        if not unknown_tables.is_unknown(_path(each), each.name):
            known.append(each)
        elif toml and not unknown_tables.is_unknown(_path(each), each.name, toml):
            mapped.append(each)
        else:
            unknown.append(each)
    with session.database().write() as connection:
        for files, mapping in ((known, ""), (mapped, toml)):
            if files:
                uploads.load(connection, files, person, at=session.clock(), mapping=mapping)
    return unknown


def _path(upload: uploads.Upload) -> Path:
    return session.data_folder() / worker.UPLOADS / upload.sha256


# --- an unknown table -----------------------------------------------------------------------


def _waiting() -> list[uploads.Upload]:
    """Return the tables to be explained: they stand in the address, so that a refresh keeps them."""
    asked = [address.number(text) for text in st.query_params.get_all("map")[:50]]
    with session.database().read() as connection:
        found = [uploads.get(connection, number) for number in asked if number is not None]
    return [each for each in found if each is not None and _path(each).is_file()]


def _unknown(person: Person, waiting: list[uploads.Upload]) -> None:
    table = waiting[0]
    st.header(_("What do the columns of {file} hold?").format(file=plain(table.name)))
    if len(waiting) > 1:
        st.caption(
            ngettext("{n} more table waits", "{n} more tables wait", len(waiting) - 1).format(
                n=len(waiting) - 1
            )
        )
    try:
        proposal = _proposal(str(_path(table)))
    except ManifestError as error:
        st.error(plain(str(error)))
        proposal = None
    if proposal is None:
        if st.button(_("Leave this file out"), key=f"leave-{table.id}"):
            _next(waiting)
        return
    answer = _answers(table.id, proposal)
    toml = unknown_tables.mapping(answer, proposal)
    fits = _preview(table, toml)
    _finish(person, waiting, toml, fits)


@st.cache_data(max_entries=16, show_spinner=False)
def _proposal(path: str) -> MappingProposal:
    # A file lies under the digest of its content: its path says all of it.
    return unknown_tables.guess(Path(path))


def _answers(key: int, proposal: MappingProposal) -> Answer:
    columns: dict[str, str] = {}
    asked = view.questions(proposal)
    choices = ["", *(column.name for column in unknown_tables.targets())]
    _rows(key, asked[: view.ASKED_FIRST], choices, columns)
    if rest := asked[view.ASKED_FIRST :]:
        with st.expander(
            ngettext("{n} more column", "{n} more columns", len(rest)).format(n=number(len(rest)))
        ):
            _rows(key, rest[: view.ASKED_FIRST * 4], choices, columns)
    left, middle, right = st.columns(3)
    days = {"": _("As the dates tell"), "day": _("Day first: 31/12"), "month": _("Month first: 12/31")}
    written = left.selectbox(
        _("How dates are written"), list(days), format_func=days.__getitem__, key=f"days-{key}"
    )
    weight = middle.selectbox(_("Unit of the weights"), list(unknown_tables.WEIGHTS), key=f"kg-{key}")
    modes = {"": _("As the table says"), **{mode: word("mode", mode) for mode in schema.MODES}}
    mode = right.selectbox(
        _("How all of it travels"), list(modes), format_func=modes.__getitem__, key=f"mode-{key}"
    )
    dayfirst = {"day": True, "month": False}.get(written)
    return Answer(columns, {"mode": mode} if mode else {}, dayfirst, weight)


def _rows(key: int, asked: list[view.Question], choices: list[str], columns: dict[str, str]) -> None:
    for place, title in zip(st.columns([2, 3, 3]), (_("Column"), _("Such as"), _("Holds")), strict=True):
        place.caption(title)
    for position, each in enumerate(asked):
        name, values, choice = st.columns([2, 3, 3], vertical_alignment="center")
        name.markdown(f"**{plain(each.source[:80])}**")
        values.markdown(" · ".join(plain(sample[:40]) for sample in each.samples) or "–")
        chosen = choice.selectbox(
            _("What {column} holds").format(column=plain(each.source[:80])),
            choices,
            index=choices.index(each.guess) if each.guess in choices else 0,
            format_func=_meaning,
            key=f"column-{key}-{position}-{each.source[:40]}",
            label_visibility="collapsed",
        )
        if chosen:
            columns[each.source] = chosen


def _meaning(name: str) -> str:
    return f"{_(schema.BY_NAME[name].meaning)} ({name})" if name else _("Not used")


def _preview(table: uploads.Upload, toml: str) -> bool:
    st.subheader(_("What becomes of its first rows"))
    try:
        found = unknown_tables.preview(_path(table), table.name, toml)
    except ManifestError as error:
        st.error("  \n".join(plain(line) for line in str(error).splitlines()[:10]))
        return False
    counts = {"rows_read": found.rows, "shipments": len(found.table)}
    told = [f"{_count(name)}: {number(n)}" for name, n in counts.items()]
    st.caption(" · ".join([*told, f"{_('Problems')}: {number(len(found.problems))}"]))
    shown = view.previewed(found.table).map(plain)
    shown.index = pd.Index(
        [_(schema.BY_NAME[name].meaning) if name in schema.BY_NAME else plain(name) for name in shown.index]
    )
    st.table(shown)
    if len(found.problems):
        with st.expander(_("Problems")):
            _table(found.problems.rename(columns={"shipment_id": "bill"}).head(ROWS))
    return len(found.table) > 0


def _finish(person: Person, waiting: list[uploads.Upload], toml: str, fits: bool) -> None:
    table = waiting[0]
    sender = st.text_input(
        _("Sender: keep these answers for tables of theirs (may stay empty)"),
        key=f"sender-{table.id}",
        max_chars=200,
    )
    load, leave = st.columns(2)
    # Of this table: the second half of a double click must not do the same to the next one.
    if load.button(
        _("Load it so"), key=f"load-{table.id}", type="primary", disabled=not fits, width="stretch"
    ):
        try:
            with session.database().write() as connection:
                if sender.strip():
                    saved.save_mapping(connection, sender, toml, person, at=session.clock())
                uploads.load(connection, [table], person, at=session.clock(), mapping=toml)
        except (Refusal, Busy) as error:
            session.say_fault(error)
            return
        _next(waiting)
    if leave.button(_("Leave this file out"), key=f"leave-{table.id}", width="stretch"):
        _next(waiting)
    with st.expander(_("The answers as a mapping file")):
        st.code(toml, language="toml")


def _next(waiting: list[uploads.Upload]) -> None:
    rest = [str(each.id) for each in waiting[1:]]
    if rest:
        st.query_params["map"] = rest
    else:
        del st.query_params["map"]
    st.rerun()


# --- loads --------------------------------------------------------------------------------------


def _watch(person: Person) -> None:
    """Show the latest loads; looked at again and again while one of them goes on."""
    running = any(not each.ended for each in _loads(person))
    st.fragment(_latest, run_every=LOOK if running else None)(running)


def _latest(running: bool) -> None:
    person = session.allowed(ACTION, clicked=False)
    found = _loads(person)
    if running and all(each.ended for each in found):
        st.rerun()
    if not found:
        st.info(_("Nothing was loaded yet."))
    for each in found:
        _one(person, each)


def _loads(person: Person) -> list[view.Load]:
    with session.database().read() as connection:
        names = {row.id: row.name or row.login for row in people.everybody(connection)}
        return view.loads(jobs.latest(connection, LATEST, kind="load"), names, person)


def _one(person: Person, load: view.Load) -> None:
    states = {
        "queued": (_("Waits"), ":material/hourglass_empty:"),
        "running": (_("Runs"), ":material/sync:"),
        "done": (_("Done"), ":material/check_circle:"),
        "failed": (_("Failed"), ":material/error:"),
        "stopped": (_("Stopped"), ":material/cancel:"),
    }
    said, icon = states[load.state]
    zone = str(session.chosen()["time_zone"])
    with st.container(border=True):
        names = ", ".join(plain(name[:80]) for name in load.files[:5]) + ("…" if len(load.files) > 5 else "")
        st.markdown(f"{icon} **{said}** · {names}")
        st.caption(
            " · ".join(filter(None, (moment(load.asked_at, zone), plain(load.asked_by), f"{load.id}")))
        )
        if not load.ended:
            st.markdown(_progress(load))
            if load.total:
                st.progress(min(1.0, load.done / load.total))
            if load.may_stop and st.button(_("Stop"), key=f"stop-{load.id}"):
                _stop(person, load.id)
        if load.told:
            st.error("  \n".join(plain(_(line)) for line in load.told if line))
        if load.nothing_new:
            st.info(_("Nothing new: every shipment stood here before, as it is. Nothing was changed."))
        if load.counts:
            st.markdown(" · ".join(f"{_count(name)}: **{number(value)}**" for name, value in load.counts))
        if load.batch is not None:
            _problems(load)


def _stop(person: Person, number_: int) -> None:
    try:
        with session.database().write() as connection:
            jobs.stop(connection, number_, at=session.clock(), actor=person)
    except (Refusal, Busy) as error:
        session.say_fault(error)
        return
    st.rerun()


def _progress(load: view.Load) -> str:
    steps = {
        "waiting": _("Waits for the worker"),
        "reading": _("Reading and scoring"),
        "putting in": _("Putting in"),
        "matching": _("Comparing with lists and rules"),
    }
    step = steps.get(load.step, plain(load.step))
    # While they are compared, so many were compared; put in they were before.
    if not load.done or load.step != "putting in":
        return step
    shipments = ngettext("{n} shipment put in", "{n} shipments put in", load.done).format(n=number(load.done))
    return f"{step} · {shipments}"


def _count(name: str) -> str:
    known = {
        "rows_read": _("Rows read"),
        "shipments": _("Shipments"),
        "changed": _("New or changed"),
        "rejected": _("Rejected rows"),
        "joined": _("Lines joined to their bill, masters to their houses"),
        "retold": _("Told by another kind of message too"),
        "listed": _("Entries of lists whose bill is here"),
        "declared": _("Declarations of bills that are here"),
        "repeats": _("Identical repeats"),
        "superseded": _("Replaced by a later version"),
        "again": _("Shipments of earlier loads of which they said more"),
    }
    return known.get(name, plain(name.replace("_", " ")))


def _problems(load: view.Load) -> None:
    # Asked for only where somebody wants it: a load may have two thousand.
    with session.database().read() as connection:
        found = uploads.problems_of(connection, int(load.batch or 0))
    if found.empty:
        return
    title = ngettext("{n} problem", "{n} problems", len(found)).format(n=number(len(found)))
    if len(found) >= uploads.SHOWN:
        title = _("The first {n} problems").format(n=number(len(found)))
    with st.expander(title):
        _table(found.head(ROWS))
        text = found.apply(lambda column: writing.guarded(column.astype("str")))
        st.download_button(
            _("All of them as CSV"),
            text.to_csv(index=False).encode("utf-8-sig"),
            file_name=f"problems-{load.id}.csv",
            mime="text/csv",
            key=f"csv-{load.id}",
        )


def _table(found: pd.DataFrame) -> None:
    titles = {
        "source_file": _("File"),
        "source_position": _("Where"),
        "bill": _("Bill"),
        "column": _("Column"),
        "value": _("Value"),
        "expected": _("Expected"),
    }
    shown = found.reindex(columns=list(titles)).fillna("").astype("str").map(lambda text: plain(text[:200]))
    st.table(shown.rename(columns=titles).set_index(_("File")))
