"""A port as people start it: the command as a process of its own, with its server and its worker."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """`wildcargo app` in a folder."""

    def __init__(self, folder: Path, *options: str, port: int = 0) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = folder / "port"
        self.log = folder / "log"
        call = [
            sys.executable,
            "-m",
            "risk.commands",
            "app",
            "--data",
            str(self.data),
            "--port",
            str(self.port),
        ]
        given = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "passive"}
        self.file: IO[bytes] = open(self.log, "wb")  # noqa: SIM115  (closed by end)
        self.process = subprocess.Popen(
            [*call, *options], cwd=folder, env=given, stdout=self.file, stderr=subprocess.STDOUT
        )

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return str(answer.read().decode())

    def until(self, path: str = "/_stcore/health", holds: str = "ok", seconds: float = 60) -> str:
        """Wait until an answer holds a text."""
        deadline, last = time.monotonic() + seconds, ""
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.said()
            try:
                last = self.get(path)
                if holds in last:
                    return last
            except OSError as error:
                last = str(error)
            time.sleep(0.1)
        raise AssertionError(f"{path}: {last}\n{self.said()}")

    def code(self) -> str:
        found = re.search(r"(?:[2-9A-Z]{5}-){3}[2-9A-Z]{5}", self.said())
        assert found, self.said()
        return found[0]

    def children(self) -> dict[str, int]:
        """Return the server's and the worker's process, by name."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                words = (entry / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if int(stat[1]) == self.process.pid and stat[0] != "Z":
                found["server" if "streamlit" in words else "worker"] = int(entry.name)
        return found

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(40)
        self.file.close()
        return code
