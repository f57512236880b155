"""Charts that are tables: each bar stands beside its number, so nothing is told by colour or length alone.

What comes in is text or a number; everything is escaped here.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from app import tables
from risk.store.texts import line

#: Characters shown of one cell.
MOST: Final = 500

STYLE = """<style>
.wildcargo-bars { border-collapse: collapse; width: 100%; margin: 0 0 1rem; color: #16232e; }
.wildcargo-bars caption { text-align: start; font-weight: 700; padding: .25rem 0; color: #16232e; }
.wildcargo-bars th, .wildcargo-bars td { text-align: start; padding: .35rem .6rem;
  border-bottom: 1px solid #b8c4ce; vertical-align: middle; }
.wildcargo-bars thead th, .wildcargo-bars thead td { background: #e6edf2; vertical-align: bottom; }
.wildcargo-bars tbody th { font-weight: 400; }
.wildcargo-bars tbody th, .wildcargo-bars tbody td { overflow-wrap: anywhere; min-width: 6.6rem; }
.wildcargo-bars tbody th { min-width: 7.5rem; }
.wildcargo-bars tbody .figure { min-width: 0; }
.wildcargo-bars .time { white-space: nowrap; }
.wildcargo-bars .figure { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wildcargo-bars tbody .bar { width: 25%; min-width: 4rem; }
.wildcargo-bars .bar span { display: block; height: .9rem; background: #0b5a7a; min-width: 2px; }
.wildcargo-bars .range { position: relative; background: #e6edf2; height: .9rem; }
.wildcargo-bars .range span { position: absolute; top: 0; height: .9rem; background: #6f9db3;
  min-width: 2px; }
.wildcargo-bars .range span.at { background: #062f40; width: 4px; }
.wildcargo-bars a { color: #0b5a7a; display: inline-block; padding: .4rem 0; }
.wildcargo-wide { overflow-x: auto; }
dl.wildcargo-cards { margin-inline: 0 !important; padding: 0 !important; }
.wildcargo-cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem;
  margin: 0 0 1rem; color: #16232e; }
.wildcargo-cards div { border: 1px solid #b8c4ce; border-radius: .375rem; padding: .6rem .8rem; }
.wildcargo-cards dt { font-weight: 400; }
.wildcargo-cards dd { margin: 0; font-size: 1.9rem; font-variant-numeric: tabular-nums; }
</style>"""


@dataclass(frozen=True)
class Markup:
    """Markup made here, of parts that were escaped."""

    text: str


Cell = str | Markup


def figure(text: str) -> Markup:
    """Return a number's cell."""
    return Markup(f'<td class="figure">{html.escape(text)}</td>')


def time(text: str) -> Markup:
    """Return the cell of a moment, which stays on one line."""
    return Markup(f'<td class="time">{html.escape(text)}</td>')


def cards(told: Iterable[tuple[str, str]]) -> str:
    """Return figures in large type, each with its name."""
    made = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>" for name, value in told
    )
    return f'<dl class="wildcargo-cards">{made}</dl>'


def bar(share: float) -> Markup:
    """Return the cell of a bar as long as a share, 0 to 1, of the longest; its number stands beside it."""
    width = 100.0 * min(max(share, 0.0), 1.0)
    drawn = f'<span style="width: {width:.1f}%"></span>' if share > 0 else ""
    return Markup(f'<td class="bar" aria-hidden="true">{drawn}</td>')


def interval(low: float | None, at: float | None, high: float | None, most: float) -> Markup:
    """Return the cell of an interval with the estimate in it, on a scale from 0 to ``most``."""
    if low is None or at is None or high is None or most <= 0:
        return Markup('<td class="bar" aria-hidden="true"></td>')
    begin, middle, end = (100.0 * min(max(each / most, 0.0), 1.0) for each in (low, at, high))
    drawn = (
        f'<span style="inset-inline-start: {begin:.1f}%; width: {end - begin:.1f}%"></span>'
        f'<span class="at" style="inset-inline-start: calc({middle:.1f}% - 2px)"></span>'
    )
    return Markup(f'<td class="bar" aria-hidden="true"><div class="range">{drawn}</div></td>')


def link(address: str, text: str) -> Markup:
    """Return the cell of a link within the app."""
    return Markup(f'<td><a href="{html.escape(address)}" target="_self" dir="auto">{_text(text)}</a></td>')


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table; the first cell of each row is its heading.

    Parameters
    ----------
    caption : str
        May be empty.
    head : sequence of str
        An empty one stands over bars, and is not told by screen readers.
    rows : iterable of sequences of str or Markup
        As many cells as the head.
    """
    titles = "".join(
        f'<th scope="col" dir="auto">{_text(each)}</th>' if each else '<td aria-hidden="true"></td>'
        for each in head
    )
    body = "".join(_row(row) for row in rows)
    return tables.framed(titles, body, around="wildcargo-wide", kind="wildcargo-bars", caption=caption)


def _row(row: Sequence[Cell]) -> str:
    first, *rest = row
    if isinstance(first, Markup):
        begin = first.text.replace("<td", '<th scope="row"', 1).removesuffix("</td>") + "</th>"
    else:
        begin = f'<th scope="row" dir="auto">{_text(first)}</th>'
    others = (
        each.text if isinstance(each, Markup) else f'<td dir="auto">{_text(each)}</td>' for each in rest
    )
    return f"<tr>{begin}{''.join(others)}</tr>"


def _text(text: str) -> str:
    """Return a text that may be from outside, on one line, cut and escaped."""
    return html.escape(line(text, MOST))


def counts(caption: str, head: tuple[str, str], rows: Sequence[tuple[str, int, str]]) -> str:
    """Return a chart of counts: name, count, and the count as it is written."""
    most = max((count for _, count, _ in rows), default=0)
    return table(
        caption,
        (head[0], head[1], ""),
        [(name, figure(told), bar(count / most if most else 0.0)) for name, count, told in rows],
    )
