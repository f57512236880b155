"""The machine's own browser, for `wildcargo app --open`."""

from __future__ import annotations

import os
import sys
import threading
import time

#: Seconds an old machine may take to start.
PATIENCE = 180.0


def address(port: int) -> str:
    """Return where this machine's own browser finds the app."""
    return f"http://127.0.0.1:{port}"


def answers(port: int) -> bool:
    """Whether the app answers at a port of this machine."""
    import urllib.request

    # What a proxy of the site would say is of no interest.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{address(port)}/healthz", timeout=2) as answer:
            return b'"database"' in answer.read(1_000)
    except (OSError, ValueError):
        return False


def show(port: int) -> bool:
    """Open the app in a browser; return whether there was one."""
    import webbrowser

    # Without a screen Python would take a browser for terminals, which cannot show the app.
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        return webbrowser.open(address(port))
    except (webbrowser.Error, OSError):
        return False


def show_when_ready(port: int, *, patience: float = PATIENCE) -> threading.Thread:
    """Open the app in a browser as soon as it answers, while this process goes on; return who waits."""

    def wait() -> None:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if answers(port):
                show(port)
                return
            time.sleep(0.3)

    waiting = threading.Thread(target=wait, daemon=True, name="browser")
    waiting.start()
    return waiting
