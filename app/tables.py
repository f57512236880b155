"""Plain tables with links: every cell outside text, escaped, each in its own direction."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

_STYLE = """
.wildcargo-rows { overflow-x: auto; margin: 0 0 1rem; }
.wildcargo-rows table { border-collapse: collapse; width: 100%; color: #16232e; }
.wildcargo-rows caption { text-align: start; color: #3d4c58; padding: 0 0 .4rem; }
.wildcargo-rows th, .wildcargo-rows td { text-align: start; vertical-align: top; padding: .45rem .6rem;
  border-bottom: 1px solid #b8c4ce; }
.wildcargo-rows th, .wildcargo-rows td { overflow-wrap: anywhere; min-width: 6rem; }
.wildcargo-rows thead th { min-width: 0; overflow-wrap: normal; }
.wildcargo-rows .number { font-variant-numeric: tabular-nums; white-space: nowrap; min-width: 2.5rem; }
.wildcargo-rows .code { font-family: monospace; font-size: .9rem; min-width: 8.5rem; }
.wildcargo-rows .condition { min-width: 9rem; }
.wildcargo-rows .condition bdi { font-family: monospace; font-size: .9rem; }
.wildcargo-rows .more { display: block; color: #3d4c58; font-size: .875rem; white-space: pre-line;
  font-weight: 400; }
.wildcargo-rows .mark { display: inline-block; padding: 0 .4rem; border: 2px solid #6b1d5c; color: #6b1d5c;
  border-radius: .25rem; font-weight: 700; font-size: .875rem; white-space: nowrap; }
.wildcargo-rows .long { min-width: 18rem; }
.wildcargo-rows a { display: inline-block; min-height: 1.5rem; color: #0b4a66; }
"""


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes
    ----------
    text : str
        Shown as it is.
    page : str
        Name of a page it leads to, empty for none.
    query : dict of str to str
        Of that page's address.
    kind : str
        ``text``, ``long`` (sentences), ``number``, ``code`` (signs of one width, from left to right) or
        ``condition`` (such signs, in the direction of the text).
    more : str
        Below it, smaller, line by line.
    tag : str
        A mark in words beside it.
    """

    text: str
    page: str = ""
    query: tuple[tuple[str, str], ...] = ()
    kind: str = "text"
    more: str = ""
    tag: str = ""


def shipment(number: int, bill: str) -> Cell:
    """Return a cell that leads to a shipment."""
    return Cell(bill, "shipment", (("id", str(number)),))


def long(text: str) -> Cell:
    """Return a cell with sentences: wide enough to be read."""
    return Cell(text, kind="long")


def number(text: str) -> Cell:
    """Return a cell with a number as the language writes it."""
    return Cell(text, kind="number")


def code(text: str) -> Cell:
    """Return a cell with a code or hash."""
    return Cell(text, kind="code")


def framed(head: str, body: str, *, around: str, kind: str = "", label: str = "", caption: str = "") -> str:
    """Return a table that scrolls within its own frame, which the keyboard reaches.

    Every table of the app that has titles is put together here, whatever its cells are made of.

    Parameters
    ----------
    head, body : str
        Cells of the row of titles, and rows: HTML, escaped.
    around, kind : str
        Classes of the frame and of the table.
    label : str
        What the frame is called where it is a region of the page; text.
    caption : str
        Above the table; text.
    """
    region = f' role="region" aria-label="{html.escape(label)}"' if label else ""
    classes = f' class="{kind}"' if kind else ""
    told = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="{around}" tabindex="0"{region}><table{classes}>{told}'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def show(caption: str, titles: Sequence[str], rows: Iterable[Sequence[Cell | str]]) -> None:
    """Show a table.

    Parameters
    ----------
    caption : str
        What it holds: read out before it.
    titles : sequence of str
    rows : iterable of sequence of Cell or str
        As long as ``titles``; the first cell is the row's own title.
    """
    head = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in titles)
    body = "".join(f"<tr>{''.join(_cell(each, at == 0) for at, each in enumerate(row))}</tr>" for row in rows)
    made = framed(head, body, around="wildcargo-rows", label=caption, caption=caption)
    st.html(f"<style>{_STYLE}</style>{made}")


def _cell(cell: Cell | str, is_first: bool) -> str:
    cell = Cell(cell) if isinstance(cell, str) else cell
    way = "ltr" if cell.kind == "code" else "auto"
    text = f'<bdi dir="{way}">{html.escape(cell.text)}</bdi>'
    if cell.page:
        address = html.escape(f"/{cell.page}" + (f"?{urlencode(cell.query)}" if cell.query else ""))
        text = f'<a href="{address}" target="_self">{text}</a>'
    if cell.tag:
        text += f' <span class="mark">{html.escape(cell.tag)}</span>'
    if cell.more:
        text += f'<span class="more" dir="auto">{html.escape(cell.more)}</span>'
    tag = f'{"th scope=row" if is_first else "td"} class="{cell.kind}"'
    return f"<{tag}>{text}</{tag.split()[0]}>"


def link(text: str, page: str) -> None:
    """Show a link to a page on a line of its own."""
    st.html(
        f"<style>{_STYLE}</style>"
        f'<p class="wildcargo-rows"><a href="/{html.escape(page)}" target="_self">{html.escape(text)}</a></p>'
    )
