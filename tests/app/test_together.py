"""A server and its worker under one command: what happens where one of them does not stay up."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from risk import together
from risk.commands import app
from risk.commands.mistakes import Mistake
from risk.together import Child


class Clock:
    """Time that goes on only where somebody sleeps, and ends with a key pressed."""

    def __init__(self, ends: float) -> None:
        self.now, self.ends = 0.0, ends

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self.ends:
            raise KeyboardInterrupt


class Process(Child):
    """A child that dies at once, or never."""

    def __init__(self, name: str, clock: Clock, *, dies: bool) -> None:
        super().__init__(name, ())
        self.starts: list[float] = []
        self.ended = False
        self._clock, self._code = clock, 3 if dies else None

    def start(self) -> None:
        self.starts.append(self._clock.now)
        self.process = SimpleNamespace(poll=lambda: self._code)
        self._since = self._clock.now

    def end(self) -> None:
        self.ended = True

    def wait(self, seconds: float = 0.0) -> None:
        pass


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock(3600.0)
    monkeypatch.setattr(app, "time", SimpleNamespace(sleep=made.sleep))
    monkeypatch.setattr(together, "time", SimpleNamespace(monotonic=lambda: made.now, sleep=made.sleep))
    return made


def test_the_server_stays_up_without_its_worker_which_is_tried_again_once_a_minute(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    server, worker = Process("server", clock, dies=False), Process("worker", clock, dies=True)
    app._run([server, worker])
    assert (clock.now, server.starts) == (3600.0, [0.0])
    apart = [later - before for before, later in zip(worker.starts, worker.starts[1:], strict=False)]
    # At once, then after ever longer waits, then once a minute.
    assert apart[0] < 1.0
    assert len(apart) > 50
    assert all(60.0 <= each <= 61.0 for each in apart[8:])
    assert capsys.readouterr().err.count("the worker ended (3) and was started again") == len(apart)
    assert server.ended
    assert worker.ended


def test_a_server_that_does_not_stay_up_ends_the_command_and_its_worker(clock: Clock) -> None:
    server, worker = Process("server", clock, dies=True), Process("worker", clock, dies=False)
    with pytest.raises(Mistake, match="the server does not stay up"):
        app._run([server, worker])
    assert clock.now < 300
    assert worker.ended
