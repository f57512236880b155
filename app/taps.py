"""What is pressed is carried through: neither the next press nor leaving the page breaks it off.

Streamlit ends a running script at its next ``st`` call when the browser sends anything further, and when the
browser goes. A press it had not come to yet is then forgotten without a word: a second press on a slow page,
a link followed right after *Save*. Here a run that a press began goes to its end, with what it draws after
`st.rerun`; what is pressed meanwhile waits and is done in its turn. All other runs are broken off as ever,
so that filters and sliders stay quick.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from typing import Final

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import app_session
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import get_script_run_ctx, script_runner
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequest,
    ScriptRequests,
    ScriptRequestType,
)

from app import place
from app.words import _

#: Presses that wait at once; what comes beyond is put together, as Streamlit would.
MOST: Final = 20
#: A second press of the same button within this time is the second half of a double click.
_DOUBLE: Final = pd.Timedelta(seconds=60)
#: Key of the session's state: what was pressed last, and when.
_LAST: Final = "_pressed"


def pressed(data: RerunData) -> frozenset[str]:
    """Return the buttons that were pressed for a run, by the names Streamlit gives them."""
    states = data.widget_states.widgets if data.widget_states is not None else ()
    return frozenset(
        each.id for each in states if each.WhichOneof("value") == "trigger_value" and each.trigger_value
    )


class Taps(ScriptRequests):
    """What a page is asked to run, in the place of Streamlit's own.

    Attributes
    ----------
    pressed : frozenset of str
        What was pressed for the run that goes on.
    """

    def __init__(self) -> None:
        super().__init__()
        # Entered again by what Streamlit does below it.
        self._lock = threading.RLock()  # type: ignore[assignment]
        self.pressed: frozenset[str] = frozenset()
        self._behind: deque[RerunData] = deque()
        self._carried = self._own = self._ending = False
        self._began = ("", "", "")

    def request_stop(self) -> None:
        """End when what was pressed is done."""
        with self._lock:
            waiting = [self._rerun_data] if self._state == ScriptRequestType.RERUN else []
            kept = [each for each in (*waiting, *self._behind) if pressed(each)]
            self._behind.clear()
            if not kept:
                super().request_stop()
                return
            self._ending = True
            self._rerun_data = kept[0]
            self._behind.extend(kept[1:])

    def _request_rerun_locked(self, new_data: RerunData) -> bool:
        if get_script_run_ctx(suppress_warning=True) is not None:
            return self._ask_itself(new_data)
        if self._ending:
            return False
        if self._state != ScriptRequestType.RERUN:
            return super()._request_rerun_locked(new_data)
        last = self._behind[-1] if self._behind else self._rerun_data
        if self._own and not self._behind:
            self._behind.append(_of_fragments(new_data))
        elif not pressed(last) or len(self._behind) >= MOST:
            self._put_together(new_data)
        elif not _same(last, _of_fragments(new_data)):
            self._behind.append(_of_fragments(new_data))
        return True

    def _ask_itself(self, new_data: RerunData) -> bool:
        """Take what the script asks for by `st.rerun`: it comes before all that waits."""
        self._own = True
        if self._state == ScriptRequestType.RERUN:
            self._behind.appendleft(self._rerun_data)
            self._state = ScriptRequestType.CONTINUE
        return super()._request_rerun_locked(new_data)

    def _put_together(self, new_data: RerunData) -> None:
        if not self._behind:
            super()._request_rerun_locked(new_data)
            return
        first, self._rerun_data = self._rerun_data, self._behind.pop()
        super()._request_rerun_locked(new_data)
        self._behind.append(self._rerun_data)
        self._rerun_data = first

    def on_scriptrunner_yield(self) -> ScriptRequest | None:
        """Return what a running script is to be broken off for, None to let it go on."""
        with self._lock:
            if self._carried and not self._own:
                return None
            found = super().on_scriptrunner_yield()
            return None if found is None else self._handed(found)

    def on_scriptrunner_ready(self) -> ScriptRequest:
        """Return what is to be run next."""
        with self._lock:
            self._own = False
            self._next()
            return self._handed(super().on_scriptrunner_ready())

    def _handed(self, found: ScriptRequest) -> ScriptRequest:
        if found.type is not ScriptRequestType.RERUN:
            return found
        own, self._own = self._own, False
        self._next()
        data = found.rerun_data
        self.pressed = pressed(data)
        self._carried = bool(self.pressed) or (own and self._carried)
        if own:
            return found
        before, self._began = self._began, _address(data)
        ctx = get_script_run_ctx(suppress_warning=True)
        if ctx is None or self._began != before or data.is_history_navigation:
            return found
        if data.page_script_hash not in ("", ctx.page_script_hash):
            return found
        # The script has gone to another address, which the browser did not know when it asked.
        return ScriptRequest(found.type, replace(data, query_string=ctx.query_string))

    def _next(self) -> None:
        if self._state == ScriptRequestType.CONTINUE and self._behind:
            super()._request_rerun_locked(self._behind.popleft())


def _address(data: RerunData) -> tuple[str, str, str]:
    return data.page_script_hash, data.page_name, data.query_string


def _of_fragments(data: RerunData) -> RerunData:
    if not data.fragment_id:
        return data
    return replace(data, fragment_id=None, fragment_id_queue=[data.fragment_id])


def _same(one: RerunData, other: RerunData) -> bool:
    """Tell whether two presses are one pressed again, with nothing else changed."""
    names = ("widget_states", "query_string", "page_script_hash", "fragment_id_queue")
    return all(getattr(one, name) == getattr(other, name) for name in names)


class Drawn(ForwardMsgQueue):
    """What is on its way to a browser, in the place of Streamlit's own.

    At the beginning of a run of a part of the page Streamlit drops what was drawn of that part and not sent
    yet, but sends that the page is done. The browser then takes the part for gone, and with it all that was
    tapped and handed in there. Such a page is sent whole.
    """

    def clear(
        self, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
    ) -> None:
        """Drop what need not be sent any more."""
        if fragment_ids_this_run and retain_lifecycle_msgs and any(_is_done(each) for each in self._queue):
            self._delta_index_map = {}  # what is drawn from now on comes after it, not in its place
            return
        super().clear(retain_lifecycle_msgs, fragment_ids_this_run)


def _is_done(message: ForwardMsg) -> bool:
    return (
        message.WhichOneof("type") == "script_finished"
        and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
    )


def carry_through() -> None:
    """Let everything pressed from now on be carried through, on every page of this process."""
    script_runner.ScriptRequests = Taps  # type: ignore[misc]
    app_session.ForwardMsgQueue = Drawn  # type: ignore[misc]


# --- buttons that went meanwhile ------------------------------------------------------------------


def begun() -> frozenset[str]:
    """Return what was pressed for this run, once: for what `st.rerun` draws, nothing was."""
    ctx = get_script_run_ctx(suppress_warning=True)
    if ctx is None or not isinstance(ctx.script_requests, Taps):
        return frozenset()
    found, ctx.script_requests.pressed = ctx.script_requests.pressed, frozenset()
    if not found:
        return found
    at = place.clock()
    before, then = st.session_state.get(_LAST, (frozenset(), at))
    st.session_state[_LAST] = (found, at)
    # The second half of a double click: it is the first that took the button away.
    return frozenset() if found <= before and at - then < _DOUBLE else found


def say_gone(taps: frozenset[str], where: DeltaGenerator) -> None:
    """Say so where a button that was pressed is not offered any more: nothing was done by it.

    Parameters
    ----------
    taps : frozenset of str
        What was pressed (`begun`).
    where : DeltaGenerator
        Where it is said; the page is drawn.
    """
    if any(_is_gone(each) for each in taps):
        where.warning(
            _(
                "What you pressed is not offered any more: something changed meanwhile. Nothing was done by "
                "it. Look at the page as it is now."
            )
        )


def _is_gone(tap: str) -> bool:
    ctx = get_script_run_ctx()
    if ctx is None:
        return False
    known = ctx.session_state._state.get_widget_metadata(tap)
    if known is not None and known.callback is not None:
        return False  # done before anything was drawn
    return tap not in ctx.shared.widget_ids_this_run.snapshot() or (known is not None and known.disabled)
