"""Processes that begin and end together: a server and a worker, watched by the command that started them.

A child holds one end of a pipe; when whoever started it is gone, however that came about, the pipe closes and
the child ends too. Nothing is left behind that holds a port or a job.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

#: Set for children: they end when their standard input does.
BOUND = "WILDCARGO_BOUND"

#: Seconds a child has to end before it is killed.
PATIENCE = 10.0
#: Seconds before a child that died is started again, and the longest such wait.
AGAIN, AGAIN_AT_MOST = 1.0, 60.0
#: A child that ran for so long was started well; it is started again without a wait.
RAN_WELL = 120.0


@dataclass
class Child:
    """A process that runs for as long as this one does.

    Attributes
    ----------
    name : str
        For people.
    call : sequence of str
    environment : mapping of str to str
        Added to this process's own.
    """

    name: str
    call: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    deaths: int = field(default=0, init=False)
    _since: float = field(default=0.0, init=False)
    _not_before: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Start it."""
        given = {**os.environ, **self.environment, BOUND: "1"}
        # In a group of its own: Ctrl-C is for the command, which ends its children in order.
        apart: dict[str, int | bool] = (
            {"creationflags": 0x00000200} if sys.platform == "win32" else {"start_new_session": True}
        )
        self.process = subprocess.Popen(self.call, env=given, stdin=subprocess.PIPE, **apart)  # type: ignore[call-overload]
        self._since = time.monotonic()

    def revive(self) -> str:
        """Start it again where it died; return what happened, empty where it runs."""
        assert self.process is not None, "not started yet"
        code = self.process.poll()
        now = time.monotonic()
        if code is None:
            return ""
        if self._not_before <= self._since:
            self.deaths = 1 if now - self._since > RAN_WELL else self.deaths + 1
            wait = 0.0 if self.deaths == 1 else min(AGAIN_AT_MOST, AGAIN * 2 ** (self.deaths - 2))
            self._not_before = now + wait
        if now < self._not_before:
            return ""
        self.start()
        return f"the {self.name} ended ({code}) and was started again"

    def end(self) -> None:
        """Ask it to end."""
        if self.process is not None and self.process.poll() is None:
            if self.process.stdin is not None:
                self.process.stdin.close()
            if sys.platform != "win32":
                self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = PATIENCE) -> None:
        """Wait until it ended; kill it where it does not."""
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def end_all(children: Sequence[Child]) -> None:
    """End children, all at once."""
    for child in children:
        child.end()
    for child in children:
        child.wait()


def end_with_parent(end: Callable[[], None] | None = None) -> None:
    """Let this process end when whoever started it as a `Child` is gone; does nothing elsewhere.

    Parameters
    ----------
    end : callable, optional
        What ends it; a signal to terminate by default.
    """
    if os.environ.get(BOUND) != "1":
        return
    # Children of this process are their own affair.
    del os.environ[BOUND]

    def watch() -> None:
        while sys.stdin.buffer.read(1024):
            pass
        (end or _terminate)()

    threading.Thread(target=watch, daemon=True, name="parent").start()


def _terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os._exit(1)
