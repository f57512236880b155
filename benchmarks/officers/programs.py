"""Programs of a campaign as processes of their own, and how much memory each holds."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

from benchmarks.officers.port import ROOT


def started(module: str, *words: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a module of ours as a program, in a group of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "passive"}
    call = [sys.executable, "-m", module, *words]
    return subprocess.Popen(
        call, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    )


def free_port() -> int:
    """Return a port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answered(url: str, holds: str = "") -> bool:
    """Tell whether a server answers with a text in it."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return holds in answer.read().decode()
    except OSError:
        return False


def wait(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something holds.

    Raises
    ------
    TimeoutError
        It did not in time.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.05)


def children(process: int) -> list[int]:
    """Return the processes a process started that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:2]
            except OSError:
                continue
            if int(parent) == process and state != "Z":
                found.append(int(entry.name))
    return found


def of_app(process: int) -> dict[str, int]:
    """Return the server and the worker of `wildcargo app`, by name."""
    found = {}
    for number in children(process):
        try:
            words = Path(f"/proc/{number}/cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        found["server" if "streamlit" in words else "worker"] = number
    return found


def megabytes(process: int) -> float:
    """Return the memory a process holds, what it shares counted in part; 0 where it is gone."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0
