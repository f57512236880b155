"""What is pressed is carried through, whatever the browser sends meanwhile."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequestType
from streamlit.testing.v1 import AppTest

from app import taps

RERUN, STOP = ScriptRequestType.RERUN, ScriptRequestType.STOP


def asked(*buttons: str, text: str = "", page: str = "", fragment: str | None = None) -> RerunData:
    """What a browser asks for, with buttons pressed and a text typed."""
    states = WidgetStates()
    for each in buttons:
        states.widgets.add(id=each, trigger_value=True)
    if text:
        states.widgets.add(id="text", string_value=text)
    return RerunData(widget_states=states, page_script_hash=page, fragment_id=fragment)


def typed(data: RerunData) -> str:
    states = data.widget_states.widgets if data.widget_states is not None else ()
    return next((each.string_value for each in states if each.id == "text"), "")


def begun(*requests: RerunData) -> taps.Taps:
    """A run that was begun for the first of what is asked for; the rest waits."""
    made = taps.Taps()
    for number, each in enumerate(requests):
        assert made.request_rerun(each)
        if not number:
            assert made.on_scriptrunner_ready().type is RERUN
    return made


def test_a_run_that_a_press_began_is_not_broken_off() -> None:
    run = begun(asked("save"), asked("other"), asked(text="x"), asked(page="elsewhere"))
    assert run.on_scriptrunner_yield() is None
    run.request_stop()
    assert run.on_scriptrunner_yield() is None


def test_any_other_run_is_broken_off_as_ever() -> None:
    run = begun(asked(text="pang"), asked(text="pangolin"))
    found = run.on_scriptrunner_yield()
    assert found is not None
    assert typed(found.rerun_data) == "pangolin"
    run.request_stop()
    stopped = run.on_scriptrunner_yield()
    assert stopped is not None
    assert stopped.type is STOP


def test_presses_are_done_one_after_the_other_with_what_stood_in_the_fields_then() -> None:
    run = begun(asked("a"), asked("b", text="note"), asked("b"), asked("c"), asked(page="elsewhere"))
    told = []
    while (found := run.on_scriptrunner_ready()).type is RERUN:
        data = found.rerun_data
        told.append((sorted(taps.pressed(data)), typed(data), data.page_script_hash))
    assert told == [(["b"], "note", ""), (["b"], "", ""), (["c"], "", ""), ([], "", "elsewhere")]


def test_an_impatient_press_of_the_same_button_waits_once() -> None:
    run = begun(asked("save", text="x"), *[asked("save", text="x") for _each in range(30)])
    assert run.on_scriptrunner_ready().type is RERUN
    assert run.on_scriptrunner_ready().type is STOP


def test_no_number_of_presses_fills_the_memory() -> None:
    run = begun(asked("save"), *[asked(f"b{number}") for number in range(200)])
    runs = 0
    done: set[str] = set()
    while (found := run.on_scriptrunner_ready()).type is RERUN:
        done |= taps.pressed(found.rerun_data)
        runs += 1
    assert runs <= taps.MOST + 1
    assert len(done) == 200


def test_what_waits_is_done_before_a_page_ends_and_nothing_comes_after() -> None:
    run = begun(asked(text="x"), asked("save", fragment="form"))
    run.request_stop()
    assert not run.request_rerun(asked("late"))
    found = run.on_scriptrunner_ready()
    assert found.type is RERUN
    assert taps.pressed(found.rerun_data) == {"save"}
    assert found.rerun_data.fragment_id_queue == ["form"]
    assert run.on_scriptrunner_ready().type is STOP


def message(**fields: Any) -> ForwardMsg:
    made = ForwardMsg(**fields)
    made.metadata.delta_path.extend([0, 1])
    return made


@pytest.mark.parametrize("queue", [taps.Drawn, ForwardMsgQueue], ids=["whole", "as Streamlit does"])
def test_a_page_that_is_said_to_be_done_is_sent_whole(queue: type[ForwardMsgQueue]) -> None:
    # Done, without the part that is drawn next: the browser forgets what was tapped in that part.
    held = queue()
    for text in ("drawn with the page", "drawn by itself"):
        part = message(delta=Delta(fragment_id="form"))
        part.delta.new_element.markdown.body = text
        if text == "drawn by itself":
            held.enqueue(ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY))
            held.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["form"])
        held.enqueue(part)
    told = [each.delta.new_element.markdown.body or each.WhichOneof("type") for each in held.flush()]
    whole = ["drawn with the page", "script_finished", "drawn by itself"]
    assert told == (whole if queue is taps.Drawn else whole[1:])


# --- in a running script ----------------------------------------------------------------------


@pytest.fixture(params=[True, False], ids=["carried", "as Streamlit does"])
def carried(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether presses are carried through; what Streamlit does by itself shows that the tests can fail."""
    if request.param:
        monkeypatch.setattr(script_runner, "ScriptRequests", taps.Taps)
    return bool(request.param)


