"""``wildcargo mapping``: a proposed mapping file for a table of another shape."""

from __future__ import annotations

from pathlib import Path

import click

from risk.commands import options, terminal

_EPILOG = """\b
Examples:
  wildcargo mapping declarations.csv > port.toml
  wildcargo mapping declarations.xlsx --out port.toml
  wildcargo score declarations.csv --mapping port.toml --out list.csv

Every line of the proposal says how sure it is and why, with values from the file beside it:
check them before use. docs/manifest.md describes the mapping file.
"""


@click.command("mapping", epilog=_EPILOG)
@click.argument("file", metavar="FILE", type=options.FILE)
@click.option(
    "--out", metavar="M.toml", type=options.FILE, help="Mapping file to write.  [default: print it]"
)
def command(file: Path, out: Path | None) -> None:
    """Propose a mapping for a table of another shape, from its column names and values."""
    from features.manifest import propose, render_mapping

    options.existing((file,))
    proposal = propose(file)
    text = render_mapping(proposal)
    if out is None:
        click.echo(text, nl=False)
        return
    from risk import writing

    writing.check(out, (".toml",))
    options.apart((out,), (file,))
    with writing.Whole() as whole:
        whole.part(out).write_text(text, encoding="utf-8")
    _say(proposal.table())
    terminal.say(f"Written: {out}. Check every line, then:")
    call = f"{terminal.program()} score {terminal.quoted(file)} --mapping {terminal.quoted(out)}"
    terminal.say(f"  {call} --out list.csv")


def _say(table: object) -> None:
    import pandas as pd

    from risk.sentences import clean

    assert isinstance(table, pd.DataFrame)
    rows = [["column of the file", "is", "how sure"]]
    for row in table.to_dict("records"):
        sure = f"{100 * row['confidence']:.0f}%" if row["canonical"] else ""
        rows.append([clean(str(row["source"])) or "(row number)", row["canonical"] or "not used", sure])
    for line in terminal.columns(rows, right=(2,)):
        terminal.say(line)
