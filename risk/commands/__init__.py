"""The command line: ``wildcargo``, one module per command.

Command modules import nothing heavy at the top: ``wildcargo --help`` must answer at once on an
old machine, so LightGBM, pandas and the like are imported when a command runs.
"""

from __future__ import annotations

import os
import signal
from importlib import import_module
from types import FrameType
from typing import Any

import click

from risk.commands import streams
from risk.commands.mistakes import stated

#: Command -> module, in the order of the help page.
COMMANDS: dict[str, str] = {
    "app": "app",
    "worker": "worker",
    "sample": "sample",
    "drill": "drill",
    "verify": "verify",
    "backup": "backup",
    "restore": "restore",
    "score": "score",
    "replay": "replay",
    "export": "export",
    "import-outcomes": "import_outcomes",
    "convert": "convert",
    "formats": "formats",
    "mapping": "mapping",
    "state": "state",
    "train": "train",
    "evaluate": "evaluate",
    "simulate": "simulate",
    "features": "features",
}

_EPILOG = """\b
First steps:
  wildcargo simulate --days 2 --per-day 500 --seed 1 --out port
  wildcargo score port/manifests.parquet --capacity 30 --out list.csv

Exit codes: 0 done (problems, if any, are listed); 2 the call is wrong or nothing could be
scored; 1 anything else.
"""


class CommandGroup(click.Group):
    """Commands loaded when asked for; a user's mistake ends in one clear message."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return command names in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and return its command."""
        if cmd_name not in COMMANDS:
            return None
        module: Any = import_module(f"risk.commands.{COMMANDS[cmd_name]}")
        return module.command

    def make_context(self, *words: Any, **settings: Any) -> click.Context:
        """Read the call; `--help` and `--version` print here already."""
        with stated():
            return super().make_context(*words, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; faults become messages with the right exit code."""
        with stated(show_trace=ctx.params.get("trace", False)):
            return super().invoke(ctx)


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("wildcargo")
        except PackageNotFoundError:  # run from a source folder that was never installed
            number = "(not installed)"
        click.echo(f"wildcargo {number}")
        ctx.exit()


@click.group(
    cls=CommandGroup,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.option("--trace", is_flag=True, help="Print the program's own trace when it fails (for bug reports).")
def cli(trace: bool) -> None:
    """Rank a port's shipments by the risk that they hide live animals or wildlife products.

    wildcargo reads the day's manifests, scores every shipment, says why in words an officer can
    check, and puts first what to open within the inspections the port can do today. It works
    offline; nothing leaves the machine.
    """


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line (entry point of the ``wildcargo`` command)."""
    # Arrow's own memory pools keep what they once took, some 100 MB; read before Arrow is imported.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    for name in ("SIGTERM", "SIGHUP"):
        # Shut down or its window closed, the program tidies up as after Ctrl-C: no half files stay.
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is signal.SIG_DFL:
            signal.signal(getattr(signal, name), _stop)
    streams.prepare()
    cli(prog_name="wildcargo")