def _slow_page(done: list[str], meanwhile: type) -> None:
    import streamlit as st

    pressed = st.button("First", key="first"), st.button("Second", key="second")
    meanwhile()
    st.write("a long page")
    if pressed[0]:
        done.append("first")
        st.rerun()
        done.append("never")
    if pressed[1]:
        done.append("second")
    st.write("drawn")


def test_a_press_is_done_whatever_comes_meanwhile(carried: bool) -> None:
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    done: list[str] = []
    sends = iter([None, asked("nothing"), None])

    def meanwhile() -> None:
        if (data := next(sends, None)) is not None:
            ctx = get_script_run_ctx()
            assert ctx is not None
            assert ctx.script_requests is not None
            sender = threading.Thread(target=ctx.script_requests.request_rerun, args=(data,))
            sender.start()
            sender.join()

    app = AppTest.from_function(_slow_page, kwargs={"done": done, "meanwhile": meanwhile}).run()
    app.button(key="first").click()
    app.run()
    assert not app.exception
    assert done == (["first"] if carried else [])
    assert [each.value for each in app.markdown] == ["a long page", "drawn"]


def test_a_press_is_done_though_the_browser_goes(carried: bool) -> None:
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    done: list[str] = []
    runs: list[int] = []

    def meanwhile() -> None:
        runs.append(1)
        ctx = get_script_run_ctx()
        assert ctx is not None
        assert ctx.script_requests is not None
        if len(runs) == 2:
            ctx.script_requests.request_stop()

    app = AppTest.from_function(_slow_page, kwargs={"done": done, "meanwhile": meanwhile}).run()
    app.button(key="first").click()
    app.run()
    assert done == (["first"] if carried else [])


def _changing(there: list[str], able: list[str]) -> None:
    import streamlit as st

    from app import taps

    pressed = taps.begun()
    gone = st.container()
    for each in there:
        if st.button(each, key=each, disabled=each not in able):
            st.write(f"{each} done")
            if each == "end":
                there.clear()
                st.rerun()
    taps.say_gone(pressed, gone)


def test_a_button_that_went_before_it_was_pressed_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_runner, "ScriptRequests", taps.Taps)
    there, able = ["sign", "refuse"], ["sign", "refuse"]
    app = AppTest.from_function(_changing, kwargs={"there": there, "able": able}).run()
    app.button(key="refuse").click()
    app.run()
    assert not app.warning
    assert app.markdown[0].value == "refuse done"
    for way in (there, able):
        app.button(key="sign").click()
        way.remove("sign")
        app.run()
        assert "not offered any more" in app.warning[0].value
        assert not app.markdown
        way.insert(0, "sign")
        app.button(key="refuse").click()
        app.run()
        assert not app.warning


@pytest.mark.parametrize("name", ["sign", "end"])
def test_the_second_half_of_a_double_click_is_not_told_of(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_runner, "ScriptRequests", taps.Taps)
    there = [name]
    app = AppTest.from_function(_changing, kwargs={"there": there, "able": [name]}).run()
    app.button(key=name).click()
    app.run()
    # What was pressed draws the page anew without it; the browser did not know yet.
    there[:] = [name]
    app.session_state["other"] = 1
    app.run()
    app.button(key=name).click()
    there.clear()
    app.run()
    assert not app.warning
